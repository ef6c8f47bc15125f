//! Writes to a descriptor without a buffer.

use std::io;
use std::os::fd::AsFd;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

/// Writes all bytes without a buffer. Waits if the descriptor does not block.
pub(crate) fn write_all(to: impl AsFd, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match rustix::io::write(&to, bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => bytes = &bytes[written..],
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => {
                let mut watched = [PollFd::new(&to, PollFlags::OUT)];
                let _ = poll(&mut watched, None); // the next write reports an error
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
