//! Who may do what: one table, printed as a golden file.

use std::str::FromStr;

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

/// What a reader is in a project. An organization's owner needs to be nothing there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProjectRole {
    /// Looks.
    Viewer,
    /// Sends requests, with own keys.
    Member,
    /// Runs the project.
    Owner,
}

impl ProjectRole {
    /// All of them, the one that may most first.
    pub const ALL: [Self; 3] = [Self::Owner, Self::Member, Self::Viewer];

    /// The word for tables and programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Member => "member",
            Self::Viewer => "viewer",
        }
    }

    /// The word for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Owner => "Owner",
            Self::Member => "Member",
            Self::Viewer => "Viewer",
        }
    }

    /// The role of a stored row; what is not known may least.
    pub fn from_column(text: &str) -> Self {
        text.parse().unwrap_or(Self::Viewer)
    }
}

/// A text that names no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("choose a role from the list")]
pub struct RoleError;

impl FromStr for Role {
    type Err = RoleError;

    fn from_str(text: &str) -> Result<Self, RoleError> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(RoleError)
    }
}

impl FromStr for ProjectRole {
    type Err = RoleError;

    fn from_str(text: &str) -> Result<Self, RoleError> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(RoleError)
    }
}

/// A column of the table: what somebody is where something is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Who {
    /// An owner of the organization, in any project.
    Owner,
    /// A reader, who is this in the project.
    InProject(ProjectRole),
    /// A reader, who is nothing in the project or does what concerns none.
    Reader,
}

impl Who {
    /// All of them, as the table has them.
    pub const ALL: [Self; 5] = [
        Self::Owner,
        Self::InProject(ProjectRole::Owner),
        Self::InProject(ProjectRole::Member),
        Self::InProject(ProjectRole::Viewer),
        Self::Reader,
    ];

    /// The column for a role in the organization and one in the project.
    pub const fn new(role: Role, project: Option<ProjectRole>) -> Self {
        match (role, project) {
            (Role::Owner, _) => Self::Owner,
            (Role::Reader, Some(role)) => Self::InProject(role),
            (Role::Reader, None) => Self::Reader,
        }
    }

    /// Stops unless the table allows the action.
    pub const fn may(self, action: Action) -> Result<(), Forbidden> {
        if allows(self, action) { Ok(()) } else { Err(Forbidden) }
    }
}

/// The role does not allow the action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("your role does not allow this")]
pub struct Forbidden;

macro_rules! actions {
    ($($(#[$doc:meta])+ $name:ident $owner:literal $project_owner:literal $member:literal $viewer:literal $reader:literal;)+) => {
        /// What is done to an organization or to what is in it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Action {
            $($(#[$doc])+ $name,)+
        }

        impl Action {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)+];
        }

        /// The table.
        pub const fn allows(who: Who, action: Action) -> bool {
            let row = match action {
                $(Action::$name => [$owner, $project_owner, $member, $viewer, $reader],)+
            };
            match who {
                Who::Owner => row[0],
                Who::InProject(ProjectRole::Owner) => row[1],
                Who::InProject(ProjectRole::Member) => row[2],
                Who::InProject(ProjectRole::Viewer) => row[3],
                Who::Reader => row[4],
            }
        }
    };
}

// Organization owner, project owner, project member, project viewer, reader.
actions! {
    /// See name, id, zone.
    SeeOrganization      true true true true true;
    /// Change name, zone, rules for keys, what readers see.
    EditOrganization     true false false false false;
    /// Close it for good.
    CloseOrganization    true false false false false;
    /// See members' names and roles.
    SeeMembers           true true true true true;
    /// Invite, change roles, remove.
    EditMembers          true false false false false;
    /// See the billing profile.
    SeeBilling           true false false false false;
    /// Fill or change the billing profile.
    EditBilling          true false false false false;
    /// See usage of the whole organization, where there is some that belongs to nobody's project.
    SeeWhole             true false false false false;
    /// Set the organization's budgets and thresholds.
    EditLimits           true false false false false;
    /// See, make and revoke admin keys.
    EditAdminKeys        true false false false false;
    /// Read and export the audit log.
    SeeAudit             true false false false false;
    /// See members' personal keys and refuse them.
    EditPersonalKeys     true false false false false;
    /// Make a development or staging project.
    MakeProject          true true true true true;
    /// Make a production project.
    MakeProduction       true false false false false;
    /// List projects, keys, usage, budgets: of those that the caller sees.
    List                 true true true true true;
    /// See the project and what it used.
    SeeProject           true true true true false;
    /// Rename and archive it, change its environment, choose its models.
    EditProject          true false false false false;
    /// See its members.
    SeeProjectMembers    true true true true false;
    /// Add and remove members, change their roles.
    EditProjectMembers   true true false false false;
    /// Make own keys, edit and revoke them.
    EditOwnKeys          true true true false false;
    /// Edit and revoke keys of others.
    EditKeys             true true false false false;
    /// Make, edit and remove service accounts and their keys.
    EditServiceAccounts  true true false false false;
    /// Set budgets and thresholds of the project and its keys.
    EditProjectLimits    true true false false false;
    /// Read prompts and answers that are kept.
    ReadBodies           true true false false false;
    /// Have the gateway answer requests.
    SendRequests         true true true false false;
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    #[test]
    fn table_is_the_golden_file() {
        let mut table = String::from(
            "action               owner  project owner  project member  project viewer  reader\n",
        );
        for action in Action::ALL {
            let [owner, runs, works, looks, reader] =
                Who::ALL.map(|who| if allows(who, *action) { "yes" } else { "-" });
            let name = format!("{action:?}");
            writeln!(table, "{name:<20} {owner:<6} {runs:<14} {works:<15} {looks:<15} {reader}")
                .unwrap();
        }
        assert_eq!(table, include_str!("access.golden"));
    }

    #[test]
    fn who_may_more_may_all_that_others_may() {
        for action in Action::ALL {
            let row = Who::ALL.map(|who| allows(who, *action));
            assert!(row.is_sorted_by(|more, less| more >= less), "{action:?} {row:?}");
        }
    }
}
