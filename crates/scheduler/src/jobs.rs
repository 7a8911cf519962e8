//! The jobs that only need the store.

use store::{Store, StoreError};

/// Folds what there is.
pub(crate) async fn fold(store: Store) -> Result<(), StoreError> {
    while store.system().fold().await? > 0 {
        failpoint::at("scheduler::folded");
    }
    Ok(())
}

/// Books what dead nodes left open.
pub(crate) async fn reap(store: Store) -> Result<(), StoreError> {
    loop {
        let booked = store.system().reap().await?;
        if booked == 0 {
            return Ok(());
        }
        failpoint::at("scheduler::reaped");
        tracing::warn!(
            requests = booked,
            "open requests of a dead node were booked at their bound"
        );
    }
}

/// Tells owners of raises that ended by themselves.
pub(crate) async fn tell(store: Store) -> Result<(), StoreError> {
    while store.system().tell_ended_raises().await? > 0 {}
    Ok(())
}

/// Erases organizations that were closed 30 days ago, a slice at a time.
pub(crate) async fn erase(store: Store) -> Result<(), StoreError> {
    while let Some(erased) = store.system().erase_closed().await? {
        if erased.wholly {
            tracing::warn!(organization = %erased.org, "an organization was erased, 30 days after it was closed");
        }
    }
    Ok(())
}

/// Erases from the audit logs who deleted an account, a slice at a time.
pub(crate) async fn forget(store: Store) -> Result<(), StoreError> {
    while store.system().erase_person().await? {}
    Ok(())
}

/// Forgets what is over and makes ahead what will be needed.
pub(crate) async fn sweep(store: Store) -> Result<(), StoreError> {
    let system = store.system();
    system.reap_sessions().await?;
    system.reap_throttles().await?;
    system.reap_held_users().await?;
    system.prune_changes().await?;
    system.make_partitions().await
}

/// Raises the usage tiers of organizations that have what the next one needs.
pub async fn raise_tiers(store: Store) -> Result<(), StoreError> {
    for org in store.system().rising().await? {
        if let Some(tier) = store.system().raise_tier(org).await? {
            tracing::info!(organization = %org, tier, "an organization's usage tier rose by itself");
        }
    }
    Ok(())
}
