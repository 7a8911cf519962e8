//! The copy of a stream that is read for its usage.

use std::io::Write as _;

use bytes::Bytes;
use flate2::write::MultiGzDecoder;
use http::{HeaderMap, header};

use crate::{
    meter::{Meter, Sight},
    sse::{self, Frames},
};

/// Bytes to hand on together, and what they are.
#[derive(Debug)]
pub(crate) struct Piece {
    pub(crate) bytes: Bytes,
    pub(crate) sight: Sight,
}

/// How a stream is read.
pub(crate) enum Tap {
    /// As it is, frame by frame; a frame can be taken out.
    Plain(Frames),
    /// The provider packed it though it was told not to: handed on as it comes, and unpacked on the
    /// side.
    Gzip(Box<MultiGzDecoder<Vec<u8>>>, Frames),
    /// Packed in a way that can't be read: handed on, and counted by its length.
    Opaque,
}

/// How a body is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    None,
    Gzip,
    Other,
}

impl Packing {
    /// By its head.
    pub(crate) fn of(head: &HeaderMap) -> Self {
        let value = head.get(header::CONTENT_ENCODING).map(|value| value.as_bytes().trim_ascii());
        match value {
            None | Some(b"" | b"identity") => Self::None,
            Some(b"gzip" | b"x-gzip") => Self::Gzip,
            Some(_) => Self::Other,
        }
    }
}

impl Tap {
    pub(crate) fn new(packing: Packing) -> Self {
        match packing {
            Packing::None => Self::Plain(Frames::default()),
            Packing::Gzip => {
                Self::Gzip(Box::new(MultiGzDecoder::new(Vec::new())), Frames::default())
            }
            Packing::Other => Self::Opaque,
        }
    }

    /// Whether something of our own can be written into the stream.
    pub(crate) const fn is_plain(&self) -> bool {
        matches!(self, Self::Plain(_))
    }

    /// Takes what was read; gives out what can be handed on.
    pub(crate) fn take(&mut self, bytes: Bytes, meter: &mut Meter) -> Vec<Piece> {
        match self {
            Self::Plain(frames) => {
                frames.push(&bytes);
                std::iter::from_fn(|| frames.next()).map(|frame| see(frame, meter)).collect()
            }
            Self::Gzip(decoder, frames) => {
                // What can't be unpacked is not read; the client will say what it thinks of it.
                let _ = decoder.write_all(&bytes).and_then(|()| decoder.flush());
                frames.push(&std::mem::take(decoder.get_mut()));
                let mut sight = Sight::Other;
                while let Some(frame) = frames.next() {
                    if see(frame, meter).sight == Sight::Done {
                        sight = Sight::Done;
                    }
                }
                vec![Piece { bytes, sight }]
            }
            Self::Opaque => {
                meter.see(&bytes);
                let sight = Sight::Other;
                vec![Piece { bytes, sight }]
            }
        }
    }

    /// What is left at the end.
    pub(crate) fn rest(&mut self, meter: &mut Meter) -> Option<Piece> {
        match self {
            Self::Plain(frames) => frames.rest().map(|frame| see(frame, meter)),
            Self::Gzip(_, frames) => {
                if let Some(frame) = frames.rest() {
                    see(frame, meter);
                }
                None
            }
            Self::Opaque => None,
        }
    }
}

fn see(bytes: Bytes, meter: &mut Meter) -> Piece {
    let sight = sse::data(&bytes).map_or(Sight::Other, |data| meter.see(&data));
    Piece { bytes, sight }
}

#[cfg(test)]
mod tests {
    use flate2::{Compression, write::GzEncoder};

    use super::*;

    const STREAM: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"hi\"}}]}\n\n\
        data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":1}}\n\n\
        data: [DONE]\n\n";

    #[test]
    fn reads_the_usage_of_a_packed_stream_at_any_split() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(STREAM.as_bytes()).unwrap();
        let packed = Bytes::from(encoder.finish().unwrap());
        for at in 0..=packed.len() {
            let (mut tap, mut meter) = (Tap::new(Packing::Gzip), Meter::default());
            let mut pieces = tap.take(packed.slice(..at), &mut meter);
            pieces.extend(tap.take(packed.slice(at..), &mut meter));
            pieces.extend(tap.rest(&mut meter));
            let handed_on: Vec<u8> = pieces.iter().flat_map(|piece| piece.bytes.to_vec()).collect();
            assert_eq!(handed_on, packed, "{at}");
            assert!(meter.is_complete(), "{at}");
            assert!(pieces.iter().any(|piece| piece.sight == Sight::Done), "{at}");
        }
    }

    #[test]
    fn hands_on_what_it_cannot_read() {
        for packing in [Packing::Gzip, Packing::Other] {
            let (mut tap, mut meter) = (Tap::new(packing), Meter::default());
            let pieces = tap.take(Bytes::from_static(b"neither"), &mut meter);
            assert_eq!(pieces[0].bytes, "neither");
            assert_eq!(meter.usage(), None);
        }
    }
}
