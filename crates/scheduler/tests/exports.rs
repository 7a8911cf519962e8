//! Files that members asked for: several nodes write them, and one that dies leaves nothing out.
#![expect(clippy::unwrap_used, reason = "a test that can't get what it needs has failed")]

use std::sync::Arc;

use chrono::TimeDelta;
use scheduler::WritePiece;
use store::{
    ExportState, StoreError, UsageFile,
    slices::{Dimension, Grain, Only},
};
use testkit::{Database, Tenant};
use tokio::time::{Duration, timeout};

const PIECES: u32 = 60;

/// Two months of quarters, a day a piece.
fn file() -> UsageFile {
    let first: chrono::DateTime<chrono::Utc> = "2026-09-01T00:00:00Z".parse().unwrap();
    let bounds = (0..=PIECES).map(|n| first + TimeDelta::days(n.into()));
    UsageFile {
        grain: Grain::Quarters,
        by: vec![Dimension::Project],
        only: Only::default(),
        bounds: bounds.collect(),
    }
}

fn writer() -> WritePiece {
    Arc::new(|piece, _, _| Ok(format!("{}\n", piece.place).into_bytes()))
}

#[tokio::test]
async fn nodes_share_the_work_and_one_that_dies_is_made_up_for() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let (store, caller) = (&database.store, &tenant.caller);
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(store.ask_export(caller, "usage.csv", "", &file()).await.unwrap());
    }
    // A node that is gone somewhere on its way, whatever it was doing.
    for after in 1..=8 {
        let dying = scheduler::write_files(database.another().await, writer());
        let _ = timeout(Duration::from_millis(after * 3), dying).await;
    }
    let nodes = [database.another().await, database.another().await, database.another().await];
    let ready = |state| matches!(state, ExportState::Ready { .. });
    for minutes in (3..).step_by(3) {
        let works = nodes.iter().map(|node| scheduler::write_files(node.clone(), writer()));
        for worked in futures_util::future::join_all(works).await {
            worked.unwrap();
        }
        let exports = store.exports(caller).await.unwrap();
        if exports.iter().all(|export| ready(export.state)) {
            break;
        }
        // What a dead node began is begun again two minutes later.
        database.advance(TimeDelta::minutes(minutes)).await;
    }
    let whole: Vec<_> = (0..PIECES).map(|place| place.to_string()).collect();
    for id in ids {
        let mut text = String::new();
        for place in 0..PIECES {
            let piece = store.export_piece(caller, id, place).await.unwrap().unwrap();
            text.push_str(&String::from_utf8(piece).unwrap());
        }
        assert_eq!(text.lines().collect::<Vec<_>>(), whole);
    }
}

#[tokio::test]
async fn a_file_that_can_not_be_written_keeps_no_other_waiting() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let (store, caller) = (&database.store, &tenant.caller);
    let bad = store.ask_export(caller, "usage.csv", "", &file()).await.unwrap();
    let good = store.ask_export(caller, "usage.csv", "", &file()).await.unwrap();
    let write: WritePiece = Arc::new(move |piece, _, _| {
        if piece.export == bad { Err(std::io::ErrorKind::Other.into()) } else { Ok(Vec::new()) }
    });
    let mut failures = 0;
    for minutes in (3..27).step_by(3) {
        let worked = scheduler::write_files(store.clone(), Arc::clone(&write)).await;
        if let Err(error) = worked {
            assert!(matches!(error, StoreError::Damaged(_)), "{error}");
            failures += 1;
        }
        database.advance(TimeDelta::minutes(minutes)).await;
    }
    assert_eq!(failures, 5);
    assert_eq!(store.export(caller, bad).await.unwrap().state, ExportState::Failed);
    let state = store.export(caller, good).await.unwrap().state;
    assert!(matches!(state, ExportState::Ready { .. }), "{state:?}");
}

/// By member, which only owners may ask for, and by project, which a reader may, too: of own ones.
#[tokio::test]
async fn who_sees_less_than_was_asked_for_gets_no_file() {
    for by in [Dimension::Member, Dimension::Project] {
        // Before it is written, between two pieces, and when it is ready.
        for written in [0, 20, PIECES] {
            let database = Database::new().await;
            let tenant = Tenant::new(&database, "owner").await;
            let (store, caller) = (&database.store, &tenant.caller);
            let asked = UsageFile { by: vec![by], ..file() };
            let id = store.ask_export(caller, "usage.csv", "", &asked).await.unwrap();
            for _ in 0..written {
                let piece = store.system().begin_piece().await.unwrap().unwrap();
                assert!(store.system().end_piece(&piece, b"all\n", 1).await.unwrap());
            }
            let org = caller.org.uuid();
            let demoted = format!("UPDATE memberships SET role = 'reader' WHERE org_id = '{org}'");
            database.tamper(&demoted).await;
            scheduler::write_files(store.clone(), writer()).await.unwrap();
            let reader = store.caller(caller.user().unwrap(), caller.org).await.unwrap();
            let state = store.export(&reader, id).await.unwrap().state;
            let whole = written == PIECES;
            let expected = if whole { ExportState::Hidden } else { ExportState::Failed };
            assert_eq!(state, expected, "{by:?}, {written}");
            let first = store.export_piece(&reader, id, 0).await.unwrap();
            assert_eq!(first, None, "{by:?}, {written}");
        }
    }
}

/// A reader's file is of the own projects at asking.
#[tokio::test]
async fn a_readers_file_is_of_the_projects_that_were_the_readers() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let store = &database.store;
    let (reader, org, project) =
        (domain::UserId::generate().uuid(), tenant.caller.org.uuid(), tenant.project.uuid());
    let joins = format!(
        "INSERT INTO users (id, email, name, password_hash) VALUES ('{reader}', 'r@example.com', 'Rita', '!');
         INSERT INTO memberships (org_id, user_id, role) VALUES ('{org}', '{reader}', 'reader')"
    );
    database.tamper(&joins).await;
    let put = format!(
        "INSERT INTO project_members (org_id, project_id, user_id, role) VALUES ('{org}', '{project}', '{reader}', 'viewer')"
    );
    let taken = format!("DELETE FROM project_members WHERE user_id = '{reader}'");
    let caller = store.caller(domain::UserId::from_uuid(reader), tenant.caller.org).await.unwrap();
    let ask = async || store.ask_export(&caller, "usage.csv", "", &file()).await.unwrap();
    // One spell may be too short for all of it.
    let write = async || {
        let writing = |export: &store::Export| matches!(export.state, ExportState::Writing { .. });
        while store.exports(&caller).await.unwrap().iter().any(writing) {
            scheduler::write_files(store.clone(), writer()).await.unwrap();
        }
    };
    let is_ready = async |id| {
        matches!(store.export(&caller, id).await.unwrap().state, ExportState::Ready { .. })
    };
    let before = ask().await;
    database.tamper(&put).await;
    write().await;
    assert!(
        !is_ready(before).await,
        "it would be of more projects at its end than at its beginning"
    );
    let own = ask().await;
    write().await;
    assert!(is_ready(own).await);
    database.tamper(&taken).await;
    assert!(!is_ready(own).await, "what is hidden on pages is hidden in files");
    database.tamper(&put).await;
    assert!(is_ready(own).await);
    let then = ask().await;
    database.tamper(&taken).await;
    write().await;
    assert!(!is_ready(then).await);
}
