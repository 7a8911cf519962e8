//! A file is its asker's, is written piece by piece, and each piece counts once.

use chrono::TimeDelta;
use domain::{Caller, ExportId, Role};
use store::{
    Conflict, Export, ExportState, Store, StoreError, UsageFile,
    slices::{Dimension, Grain, Only},
    system::Piece,
};
use testkit::{Database, Tenant};

use crate::people::member;

/// A file of so many hours.
pub(crate) fn hours(pieces: usize) -> UsageFile {
    let first = "2026-11-01T00:00:00Z".parse().unwrap();
    let bounds = std::iter::successors(Some(first), |at| Some(*at + TimeDelta::hours(1)));
    UsageFile {
        grain: Grain::Quarters,
        by: vec![Dimension::Project, Dimension::Tag],
        only: Only {
            models: vec!["gpt-4.1".to_owned()],
            tag: Some(store::tags::TagOnly { key: "team".parse().unwrap(), values: Vec::new() }),
            ..Only::default()
        },
        bounds: bounds.take(pieces + 1).collect(),
    }
}

async fn asked(store: &Store, caller: &Caller, pieces: usize) -> ExportId {
    store.ask_export(caller, "usage.csv", "by=project", &hours(pieces)).await.unwrap()
}

async fn begun(store: &Store) -> Piece {
    store.system().begin_piece().await.unwrap().unwrap()
}

async fn end(store: &Store, piece: &Piece) -> bool {
    store.system().end_piece(piece, format!("{}\n", piece.place).as_bytes(), 1).await.unwrap()
}

async fn state(store: &Store, caller: &Caller, id: ExportId) -> ExportState {
    store.export(caller, id).await.unwrap().state
}

#[tokio::test]
async fn pieces_are_written_in_their_order_and_each_once() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let (store, caller) = (&database.store, &tenant.caller);
    let id = asked(store, caller, 3).await;
    let first = begun(store).await;
    assert_eq!((first.export, first.org, first.place), (id, caller.org, 0));
    assert_eq!(first.file, hours(3), "nothing of the question is lost");
    assert_eq!(store.system().begin_piece().await.unwrap(), None, "it is being written");
    // Who began it is too slow; another one is not.
    database.advance(TimeDelta::minutes(3)).await;
    let again = begun(store).await;
    assert_eq!(again, first);
    assert!(end(store, &again).await);
    assert!(!end(store, &first).await, "a piece that two wrote counts once");
    assert_eq!(state(store, caller, id).await, ExportState::Writing { written: 1, of: 3 });
    assert_eq!(store.export_piece(caller, id, 0).await.unwrap(), None, "half a file is none");
    for _ in 0..2 {
        assert!(end(store, &begun(store).await).await);
    }
    assert_eq!(store.system().begin_piece().await.unwrap(), None);
    let export = store.export(caller, id).await.unwrap();
    let until = export.asked_at + Export::KEPT;
    assert_eq!(export.state, ExportState::Ready { pieces: 3, lines: 3, bytes: 6, until });
    let mut file = Vec::new();
    for place in 0..3 {
        file.extend(store.export_piece(caller, id, place).await.unwrap().unwrap());
    }
    assert_eq!(file, b"0\n1\n2\n");
    assert_eq!(store.export_piece(caller, id, 3).await.unwrap(), None);
}

#[tokio::test]
async fn files_take_turns() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let (store, caller) = (&database.store, &tenant.caller);
    let (long, short) = (asked(store, caller, 9).await, asked(store, caller, 2).await);
    let mut written = Vec::new();
    for at in 1..=4 {
        let piece = begun(store).await;
        assert!(end(store, &piece).await);
        written.push(piece.export);
        database.advance(TimeDelta::seconds(at)).await;
    }
    assert_eq!(written, [long, short, long, short]);
}

