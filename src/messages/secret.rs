//! A credential of a sender, read when it is needed.

use std::cell::OnceCell;
use std::rc::Rc;

use zeroize::Zeroizing;

use crate::auth::read_credential;
use crate::config::{Credential, Settings};
use crate::domain::Result;

/// Tells the agent something while a credential is read, such as that the keyring may be asking.
pub type Notice = Rc<dyn Fn(&str)>;

/// A credential that is read at its first use and kept after it: a file descriptor can be read only once.
pub(super) struct LazySecret {
    source: Credential,
    settings: Settings,
    notice: Notice,
    read: OnceCell<Zeroizing<String>>,
}

impl LazySecret {
    pub(super) fn new(source: &Credential, settings: &Settings, notice: &Notice) -> Self {
        let (source, settings, notice) = (source.clone(), settings.clone(), Notice::clone(notice));
        Self { source, settings, notice, read: OnceCell::new() }
    }

    /// Returns the credential.
    ///
    /// # Errors
    /// Exit 2: it is missing, empty or too long, or others may read its file.
    pub(super) fn get(&self) -> Result<&str> {
        if let Some(read) = self.read.get() {
            return Ok(read);
        }
        let secret = read_credential(&self.source, &self.settings, &*self.notice)?;
        Ok(self.read.get_or_init(|| secret))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use std::io::Write as _;
    use std::os::fd::AsRawFd as _;

    use super::*;

    #[test]
    fn a_descriptor_that_can_be_read_once_serves_every_message() {
        let (reader, mut writer) = std::io::pipe().unwrap();
        writeln!(writer, "not-a-real-secret").unwrap();
        drop(writer);
        let source = Credential::Fd(u32::try_from(reader.as_raw_fd()).unwrap());
        let notice: Notice = Rc::new(|_: &str| ());
        let lazy = || LazySecret::new(&source, &Settings::default(), &notice);
        let secret = lazy();
        for _ in 0..2 {
            assert_eq!(secret.get().unwrap(), "not-a-real-secret");
        }
        assert!(lazy().get().is_err(), "the control: a second reader finds nothing");
    }
}
