//! API keys, as lists and pages show them.

use chrono::{DateTime, Utc};
use domain::{
    Action, Caller, KeyId, Permissions, ProjectId, ProjectRole, Role, ServiceAccountId, UserId, Who,
};
use uuid::Uuid;

use crate::{
    Maker, Page, Part, Store, StoreError,
    key_making::{Guards, guards},
    page::page_of,
    place::{place, to_edit_key},
    tx::Tx,
};

/// Whose a key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyOwner {
    /// A person; without a name when no longer a member of the organization.
    Member {
        /// The person.
        id: UserId,
        /// What the person is called.
        name: Option<String>,
    },
    /// A service account.
    ServiceAccount {
        /// Its id.
        id: ServiceAccountId,
        /// Its label.
        name: String,
    },
    /// Nobody: one of the operator's commands made it.
    Operator,
}

/// A key as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "facts that are independent of each other")]
pub struct ApiKey {
    /// Its id; not the secret.
    pub id: KeyId,
    /// The project that it sends requests for.
    pub project: ProjectId,
    /// That project's label.
    pub project_name: String,
    /// Its label.
    pub name: String,
    /// The public part of the key, for recognizing it; empty for an imported label.
    pub public_id: String,
    /// The key's last four characters; may be empty for an imported label.
    pub last_four: String,
    /// Whose it is.
    pub owner: KeyOwner,
    /// The owner may send requests for the project; else the key is refused.
    pub owner_has_access: bool,
    /// Who made it.
    pub maker: Maker,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// What it may ask for.
    pub permissions: Permissions,
    /// Its usage is told apart by key; else it is under `Untracked`.
    pub tracked: bool,
    /// What it may do at most.
    pub guards: Guards,
    /// It or its project has a budget that refuses, of any window.
    pub budgeted: bool,
    /// The label of a key that lives at the provider: no request is taken with it.
    pub imported: bool,
    /// From when on it is refused.
    pub expires_at: Option<DateTime<Utc>>,
    /// Since when it is refused for now.
    pub paused_at: Option<DateTime<Utc>>,
    /// Since when it is refused because somebody found it in the open.
    pub leaked_at: Option<DateTime<Utc>>,
    /// Since when it is refused for good.
    pub revoked_at: Option<DateTime<Utc>>,
    /// Whether its project is archived, which refuses it too.
    pub project_archived: bool,
    /// When it was last presented, at most a minute ago more than that.
    pub used_at: Option<DateTime<Utc>>,
    /// The key in whose place it was made.
    pub replaces: Option<KeyId>,
    /// The key that was made in its place.
    pub replaced_by: Option<KeyId>,
    /// The caller's place in its project.
    pub who: Who,
    /// It is the caller's own.
    pub own: bool,
}

impl ApiKey {
    /// Whether the caller may rename, change, pause and revoke it.
    pub fn may_edit(&self) -> bool {
        let of_service_account = matches!(self.owner, KeyOwner::ServiceAccount { .. });
        self.who.may(to_edit_key(self.own, of_service_account)).is_ok()
    }

    /// Whether the caller may have a new secret in its place: nobody gets one that speaks for
    /// another person.
    pub fn may_rotate(&self) -> bool {
        self.may_edit() && (self.own || !matches!(self.owner, KeyOwner::Member { .. }))
    }
}

impl Store {
    /// Keys of the projects that the caller sees, newest first, revoked ones last.
    pub async fn api_keys(&self, caller: &Caller) -> Result<Vec<ApiKey>, StoreError> {
        caller.may(Action::List)?;
        let mut tx = self.tenant(caller).await?;
        read(&mut tx, caller, None).await
    }

