//! Keys that somebody found in the open.

use domain::{Actor, AdminKeyId, Caller, KeyId, OrgId, Origin, ProjectId, Role, UserId, audit};
use sqlx::types::Uuid;

use super::{System, account_mails::INSTALLATION};
use crate::{
    StoreError,
    audit::append,
    members::{Of, withdraw},
    tx::Tx,
};

/// A key whose public id was reported. Whether the report's key is this one, its hash tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspect {
    /// What the report named.
    pub public_id: String,
    /// HMAC-SHA256 of the whole key under the pepper.
    pub secret_hash: Vec<u8>,
    key: Leaked,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leaked {
    Project(OrgId, KeyId),
    Personal(KeyId),
    Admin(OrgId, AdminKeyId),
}

impl System<'_> {
    /// The keys with these public ids, of all kinds. The same work whether there are any.
    pub async fn suspects(self, public_ids: &[String]) -> Result<Vec<Suspect>, StoreError> {
        let mut tx = self.begin().await?;
        let rows = sqlx::query!(
            r#"SELECT 'project' AS "kind!", d.public_id AS "public_id!", k.org_id AS "org_id?", k.id AS "id!", k.secret_hash AS "secret_hash!"
             FROM directory d JOIN api_keys k ON (k.org_id, k.id) = (d.org_id, d.key_id)
             WHERE d.public_id = ANY ($1) AND NOT k.imported
             UNION ALL SELECT 'personal', public_id, NULL, id, secret_hash FROM personal_keys WHERE public_id = ANY ($1)
             UNION ALL SELECT 'admin', public_id, org_id, id, secret_hash FROM admin_keys WHERE public_id = ANY ($1)"#,
            public_ids
        )
        .fetch_all(&mut *tx)
        .await?;
        let suspect = |row: (String, Option<Uuid>, Uuid)| match (&*row.0, row.1) {
            ("project", Some(org)) => {
                Leaked::Project(OrgId::from_uuid(org), KeyId::from_uuid(row.2))
            }
            ("admin", Some(org)) => {
                Leaked::Admin(OrgId::from_uuid(org), AdminKeyId::from_uuid(row.2))
            }
            _ => Leaked::Personal(KeyId::from_uuid(row.2)),
        };
        Ok(rows
            .into_iter()
            .map(|row| Suspect {
                public_id: row.public_id,
                secret_hash: row.secret_hash,
                key: suspect((row.kind, row.org_id, row.id)),
            })
            .collect())
    }

    /// Refuses a key for ever whose holder is not alone: with an audit entry and, in the same
    /// transaction, a mail to whom it concerns. Only the first report does anything.
    pub async fn disable_leaked(
        self,
        suspect: &Suspect,
        origin: &Origin,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let disabled = match suspect.key {
            Leaked::Project(org, key) => project_key(&mut tx, org, key, origin).await?,
            Leaked::Personal(key) => personal_key(&mut tx, key, origin).await?,
            Leaked::Admin(org, key) => admin_key(&mut tx, org, key, origin).await?,
        };
        if disabled {
            tx.commit().await?;
        }
        Ok(())
    }
}

/// What is told of a key.
struct Told<'a> {
    kind: &'static str,
    name: &'a str,
    last_four: &'a str,
    project: Option<ProjectId>,
    owner: Option<Uuid>,
}

async fn project_key(
    tx: &mut Tx,
    org: OrgId,
    key: KeyId,
    origin: &Origin,
) -> Result<bool, StoreError> {
    let row = sqlx::query!(
        "UPDATE api_keys SET leaked_at = exq_now(), revoked_at = COALESCE(revoked_at, exq_now())
         WHERE org_id = $1 AND id = $2 AND leaked_at IS NULL RETURNING name, last_four, project_id, owner_id",
        org.uuid(),
        key.uuid()
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(false) };
    let told = Told {
        kind: "api",
        name: &row.name,
        last_four: &row.last_four,
        project: Some(ProjectId::from_uuid(row.project_id)),
        owner: row.owner_id,
    };
    mail_owners(tx, org, &told).await?;
    record(tx, org, &key.to_string(), &told, origin).await?;
    Ok(true)
}

