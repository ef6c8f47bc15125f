//! A relay between the server and the LDAP library, which passes on well-formed messages only.
//!
//! The library buffers a message without a limit, and panics on a malformed one.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, OnceLock};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::UnixStream;
use zeroize::{Zeroize as _, Zeroizing};

use super::message::{self, Request, Response};
use super::violation::Violation;

/// The first size of the buffer, in bytes: a few requests and answers of the usual length.
const INITIAL_CAPACITY: usize = 16 * 1024;

/// Why the relay closed the connection, if it did.
pub(super) type Closed = Arc<OnceLock<Violation>>;

/// Reads messages one by one. A message is wiped when the next is read.
pub(super) struct Messages {
    bytes: Zeroizing<Vec<u8>>,
    start: usize,
    end: usize,
}

impl Messages {
    pub(super) fn new() -> Self {
        Self { bytes: Zeroizing::new(vec![0; INITIAL_CAPACITY]), start: 0, end: 0 }
    }

    /// Whether bytes were read beyond the last message.
    pub(super) const fn has_rest(&self) -> bool {
        self.end > self.start
    }

    /// Reads the next message. Returns `None` at the end of the stream.
    pub(super) async fn next(&mut self, from: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<&[u8]>> {
        loop {
            let unread = self.bytes.get(self.start..self.end).unwrap_or_default();
            let length = message::length(unread).map_err(io::Error::other)?;
            if let Some(length) = length.filter(|length| unread.len() >= *length) {
                let from = self.start;
                self.start += length;
                return Ok(self.bytes.get(from..self.start));
            }
            self.grow();
            let room = self.bytes.get_mut(self.end..).unwrap_or_default();
            let read = from.read(room).await?;
            if read == 0 {
                return Ok(None);
            }
            self.end += read;
        }
    }

    /// Wipes the messages that were passed on, and makes room for more bytes. Doubles a buffer that is full.
    fn grow(&mut self) {
        self.wipe();
        if self.start > 0 {
            self.bytes.copy_within(self.start..self.end, 0);
            let rest = self.end - self.start;
            if let Some(moved) = self.bytes.get_mut(rest..self.end) {
                moved.zeroize();
            }
            (self.start, self.end) = (0, rest);
        }
        if self.end == self.bytes.len() {
            let mut larger = Zeroizing::new(vec![0; self.bytes.len() * 2]);
            if let Some(begin) = larger.get_mut(..self.end) {
                begin.copy_from_slice(&self.bytes);
            }
            self.bytes = larger;
        }
    }

    /// Wipes the messages that were passed on.
    pub(super) fn wipe(&mut self) {
        if let Some(passed) = self.bytes.get_mut(..self.start) {
            passed.zeroize();
        }
    }
}

/// Relays messages both ways until one side ends.
pub(super) async fn relay<S>(server: S, read: Messages, library: UnixStream, closed: Closed)
where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let pending = std::sync::Mutex::new(HashMap::new());
    let (from_server, to_server) = tokio::io::split(server);
    let (from_library, to_library) = library.into_split();
    let ended = tokio::select! {
        ended = relay_requests(from_library, to_server, &pending) => ended,
        ended = relay_answers(from_server, read, to_library, &pending) => ended,
    };
    if let Err(error) = ended {
        if let Some(violation) = error.get_ref().and_then(|inner| inner.downcast_ref::<Violation>()) {
            let _ = closed.set(*violation); // only the first is kept
        }
        tracing::debug!(%error, "the connection ended");
    }
}

/// The tag of each request that waits for its answer, by message number.
type PendingRequests = std::sync::Mutex<HashMap<u32, u8>>;

fn lock(pending: &PendingRequests) -> std::sync::MutexGuard<'_, HashMap<u32, u8>> {
    pending.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

async fn relay_requests(
    mut library: impl AsyncRead + Unpin,
    mut server: impl AsyncWrite + Unpin,
    pending: &PendingRequests,
) -> io::Result<()> {
    let mut messages = Messages::new();
    while let Some(message) = messages.next(&mut library).await? {
        match message::request(message) {
            Some(Request::Asks(header)) => drop(lock(pending).insert(header.number, header.tag)),
            Some(Request::Abandons(number)) => drop(lock(pending).remove(&number)),
            None => return Err(io::Error::other(Violation::Malformed)),
        }
        server.write_all(message).await?;
        messages.wipe();
        server.flush().await?;
    }
    server.shutdown().await
}

async fn relay_answers(
    mut server: impl AsyncRead + Unpin,
    mut messages: Messages,
    mut library: impl AsyncWrite + Unpin,
    pending: &PendingRequests,
) -> io::Result<()> {
    while let Some(message) = messages.next(&mut server).await? {
        let response = message::response(message, |number| lock(pending).get(&number).copied());
        match response.map_err(io::Error::other)? {
            Response::Unasked => continue,
            Response::Part => {}
            Response::Last(number) => drop(lock(pending).remove(&number)),
        }
        library.write_all(message).await?;
    }
    library.shutdown().await
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;

    fn message(length: usize) -> Vec<u8> {
        let content = u32::try_from(length).unwrap().to_be_bytes();
        [&[0x30, 0x84][..], &content, &vec![b'x'; length]].concat()
    }

    fn now<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
    }

    #[test]
    fn messages_are_distinguished_however_they_arrive() {
        let lengths = [3, 0, INITIAL_CAPACITY, 10 * INITIAL_CAPACITY, 7];
        let sent: Vec<u8> = lengths.into_iter().flat_map(message).collect();
        for piece in [1, 5, 4096, sent.len()] {
            now(async {
                let (mut server, mut library) = tokio::io::duplex(piece);
                let mut messages = Messages::new();
                let writing = async {
                    server.write_all(&sent).await.unwrap();
                    drop(server);
                };
                let reading = async {
                    for length in lengths {
                        assert_eq!(messages.next(&mut library).await.unwrap().unwrap(), message(length));
                    }
                    assert!(messages.next(&mut library).await.unwrap().is_none() && !messages.has_rest());
                };
                tokio::join!(writing, reading);
            });
        }
    }

    #[test]
    fn what_was_passed_on_is_wiped() {
        now(async {
            let mut messages = Messages::new();
            let sent = [message(9), message(9)].concat();
            let mut from = sent.as_slice();
            messages.next(&mut from).await.unwrap();
            messages.wipe();
            assert!(messages.bytes[..15].iter().all(|byte| *byte == 0) && messages.has_rest());
            messages.next(&mut from).await.unwrap();
            assert!(messages.next(&mut from).await.unwrap().is_none(), "it ended");
            assert!(messages.bytes.iter().all(|byte| *byte == 0), "looking for more wipes as well");
        });
    }

    #[test]
    fn a_message_without_end_is_refused_before_it_is_read() {
        now(async {
            let mut messages = Messages::new();
            let error = messages.next(&mut [0x30, 0x84, 0x7f, 0, 0, 0].as_slice()).await.unwrap_err();
            assert!(error.get_ref().unwrap().downcast_ref::<Violation>() == Some(&Violation::MessageTooLong));
        });
    }
}
