//! The pages that are listed beside every page.

use domain::Role;

use crate::components::Glyph;

/// A page of the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NavItem {
    Overview,
    Usage,
    Requests,
    Latency,
    Advisor,
    Budgets,
    Limits,
    Alerts,
    Prices,
    Playground,
    Estimator,
    Projects,
    Keys,
    Team,
    Billing,
    Statements,
    AdminKeys,
    Audit,
    Settings,
    /// A page that the navigation does not list.
    None,
}

/// The groups as people think of them: what is used, what holds it, what is tried, who and what there is.
pub(super) const GROUPS: [(Option<&str>, &[NavItem]); 4] = [
    (
        None,
        &[NavItem::Overview, NavItem::Usage, NavItem::Requests, NavItem::Latency, NavItem::Advisor],
    ),
    (Some("Control"), &[NavItem::Budgets, NavItem::Limits, NavItem::Alerts, NavItem::Prices]),
    (Some("Try"), &[NavItem::Playground, NavItem::Estimator]),
    (
        Some("Organization"),
        &[
            NavItem::Projects,
            NavItem::Keys,
            NavItem::Team,
            NavItem::Billing,
            NavItem::Statements,
            NavItem::AdminKeys,
            NavItem::Audit,
            NavItem::Settings,
        ],
    ),
];

impl NavItem {
    /// All that somebody of this role finds in the navigation, in its order.
    pub fn of(role: Role) -> impl Iterator<Item = Self> {
        let all = GROUPS.iter().flat_map(|(_, items)| items.iter().copied());
        all.filter(move |item| item.is_for(role))
    }

    pub(super) const fn is_for(self, role: Role) -> bool {
        match self {
            Self::Limits
            | Self::Prices
            | Self::Billing
            | Self::Statements
            | Self::AdminKeys
            | Self::Audit => {
                matches!(role, Role::Owner)
            }
            _ => true,
        }
    }

    /// Where it lies below the organization's path, what it is called, and its drawing.
    pub const fn words(self) -> (&'static str, &'static str, Glyph) {
        match self {
            Self::Overview | Self::None => ("", "Overview", Glyph::Overview),
            Self::Usage => ("/usage", "Usage", Glyph::Usage),
            Self::Requests => ("/requests", "Requests", Glyph::Request),
            Self::Latency => ("/latency", "Latency", Glyph::Clock),
            Self::Budgets => ("/budgets", "Budgets", Glyph::Budget),
            Self::Limits => ("/limits", "Limits", Glyph::Stop),
            Self::Alerts => ("/alerts", "Alerts", Glyph::Alert),
            Self::Prices => ("/prices", "Prices", Glyph::Price),
            Self::Estimator => ("/estimator", "Estimator", Glyph::Estimate),
            Self::Playground => ("/playground", "Playground", Glyph::Play),
            Self::Advisor => ("/advisor", "Advisor", Glyph::Advice),
            Self::Projects => ("/projects", "Projects", Glyph::Project),
            Self::Keys => ("/keys", "API keys", Glyph::Key),
            Self::Team => ("/team", "Team", Glyph::Team),
            Self::AdminKeys => ("/admin-keys", "Admin keys", Glyph::Lock),
            Self::Audit => ("/audit", "Audit log", Glyph::Audit),
            Self::Billing => ("/billing", "Billing", Glyph::Billing),
            Self::Statements => ("/statements", "Statements", Glyph::Statement),
            Self::Settings => ("/settings", "Settings", Glyph::Settings),
        }
    }
}
