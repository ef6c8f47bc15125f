//! The reveal to a descriptor: writes only the password and a line end, or one JSON object.

use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};

use async_trait::async_trait;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use zeroize::Zeroizing;

use super::options::{RevealOptions, wrong_way};
use crate::domain::ports::{ReadyReveal, Reveal};
use crate::domain::{Delivery, Error, Issuance, Result, RevealSink, TemporaryPassword, sealed};
use crate::terminal::reset_json;
use crate::texts::Localization;

/// A reveal to a descriptor.
pub(crate) struct StreamReveal {
    way: String,
    file: File,
    json: bool,
    is_plain_file: bool,
    localization: Localization,
}

impl StreamReveal {
    /// Builds a reveal to an open descriptor. `way` is its name on the command line.
    ///
    /// # Errors
    /// Exit 2: a regular file without `--allow-plaintext-file`, or the null device.
    pub(crate) fn new(way: String, descriptor: OwnedFd, options: &RevealOptions) -> Result<Self> {
        let file = File::from(descriptor);
        let metadata = file
            .metadata()
            .map_err(|error| wrong_way(format!("--reveal {way}: it cannot be looked at.")).because(error))?;
        let is_plain_file = metadata.file_type().is_file();
        if is_plain_file && !options.allow_plaintext_file {
            return Err(wrong_way(format!(
                "--reveal {way} is a regular file: the password would stay there in clear."
            ))
            .hint("Use a pipe. If it must be a file, say so: --allow-plaintext-file."));
        }
        if metadata.file_type().is_char_device() && is_null_device(metadata.rdev()) {
            return Err(wrong_way(format!("--reveal {way} is /dev/null: nobody would see the password.")));
        }
        Ok(Self { way, file, json: options.json, is_plain_file, localization: options.localization.clone() })
    }
}

impl StreamReveal {
    /// Returns the descriptor, and whether it is a regular file, for a bulk run that writes its rows there.
    pub(crate) fn into_parts(self) -> (OwnedFd, bool) {
        (self.file.into(), self.is_plain_file)
    }
}

/// Tells whether the device is the null device, under any path (Linux: mem(4), 1:3).
fn is_null_device(device: u64) -> bool {
    std::fs::metadata("/dev/null").is_ok_and(|null| null.rdev() == device)
}

impl Reveal for StreamReveal {
    fn prepare(&mut self, _: usize) -> Result<Box<dyn ReadyReveal>> {
        let file = self
            .file
            .try_clone()
            .map_err(|error| Error::bug("The descriptor could not be duplicated.").because(error))?;
        if reader_went_away(&file) {
            return Err(wrong_way(format!("--reveal {}: nobody reads the other end any more.", self.way)));
        }
        Ok(Box::new(ReadyStream {
            way: self.way.clone(),
            file,
            json: self.json,
            is_plain_file: self.is_plain_file,
            localization: self.localization.clone(),
        }))
    }
}

/// Tells whether the other end of a pipe is closed: poll(2) then returns POLLERR.
fn reader_went_away(file: &File) -> bool {
    let mut watched = [PollFd::new(file, PollFlags::OUT)];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut watched, Some(&now)).is_ok() && watched[0].revents().intersects(PollFlags::ERR | PollFlags::NVAL)
}

struct ReadyStream {
    way: String,
    file: File,
    json: bool,
    is_plain_file: bool,
    localization: Localization,
}

#[async_trait(?Send)]
impl ReadyReveal for ReadyStream {
    fn notices(&self) -> Vec<String> {
        let destination = if self.is_plain_file {
            "a regular file, in clear, where it stays until somebody removes it"
        } else {
            "whoever reads it, in clear"
        };
        vec![format!("The password goes to {} ({destination}).", self.way)]
    }

    async fn reveal(self: Box<Self>, password: TemporaryPassword, issuance: &Issuance) -> Delivery {
        let json = self.json.then_some((issuance, &self.localization));
        let written = password.reveal(OnDescriptor { descriptor: self.file.as_fd(), json });
        match written {
            Ok(true) if !self.is_plain_file || self.file.sync_all().is_ok() => Delivery::Shown,
            Ok(_) => Delivery::NotDelivered,
            Err(error) => {
                tracing::debug!(%error, "the reveal could not be written");
                Delivery::NotDelivered
            }
        }
    }
}

/// Reveals a temporary password to a descriptor, as a line of its own.
///
/// # Errors
/// The descriptor could not be written.
pub fn reveal_to_descriptor(password: TemporaryPassword, descriptor: impl AsFd) -> std::io::Result<()> {
    password.reveal(OnDescriptor { descriptor: descriptor.as_fd(), json: None }).map(drop)
}

/// The sink that writes the password to a descriptor, as a line or in the JSON object of the reset.
struct OnDescriptor<'a> {
    descriptor: BorrowedFd<'a>,
    json: Option<(&'a Issuance, &'a Localization)>,
}

impl sealed::Sealed for OnDescriptor<'_> {}

impl RevealSink for OnDescriptor<'_> {
    /// `true` if the password was written, `false` if there was nothing to write.
    type Output = std::io::Result<bool>;

    fn take(self, characters: &str) -> std::io::Result<bool> {
        let bytes = match self.json {
            Some((issuance, localization)) => reset_json(issuance, Some(characters), localization).unwrap_or_default(),
            None => line(characters),
        };
        crate::output::write_all(self.descriptor, &bytes).map(|()| !bytes.is_empty())
    }
}

fn line(characters: &str) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(characters.len() + 1));
    bytes.extend_from_slice(characters.as_bytes());
    bytes.push(b'\n');
    bytes
}
