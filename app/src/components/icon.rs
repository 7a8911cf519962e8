//! The drawings of `sprite.svg`.

use leptos::prelude::*;

/// Which drawing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glyph {
    Logo,
    Overview,
    Usage,
    Request,
    Budget,
    Alert,
    Project,
    Key,
    Team,
    Billing,
    Audit,
    Settings,
    Help,
    Search,
    Menu,
    Close,
    Check,
    Done,
    Todo,
    Down,
    UpDown,
    Right,
    Plus,
    Copy,
    Download,
    Warn,
    Stop,
    Mail,
    Clock,
    More,
    User,
    Retry,
    Lock,
    Price,
    Estimate,
    Play,
    Advice,
    Statement,
}

impl Glyph {
    /// Where it lies.
    pub const fn href(self) -> &'static str {
        match self {
            Self::Logo => "/sprite.svg#logo",
            Self::Overview => "/sprite.svg#i-overview",
            Self::Usage => "/sprite.svg#i-usage",
            Self::Request => "/sprite.svg#i-request",
            Self::Budget => "/sprite.svg#i-budget",
            Self::Alert => "/sprite.svg#i-alert",
            Self::Project => "/sprite.svg#i-project",
            Self::Key => "/sprite.svg#i-key",
            Self::Team => "/sprite.svg#i-team",
            Self::Billing => "/sprite.svg#i-billing",
            Self::Statement => "/sprite.svg#i-statement",
            Self::Audit => "/sprite.svg#i-audit",
            Self::Settings => "/sprite.svg#i-settings",
            Self::Help => "/sprite.svg#i-help",
            Self::Search => "/sprite.svg#i-search",
            Self::Menu => "/sprite.svg#i-menu",
            Self::Close => "/sprite.svg#i-close",
            Self::Check => "/sprite.svg#i-check",
            Self::Done => "/sprite.svg#i-done",
            Self::Todo => "/sprite.svg#i-todo",
            Self::Down => "/sprite.svg#i-down",
            Self::UpDown => "/sprite.svg#i-updown",
            Self::Right => "/sprite.svg#i-right",
            Self::Plus => "/sprite.svg#i-plus",
            Self::Copy => "/sprite.svg#i-copy",
            Self::Download => "/sprite.svg#i-download",
            Self::Warn => "/sprite.svg#i-warn",
            Self::Stop => "/sprite.svg#i-stop",
            Self::Mail => "/sprite.svg#i-mail",
            Self::Clock => "/sprite.svg#i-clock",
            Self::More => "/sprite.svg#i-more",
            Self::User => "/sprite.svg#i-user",
            Self::Retry => "/sprite.svg#i-retry",
            Self::Lock => "/sprite.svg#i-lock",
            Self::Price => "/sprite.svg#i-price",
            Self::Estimate => "/sprite.svg#i-estimate",
            Self::Play => "/sprite.svg#i-play",
            Self::Advice => "/sprite.svg#i-advice",
        }
    }
}

/// An icon. It never stands alone: words are beside it, or an `aria-label` around it.
#[component]
pub fn Icon(
    glyph: Glyph,
    /// More classes, such as `end` or a tone.
    #[prop(default = "")]
    class: &'static str,
) -> impl IntoView {
    let class = if class.is_empty() { "icon".to_owned() } else { format!("icon {class}") };
    view! {
        <svg class=class aria-hidden="true">
            <use_ href=glyph.href()/>
        </svg>
    }
    .into_any()
}
