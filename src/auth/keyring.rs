//! The platform's keyring, which may be missing, locked or silent: never a hang.

use std::ffi::OsString;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use keyring::{Entry, Error as KeyringError};
use zeroize::Zeroizing;

use crate::domain::{Error, Kind, Reason, Result};
use crate::platform::threads;

/// The service under which sessions stand in the keyring.
const SERVICE: &str = "tellonce";
/// After this a keyring that shows no prompt is given up.
const PATIENCE: Duration = Duration::from_secs(3);
/// After this one that may show a prompt on a display is given up.
const PATIENCE_WITH_DISPLAY: Duration = Duration::from_mins(1);

/// Whether a keyring could be there at all: on Linux it is reached over the session bus.
pub(super) fn may_be_there(environment: &dyn Fn(&str) -> Option<OsString>) -> bool {
    if cfg!(target_os = "macos") {
        return true;
    }
    let set = |name| environment(name).filter(|value| !value.is_empty());
    set("DBUS_SESSION_BUS_ADDRESS").is_some()
        || set("XDG_RUNTIME_DIR").is_some_and(|folder| Path::new(&folder).join("bus").exists())
}

/// How long to wait, and what to say meanwhile.
fn patience(environment: &dyn Fn(&str) -> Option<OsString>) -> (Duration, bool) {
    let display =
        ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| environment(name).is_some_and(|value| !value.is_empty()));
    if display { (PATIENCE_WITH_DISPLAY, true) } else { (PATIENCE, false) }
}

/// Reads the profile's entry; none where there is none.
pub(super) fn read(
    profile: &str,
    notice: &dyn Fn(&str),
    environment: &dyn Fn(&str) -> Option<OsString>,
) -> Result<Option<Zeroizing<Vec<u8>>>> {
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
) -> Result<()> {
    with_entry(profile, notice, environment, move |entry| entry.set_secret(&secret))
}

/// Removes the profile's entry, if there is one.
pub(super) fn remove(
    profile: &str,
    notice: &dyn Fn(&str),
    environment: &dyn Fn(&str) -> Option<OsString>,
) -> Result<()> {
    with_entry(profile, notice, environment, |entry| match entry.delete_credential() {
        Err(KeyringError::NoEntry) => Ok(()),
        ended => ended,
    })
}

/// Works on the entry in a thread of its own, which is left behind where the keyring does not answer.
fn with_entry<T: Send + 'static>(
    profile: &str,
    notice: &dyn Fn(&str),
    environment: &dyn Fn(&str) -> Option<OsString>,
    work: impl FnOnce(&Entry) -> Result<T, KeyringError> + Send + 'static,
) -> Result<T> {
    if !may_be_there(environment) {
        return Err(unusable("there is none on this machine"));
    }
    let (patience, may_prompt) = patience(environment);
    let (sender, receiver) = channel();
    let profile = profile.to_owned();
    threads::start("keyring", move || {
        let ended = Entry::new(SERVICE, &profile).and_then(|entry| work(&entry));
        let _ = sender.send(ended); // nobody listens any more where it took too long
    })
    .map_err(|error| Error::bug("A thread for the keyring could not be started.").because(error))?;
    let first = if may_prompt { receiver.recv_timeout(PATIENCE) } else { Err(RecvTimeoutError::Timeout) };
    let ended = match first {
        Err(RecvTimeoutError::Timeout) => {
            if may_prompt {
                notice("Waiting for the keyring. It may be asking for its password on your display.");
            }
            receiver.recv_timeout(patience)
        }
        ended => ended,
    };
    match ended {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(KeyringError::NoStorageAccess(error))) => {
            Err(unusable("it is locked, or does not let us in").because(error))
        }
        Ok(Err(error)) => Err(unusable("it does not work").because(error)),
        Err(_) => Err(unusable("it does not answer")),
    }
}

fn unusable(why: &str) -> Error {
    Error::new(Kind::Usage, Reason::Configuration, format!("The session cannot be kept in the keyring: {why}."))
        .hint("Keep it in a file that only you can read: `tellonce login --store file`.")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;

    #[test]
    fn without_a_bus_the_keyring_is_not_even_tried() {
        let failure = read("practice", &|_| {}, &|_| None).unwrap_err();
        assert!(failure.message.contains("there is none"));
        assert!(failure.hint.unwrap().contains("--store file"));
    }

    #[test]
    fn a_bus_is_looked_for_where_it_may_be() {
        let folder = tempfile::tempdir().unwrap();
        let runtime = folder.path().as_os_str().to_owned();
        let environment = |name: &str| (name == "XDG_RUNTIME_DIR").then(|| runtime.clone());
        assert!(cfg!(target_os = "macos") || !may_be_there(&environment));
        std::fs::write(folder.path().join("bus"), "").unwrap();
        assert!(may_be_there(&environment));
        assert!(may_be_there(&|name| (name == "DBUS_SESSION_BUS_ADDRESS").then(|| "unix:path=/x".into())));
    }

    #[test]
    fn only_with_a_display_is_the_wait_long() {
        assert_eq!(patience(&|_| None), (PATIENCE, false));
        assert_eq!(patience(&|name| (name == "DISPLAY").then(|| ":0".into())), (PATIENCE_WITH_DISPLAY, true));
    }
}
