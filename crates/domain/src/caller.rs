//! Who asks.

use std::{fmt, net::IpAddr, sync::Arc};

use crate::{
    AdminKeyId, OrgId, Role, UserId,
    access::{Action, Forbidden, Who},
};

/// On whose behalf something is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// A person.
    User(UserId),
    /// A program with an admin key.
    AdminKey(AdminKeyId),
    /// The operator, by a command.
    Operator,
    /// Whoever reported a key as leaked, by showing it.
    Report,
    /// Nobody: a rule of this program brought it about.
    Rule,
}

/// As the audit log names it.
impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => id.fmt(f),
            Self::AdminKey(id) => id.fmt(f),
            Self::Operator => f.write_str("operator"),
            Self::Report => f.write_str("leak report"),
            Self::Rule => f.write_str("rule"),
        }
    }
}

/// From where somebody asks, for the audit log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The network address.
    pub address: Option<IpAddr>,
    /// What the browser or program calls itself.
    pub agent: Option<Arc<str>>,
}

impl Origin {
    /// The most characters that are kept of a program's name for itself.
    pub const LONGEST: usize = 256;

    /// From an address and a `User-Agent`, of which the beginning is kept.
    pub fn new(address: Option<IpAddr>, agent: Option<&str>) -> Self {
        let agent = agent.map(|agent| {
            agent.chars().filter(|c| !c.is_control()).take(Self::LONGEST).collect::<String>().into()
        });
        Self { address, agent }
    }
}

/// Somebody in an organization. Made only by the store, from a membership or a key that it has read:
/// what holds a `Caller` was authenticated, and every store method that concerns a tenant asks for
/// one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Who.
    pub actor: Actor,
    /// The organization that is acted in.
    pub org: OrgId,
    /// What the actor is there.
    pub role: Role,
    /// From where.
    pub origin: Origin,
}

impl Caller {
    /// The person, if it is one.
    pub const fn user(&self) -> Option<UserId> {
        match self.actor {
            Actor::User(user) => Some(user),
            Actor::AdminKey(_) | Actor::Operator | Actor::Report | Actor::Rule => None,
        }
    }

    /// The same caller, known to ask from there.
    #[must_use]
    pub fn from_origin(self, origin: Origin) -> Self {
        Self { origin, ..self }
    }

    /// Stops unless the caller's role allows the action wherever in the organization. What depends
    /// on a project is asked of the caller's place in it: the store's business.
    pub const fn may(&self, action: Action) -> Result<(), Forbidden> {
        Who::new(self.role, None).may(action)
    }
}
