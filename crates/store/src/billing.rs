//! The billing profile, without which requests are refused. No card data.

use domain::{
    Action, Caller, UserId,
    audit::{Change, Kind},
};

use crate::{Store, StoreError};

/// Who pays, as a form holds it; already checked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BillingProfile {
    /// The legal name.
    pub legal_name: String,
    /// Where statements go.
    pub email: String,
    /// Street, place, postal code; several lines.
    pub address: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// May be empty.
    pub tax_id: String,
    /// May be empty.
    pub cost_centre: String,
}

impl Store {
    /// The profile, if there is one.
    pub async fn billing_profile(
        &self,
        caller: &Caller,
    ) -> Result<Option<BillingProfile>, StoreError> {
        caller.may(Action::SeeBilling)?;
        let mut tx = self.tenant(caller).await?;
        Ok(sqlx::query_as!(
            BillingProfile,
            "SELECT legal_name, email, address, country, tax_id, cost_centre FROM billing_profiles WHERE org_id = $1",
            caller.org.uuid()
        )
        .fetch_optional(&mut *tx)
        .await?)
    }

    /// Fills or changes the profile.
    pub async fn set_billing_profile(
        &self,
        caller: &Caller,
        profile: &BillingProfile,
    ) -> Result<(), StoreError> {
        caller.may(Action::EditBilling)?;
        let mut tx = self.change(caller).await?;
        let old = sqlx::query_as!(
            BillingProfile,
            "SELECT legal_name, email, address, country, tax_id, cost_centre FROM billing_profiles WHERE org_id = $1 FOR NO KEY UPDATE",
            caller.org.uuid()
        )
        .fetch_optional(&mut **tx)
        .await?;
        sqlx::query!(
            "INSERT INTO billing_profiles (org_id, legal_name, email, address, country, tax_id, cost_centre, updated_by)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (org_id) DO UPDATE SET legal_name = $2, email = $3, address = $4, country = $5,
                 tax_id = $6, cost_centre = $7, updated_by = $8, updated_at = exq_now()",
            caller.org.uuid(),
            profile.legal_name,
            profile.email,
            profile.address,
            profile.country,
            profile.tax_id,
            profile.cost_centre,
            caller.user().map(UserId::uuid)
        )
        .execute(&mut **tx)
        .await?;
        tx.commit(moved(caller, old.as_ref(), profile)).await
    }
}

/// A billing address and a tax id may be a person's.
fn moved(caller: &Caller, old: Option<&BillingProfile>, new: &BillingProfile) -> Change {
    let old = |field: fn(&BillingProfile) -> &String| old.map(field);
    Change::new(Kind::BillingUpdated, caller.org)
        .personal("legal_name", old(|p| &p.legal_name), Some(&new.legal_name))
        .personal("email", old(|p| &p.email), Some(&new.email))
        .personal("address", old(|p| &p.address), Some(&new.address))
        .maybe("country", old(|p| &p.country), Some(&new.country))
        .personal("tax_id", old(|p| &p.tax_id), Some(&new.tax_id))
        .maybe("cost_centre", old(|p| &p.cost_centre), Some(&new.cost_centre))
}
