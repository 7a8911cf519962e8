//! Addresses that want no reports of an organization, and no alerts by its thresholds' lists.

use domain::{Email, OrgId, OutboxId};
use sqlx::{query, query_as};

use super::System;
use crate::StoreError;

/// What a link of an alert is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mute {
    /// The organization that mails.
    pub organization: String,
    /// To which address.
    pub address: String,
    /// It gets none any more.
    pub muted: bool,
}

impl System<'_> {
    /// What is known of the link in a mail that can be stopped; none if there is no such mail any more.
    pub async fn mute_of(self, org: OrgId, mail: OutboxId) -> Result<Option<Mute>, StoreError> {
        let mut tx = self.begin().await?;
        Ok(query_as!(
            Mute,
            r#"SELECT o.name AS organization, q.recipient AS address, EXISTS (SELECT FROM muted m
                WHERE m.org_id = q.org_id AND m.address = lower(q.recipient)) AS "muted!"
             FROM outbox q JOIN organizations o USING (org_id)
             WHERE q.org_id = $1 AND q.id = $2 AND exq_can_be_stopped(q.template, q.recipient_id)"#,
            org.uuid(),
            mail.uuid()
        )
        .fetch_optional(&mut *tx)
        .await?)
    }

    /// The address gets no more reports of the organization, and no alerts by thresholds' lists; or gets
    /// them again.
    pub async fn set_muted(
        self,
        org: OrgId,
        address: &Email,
        muted: bool,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        query!(
            "WITH wanted AS (DELETE FROM muted WHERE org_id = $1 AND address = lower($2) AND NOT $3)
             INSERT INTO muted (org_id, address) SELECT $1, lower($2) WHERE $3 ON CONFLICT DO NOTHING",
            org.uuid(),
            address.as_str(),
            muted
        )
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }
}
