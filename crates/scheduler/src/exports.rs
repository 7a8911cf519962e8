//! Files that members asked for, written a piece at a time.

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use store::{Names, Store, StoreError, slices::Slice, system::Piece};

/// Writes a piece from what was used in it. How a file looks is the pages' business, which stand beside
/// the scheduler and not below it.
pub type WritePiece = Arc<dyn Fn(&Piece, &[Slice], &Names) -> io::Result<Vec<u8>> + Send + Sync>;

/// So long pieces are written before the loop looks whether the node stops.
const SPELL: Duration = Duration::from_secs(2);

/// Writes pieces as long as there are any. What can't be written keeps no other file waiting: it is begun
/// again two minutes later, and given up after some times.
pub async fn write_files(store: Store, write: WritePiece) -> Result<(), StoreError> {
    let mut failed = None;
    let began = Instant::now();
    while began.elapsed() < SPELL {
        let Some(piece) = store.system().begin_piece().await? else { break };
        match one(&store, &piece, &write).await {
            Ok(()) => {}
            // Who asked left meanwhile, or does not see the same any more.
            Err(StoreError::NotFound | StoreError::Forbidden(_)) => {
                store.system().give_up_export(&piece).await?;
            }
            Err(error) => {
                tracing::warn!(export = %piece.export, %error, "a piece of a file was not written");
                failed = Some(error);
            }
        }
    }
    failed.map_or(Ok(()), Err)
}

/// Reads with the eyes of who asked, as they are now.
async fn one(store: &Store, piece: &Piece, write: &WritePiece) -> Result<(), StoreError> {
    let caller = store.caller(piece.user, piece.org).await?;
    let Some(ask) = piece.file.piece(piece.place) else { return Err(StoreError::NotFound) };
    let slices = store.slices(&caller, ask).await?;
    let names = store.names(&caller, &slices).await?;
    // Asked last, so that nothing was narrowed in between.
    if !store.sees_export_as_asked(&caller, piece.export).await? {
        return Err(StoreError::NotFound);
    }
    let body = write(piece, &slices, &names)
        .map_err(|_| StoreError::Damaged("a piece of a file can’t be written"))?;
    store.system().end_piece(piece, &body, slices.len()).await?;
    Ok(())
}
