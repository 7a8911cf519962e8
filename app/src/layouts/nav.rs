//! The pages that are listed beside every page.

use domain::Role;

use crate::components::Glyph;
use crate::labels;

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
    /// At the foot.
    Search,
    Help,
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
        Some(labels::ORGANIZATION),
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
            Self::Overview | Self::None => ("", labels::OVERVIEW, Glyph::Overview),
            Self::Search => ("/search", labels::SEARCH, Glyph::Search),
            Self::Help => ("/docs", labels::HELP, Glyph::Help),
            Self::Usage => ("/usage", labels::USAGE, Glyph::Usage),
            Self::Requests => ("/requests", labels::REQUESTS, Glyph::Request),
            Self::Latency => ("/latency", labels::LATENCY, Glyph::Clock),
            Self::Budgets => ("/budgets", labels::BUDGETS, Glyph::Budget),
            Self::Limits => ("/limits", labels::LIMITS, Glyph::Stop),
            Self::Alerts => ("/alerts", labels::ALERTS, Glyph::Alert),
            Self::Prices => ("/prices", labels::PRICES, Glyph::Price),
            Self::Estimator => ("/estimator", labels::ESTIMATOR, Glyph::Estimate),
            Self::Playground => ("/playground", labels::PLAYGROUND, Glyph::Play),
            Self::Advisor => ("/advisor", labels::ADVISOR, Glyph::Advice),
            Self::Projects => ("/projects", labels::PROJECTS, Glyph::Project),
            Self::Keys => ("/keys", labels::API_KEYS, Glyph::Key),
            Self::Team => ("/team", labels::TEAM, Glyph::Team),
            Self::AdminKeys => ("/admin-keys", labels::ADMIN_KEYS, Glyph::Lock),
            Self::Audit => ("/audit", labels::AUDIT_LOG, Glyph::Audit),
            Self::Billing => ("/billing", labels::BILLING, Glyph::Billing),
            Self::Statements => ("/statements", labels::STATEMENTS, Glyph::Statement),
            Self::Settings => ("/settings", labels::SETTINGS, Glyph::Settings),
        }
    }
}
