//! Open loop: streams begin at fixed moments whether or not earlier ones have ended, and their times
//! count from these moments, so that a stall is seen in all that it holds up.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};

/// Streams that may run at the same time.
const AT_ONCE: usize = 64;

/// Times of many streams in microseconds, sorted.
pub(crate) struct Times {
    /// Until the first byte of the body.
    pub(crate) first: Vec<u32>,
    /// Until the last.
    pub(crate) last: Vec<u32>,
}

/// The value below which `percent` in a hundred of sorted values lie.
pub(crate) fn percentile(sorted: &[u32], percent: usize) -> u32 {
    let place = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(place).copied().unwrap_or(0)
}

/// Begins `rate` streams a second, for so many seconds.
pub(crate) fn measure(
    target: SocketAddr,
    keys: &[String],
    rate: u32,
    seconds: u32,
) -> anyhow::Result<Times> {
    let requests: Vec<Vec<u8>> = keys.iter().map(|key| request("stream", key)).collect();
    let next = AtomicU32::new(0);
    let begin = Instant::now() + Duration::from_millis(200);
    let work = || -> anyhow::Result<Vec<(u32, u32)>> {
        let mut connection = Connection::open(target)?;
        let mut times = Vec::new();
        loop {
            let turn = next.fetch_add(1, Ordering::Relaxed);
            if turn >= rate * seconds {
                return Ok(times);
            }
            let due = begin + Duration::from_secs(1) * turn / rate;
            thread::sleep(due.saturating_duration_since(Instant::now()));
            let request = &requests[turn as usize % requests.len()];
            let (first, last) = connection.ask(request)?;
            times.push((microseconds(first - due), microseconds(last - due)));
        }
    };
    let all = thread::scope(|scope| {
        let threads: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        let joined = threads.into_iter().map(|thread| match thread.join() {
            Ok(times) => times,
            Err(_) => bail!("a thread of the open loop ended"),
        });
        joined.collect::<anyhow::Result<Vec<_>>>()
    })?;
    let (mut first, mut last): (Vec<u32>, Vec<u32>) = all.into_iter().flatten().unzip();
    first.sort_unstable();
    last.sort_unstable();
    Ok(Times { first, last })
}

fn microseconds(time: Duration) -> u32 {
    u32::try_from(time.as_micros()).unwrap_or(u32::MAX)
}

/// A request for a stream; `answer` chooses nginx's.
pub(crate) fn request(answer: &str, key: &str) -> Vec<u8> {
    let body = super::load::BODY.replace("\"max_tokens\"", "\"stream\":true,\"max_tokens\"");
    format!(
        "POST /v1/chat/completions?answer={answer} HTTP/1.1\r\nHost: bench\r\n\
         Authorization: Bearer {key}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// A connection that is used again and again.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub(crate) fn open(target: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(target)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(Self { stream, buffer: Vec::with_capacity(16 * 1024) })
    }

    /// When the first and the last byte of the answer's body came.
    fn ask(&mut self, request: &[u8]) -> anyhow::Result<(Instant, Instant)> {
        let first = self.begin(request)?;
        while !is_whole(&self.buffer)? {
            self.read()?;
        }
        Ok((first, Instant::now()))
    }

    /// Asks, and reads until the body begins.
    pub(crate) fn begin(&mut self, request: &[u8]) -> anyhow::Result<Instant> {
        self.buffer.clear();
        self.stream.write_all(request)?;
        while head(&self.buffer).is_none_or(|(_, body)| body.is_empty()) {
            self.read()?;
        }
        let now = Instant::now();
        if !self.buffer.starts_with(b"HTTP/1.1 200 ") {
            bail!("a stream was answered: {}", String::from_utf8_lossy(&self.buffer));
        }
        Ok(now)
    }

    fn read(&mut self) -> anyhow::Result<()> {
        let mut piece = [0; 16 * 1024];
        let length = self.stream.read(&mut piece)?;
        if length == 0 {
            bail!("a stream was broken off: {}", String::from_utf8_lossy(&self.buffer));
        }
        self.buffer.extend_from_slice(&piece[..length]);
        Ok(())
    }
}

/// Head and body as far as they have come; none before the whole head is there.
fn head(answer: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some((&answer[..end], &answer[end + 4..]))
}

/// Whether the answer is whole, by its length or by its last chunk.
fn is_whole(answer: &[u8]) -> anyhow::Result<bool> {
    let Some((head, body)) = head(answer) else { return Ok(false) };
    let head = std::str::from_utf8(head)?.to_ascii_lowercase();
    match head.lines().find_map(|line| line.strip_prefix("content-length:")) {
        Some(length) => Ok(body.len() >= length.trim().parse().context("a strange length")?),
        None => Ok(body.ends_with(b"\r\n0\r\n\r\n")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_end_of_an_answer() {
        for (answer, whole) in [
            ("HTTP/1.1 200 OK\r\n", false),
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na", false),
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", true),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n", false),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", true),
        ] {
            assert_eq!(is_whole(answer.as_bytes()).unwrap(), whole, "{answer}");
        }
    }

    #[test]
    fn percentiles_of_few() {
        assert_eq!(percentile(&[], 50), 0);
        assert_eq!(percentile(&[1], 99), 1);
        assert_eq!(percentile(&(0..100).collect::<Vec<_>>(), 50), 50);
        assert_eq!(percentile(&(0..100).collect::<Vec<_>>(), 99), 99);
    }
}
