//! Sending, and what became of it.

use std::{sync::Arc, time::Duration};

use domain::{EventId, Price};
use futures_util::future::join_all;
use store::{requests::Found, system::Player};
use tokio::time::timeout;

use crate::web::{App, Member, Prompt, Reply};

/// How long a person waits for an answer.
const PATIENCE: Duration = Duration::from_mins(5);

/// One model's part.
pub(super) struct Run {
    pub(super) model: Arc<Price>,
    pub(super) id: EventId,
    /// None: it did not come in time.
    pub(super) reply: Option<Reply>,
    /// What is booked of it; none where nothing is, or not yet.
    pub(super) found: Option<Found>,
}

/// Asks all models at once.
pub(super) async fn all(
    app: &App,
    member: &Member,
    player: Player,
    prompts: Vec<Prompt>,
) -> Vec<Run> {
    join_all(prompts.into_iter().map(|prompt| one(app, member, player, prompt))).await
}

async fn one(app: &App, member: &Member, player: Player, prompt: Prompt) -> Run {
    let id = EventId::generate();
    let reply = timeout(PATIENCE, app.playground.send(player, id, &prompt)).await.ok();
    // The answer is paid for: it is shown whether or not its record can be read.
    let found = app.store.request(&member.caller, id).await.ok();
    Run { model: prompt.model, id, reply, found }
}
