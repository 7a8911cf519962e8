//! A user's own memberships, and whose a thing is.

use domain::{Actor, Caller, OrgId, Origin, Role, Scope, UserId};

use super::System;
use crate::{OwnOrganization, StoreError};

impl System<'_> {
    /// The organizations that the user is a member of, by name.
    pub async fn organizations_of(self, user: UserId) -> Result<Vec<OwnOrganization>, StoreError> {
        let mut tx = self.begin().await?;
        let rows = sqlx::query!(
            "SELECT o.org_id, o.name, m.role FROM memberships m JOIN organizations o USING (org_id)
             WHERE m.user_id = $1 ORDER BY lower(o.name), o.org_id",
            user.uuid()
        )
        .fetch_all(&mut *tx)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| OwnOrganization {
                id: OrgId::from_uuid(row.org_id),
                name: row.name,
                role: Role::from_column(&row.role),
            })
            .collect())
    }

    /// The caller for a command of the operator, who acts as an owner of the organization that the
    /// scope belongs to.
    pub async fn operator(self, scope: Scope) -> Result<Caller, StoreError> {
        let mut tx = self.begin().await?;
        let org = match scope {
            Scope::Org(id) => {
                sqlx::query_scalar!("SELECT org_id FROM organizations WHERE org_id = $1", id.uuid())
                    .fetch_one(&mut *tx)
                    .await?
            }
            Scope::Project(id) => {
                sqlx::query_scalar!("SELECT org_id FROM projects WHERE id = $1", id.uuid())
                    .fetch_one(&mut *tx)
                    .await?
            }
            Scope::Key(id) => {
                sqlx::query_scalar!("SELECT org_id FROM api_keys WHERE id = $1", id.uuid())
                    .fetch_one(&mut *tx)
                    .await?
            }
        };
        Ok(Caller {
            actor: Actor::Operator,
            org: OrgId::from_uuid(org),
            role: Role::Owner,
            origin: Origin::default(),
        })
    }
}