    /// A part of a project's keys, for who may look into it: without revoked ones and imported
    /// labels, and those whose owner may send requests, may not, or both.
    pub async fn api_keys_page(
        &self,
        caller: &Caller,
        project: ProjectId,
        page: &Page<KeyId>,
        owner_has_access: Option<bool>,
    ) -> Result<Part<ApiKey>, StoreError> {
        let tx = &mut self.tenant(caller).await?;
        place(tx, caller, project).await?.may(Action::SeeProject)?;
        let (roles, places) = senders();
        let part = page_of!(
            tx,
            caller,
            page,
            "k.id",
            "api_keys k LEFT JOIN memberships m ON (m.org_id, m.user_id) = (k.org_id, k.owner_id)
             LEFT JOIN project_members o
                ON (o.org_id, o.project_id, o.user_id) = (k.org_id, k.project_id, k.owner_id)
             LEFT JOIN service_accounts s ON (s.org_id, s.id) = (k.org_id, k.service_account_id)
             WHERE k.org_id = $1 AND k.project_id = $6 AND k.revoked_at IS NULL AND NOT k.imported
                AND ($7::boolean IS NULL OR $7 = CASE
                    WHEN k.owner_id IS NOT NULL THEN COALESCE(m.role = ANY ($8), false)
                        OR COALESCE(m.role IS NOT NULL AND o.role = ANY ($9), false)
                    WHEN k.service_account_id IS NOT NULL THEN s.id IS NOT NULL AND s.deleted_at IS NULL
                    ELSE true END)",
            project.uuid(),
            owner_has_access,
            &roles,
            &places
        );
        let rows = read(tx, caller, Some(&part.rows)).await?;
        Ok(part.filled(rows, |key| key.id.uuid()))
    }

    /// One key.
    pub async fn api_key(&self, caller: &Caller, id: KeyId) -> Result<ApiKey, StoreError> {
        caller.may(Action::List)?;
        let mut tx = self.tenant(caller).await?;
        let key =
            read(&mut tx, caller, Some(&[id.uuid()])).await?.pop().ok_or(StoreError::NotFound)?;
        key.who.may(Action::SeeProject)?;
        Ok(key)
    }
}

/// As the table of rights has it: who sends requests by the role in the organization, and who by the
/// place in the project.
fn senders() -> (Vec<String>, Vec<String>) {
    let sends = |role, place| Who::new(role, place).may(Action::SendRequests).is_ok();
    let roles = Role::ALL.into_iter().filter(|role| sends(*role, None));
    let places = ProjectRole::ALL.into_iter().filter(|place| sends(Role::Reader, Some(*place)));
    (
        roles.map(|role| role.as_str().to_owned()).collect(),
        places.map(|place| place.as_str().to_owned()).collect(),
    )
}

