//! Server-sent events: cut into frames without changing a byte.

use std::borrow::Cow;

use bytes::{Bytes, BytesMut};

/// A frame that grows beyond this is handed on in pieces, unread.
const LARGEST: usize = 8 * 1024 * 1024;

const CR: u8 = b'\r';
const LF: u8 = b'\n';

/// Collects bytes as they come and gives them out frame by frame: each with the blank line that ends
/// it, and all of them in a row are what came in. Lines may end in LF, CR LF or CR.
#[derive(Debug)]
pub(crate) struct Frames {
    pending: BytesMut,
    scanned: usize,
    line_is_empty: bool,
    after_cr: bool,
}

impl Default for Frames {
    fn default() -> Self {
        Self { pending: BytesMut::new(), scanned: 0, line_is_empty: true, after_cr: false }
    }
}

impl Frames {
    /// Takes what was read.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
    }

    /// The next whole frame, if it is there.
    pub(crate) fn next(&mut self) -> Option<Bytes> {
        while let Some(&byte) = self.pending.get(self.scanned) {
            self.scanned += 1;
            let completes_crlf = byte == LF && self.after_cr;
            self.after_cr = byte == CR;
            if completes_crlf {
                continue;
            }
            let ends_line = byte == LF || byte == CR;
            if ends_line && self.line_is_empty {
                // A frame ends here at once; an LF that belongs to this CR may come later.
                if byte == CR && self.pending.get(self.scanned) == Some(&LF) {
                    self.scanned += 1;
                    self.after_cr = false;
                }
                return Some(self.cut());
            }
            self.line_is_empty = ends_line;
        }
        (self.pending.len() > LARGEST).then(|| self.cut())
    }

    /// What is left when the stream has ended: a last frame without its blank line.
    pub(crate) fn rest(&mut self) -> Option<Bytes> {
        self.scanned = self.pending.len();
        (self.scanned > 0).then(|| self.cut())
    }

    fn cut(&mut self) -> Bytes {
        let frame = self.pending.split_to(self.scanned).freeze();
        self.scanned = 0;
        self.line_is_empty = true;
        frame
    }
}

/// What a frame says: its `data` lines joined by line feeds. Comments and other fields are not part
/// of it.
pub(crate) fn data(frame: &[u8]) -> Option<Cow<'_, [u8]>> {
    let mut lines = frame
        .split(|byte| matches!(*byte, CR | LF))
        .filter_map(|line| line.strip_prefix(b"data:"))
        .map(|line| line.strip_prefix(b" ").unwrap_or(line));
    let first = lines.next()?;
    let Some(second) = lines.next() else {
        return Some(Cow::Borrowed(first));
    };
    let mut joined = [first, second].join(&LF);
    for line in lines {
        joined.push(LF);
        joined.extend_from_slice(line);
    }
    Some(Cow::Owned(joined))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &[u8] =
        b": hello\n\ndata: {\"a\":1}\n\nevent: x\r\ndata:one\r\ndata: two\r\n\r\n\
        id: 7\rdata: three\r\rdata: {\"choices\":[],\"usage\":{}}\n\n\n\ndata: [DONE]";

    fn frames(pieces: &[&[u8]]) -> Vec<Bytes> {
        let mut frames = Frames::default();
        let mut all = Vec::new();
        for piece in pieces {
            frames.push(piece);
            all.extend(std::iter::from_fn(|| frames.next()));
        }
        all.extend(frames.rest());
        all
    }

    fn told(frames: &[Bytes]) -> Vec<String> {
        frames
            .iter()
            .filter_map(|frame| data(frame))
            .map(|data| String::from_utf8(data.into_owned()).unwrap())
            .collect()
    }

    #[test]
    fn any_split_gives_the_same_bytes_and_the_same_data() {
        let whole = told(&frames(&[STREAM]));
        assert_eq!(
            whole,
            ["{\"a\":1}", "one\ntwo", "three", "{\"choices\":[],\"usage\":{}}", "[DONE]"]
        );
        for first in 0..=STREAM.len() {
            for second in first..=STREAM.len() {
                let cut = frames(&[&STREAM[..first], &STREAM[first..second], &STREAM[second..]]);
                assert_eq!(cut.concat(), STREAM, "{first} {second}");
                assert_eq!(told(&cut), whole, "{first} {second}");
            }
        }
    }

    #[test]
    fn a_frame_comes_out_as_soon_as_its_blank_line_is_in() {
        let mut frames = Frames::default();
        frames.push(b"data: 1\r\n\r");
        assert_eq!(frames.next().as_deref(), Some(&b"data: 1\r\n\r"[..]));
        frames.push(b"\n");
        assert_eq!(frames.next(), None);
        frames.push(b"data: 2\r\n\r\n");
        assert_eq!(frames.next().as_deref(), Some(&b"\ndata: 2\r\n\r\n"[..]));
    }

    #[test]
    fn an_endless_frame_is_handed_on_in_pieces() {
        let mut frames = Frames::default();
        frames.push(&vec![b'x'; LARGEST + 1]);
        assert_eq!(frames.next().map(|piece| piece.len()), Some(LARGEST + 1));
    }
}