#[tokio::test]
async fn what_fails_is_given_up() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let (store, caller) = (&database.store, &tenant.caller);
    let id = asked(store, caller, 2).await;
    assert!(end(store, &begun(store).await).await);
    for at in 1..=5 {
        assert_eq!(begun(store).await.place, 1);
        assert_eq!(state(store, caller, id).await, ExportState::Writing { written: 1, of: 2 });
        database.advance(TimeDelta::minutes(3 * at)).await;
    }
    assert_eq!(store.system().begin_piece().await.unwrap(), None);
    assert_eq!(state(store, caller, id).await, ExportState::Failed);
    assert_eq!(store.export_piece(caller, id, 0).await.unwrap(), None);

    // At once, where it is known that it can't be.
    let id = asked(store, caller, 2).await;
    let piece = begun(store).await;
    store.system().give_up_export(&piece).await.unwrap();
    assert_eq!(state(store, caller, id).await, ExportState::Failed);
    assert!(!end(store, &piece).await);
}

#[tokio::test]
async fn a_file_is_its_askers_and_goes_with_them() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let stranger = Tenant::new(&database, "stranger").await;
    let (store, owner) = (&database.store, &tenant.caller);
    let (ben, reader) = member(&database, &tenant, "ben", Role::Reader).await;
    let (own, bens) = (asked(store, owner, 1).await, asked(store, &reader, 1).await);
    for _ in 0..2 {
        assert!(end(store, &begun(store).await).await);
    }
    for (caller, id) in [(owner, bens), (&reader, own), (&stranger.caller, own)] {
        assert!(matches!(store.export(caller, id).await, Err(StoreError::NotFound)));
        assert_eq!(store.export_piece(caller, id, 0).await.unwrap(), None);
        let removed = store.remove_export(caller, id).await;
        assert!(matches!(removed, Err(StoreError::NotFound)), "{removed:?}");
    }
    assert_eq!(store.exports(&stranger.caller).await.unwrap(), []);
    assert_eq!(store.exports(owner).await.unwrap().len(), 1);
    let members = UsageFile { by: vec![Dimension::Member], only: Only::default(), ..hours(1) };
    let refused = store.ask_export(&reader, "usage.csv", "", &members).await;
    assert!(matches!(refused, Err(StoreError::Forbidden(_))), "{refused:?}");

    store.remove_member(owner, ben, store::OwnKeys::Revoked).await.unwrap();
    assert_eq!(database.look("SELECT count(*) FROM exports").await, "1");
    store.remove_export(owner, own).await.unwrap();
    assert_eq!(database.look("SELECT count(*) FROM export_pieces").await, "0");
}

#[tokio::test]
async fn files_are_few_and_forgotten() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let (store, caller) = (&database.store, &tenant.caller);
    for _ in 0..20 {
        asked(store, caller, 1).await;
    }
    let refused = store.ask_export(caller, "usage.csv", "", &hours(1)).await;
    assert!(matches!(refused, Err(StoreError::Conflict(Conflict::TooManyExports))), "{refused:?}");
    assert_eq!(database.look("SELECT count(*) FROM exports").await, "20");
    database.advance(TimeDelta::days(6)).await;
    assert_eq!(store.system().reap_exports().await.unwrap(), 0);
    database.advance(TimeDelta::days(8)).await;
    assert_eq!(store.system().reap_exports().await.unwrap(), 20);
}

#[tokio::test]
async fn of_files_that_are_asked_for_at_once_no_more_than_twenty_are_kept() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let (store, caller) = (&database.store, &tenant.caller);
    for _ in 0..17 {
        asked(store, caller, 1).await;
    }
    let file = hours(1);
    let asks = (0..8).map(|_| store.ask_export(caller, "usage.csv", "", &file));
    let asked = futures_util::future::join_all(asks).await;
    assert_eq!(asked.iter().filter(|asked| asked.is_ok()).count(), 3, "{asked:?}");
    assert_eq!(database.look("SELECT count(*) FROM exports").await, "20");
}
