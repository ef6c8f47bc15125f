//! The platform's keyring. It may be missing, locked or silent, so that every call has a time limit.

use std::ffi::OsString;
use std::fmt;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use keyring::{Entry, Error as KeyringError};
use zeroize::Zeroizing;

use crate::domain::{Error, Kind, Reason};
use crate::platform::threads;

/// The service name of tellonce's entries in the keyring.
const SERVICE: &str = "tellonce";
/// The time limit of a keyring that shows no prompt.
const TIME_LIMIT: Duration = Duration::from_secs(3);
/// The time limit of a keyring that may show a prompt on a display.
const TIME_LIMIT_WITH_DISPLAY: Duration = Duration::from_mins(1);

/// Reports whether this machine may have a keyring. On Linux it is reached over the session bus.
pub(super) fn may_exist(environment: &dyn Fn(&str) -> Option<OsString>) -> bool {
    if cfg!(target_os = "macos") {
        return true;
    }
    let set = |name| environment(name).filter(|value| !value.is_empty());
    set("DBUS_SESSION_BUS_ADDRESS").is_some()
        || set("XDG_RUNTIME_DIR").is_some_and(|folder| Path::new(&folder).join("bus").exists())
}

/// Returns how long to wait for the keyring, and whether it may show a prompt.
fn time_limit(environment: &dyn Fn(&str) -> Option<OsString>) -> (Duration, bool) {
    let display =
        ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| environment(name).is_some_and(|value| !value.is_empty()));
    if display { (TIME_LIMIT_WITH_DISPLAY, true) } else { (TIME_LIMIT, false) }
}

/// Why the keyring cannot be used.
#[derive(Debug)]
pub(super) struct KeyringUnusable {
    why: &'static str,
    source: Option<KeyringError>,
}

impl KeyringUnusable {
    fn new(why: &'static str) -> Self {
        Self { why, source: None }
    }

    /// Makes the error of a session that is to be kept there.
    pub(super) fn into_session_error(self) -> Error {
        let hint = "Keep it in a file that only you can read: `tellonce login --store file`.";
        self.into_error("The session cannot be kept in the keyring", hint)
    }

    /// Makes the error of what was tried (exit 2).
    pub(super) fn into_error(self, tried: &str, hint: &str) -> Error {
        let error =
            Error::new(Kind::Usage, Reason::Configuration, format!("{tried}: {}.", self.why)).hint(hint.to_owned());
        self.source.into_iter().fold(error, Error::because)
    }
}

impl fmt::Display for KeyringUnusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.why)
    }
}

/// Reads the profile's entry. Returns `None` if there is none.
pub(super) fn read(
    profile: &str,
    notice: &dyn Fn(&str),
    environment: &dyn Fn(&str) -> Option<OsString>,
) -> Result<Option<Zeroizing<Vec<u8>>>, KeyringUnusable> {
    with_entry(profile, notice, environment, |entry| match entry.get_secret() {
        Ok(secret) => Ok(Some(Zeroizing::new(secret))),
        Err(KeyringError::NoEntry) => Ok(None),
        Err(error) => Err(error),
    })
}

/// Writes the profile's entry.
pub(super) fn write(
    profile: &str,
    secret: Zeroizing<Vec<u8>>,
    notice: &dyn Fn(&str),
    environment: &dyn Fn(&str) -> Option<OsString>,
) -> Result<(), KeyringUnusable> {
    with_entry(profile, notice, environment, move |entry| entry.set_secret(&secret))
}

/// Removes the profile's entry, if there is one.
pub(super) fn remove(
    profile: &str,
    notice: &dyn Fn(&str),
    environment: &dyn Fn(&str) -> Option<OsString>,
) -> Result<(), KeyringUnusable> {
    with_entry(profile, notice, environment, |entry| match entry.delete_credential() {
        Err(KeyringError::NoEntry) => Ok(()),
        deleted => deleted,
    })
}

/// Runs `work` on the entry in another thread, which is abandoned if the keyring does not answer in time.
fn with_entry<T: Send + 'static>(
    profile: &str,
    notice: &dyn Fn(&str),
    environment: &dyn Fn(&str) -> Option<OsString>,
    work: impl FnOnce(&Entry) -> Result<T, KeyringError> + Send + 'static,
) -> Result<T, KeyringUnusable> {
    if !may_exist(environment) {
        return Err(KeyringUnusable::new("there is none on this machine"));
    }
    let (time_limit, may_prompt) = time_limit(environment);
    let (sender, receiver) = channel();
    let profile = profile.to_owned();
    threads::start("keyring", move || {
        let result = Entry::new(SERVICE, &profile).and_then(|entry| work(&entry));
        let _ = sender.send(result); // the receiver is gone if it took too long
    })
    .map_err(|_| KeyringUnusable::new("no thread could be started for it"))?;
    let first = if may_prompt { receiver.recv_timeout(TIME_LIMIT) } else { Err(RecvTimeoutError::Timeout) };
    let result = match first {
        Err(RecvTimeoutError::Timeout) => {
            if may_prompt {
                notice("Waiting for the keyring. It may be asking for its password on your display.");
            }
            receiver.recv_timeout(time_limit)
        }
        result => result,
    };
    match result {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => {
            let is_locked = matches!(error, KeyringError::NoStorageAccess(_));
            let why = if is_locked { "it is locked, or does not let us in" } else { "it does not work" };
            Err(KeyringUnusable { why, source: Some(error) })
        }
        Err(_) => Err(KeyringUnusable::new("it does not answer")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;

    #[test]
    fn without_a_bus_the_keyring_is_not_even_tried() {
        let error = read("practice", &|_| {}, &|_| None).unwrap_err().into_session_error();
        assert_eq!(error.message, "The session cannot be kept in the keyring: there is none on this machine.");
        assert!(error.hint.unwrap().contains("--store file"));
    }

    #[test]
    fn a_bus_is_looked_for_where_it_may_be() {
        let folder = tempfile::tempdir().unwrap();
        let runtime = folder.path().as_os_str().to_owned();
        let environment = |name: &str| (name == "XDG_RUNTIME_DIR").then(|| runtime.clone());
        assert!(cfg!(target_os = "macos") || !may_exist(&environment));
        std::fs::write(folder.path().join("bus"), "").unwrap();
        assert!(may_exist(&environment));
        assert!(may_exist(&|name| (name == "DBUS_SESSION_BUS_ADDRESS").then(|| "unix:path=/x".into())));
    }

    #[test]
    fn only_with_a_display_is_the_wait_long() {
        assert_eq!(time_limit(&|_| None), (TIME_LIMIT, false));
        assert_eq!(time_limit(&|name| (name == "DISPLAY").then(|| ":0".into())), (TIME_LIMIT_WITH_DISPLAY, true));
    }
}
