//! What owners decide for all who are in an organization.

use domain::{
    Action, Caller, MostDays, Rules,
    audit::{Change, Kind},
};

use crate::{Store, StoreError};

impl Store {
    /// Sets the rules. Those about keys concern new ones.
    pub async fn set_rules(&self, caller: &Caller, rules: &Rules) -> Result<(), StoreError> {
        caller.may(Action::EditOrganization)?;
        let mut tx = self.change(caller).await?;
        let old = sqlx::query!(
            "SELECT projects_listed, key_max_days, service_keys_only FROM organizations
             WHERE org_id = $1 FOR NO KEY UPDATE",
            caller.org.uuid()
        )
        .fetch_one(&mut **tx)
        .await?;
        let days = rules.key_max_days.map(MostDays::days);
        let change = Change::new(Kind::OrganizationUpdated, caller.org)
            .moved("projects_listed", old.projects_listed, rules.projects_listed)
            .maybe("key_max_days", old.key_max_days, days)
            .moved("service_keys_only", old.service_keys_only, rules.service_keys_only);
        if change.facts.is_empty() {
            return Ok(());
        }
        sqlx::query!(
            "UPDATE organizations SET projects_listed = $2, key_max_days = $3, service_keys_only = $4
             WHERE org_id = $1",
            caller.org.uuid(),
            rules.projects_listed,
            days.map(i32::from),
            rules.service_keys_only
        )
        .execute(&mut **tx)
        .await?;
        tx.commit(change).await
    }
}
