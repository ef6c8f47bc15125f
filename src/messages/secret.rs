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
