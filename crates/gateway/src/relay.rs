//! A stream on its way to the client: each frame at once, the end only after the books are made.
//!
//! The first tokens wait for nothing. `[DONE]` and the end wait for the commit. A client that leaves
//! has asked for what it gets: its stream is read on to the usage, for a while. A stream that the
//! provider breaks off ends with an error in OpenAI's form, and without `[DONE]`.

use std::{sync::Arc, time::Duration};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use futures_util::stream;
use http_body_util::BodyExt as _;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    time::{Instant, timeout, timeout_at},
};

use crate::{
    bodies::Recording,
    booking::Booking,
    error::Error,
    meter::{Meter, Sight},
    tap::{Packing, Piece, Tap},
};

/// How long a departed client's stream is read on.
const DRAIN: Duration = Duration::from_mins(2);
/// How long a client may read nothing before it counts as departed.
const CLIENT_SILENCE: Duration = Duration::from_mins(2);
/// How long a provider may keep a stream open that it said is done.
const AFTER_DONE: Duration = Duration::from_secs(1);
/// Frames on their way to a client that reads slowly.
const AHEAD: usize = 32;

/// Ends the reply of a stream that could not be completed in words.
#[derive(Debug, thiserror::Error)]
#[error("the provider broke the stream off")]
struct BrokenOff;

enum Client {
    Reading(mpsc::Sender<Result<Bytes, BrokenOff>>),
    Left { until: Instant, _permit: Option<OwnedSemaphorePermit> },
}

/// A stream that is handed on.
pub(crate) struct Relay {
    /// Until it is booked.
    booking: Option<Booking>,
    tap: Tap,
    meter: Meter,
    hides_usage: bool,
    silence: Duration,
    client: Client,
    drains: Arc<Semaphore>,
    recording: Recording,
}

impl Relay {
    /// Makes a relay, and the body that its client reads.
    pub(crate) fn new(
        booking: Booking,
        packing: Packing,
        hides_usage: bool,
        silence: Duration,
        drains: Arc<Semaphore>,
        recording: Recording,
    ) -> (Self, Body) {
        let (sender, receiver) = mpsc::channel(AHEAD);
        let relay = Self {
            booking: Some(booking),
            tap: Tap::new(packing),
            meter: Meter::default(),
            hides_usage,
            silence,
            client: Client::Reading(sender),
            drains,
            recording,
        };
        let frames = stream::unfold(receiver, |mut receiver| async {
            receiver.recv().await.map(|frame| (frame, receiver))
        });
        (relay, Body::from_stream(frames))
    }

    /// Hands the provider's answer on to its end; what was kept of it.
    pub(crate) async fn run(mut self, answer: Response) -> Recording {
        let mut body = answer.into_body();
        let broken = loop {
            match self.next(&mut body).await {
                Some(Ok(bytes)) => {
                    failpoint::at("gateway::frames_read");
                    for piece in self.tap.take(bytes, &mut self.meter) {
                        self.hand_on(piece).await;
                    }
                }
                Some(Err(error)) => break Some(error),
                None => break None,
            }
        };
        if let Some(error) = broken {
            self.break_off(&error).await;
            return self.recording;
        }
        failpoint::at("gateway::stream_ended");
        let rest = self.tap.rest(&mut self.meter);
        self.book().await;
        if let Some(piece) = rest {
            self.hand_on(piece).await;
        }
        self.recording
    }

    async fn hand_on(&mut self, piece: Piece) {
        match piece.sight {
            Sight::UsageOnly if self.hides_usage => return,
            Sight::Done => self.book().await,
            Sight::UsageOnly | Sight::Other => {}
        }
        self.send(Ok(piece.bytes)).await;
    }

    async fn send(&mut self, item: Result<Bytes, BrokenOff>) {
        if let Ok(bytes) = &item {
            self.recording.keep(bytes);
        }
        let Client::Reading(sender) = &self.client else { return };
        if !matches!(timeout(CLIENT_SILENCE, sender.send(item)).await, Ok(Ok(()))) {
            self.leave();
        }
        failpoint::at("gateway::frame_sent");
    }

    fn leave(&mut self) {
        failpoint::at("gateway::client_left");
        let permit = Arc::clone(&self.drains).try_acquire_owned().ok();
        let patience = if permit.is_some() { DRAIN } else { Duration::ZERO };
        self.client = Client::Left { until: Instant::now() + patience, _permit: permit };
    }

    /// The next bytes; none at the end.
    async fn next(&mut self, body: &mut Body) -> Option<Result<Bytes, Error>> {
        loop {
            let is_booked = self.booking.is_none();
            let silence = if is_booked { AFTER_DONE } else { self.silence };
            let frame = match &self.client {
                Client::Left { .. } if is_booked => return None,
                Client::Left { until, .. } => timeout_at(*until, body.frame()).await,
                Client::Reading(sender) => tokio::select! {
                    frame = timeout(silence, body.frame()) => frame,
                    () = sender.closed() => {
                        self.leave();
                        continue;
                    }
                },
            };
            return match frame {
                // What breaks after its end was whole.
                Ok(Some(Err(_))) | Err(_) if is_booked => None,
                Ok(None) => None,
                Ok(Some(Ok(frame))) => match frame.into_data() {
                    Ok(bytes) => Some(Ok(bytes)),
                    Err(_trailers) => continue,
                },
                Ok(Some(Err(error))) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "a stream was broken off"
                    );
                    Some(Err(Error::UpstreamLost))
                }
                Err(_elapsed) => Some(Err(Error::UpstreamTimeout)),
            };
        }
    }

    /// Books what came of a stream, once.
    async fn book(&mut self) {
        let Some(mut booking) = self.booking.take() else { return };
        failpoint::at("gateway::stream_read");
        booking.had_output(self.meter.first_output());
        match self.meter.usage() {
            told if !self.meter.has_ended() => booking.cut_off(told).await,
            Some(usage) => booking.answered(usage).await,
            None => booking.estimated(self.meter.seen_output()).await,
        };
        failpoint::at("gateway::stream_booked");
    }

    async fn break_off(&mut self, error: &Error) {
        failpoint::at("gateway::stream_broken_off");
        self.book().await;
        failpoint::at("gateway::broken_off_booked");
        let last = if self.tap.is_plain() {
            Ok(Bytes::from(format!("data: {}\n\n", error.body())))
        } else {
            Err(BrokenOff)
        };
        self.send(last).await;
    }
}
