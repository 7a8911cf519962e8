//! From a presented key to whose it is and what it may.

mod player;
mod row;

use std::time::Instant;

use domain::{KeyId, OrgId, Permissions, ProjectId, Usd, UserId};
pub use player::Player;
use row::Row;

use super::System;
use crate::StoreError;

/// What a request names in its headers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Named {
    /// The organization.
    pub org: Option<OrgId>,
    /// The project.
    pub project: Option<ProjectId>,
}

/// What tells a right key from a wrong one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proof {
    /// HMAC-SHA256 of the whole key under the pepper.
    pub secret_hash: [u8; 32],
    /// Revoked, reported as leaked, or never a key of this installation: refused for ever.
    pub void: bool,
    /// From when on it is refused, by the database's clock.
    pub until: Option<Instant>,
}

impl Proof {
    /// Whether whoever holds the key is let in at this instant.
    pub fn is_good(&self, now: Instant) -> bool {
        !self.void && self.until.is_none_or(|until| now < until)
    }
}

/// The key with a public id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presented {
    /// What the whole key is compared with.
    pub proof: Proof,
    /// Where its requests go.
    pub reach: Reach,
}

/// Where a key's requests go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// To its one project.
    Project(KeyState),
    /// A personal key's: where the request says.
    Personal {
        /// The organizations of its person: when one of them changes, the answer may be another.
        orgs: Vec<OrgId>,
        /// What the request's headers come to.
        choice: Result<KeyState, Unbilled>,
    },
}

/// Why nobody is billed for a request with a personal key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unbilled {
    /// The header names no organization of the person; or there is none, and no default one.
    Organization,
    /// The header names no project of the person; or there is none, and the default project is not
    /// the person's.
    Project,
}

/// What the gateway must know of a key to admit a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "facts that are independent of each other")]
pub struct KeyState {
    /// The key.
    pub key: KeyId,
    /// Who is billed.
    pub org: OrgId,
    /// For which project.
    pub project: ProjectId,
    /// That project's label.
    pub project_name: String,
    /// Whose key it is, if a person's.
    pub member: Option<UserId>,
    /// Whether its usage is told apart by key.
    pub tracked: bool,
    /// What it may ask for.
    pub permissions: Permissions,
    /// The models that its project may ask, in order; none: all.
    pub models: Option<Vec<String>>,
    /// Its project reaches the sandbox alone.
    pub rehearsal: bool,
    /// Fingerprints of its project's requests are kept.
    pub fingerprints: bool,
    /// Prompts and answers of its project's requests are kept.
    pub bodies: bool,
    /// Whether models without a known price may be asked.
    pub unpriced: bool,
    /// The most that one request may reserve.
    pub max_request: Option<Usd>,
    /// Why it sends no requests at present.
    pub obstacle: Option<Obstacle>,
}

/// What stands in the way of all requests with a key, until somebody changes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// The operator suspended the organization.
    Suspended,
    /// The organization is closed.
    Closed,
    /// The project is archived.
    Archived,
    /// The key is paused.
    Paused,
    /// Whose key it is may not send requests in its project, or is gone.
    Owner,
    /// The organization takes no personal keys.
    ServiceKeysOnly,
    /// This personal key may live longer than so many days, the most of the organization's own keys.
    Outlives(u16),
    /// An owner of the organization refuses this personal key.
    Blocked,
    /// The organization has no billing profile.
    Billing,
}

