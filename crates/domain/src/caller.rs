//! Who asks.

use crate::{Action, OrgId, Role, UserId, access::allows};

/// A person in an organization. Made only by the store, from a membership that it has read: what
/// holds a `Caller` was authenticated, and every store method that concerns a tenant asks for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// The person.
    pub user: UserId,
    /// The organization in which the person acts.
    pub org: OrgId,
    /// What the person is there.
    pub role: Role,
}

/// The caller's role does not allow the action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("only an owner of this organization may do this")]
pub struct Forbidden;

impl Caller {
    /// Stops unless the role allows the action.
    pub const fn may(&self, action: Action) -> Result<(), Forbidden> {
        if allows(self.role, action) { Ok(()) } else { Err(Forbidden) }
    }
}
