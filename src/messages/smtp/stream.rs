//! The encrypted stream to a mail server, as the SMTP library takes it.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// What stands for the server's greeting after STARTTLS. The server sends none (RFC 3207 section 4.2), and the library
/// begins by reading one.
const GREETING: &[u8] = b"220 encrypted\r\n";

/// The longest answer that is read, in bytes. The library reads a long one of short lines again for each line.
pub(super) const MAX_ANSWER: usize = 16 * 1024;

/// The server sent an answer that is longer than [`MAX_ANSWER`].
#[derive(Debug)]
pub(super) struct AnswerTooLong;

impl fmt::Display for AnswerTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the answer is too long")
    }
}

impl std::error::Error for AnswerTooLong {}

/// A TLS stream, with a greeting before it where the server's came before the encryption.
#[derive(Debug)]
pub(super) struct EncryptedStream {
    greeting: &'static [u8],
    tls: TlsStream<TcpStream>,
    /// How much was read since something was written.
    read: usize,
}

impl EncryptedStream {
    /// Takes a stream on which the server still sends its greeting.
    pub(super) const fn before_greeting(tls: TlsStream<TcpStream>) -> Self {
        Self { greeting: b"", tls, read: 0 }
    }

    /// Takes a stream of a server that sent its greeting in clear.
    pub(super) const fn after_greeting(tls: TlsStream<TcpStream>) -> Self {
        Self { greeting: GREETING, tls, read: 0 }
    }
}

impl AsyncTokioStream for EncryptedStream {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.tls.get_ref().0.peer_addr()
    }
}

impl AsyncRead for EncryptedStream {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.greeting.is_empty() {
            if self.read > MAX_ANSWER {
                return Poll::Ready(Err(io::Error::other(AnswerTooLong)));
            }
            let before = into.filled().len();
            let polled = Pin::new(&mut self.tls).poll_read(context, into);
            self.read += into.filled().len() - before;
            return polled;
        }
        let (now, later) = self.greeting.split_at(self.greeting.len().min(into.remaining()));
        into.put_slice(now);
        self.greeting = later;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for EncryptedStream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.read = 0;
        Pin::new(&mut self.tls).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tls).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tls).poll_shutdown(context)
    }
}
