//! What the database tells of a key, judged.

use std::time::{Duration, Instant};

use domain::{
    Action, Expiry, KeyId, OrgId, Permissions, ProjectId, ProjectRole, Role, UserId, Who,
};
use sqlx::types::{BigDecimal, Uuid};

use super::{KeyState, Obstacle, Presented, Proof, Reach, Unbilled};
use crate::{StoreError, money::usd};

/// A key, where its request goes, and what its owner is there.
#[expect(clippy::struct_excessive_bools, reason = "a row has what the tables have")]
pub(super) struct Row {
    pub(super) id: Uuid,
    pub(super) org_id: Option<Uuid>,
    pub(super) project_id: Option<Uuid>,
    pub(super) user_id: Option<Uuid>,
    pub(super) service: bool,
    pub(super) service_deleted: bool,
    pub(super) secret_hash: Vec<u8>,
    pub(super) void: bool,
    pub(super) tracked: bool,
    pub(super) permissions: String,
    pub(super) scopes: Vec<String>,
    pub(super) paused: bool,
    pub(super) personal: bool,
    pub(super) expires_in: Option<f64>,
    pub(super) role: Option<String>,
    pub(super) project_role: Option<String>,
    pub(super) project_name: Option<String>,
    pub(super) models: Option<Vec<String>>,
    pub(super) archived: bool,
    pub(super) suspended: bool,
    pub(super) closed: bool,
    pub(super) service_keys_only: bool,
    pub(super) outlives: Option<i32>,
    pub(super) billing: bool,
    pub(super) blocked: bool,
    pub(super) rehearsal: bool,
    pub(super) fingerprints: bool,
    pub(super) bodies: bool,
    pub(super) unpriced: bool,
    pub(super) max_request: Option<BigDecimal>,
    pub(super) orgs: Vec<Uuid>,
}

impl Row {
    pub(super) fn presented(self, asked: Instant) -> Result<Presented, StoreError> {
        let hash = self.secret_hash.as_slice().try_into();
        let proof = Proof {
            secret_hash: hash.map_err(|_| StoreError::Damaged("a key's hash"))?,
            void: self.void,
            until: self.expires_in.and_then(|seconds| after(asked, seconds)),
        };
        let reach = if self.personal {
            Reach::Personal {
                orgs: self.orgs.iter().copied().map(OrgId::from_uuid).collect(),
                choice: self.choice()?,
            }
        } else {
            let (Some(org), Some(project)) = (self.org_id, self.project_id) else {
                return Err(StoreError::Damaged("a key without a project"));
            };
            Reach::Project(self.state(org, project)?)
        };
        Ok(Presented { proof, reach })
    }

    /// Somebody who is nothing in a project does not learn that it exists.
    fn choice(self) -> Result<Result<KeyState, Unbilled>, StoreError> {
        let Some(org) = self.org_id else { return Ok(Err(Unbilled::Organization)) };
        match self.project_id {
            Some(project) if self.who().is_some_and(|who| who != Who::Reader) => {
                self.state(org, project).map(Ok)
            }
            _ => Ok(Err(Unbilled::Project)),
        }
    }

    pub(super) fn state(self, org: Uuid, project: Uuid) -> Result<KeyState, StoreError> {
        Ok(KeyState {
            key: KeyId::from_uuid(self.id),
            org: OrgId::from_uuid(org),
            project: ProjectId::from_uuid(project),
            member: self.user_id.map(UserId::from_uuid),
            tracked: self.tracked,
            permissions: Permissions::parse(&self.permissions, &self.scopes),
            obstacle: self.obstacle(),
            rehearsal: self.rehearsal,
            fingerprints: self.fingerprints,
            bodies: self.bodies,
            unpriced: self.unpriced,
            max_request: self.max_request.as_ref().map(usd).transpose()?,
            project_name: self.project_name.unwrap_or_default(),
            models: self.models.map(|mut models| {
                models.sort_unstable();
                models
            }),
        })
    }

    /// The first thing that stands in the way, the widest first.
    fn obstacle(&self) -> Option<Obstacle> {
        let most = self.outlives.map(|days| u16::try_from(days).unwrap_or(Expiry::LONGEST));
        [
            (self.suspended, Obstacle::Suspended),
            (self.closed, Obstacle::Closed),
            (self.archived, Obstacle::Archived),
            (self.paused, Obstacle::Paused),
            (!self.owner_may_send(), Obstacle::Owner),
            (self.personal && self.service_keys_only, Obstacle::ServiceKeysOnly),
            (most.is_some(), Obstacle::Outlives(most.unwrap_or_default())),
            (self.blocked, Obstacle::Blocked),
            (!self.billing, Obstacle::Billing),
        ]
        .into_iter()
        .find_map(|(stands, obstacle)| stands.then_some(obstacle))
    }

    /// What the person whose key it is may here; none if no member.
    fn who(&self) -> Option<Who> {
        let project = self.project_role.as_deref().map(ProjectRole::from_column);
        self.role.as_deref().map(|role| Who::new(Role::from_column(role), project))
    }

    /// A key that belongs to nobody was made by the operator's or an organization's program.
    fn owner_may_send(&self) -> bool {
        match (self.user_id, self.service) {
            (Some(_), _) => self.who().is_some_and(|who| who.may(Action::SendRequests).is_ok()),
            (None, true) => !self.service_deleted,
            (None, false) => true,
        }
    }
}

/// The instant that is so many seconds later; the same one for what is over already. None: nobody
/// lives to see it.
fn after(asked: Instant, seconds: f64) -> Option<Instant> {
    asked.checked_add(Duration::try_from_secs_f64(seconds.max(0.0)).ok()?)
}