impl System<'_> {
    /// The key with this public id, and for a personal key what the request names. A project key's
    /// answer does not depend on what is named.
    pub async fn presented(
        self,
        public_id: &str,
        named: Named,
    ) -> Result<Option<Presented>, StoreError> {
        // What is remembered ends a moment early rather than late.
        let asked = Instant::now();
        let mut tx = self.begin_quick().await?;
        let row = sqlx::query_as!(
            Row,
            r#"WITH project_key AS (
                SELECT k.id, k.org_id, k.project_id, k.owner_id AS user_id, k.service_account_id, k.secret_hash,
                    k.revoked_at IS NOT NULL OR k.leaked_at IS NOT NULL OR k.imported AS void, k.expires_at,
                    k.created_at, k.tracked, k.permissions, k.scopes, k.paused_at IS NOT NULL AS paused,
                    k.max_request, false AS personal
                FROM directory d JOIN api_keys k ON (k.org_id, k.id) = (d.org_id, d.key_id) WHERE d.public_id = $1
             ), personal_key AS (
                SELECT k.id, m.org_id, p.id AS project_id, k.user_id, NULL::uuid AS service_account_id, k.secret_hash,
                    k.revoked_at IS NOT NULL OR k.leaked_at IS NOT NULL AS void, k.expires_at,
                    k.created_at, true AS tracked, 'all' AS permissions, '{}'::text[] AS scopes, false AS paused,
                    NULL::numeric AS max_request, true AS personal
                FROM personal_keys k JOIN users u ON u.id = k.user_id
                LEFT JOIN memberships m ON m.user_id = k.user_id AND m.org_id = COALESCE($2, u.default_org_id)
                LEFT JOIN projects p ON p.org_id = m.org_id AND CASE WHEN $3::uuid IS NULL THEN p.is_default ELSE p.id = $3 END
                WHERE k.public_id = $1
             )
             SELECT k.id AS "id!", k.org_id AS "org_id?", k.project_id AS "project_id?", k.user_id AS "user_id?",
                k.service_account_id IS NOT NULL AS "service!", s.deleted_at IS NOT NULL AS "service_deleted!",
                k.secret_hash AS "secret_hash!", k.void AS "void!", k.tracked AS "tracked!", k.permissions AS "permissions!",
                k.scopes AS "scopes!", k.paused AS "paused!", k.personal AS "personal!",
                extract(epoch FROM k.expires_at - exq_now())::float8 AS "expires_in?",
                m.role AS "role?", pm.role AS "project_role?", p.name AS "project_name?", p.models AS "models?",
                p.archived_at IS NOT NULL AS "archived!", o.suspended_at IS NOT NULL AS "suspended!",
                o.closed_at IS NOT NULL AS "closed!", COALESCE(o.service_keys_only, false) AS "service_keys_only!",
                COALESCE(p.rehearsal, false) AS "rehearsal!", COALESCE(p.fingerprints, false) AS "fingerprints!",
                COALESCE(p.bodies_days > 0, false) AS "bodies!", COALESCE(o.unpriced = 'allow', false) AS "unpriced!",
                k.max_request AS "max_request?",
                CASE WHEN k.personal AND COALESCE(k.expires_at > k.created_at + make_interval(hours => 24 * o.key_max_days), true)
                    THEN o.key_max_days END AS "outlives?",
                b.org_id IS NOT NULL AS "billing!", x.key_id IS NOT NULL AS "blocked!",
                CASE WHEN k.personal THEN ARRAY(SELECT a.org_id FROM memberships a WHERE a.user_id = k.user_id)
                    ELSE '{}' END AS "orgs!"
             FROM (SELECT * FROM project_key UNION ALL SELECT * FROM personal_key) k
             LEFT JOIN organizations o ON o.org_id = k.org_id
             LEFT JOIN projects p ON (p.org_id, p.id) = (k.org_id, k.project_id)
             LEFT JOIN billing_profiles b ON b.org_id = k.org_id
             LEFT JOIN memberships m ON (m.org_id, m.user_id) = (k.org_id, k.user_id)
             LEFT JOIN project_members pm ON (pm.org_id, pm.project_id, pm.user_id) = (k.org_id, k.project_id, k.user_id)
             LEFT JOIN service_accounts s ON (s.org_id, s.id) = (k.org_id, k.service_account_id)
             LEFT JOIN personal_key_blocks x ON k.personal AND (x.org_id, x.key_id) = (k.org_id, k.id)
             -- A public id is one of both kinds; were it not, the project's key it is.
             ORDER BY k.personal LIMIT 1"#,
            public_id,
            named.org.map(OrgId::uuid),
            named.project.map(ProjectId::uuid)
        )
        .fetch_optional(&mut *tx)
        .await?;
        row.map(|row| row.presented(asked)).transpose()
    }
}
