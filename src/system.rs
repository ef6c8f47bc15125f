//! The operating system's clock and random source, as ports; and lines of its descriptors, read so that nothing of a
//! secret stays behind in a buffer.

use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use rand::TryRng;
use rand::rngs::SysRng;
use rustix::io::Errno;
use zeroize::Zeroizing;

use crate::domain::ports::{Clock, RandomSource};
use crate::domain::{Answer, Failure};

/// The system's clock.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock;

#[async_trait(?Send)]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// The system's random source.
#[derive(Clone, Copy, Debug)]
pub struct SystemRandom;

impl RandomSource for SystemRandom {
    fn fill(&mut self, bytes: &mut [u8]) -> Answer<()> {
        SysRng
            .try_fill_bytes(bytes)
            .map_err(|error| Failure::bug("The operating system gave no random bytes.").because(error))
    }
}

/// Why a line was not read.
#[derive(Debug)]
pub enum LineFailed {
    /// It is longer than it may be.
    TooLong,
    /// It is not UTF-8.
    NotText,
    /// The descriptor cannot be read.
    Unreadable(io::Error),
}

/// Reads up to the line end, a byte at a time: what follows stays for the next reader. None at the end of the input.
/// The buffers never move, and are wiped.
///
/// # Errors
/// It is longer than `longest` bytes, not UTF-8, or cannot be read.
pub fn read_line(source: impl AsFd, longest: usize) -> Result<Option<Zeroizing<String>>, LineFailed> {
    let mut line = Zeroizing::new(Vec::with_capacity(longest));
    let mut byte = Zeroizing::new([0_u8; 1]);
    loop {
        match rustix::io::read(&source, &mut *byte) {
            Ok(0) if line.is_empty() => return Ok(None),
            Ok(0) => break,
            Ok(_) if byte[0] == b'\n' => break,
            Ok(_) if line.len() < longest => line.push(byte[0]),
            Ok(_) => return Err(LineFailed::TooLong),
            Err(Errno::INTR) => {}
            Err(error) => return Err(LineFailed::Unreadable(error.into())),
        }
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    let text = std::str::from_utf8(&line).map_err(|_| LineFailed::NotText)?;
    let mut answer = Zeroizing::new(String::with_capacity(longest));
    answer.push_str(text);
    Ok(Some(answer))
}
