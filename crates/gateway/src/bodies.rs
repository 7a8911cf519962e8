//! Prompts and answers, of projects that want them kept. A copy is taken beside the request, which waits
//! for nothing; it is sealed in a task of its own and written once a second.

use std::{
    io::Read as _,
    mem,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use domain::{BodyPart, EventId, OrgId, ProjectId};
use flate2::read::MultiGzDecoder;
use store::system::{BodyRow, KeyState};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::spawn_blocking,
};

use crate::{gateway::Gateway, tap::Packing};

/// Seals one text of a request, so that it opens as just this one; none if it can't be sealed.
pub type SealBody = Arc<dyn Fn((OrgId, EventId, BodyPart), &[u8]) -> Option<Vec<u8>> + Send + Sync>;

/// What is kept of one text, in bytes.
const LARGEST: usize = 256 * 1024;
/// What all of them may take on a node, from the request until they are written. Beyond it requests go on
/// and are not kept.
const ROOM: usize = 64 * 1024 * 1024;
/// What is written in one transaction, about.
const AT_ONCE: usize = 8 * 1024 * 1024;

/// What is on its way to the database.
pub(crate) struct Bodies {
    seal: SealBody,
    /// A permit for each byte.
    room: Arc<Semaphore>,
    waiting: Mutex<Vec<Waiting>>,
    missed: AtomicU64,
}

/// Sealed and not yet written.
pub(crate) struct Waiting {
    pub(crate) row: BodyRow,
    room: OwnedSemaphorePermit,
}

/// A text, as far as it is kept.
#[derive(Default)]
struct Text {
    bytes: Vec<u8>,
    cut: bool,
}

impl Text {
    /// How much of what follows is kept.
    fn fits(&self, more: &[u8]) -> usize {
        more.len().min(LARGEST - self.bytes.len())
    }

    fn push(&mut self, more: &[u8]) {
        let (kept, rest) = more.split_at(self.fits(more));
        self.bytes.extend_from_slice(kept);
        self.cut |= !rest.is_empty();
    }

    /// What was packed, as far as it can be read: a part that is cut off has a beginning.
    fn unpacked(self, packing: Packing) -> Self {
        if packing != Packing::Gzip {
            return self;
        }
        let mut plain = Self { bytes: Vec::new(), cut: self.cut };
        let most = LARGEST as u64 + 1;
        let read = MultiGzDecoder::new(&self.bytes[..]).take(most).read_to_end(&mut plain.bytes);
        if read.is_err() && plain.bytes.is_empty() {
            return self;
        }
        plain.cut |= read.is_err() || plain.bytes.len() > LARGEST;
        plain.bytes.truncate(LARGEST);
        plain
    }
}

struct Taken {
    of: (OrgId, ProjectId, EventId),
    prompt: Text,
    /// None before its first byte.
    answer: Option<Text>,
    room: OwnedSemaphorePermit,
    bodies: Arc<Bodies>,
}

/// What is kept of a request that runs; of most requests nothing.
pub(crate) struct Recording(Option<Box<Taken>>);

impl Bodies {
    pub(crate) fn new(seal: SealBody) -> Self {
        Self::with_room(seal, ROOM)
    }

    fn with_room(seal: SealBody, room: usize) -> Self {
        Self {
            seal,
            room: Arc::new(Semaphore::new(room)),
            waiting: Mutex::default(),
            missed: AtomicU64::new(0),
        }
    }

    /// Begins with the prompt of a request that is admitted, if its project wants it kept.
    pub(crate) fn record(self: &Arc<Self>, key: &KeyState, id: EventId, body: &[u8]) -> Recording {
        if !key.bodies {
            return Recording(None);
        }
        let mut prompt = Text::default();
        let Some(room) = self.take_room(prompt.fits(body)) else {
            self.miss();
            return Recording(None);
        };
        prompt.push(body);
        let of = (key.org, key.project, id);
        Recording(Some(Box::new(Taken {
            of,
            prompt,
            answer: None,
            room,
            bodies: Arc::clone(self),
        })))
    }

    fn take_room(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.room).try_acquire_many_owned(u32::try_from(bytes).ok()?).ok()
    }

    fn miss(&self) {
        self.missed.fetch_add(1, Ordering::Relaxed);
    }

    /// How many requests were not kept since this was asked last.
    pub(crate) fn missed(&self) -> u64 {
        self.missed.swap(0, Ordering::Relaxed)
    }

    /// What is to be written next; nothing when all is.
    pub(crate) fn take(&self) -> Vec<Waiting> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let mut size = 0;
        let fits = |one: &&Waiting| {
            size += one.room.num_permits();
            size <= AT_ONCE
        };
        let many = waiting.iter().take_while(fits).count();
        let rest = waiting.split_off(many);
        mem::replace(&mut waiting, rest)
    }

    /// What could not be written, for the next time.
    pub(crate) fn put_back(&self, mut first: Vec<Waiting>) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        first.append(&mut waiting);
        *waiting = first;
    }

    fn seal(&self, taken: Taken, packing: Packing) {
        let Taken { of: (org, project, id), prompt, answer, mut room, .. } = taken;
        let packed = answer.as_ref().map_or(0, |text| text.bytes.len());
        let answer = answer.map(|text| text.unpacked(packing));
        let unpacked = answer.as_ref().map_or(0, |text| text.bytes.len());
        match self.take_room(unpacked.saturating_sub(packed)) {
            Some(more) => room.merge(more),
            None => return self.miss(),
        }
        let answer_cut = answer.as_ref().is_some_and(|text| text.cut);
        let seal = |part, text: &Text| (self.seal)((org, id, part), &text.bytes);
        let sealed = match &answer {
            Some(text) => seal(BodyPart::Answer, text).map(Some),
            None => Some(None),
        };
        let (Some(sealed_prompt), Some(answer)) = (seal(BodyPart::Prompt, &prompt), sealed) else {
            return self.miss();
        };
        let prompt_cut = prompt.cut;
        let row =
            BodyRow { org, project, id, prompt: sealed_prompt, prompt_cut, answer, answer_cut };
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(Waiting { row, room });
    }
}