#[expect(clippy::too_many_lines, reason = "one statement and the row that it answers")]
async fn read(
    tx: &mut Tx,
    caller: &Caller,
    only: Option<&[Uuid]>,
) -> Result<Vec<ApiKey>, StoreError> {
    let me = caller.user().map(UserId::uuid);
    let rows = sqlx::query!(
        r#"SELECT k.id AS "id!", k.project_id AS "project_id!", p.name AS "project_name!", k.name AS "name!",
            k.public_id AS "public_id!", k.last_four AS "last_four!", k.owner_id AS "owner_id?",
            o.name AS "owner_name?", om.role AS "owner_role?", op.role AS "owner_place?",
            k.service_account_id AS "account_id?", s.name AS "account_name?",
            s.id IS NOT NULL AND s.deleted_at IS NULL AS "account_lives!", k.created_by AS "created_by?",
            CASE WHEN $4 THEN u.email ELSE u.name END AS "maker?",
            k.created_at AS "created_at!", k.permissions AS "permissions!", k.scopes AS "scopes!",
            k.max_request AS "max_request?", k.max_running AS "max_running?",
            EXISTS (SELECT FROM budgets b WHERE b.org_id = k.org_id AND NOT b.observe
                AND ((b.scope = 'key' AND b.scope_id = k.id) OR (b.scope = 'project' AND b.scope_id = k.project_id))) AS "budgeted!",
            k.tracked AS "tracked!", k.imported AS "imported!", k.expires_at AS "expires_at?",
            k.paused_at AS "paused_at?", k.leaked_at AS "leaked_at?", k.revoked_at AS "revoked_at?",
            p.archived_at IS NOT NULL AS "archived!", used.used_at AS "used_at?", k.replaces AS "replaces?",
            next.id AS "replaced_by?", me.role AS "my_place?"
         FROM api_keys k JOIN projects p ON (p.org_id, p.id) = (k.org_id, k.project_id)
         LEFT JOIN users u ON u.id = k.created_by
         LEFT JOIN users o ON o.id = k.owner_id
         LEFT JOIN memberships om ON (om.org_id, om.user_id) = (k.org_id, k.owner_id)
         LEFT JOIN project_members op
            ON (op.org_id, op.project_id, op.user_id) = (k.org_id, k.project_id, k.owner_id)
         LEFT JOIN service_accounts s ON (s.org_id, s.id) = (k.org_id, k.service_account_id)
         LEFT JOIN key_uses used ON (used.org_id, used.key_id) = (k.org_id, k.id)
         LEFT JOIN api_keys next
            ON (next.org_id, next.replaces) = (k.org_id, k.id) AND next.revoked_at IS NULL
         LEFT JOIN project_members me
            ON (me.org_id, me.project_id) = (k.org_id, k.project_id) AND me.user_id = $2
         WHERE k.org_id = $1 AND ($3::uuid[] IS NULL OR k.id = ANY ($3))
         ORDER BY k.revoked_at IS NOT NULL, k.created_at DESC, k.id DESC"#,
        caller.org.uuid(),
        me,
        only,
        caller.may(Action::EditMembers).is_ok()
    )
    .fetch_all(&mut **tx)
    .await?;
    let key = |id: Option<Uuid>| id.map(KeyId::from_uuid);
    rows.into_iter()
        .map(|row| {
            let place = row.owner_place.as_deref().map(ProjectRole::from_column);
            let role = row.owner_role.as_deref().map(Role::from_column);
            let sends = |role| Who::new(role, place).may(Action::SendRequests).is_ok();
            let (owner, owner_has_access) = match (row.owner_id, row.account_id) {
                (Some(id), _) => {
                    let owner =
                        KeyOwner::Member { id: UserId::from_uuid(id), name: row.owner_name };
                    (owner, role.is_some_and(sends))
                }
                (None, Some(id)) => {
                    let name = row.account_name.unwrap_or_default();
                    let id = ServiceAccountId::from_uuid(id);
                    (KeyOwner::ServiceAccount { id, name }, row.account_lives)
                }
                (None, None) => (KeyOwner::Operator, true),
            };
            // Admin keys make keys of service accounts, commands those of nobody.
            let program = match owner {
                KeyOwner::ServiceAccount { .. } => Maker::AdminKey,
                KeyOwner::Member { .. } | KeyOwner::Operator => Maker::Operator,
            };
            let maker = Maker::of(row.created_by, row.maker, program);
            Ok(ApiKey {
                id: KeyId::from_uuid(row.id),
                project: ProjectId::from_uuid(row.project_id),
                project_name: row.project_name,
                name: row.name,
                public_id: row.public_id,
                last_four: row.last_four,
                owner,
                owner_has_access,
                maker,
                created_at: row.created_at,
                permissions: Permissions::parse(&row.permissions, &row.scopes),
                tracked: row.tracked,
                guards: guards(row.max_request.as_ref(), row.max_running)?,
                budgeted: row.budgeted,
                imported: row.imported,
                expires_at: row.expires_at,
                paused_at: row.paused_at,
                leaked_at: row.leaked_at,
                revoked_at: row.revoked_at,
                project_archived: row.archived,
                used_at: row.used_at,
                replaces: key(row.replaces),
                replaced_by: key(row.replaced_by),
                who: Who::new(caller.role, row.my_place.as_deref().map(ProjectRole::from_column)),
                own: me.is_some() && row.owner_id == me,
            })
        })
        .collect()
}
