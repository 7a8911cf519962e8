//! The work that only needs the store.

use store::{
    Store, StoreError,
    system::{Done, Dropping},
};

/// Folds what there is. What comes in meanwhile, less than a slice, waits for the next round: else it
/// would never end where requests never do.
pub(crate) async fn fold(store: Store) -> Result<(), StoreError> {
    // None keeps the others from being folded.
    let (deltas, timings, tags) =
        tokio::join!(fold_deltas(&store), fold_timings(&store), fold_tags(&store));
    deltas.and(timings).and(tags)
}

async fn fold_deltas(store: &Store) -> Result<(), StoreError> {
    loop {
        let folded = store.system().fold().await?;
        failpoint::at("scheduler::folded");
        if folded < store::system::FOLDED_AT_ONCE {
            return Ok(());
        }
    }
}

async fn fold_timings(store: &Store) -> Result<(), StoreError> {
    while store.system().fold_timings().await? >= store::system::TIMED_AT_ONCE {}
    Ok(())
}

async fn fold_tags(store: &Store) -> Result<(), StoreError> {
    while store.system().fold_tags().await? >= store::system::TAGS_AT_ONCE {}
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

/// Writes reports that are due.
pub(crate) async fn report(store: Store) -> Result<(), StoreError> {
    while store.system().tell_report().await? {
        failpoint::at("scheduler::reported");
    }
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

/// Forgets what is over.
pub(crate) async fn sweep(store: Store) -> Result<Done, StoreError> {
    let system = store.system();
    // First of all: whatever else can’t be swept, nobody’s prompts are kept longer.
    let bodies = system.reap_bodies().await?;
    let (sessions, throttles) = (system.reap_sessions().await?, system.reap_throttles().await?);
    let (users, changes) = (system.reap_held_users().await?, system.prune_changes().await?);
    let prints = system.reap_fingerprints().await?;
    system.sum_unearned().await?;
    let errors = system.reap_provider_errors().await?;
    let refused = system.reap_refused_requests().await?;
    let files = system.reap_exports().await?;
    let all = [
        (sessions, "sessions"),
        (throttles, "throttles"),
        (users, "addresses held for a sign-up"),
        (changes, "changes"),
        (prints, "fingerprints"),
        (errors, "errors of providers"),
        (refused, "refused requests"),
        (files, "files"),
        (bodies, "prompts and answers"),
    ];
    let over =
        all.iter().filter(|(many, _)| *many > 0).map(|(many, what)| format!("{what} {many}"));
    Ok(Done::well(match over.collect::<Vec<_>>().as_slice() {
        [] => "Nothing was over".to_owned(),
        over => format!("Forgotten: {}", over.join(", ")),
    }))
}

/// Makes partitions ahead.
pub(crate) async fn partitions(store: Store) -> Result<Done, StoreError> {
    store.system().make_partitions().await?;
    Ok(Done::well("There is room for three months"))
}

/// Compares what the ledger wrote with itself.
pub(crate) async fn reconcile(store: Store) -> Result<Done, StoreError> {
    Ok(match store.system().reconcile().await? {
        None => Done::well("Events, rollups, counters and open requests agree"),
        // What is in an organization is not the operator's to see.
        Some(difference) => Done {
            said: format!("{}: “exchequer reconcile” tells the first difference", difference.what),
            alarm: true,
        },
    })
}

/// Warns organizations of what they want to be warned of. One that can't be looked at keeps no other from
/// being warned.
pub(crate) async fn watch(store: Store) -> Result<Done, StoreError> {
    let (mut warned, mut seen, mut missed) = (0, 0_u64, Vec::new());
    for org in store.system().watching().await? {
        match store.system().watch(org).await {
            Ok(warnings) => (warned, seen) = (warned + warnings, seen + 1),
            Err(error) => {
                tracing::warn!(organization = %org, %error, "an organization could not be looked at");
                missed.push(error);
            }
        }
    }
    let missing = missed.len();
    match missed.pop() {
        // Nobody is warned: that is no work done.
        Some(error) if seen == 0 => Err(error),
        Some(_) => Ok(Done::well(format!("Warnings: {warned}; could not be looked at: {missing}"))),
        None => Ok(Done::well(format!("Warnings: {warned}"))),
    }
}

/// Drops months that are older than is kept, the oldest first, as far as nothing stands in the way.
pub(crate) async fn drop_months(store: Store) -> Result<Done, StoreError> {
    let mut dropped = Vec::new();
    loop {
        match store.system().drop_month().await? {
            Dropping::Dropped { month, requests } => {
                tracing::warn!(%month, requests, "the single requests of a month were dropped");
                dropped.push(format!("{month} was dropped (requests: {requests})"));
            }
            Dropping::Stays { month, why } => {
                dropped.push(format!("{month} stays: {why}"));
                break;
            }
            Dropping::Nothing => break,
        }
    }
    Ok(Done::well(match dropped.as_slice() {
        [] => "No month is older than is kept".to_owned(),
        dropped => dropped.join("; "),
    }))
}

/// Raises the usage tiers of organizations that have what the next one needs. Answers how many rose.
pub async fn raise_tiers(store: Store) -> Result<u64, StoreError> {
    let mut rose = 0;
    for org in store.system().rising().await? {
        if let Some(tier) = store.system().raise_tier(org).await? {
            tracing::info!(organization = %org, tier, "an organization's usage tier rose by itself");
            rose += 1;
        }
    }
    Ok(rose)
}

/// The same as a job.
pub(crate) async fn tiers(store: Store) -> Result<Done, StoreError> {
    let rose = raise_tiers(store).await?;
    Ok(Done::well(format!("Organizations that rose: {rose}")))
}
