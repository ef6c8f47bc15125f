//! The store that keeps an agent's session between commands: the keyring, or a file if the agent asks for it.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use jiff::Timestamp;

use super::keyring::{self, KeyringUnusable};
use super::session_file;
use crate::config::Folders;
use crate::domain::{Error, Result, StoredSession};

/// Where the agent wants the session to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    Keyring,
    /// A file with mode 0600.
    File,
}

/// Where a session is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    Keyring,
    File(PathBuf),
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keyring => f.write_str("keyring"),
            Self::File(path) => write!(f, "file {}", path.display()),
        }
    }
}

/// The store of one profile's session.
pub struct SessionStore {
    profile: String,
    file: PathBuf,
    notice: Box<dyn Fn(&str)>,
    environment: fn(&str) -> Option<OsString>,
}

impl SessionStore {
    /// Opens the store of a profile. `notice` shows a message while the keyring waits.
    pub fn new(folders: &Folders, profile: &str, notice: Box<dyn Fn(&str)>) -> Self {
        let file = folders.sessions().join(format!("{profile}.json"));
        Self { profile: profile.to_owned(), file, notice, environment: |name| std::env::var_os(name) }
    }

    /// Loads the session, and says where it is kept. Returns `None` if there is none, or it has expired.
    ///
    /// A keyring that cannot be used counts as empty.
    ///
    /// # Errors
    /// Exit 2: the file is damaged, open to others, or belongs to somebody else.
    pub(crate) fn load(&self) -> Result<Option<(StoredSession, Kept)>> {
        let kept = match session_file::read(&self.file)? {
            Some(session) => Some((session, Kept::File(self.file.clone()))),
            None => self.load_from_keyring()?.map(|session| (session, Kept::Keyring)),
        };
        match kept {
            Some((session, _)) if session.expires_at <= Timestamp::now() => {
                self.forget();
                Ok(None)
            }
            kept => Ok(kept),
        }
    }

    fn load_from_keyring(&self) -> Result<Option<StoredSession>> {
        if !keyring::may_exist(&self.environment) {
            return Ok(None);
        }
        match keyring::read(&self.profile, &*self.notice, &self.environment) {
            Ok(bytes) => bytes.map(|bytes| session_file::decode(&bytes, "the keyring")).transpose(),
            Err(error) => {
                tracing::debug!(%error, "no session is read from the keyring");
                Ok(None)
            }
        }
    }

    /// Reports whether this machine may have a keyring that keeps a session.
    pub(crate) fn has_keyring(&self) -> bool {
        keyring::may_exist(&self.environment)
    }

    /// Returns why the keyring cannot be used, or `None` if it answers.
    pub(crate) fn keyring_fault(&self) -> Option<Error> {
        let read = keyring::read(&self.profile, &*self.notice, &self.environment);
        read.err().map(KeyringUnusable::into_session_error)
    }

    /// Stores a session where the agent wants it, and nowhere else.
    ///
    /// # Errors
    /// Exit 2: the keyring cannot be used (the hint names `--store file`), or the file cannot be written.
    pub(crate) fn save(&self, session: &StoredSession, choice: Choice) -> Result<Kept> {
        match choice {
            Choice::Keyring => {
                let bytes = session_file::encode(session)?;
                keyring::write(&self.profile, bytes, &*self.notice, &self.environment)
                    .map_err(KeyringUnusable::into_session_error)?;
                self.remove_file();
                Ok(Kept::Keyring)
            }
            Choice::File => {
                session_file::write(&self.file, session)?;
                Ok(Kept::File(self.file.clone()))
            }
        }
    }

    /// Replaces the session where it is stored. A session that is stored nowhere is not stored.
    ///
    /// # Errors
    /// Exit 2: it cannot be written.
    pub(crate) fn replace(&self, session: &StoredSession) -> Result<()> {
        match self.load()? {
            Some((_, Kept::Keyring)) => self.save(session, Choice::Keyring).map(drop),
            Some((_, Kept::File(_))) => self.save(session, Choice::File).map(drop),
            None => Ok(()),
        }
    }

    /// Removes the session from file and keyring. A notice says what cannot be removed.
    pub(crate) fn forget(&self) {
        self.remove_file();
        if keyring::may_exist(&self.environment)
            && let Err(error) = keyring::remove(&self.profile, &*self.notice, &self.environment)
        {
            tracing::debug!(%error, "nothing is removed from the keyring");
        }
    }

    fn remove_file(&self) {
        match std::fs::remove_file(&self.file) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => (self.notice)(&format!("{} could not be removed: {error}.", self.file.display())),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::time::Duration;

    use zeroize::Zeroizing;

    use super::*;

    struct Fixture {
        folder: tempfile::TempDir,
        store: SessionStore,
    }

    fn fixture() -> Fixture {
        let folder = tempfile::tempdir().unwrap();
        let mut store = SessionStore::new(&Folders::all_in(folder.path()), "practice", Box::new(|_| {}));
        store.environment = |_| None;
        Fixture { folder, store }
    }

    fn session(lasts: Duration) -> StoredSession {
        let expires_at = Timestamp::now() + lasts;
        StoredSession { agent: "sam".into(), secret: Zeroizing::new("not-a-real-token".into()), expires_at }
    }

    #[test]
    fn a_file_keeps_it_for_its_owner_alone() {
        let Fixture { folder, store } = fixture();
        let kept = store.save(&session(Duration::from_hours(8)), Choice::File).unwrap();
        let path = folder.path().join("sessions/practice.json");
        assert_eq!(kept, Kept::File(path.clone()));
        assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o600);
        assert_eq!(path.parent().unwrap().metadata().unwrap().mode() & 0o777, 0o700);
        let (loaded, from) = store.load().unwrap().unwrap();
        assert_eq!((loaded.agent.as_str(), loaded.secret.as_str(), from), ("sam", "not-a-real-token", kept));
        store.forget();
        assert!(!path.exists() && store.load().unwrap().is_none());
    }

    #[test]
    fn without_a_keyring_nothing_goes_silently_to_a_file() {
        let Fixture { folder, store } = fixture();
        let error = store.save(&session(Duration::from_hours(8)), Choice::Keyring).unwrap_err();
        assert!(error.hint.unwrap().contains("--store file"));
        assert!(!folder.path().join("sessions").exists());
        assert!(store.load().unwrap().is_none());
    }

    #[test]
    fn an_expired_session_is_removed() {
        let Fixture { folder, store } = fixture();
        store.save(&session(Duration::ZERO), Choice::File).unwrap();
        assert!(store.load().unwrap().is_none());
        assert!(!folder.path().join("sessions/practice.json").exists());
    }

    #[test]
    fn a_file_open_to_others_or_damaged_is_refused() {
        let Fixture { folder, store } = fixture();
        store.save(&session(Duration::from_hours(8)), Choice::File).unwrap();
        let path = folder.path().join("sessions/practice.json");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(store.load().unwrap_err().hint.unwrap().contains("chmod 600"));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        for damaged in ["", "{", r#"{"v":2,"agent":"sam","secret":"x","expires_at":"2999-01-01T00:00:00Z"}"#] {
            std::fs::write(&path, damaged).unwrap();
            assert!(store.load().unwrap_err().hint.unwrap().contains("tellonce logout"), "{damaged}");
        }
        store.forget();
        assert!(store.load().unwrap().is_none());
    }

    #[test]
    fn the_debug_form_of_a_session_hides_its_secret() {
        assert!(!format!("{:?}", session(Duration::ZERO)).contains("not-a-real-token"));
    }
}
