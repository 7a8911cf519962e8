//! The story of a request while it goes on: times, and what is worth knowing of what it asked for.
//! Never its prompt or its answer.

use std::{sync::Arc, time::Instant};

use domain::{Moments, Story, Tags};
use http::HeaderMap;

use crate::{ask::Ask, headers};

/// Most bytes of a provider's id for a request.
const LONGEST_ID: usize = 200;

/// Begins when a request is received.
#[derive(Debug)]
pub(crate) struct Telling {
    received: Instant,
    story: Story,
}

impl Telling {
    pub(crate) fn of(endpoint: &'static str) -> Self {
        let story = Story {
            endpoint: endpoint.into(),
            provider_id: None,
            max_output: None,
            choices: 1,
            stops: false,
            tags: Tags::default(),
            moments: Moments::default(),
        };
        Self { received: Instant::now(), story }
    }

    /// Its key is known and its body read.
    pub(crate) fn is_read(&mut self) {
        self.story.moments.read = self.until(Instant::now());
    }

    /// What it asks for is known: the ledger is asked now.
    pub(crate) fn asks(&mut self, ask: &Ask<'_>, tags: Tags) {
        let story = &mut self.story;
        (story.max_output, story.choices) = (ask.size.max_output, ask.size.choices);
        (story.stops, story.tags) = (ask.stops, tags);
        self.story.moments.asked = self.until(Instant::now());
    }

    pub(crate) fn is_admitted(&mut self) {
        self.story.moments.admitted = self.until(Instant::now());
    }

    /// A connection to the provider was there.
    pub(crate) fn connected(&mut self, at: Option<Instant>) {
        self.story.moments.connected = at.map(|at| self.until(at));
    }

    /// The head of the provider's answer came.
    pub(crate) fn has_head(&mut self, head: &HeaderMap) {
        self.story.moments.first_byte = Some(self.until(Instant::now()));
        let id = head.get(headers::REQUEST_ID).and_then(|id| id.to_str().ok());
        let fits = |id: &&str| (1..=LONGEST_ID).contains(&id.len());
        self.story.provider_id = id.filter(fits).map(str::to_owned);
    }

    /// It is over; of a stream, when its first output came.
    pub(crate) fn end(mut self, first_output: Option<Instant>) -> Arc<Story> {
        self.story.moments.first_token = first_output.map(|at| self.until(at));
        self.story.moments.last = self.until(Instant::now());
        Arc::new(self.story)
    }

    /// In microseconds.
    fn until(&self, at: Instant) -> u64 {
        let time = at.saturating_duration_since(self.received);
        u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
    }
}