async fn admin_key(
    tx: &mut Tx,
    org: OrgId,
    key: AdminKeyId,
    origin: &Origin,
) -> Result<bool, StoreError> {
    let row = sqlx::query!(
        "SELECT name, last_four FROM admin_keys WHERE org_id = $1 AND id = $2 AND revoked_at IS NULL
         FOR NO KEY UPDATE",
        org.uuid(),
        key.uuid()
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(false) };
    let ended = withdraw(tx, org, Of::Key(key)).await?;
    let told = Told {
        kind: "admin",
        name: &row.name,
        last_four: &row.last_four,
        project: None,
        owner: None,
    };
    mail_owners(tx, org, &told).await?;
    let subject = key.to_string();
    for change in ended.iter().filter(|change| change.subject != subject) {
        append(tx, &reporter(org, origin), change).await?;
    }
    record(tx, org, &subject, &told, origin).await?;
    Ok(true)
}

/// It opens all organizations of its person: each has an entry, the person has the mail.
async fn personal_key(tx: &mut Tx, key: KeyId, origin: &Origin) -> Result<bool, StoreError> {
    let row = sqlx::query!(
        "UPDATE personal_keys SET leaked_at = exq_now(), revoked_at = COALESCE(revoked_at, exq_now())
         WHERE id = $1 AND leaked_at IS NULL RETURNING name, last_four, user_id",
        key.uuid()
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(false) };
    sqlx::query!(
        "INSERT INTO outbox (org_id, id, template, params, recipient)
         SELECT $2, exq_id(), 'leaked', jsonb_build_object('kind', 'personal', 'name', $3::text, 'last_four', $4::text,
            'at', exq_now(), 'zone', 'UTC'), email
         FROM users WHERE id = $1 AND verified_at IS NOT NULL",
        row.user_id,
        INSTALLATION.uuid(),
        row.name,
        row.last_four
    )
    .execute(&mut **tx)
    .await?;
    // In one order: the ends of the chains are locked one after the other.
    let orgs = sqlx::query_scalar!(
        "SELECT org_id FROM memberships WHERE user_id = $1 ORDER BY org_id",
        row.user_id
    )
    .fetch_all(&mut **tx)
    .await?;
    let told = Told {
        kind: "personal",
        name: &row.name,
        last_four: &row.last_four,
        project: None,
        owner: Some(row.user_id),
    };
    for org in orgs {
        record(tx, OrgId::from_uuid(org), &key.to_string(), &told, origin).await?;
    }
    Ok(true)
}

/// One mail for each verified owner of the organization, and for whose key it is.
async fn mail_owners(tx: &mut Tx, org: OrgId, told: &Told<'_>) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO outbox (org_id, id, template, params, recipient_id, recipient)
         SELECT o.org_id, exq_id(), 'leaked', jsonb_build_object('kind', $2::text, 'organization', o.name, 'zone', o.zone,
                'name', $3::text, 'last_four', $4::text, 'project', p.name, 'at', exq_now()),
            CASE WHEN m.role = 'owner' THEN u.id END, u.email
         FROM organizations o JOIN memberships m ON m.org_id = o.org_id AND (m.role = 'owner' OR m.user_id = $5)
         JOIN users u ON u.id = m.user_id AND u.verified_at IS NOT NULL
         LEFT JOIN projects p ON p.org_id = o.org_id AND p.id = $6
         WHERE o.org_id = $1",
        org.uuid(),
        told.kind,
        told.name,
        told.last_four,
        told.owner,
        told.project.map(ProjectId::uuid)
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn record(
    tx: &mut Tx,
    org: OrgId,
    subject: &str,
    told: &Told<'_>,
    origin: &Origin,
) -> Result<(), StoreError> {
    let mut change = audit::Change::new(audit::Kind::KeyLeaked, subject)
        .now("kind", told.kind)
        .now("last_four", told.last_four)
        .maybe("owner", None::<UserId>, told.owner.map(UserId::from_uuid));
    // What a person calls an own key is for that person.
    if told.kind != "personal" {
        change = change.now("name", told.name);
    }
    if let Some(project) = told.project {
        change = change.in_project(project);
    }
    append(tx, &reporter(org, origin), &change).await
}

fn reporter(org: OrgId, origin: &Origin) -> Caller {
    Caller { actor: Actor::Report, org, role: Role::Owner, origin: origin.clone() }
}
