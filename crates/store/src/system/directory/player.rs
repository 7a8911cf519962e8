//! A person who sends requests from a project's playground, without a key.

use domain::{KeyId, OrgId, ProjectId, UserId};

use super::{KeyState, Row};
use crate::{StoreError, System};

/// Who plays, in which project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Player {
    /// Who is billed.
    pub org: OrgId,
    /// For which project.
    pub project: ProjectId,
    /// The person.
    pub user: UserId,
}

impl System<'_> {
    /// What the person may send at this instant, as if it were with a personal key; none without such a
    /// project. Nothing of it is remembered: whoever plays is no crowd.
    pub async fn player(self, player: Player) -> Result<Option<KeyState>, StoreError> {
        let mut tx = self.begin_quick().await?;
        let row = sqlx::query_as!(
            Row,
            r#"SELECT $4::uuid AS "id!", p.org_id AS "org_id?", p.id AS "project_id?", $3::uuid AS "user_id?",
                false AS "service!", false AS "service_deleted!", ''::bytea AS "secret_hash!", false AS "void!",
                true AS "tracked!", 'all' AS "permissions!", '{}'::text[] AS "scopes!", false AS "paused!",
                true AS "personal!", NULL::float8 AS "expires_in?", m.role AS "role?", pm.role AS "project_role?",
                p.name AS "project_name?", p.models AS "models?", p.archived_at IS NOT NULL AS "archived!",
                o.suspended_at IS NOT NULL AS "suspended!", o.closed_at IS NOT NULL AS "closed!",
                o.service_keys_only AS "service_keys_only!", p.rehearsal AS "rehearsal!", p.fingerprints AS "fingerprints!", COALESCE(p.bodies_days > 0, false) AS "bodies!",
                o.unpriced = 'allow' AS "unpriced!", NULL::numeric AS "max_request?", NULL::integer AS "outlives?",
                b.org_id IS NOT NULL AS "billing!", false AS "blocked!", '{}'::uuid[] AS "orgs!"
             FROM projects p JOIN organizations o ON o.org_id = p.org_id
             LEFT JOIN billing_profiles b ON b.org_id = p.org_id
             LEFT JOIN memberships m ON m.org_id = p.org_id AND m.user_id = $3
             LEFT JOIN project_members pm ON (pm.org_id, pm.project_id) = (p.org_id, p.id) AND pm.user_id = $3
             WHERE p.org_id = $1 AND p.id = $2"#,
            player.org.uuid(),
            player.project.uuid(),
            player.user.uuid(),
            KeyId::playground(player.project).uuid()
        )
        .fetch_optional(&mut *tx)
        .await?;
        row.map(|row| row.state(player.org.uuid(), player.project.uuid())).transpose()
    }
}
