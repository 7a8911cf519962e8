//! The page of somebody who is signed in: navigation at the side, content beside it.

use domain::Role;
use leptos::prelude::*;

use super::{
    comfort::{Keyboard, Palette},
    defs::Defs,
    menus::{OrganizationMenu, UserMenu},
    nav::{GROUPS, NavItem},
    unverified::Unverified,
};
use crate::{
    components::{Avatar, Glyph, Icon, Notice, Tone, count},
    labels,
    render::Theme,
};

/// Who looks at what: all that the surroundings of a page show.
#[derive(Debug, Clone)]
pub struct Frame {
    pub org_name: String,
    /// Where the organization's pages lie, like `/org-8c1f2a`.
    pub org_path: String,
    /// Decides which pages are listed.
    pub role: Role,
    /// What the person is there, like `Owner · tier 4`.
    pub role_label: String,
    pub user_name: String,
    pub user_email: String,
    /// The person is to verify that address.
    pub unverified: bool,
    /// The person runs the installation.
    pub operator: bool,
    /// When the organization, which is closed, is erased.
    pub closed: Option<String>,
    /// Every organization of the person.
    pub organizations: Vec<Own>,
    pub current: NavItem,
    /// Alerts that nobody sees to yet.
    pub alerts: u64,
    pub theme: Theme,
}

/// One of the person's organizations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    pub name: String,
    /// Where its pages lie.
    pub path: String,
    /// What the person is there.
    pub role: Role,
    /// It is opened after sign-in.
    pub default: bool,
}

/// The page; its children are the content, a `PageHead` first.
#[component]
pub fn Shell(frame: Frame, children: Children) -> impl IntoView {
    let org_path = frame.org_path.clone();
    let (search, current) = (format!("{org_path}/search"), frame.current);
    let here = move |item| (item == current).then_some("page");
    let unverified = frame.unverified.then(|| {
        let email = frame.user_email.clone();
        view! { <Unverified email/> }
    });
    let closed = frame.closed.clone().map(|when| {
        let text = format!("Its keys are refused, and it is erased on {when}. An owner can reopen it in the settings.");
        view! { <Notice tone=Tone::Bad lead="This organization is closed." text/> }
    });
    view! {
        <Defs/>
        <div class="shell">
            <header class="side">
                <div>
                    <div class="bar">
                        <a class="brand" href=org_path.clone()>
                            <svg aria-hidden="true"><use_ href=Glyph::Logo.href()/></svg>
                            {labels::EXCHEQUER}
                        </a>
                        <button class="btn quiet only" type="button" popovertarget="nav" aria-label="Menu">
                            <Icon glyph=Glyph::Menu/>
                        </button>
                    </div>
                    <nav class="nav" id="nav" popover="auto" aria-label="Main">
                        <button class="org" type="button" popovertarget="orgs">
                            <span>{frame.org_name.clone()}<small>{frame.role_label.clone()}</small></span>
                            <Icon glyph=Glyph::UpDown class="end"/>
                        </button>
                        {groups(&frame)}
                        <div class="foot">
                            <a href=search.clone() data-opens="palette" aria-current=here(NavItem::Search)>
                                <Icon glyph=Glyph::Search/>{labels::SEARCH}<kbd class="end">"Ctrl K"</kbd>
                            </a>
                            <a href="/docs" aria-current=here(NavItem::Help)><Icon glyph=Glyph::Help/>{labels::HELP}</a>
                            <button type="button" popovertarget="me">
                                <Avatar name=frame.user_name.clone()/>
                                <span>{frame.user_name.clone()}</span>
                                <Icon glyph=Glyph::UpDown class="end"/>
                            </button>
                        </div>
                        <OrganizationMenu frame=frame.clone()/>
                        <UserMenu frame/>
                    </nav>
                </div>
            </header>
            <main id="main" class="page" tabindex="-1">{closed}{unverified}{children()}</main>
        </div>
        <Palette action=search/>
        <Keyboard/>
    }
    .into_any()
}

/// The links of the navigation; each group but the first has a heading.
fn groups(frame: &Frame) -> Vec<AnyView> {
    let link = |item: NavItem| {
        let (path, words, glyph) = item.words();
        let here = (item == frame.current).then_some("page");
        let alerts = (item == NavItem::Alerts && frame.alerts > 0).then(|| {
            view! { " "<span class="badge bad">{count(frame.alerts)}<span class="vh">" that nobody sees to"</span></span> }
        });
        view! {
            <a href=format!("{}{path}", frame.org_path) aria-current=here><Icon glyph/>{words}{alerts}</a>
        }
    };
    let group = |(heading, items): &(Option<&'static str>, &[NavItem])| {
        let heading = heading.map(|heading| view! { <p class="group">{heading}</p> });
        let links = items.iter().copied().filter(|item| item.is_for(frame.role)).map(link);
        view! { {heading}{links.collect_view()} }.into_any()
    };
    GROUPS.iter().map(group).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_where_one_is_and_lets_one_leave() {
        let frame = Frame {
            org_name: "A & B".to_owned(),
            org_path: "/org-1".to_owned(),
            role: Role::Owner,
            role_label: "Owner".to_owned(),
            user_name: "Ines".to_owned(),
            user_email: "ines@example.com".to_owned(),
            unverified: false,
            operator: false,
            closed: None,
            organizations: vec![Own {
                name: "A & B".to_owned(),
                path: "/org-1".to_owned(),
                role: Role::Owner,
                default: true,
            }],
            current: NavItem::Keys,
            alerts: 2,
            theme: Theme::System,
        };
        let html = view! { <Shell frame>"content"</Shell> }.to_html();
        assert!(html.contains(r#"<a href="/org-1/keys" aria-current="page">"#), "{html}");
        assert_eq!(html.matches(r#"aria-current="page""#).count(), 1, "{html}");
        assert!(html.contains(r#"<form method="post" action="/sign-out">"#), "{html}");
        assert!(html.contains("A &amp; B"), "{html}");
        assert!(html.contains(r#"<span class="badge bad">2<"#), "{html}");
    }
}