impl Recording {
    /// Keeps more of the answer, as the client gets it.
    pub(crate) fn keep(&mut self, bytes: &[u8]) {
        let Some(taken) = &mut self.0 else { return };
        let answer = taken.answer.get_or_insert_default();
        if let Some(room) = taken.bodies.take_room(answer.fits(bytes)) {
            answer.push(bytes);
            taken.room.merge(room);
        } else {
            // Half an answer would look like a whole one.
            taken.bodies.miss();
            self.0 = None;
        }
    }

    /// The request is over: seals what there is, where it holds up nobody.
    pub(crate) fn end(self, gateway: &Gateway, packing: Packing) {
        let Some(taken) = self.0 else { return };
        let own = gateway.clone();
        gateway.tasks().spawn(async move {
            let bodies = Arc::clone(&taken.bodies);
            let sealed = spawn_blocking(move || bodies.seal(*taken, packing)).await;
            // Whoever writes once a second may have ended.
            if sealed.is_ok() && own.is_shutting_down() {
                own.flush_bodies().await;
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};

    use super::*;
    use crate::keys::tests::key;

    fn bodies(room: usize) -> Arc<Bodies> {
        Arc::new(Bodies::with_room(Arc::new(|_, plain| Some(plain.to_vec())), room))
    }

    fn recorded(bodies: &Arc<Bodies>, prompt: &[u8]) -> Recording {
        let key = KeyState { bodies: true, ..key(OrgId::generate()) };
        bodies.record(&key, EventId::generate(), prompt)
    }

    fn end(recording: Recording, packing: Packing) {
        let Recording(Some(taken)) = recording else { return };
        Arc::clone(&taken.bodies).seal(*taken, packing);
    }

    #[test]
    fn room_is_given_back_when_it_is_written_and_what_has_none_is_counted() {
        let bodies = bodies(1_000);
        let mut first = recorded(&bodies, &[b'a'; 400]);
        first.keep(&[b'b'; 100]);
        first.keep(&[b'c'; 100]);
        let mut second = recorded(&bodies, &[b'd'; 300]);
        second.keep(&[b'e'; 101]);
        assert_eq!((bodies.missed(), bodies.missed()), (1, 0));
        assert!(recorded(&bodies, &[b'f'; 401]).0.is_none());
        end(first, Packing::None);
        end(second, Packing::None);
        let waiting = bodies.take();
        assert_eq!((waiting.len(), bodies.take().len(), bodies.missed()), (1, 0, 1));
        assert_eq!(waiting[0].row.prompt, [b'a'; 400]);
        let answer = waiting[0].row.answer.as_deref().unwrap();
        assert_eq!((answer.len(), answer[100]), (200, b'c'));
        bodies.put_back(waiting);
        assert!(recorded(&bodies, &[b'g'; 401]).0.is_none());
        drop(bodies.take());
        assert!(recorded(&bodies, &[b'h'; 1_000]).0.is_some());
    }

    #[test]
    fn what_is_too_long_is_cut_and_writing_goes_in_parts() {
        let bodies = bodies(ROOM);
        for _ in 0..40 {
            let mut recording = recorded(&bodies, &vec![b'p'; LARGEST + 1]);
            for _ in 0..3 {
                recording.keep(&vec![b'a'; LARGEST / 2]);
            }
            end(recording, Packing::None);
        }
        let (mut parts, mut rows) = (0, 0);
        loop {
            let waiting = bodies.take();
            if waiting.is_empty() {
                break;
            }
            for Waiting { row, .. } in &waiting {
                let answer = row.answer.as_ref().map(Vec::len);
                assert_eq!((row.prompt.len(), answer), (LARGEST, Some(LARGEST)));
                assert!(row.prompt_cut && row.answer_cut);
            }
            parts += 1;
            rows += waiting.len();
        }
        assert_eq!((parts, rows, bodies.missed()), (3, 40, 0));
    }

    #[test]
    fn what_was_packed_is_kept_unpacked_as_far_as_it_can_be_read() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(b"the answer").unwrap();
        let packed = encoder.finish().unwrap();
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&vec![b'x'; LARGEST + 9]).unwrap();
        let (long, kept) = (encoder.finish().unwrap(), vec![b'x'; LARGEST]);
        for (bytes, packing, expected, cut) in [
            (&packed[..], Packing::Gzip, &b"the answer"[..], false),
            (&packed[..packed.len() - 4], Packing::Gzip, b"the answer", true),
            (&long, Packing::Gzip, &kept, true),
            (b"neither", Packing::Gzip, b"neither", false),
            (&packed, Packing::Other, &packed, false),
        ] {
            let text = Text { bytes: bytes.to_vec(), cut: false }.unpacked(packing);
            assert!(text.bytes == expected && text.cut == cut, "{packing:?} {}", bytes.len());
        }
    }

    #[test]
    fn nothing_is_kept_of_a_project_that_does_not_want_it() {
        let bodies = bodies(ROOM);
        let mut recording =
            bodies.record(&key(OrgId::generate()), EventId::generate(), b"a secret");
        recording.keep(b"another");
        end(recording, Packing::None);
        assert!(bodies.take().is_empty());
    }
}
