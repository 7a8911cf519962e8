//! Who may do what: one table, printed as a golden file.

/// What a member is in an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// May everything in the organization.
    Owner,
    /// Sees basic information and works in own projects.
    Reader,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Owner, Self::Reader];

    /// The word for tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Reader => "reader",
        }
    }

    /// The word for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Owner => "Owner",
            Self::Reader => "Reader",
        }
    }

    /// The role of a stored row; what is not known may least.
    pub fn from_column(text: &str) -> Self {
        if text == "owner" { Self::Owner } else { Self::Reader }
    }
}

/// What is done to an organization or to what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// See name, id, zone.
    SeeOrganization,
    /// Change name or zone.
    EditOrganization,
    /// See the billing profile.
    SeeBilling,
    /// Fill or change the billing profile.
    EditBilling,
    /// See projects.
    SeeProjects,
    /// Create, rename, archive projects.
    EditProjects,
    /// See API keys (never their secret).
    SeeKeys,
    /// Create and revoke API keys.
    EditKeys,
    /// See usage and charges of the whole organization.
    SeeUsage,
    /// See budgets, thresholds and alerts.
    SeeBudgets,
    /// Set budgets and thresholds.
    EditBudgets,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::SeeOrganization,
        Self::EditOrganization,
        Self::SeeBilling,
        Self::EditBilling,
        Self::SeeProjects,
        Self::EditProjects,
        Self::SeeKeys,
        Self::EditKeys,
        Self::SeeUsage,
        Self::SeeBudgets,
        Self::EditBudgets,
    ];
}

/// The table.
pub const fn allows(role: Role, action: Action) -> bool {
    match role {
        Role::Owner => true,
        Role::Reader => matches!(action, Action::SeeOrganization),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    #[test]
    fn table_is_the_golden_file() {
        let mut table = String::from("action            owner  reader\n");
        for action in Action::ALL {
            let word = |role| if allows(role, action) { "yes" } else { "-" };
            let name = format!("{action:?}");
            writeln!(table, "{name:<17} {:<6} {}", word(Role::Owner), word(Role::Reader)).unwrap();
        }
        assert_eq!(table, include_str!("access.golden"));
    }
}
