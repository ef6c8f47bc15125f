//! The secret of an unattended sign-in: from a file, a file descriptor or the keyring, as the profile says.

use std::ffi::OsString;
use std::fs::File;
use std::path::Path;

use zeroize::Zeroizing;

use super::keyring::{self, KeyringUnusable};
use crate::config::{Credential, Settings};
use crate::domain::{Error, Kind, Reason, Result};
use crate::platform::{Holds, LineError, open_private_file, read_secret_line};

/// The longest secret, in bytes.
const MAX_SECRET: usize = 16 * 1024;

/// Reads the secret, which is the first line of its source.
///
/// # Errors
/// Exit 2: the secret is missing, empty or too long, or others may read its file.
pub(crate) fn read_credential(
    credential: &Credential,
    settings: &Settings,
    notice: &dyn Fn(&str),
) -> Result<Zeroizing<String>> {
    let secret = match credential {
        Credential::File(path) => from_file(&settings.path(path))?,
        Credential::Fd(number) => {
            let path = format!("/dev/fd/{number}");
            let file = File::open(&path)
                .map_err(|error| wrong(&format!("file descriptor {number} cannot be read ({error})")))?;
            first_line(file, &format!("file descriptor {number}"))?
        }
        Credential::Keyring(name) => from_keyring(name, notice)?,
    };
    if secret.is_empty() {
        return Err(wrong("it is empty"));
    }
    Ok(secret)
}

fn wrong(problem: &str) -> Error {
    Error::new(Kind::Usage, Reason::Configuration, format!("The profile's credential: {problem}."))
}

fn from_file(path: &Path) -> Result<Zeroizing<String>> {
    let shown = path.display();
    let file = open_private_file(path, Holds::Secret).map_err(|found| {
        let error = wrong(&found.what);
        found.hint.into_iter().fold(error, Error::hint)
    })?;
    let file = file.ok_or_else(|| wrong(&format!("{shown} cannot be read: it is not there")))?;
    first_line(file, &shown.to_string())
}

fn first_line(source: File, name: &str) -> Result<Zeroizing<String>> {
    let line = read_secret_line(source, MAX_SECRET).map_err(|error| match error {
        LineError::TooLong => wrong(&format!("the first line of {name} is longer than {MAX_SECRET} bytes")),
        LineError::NotText => wrong(&format!("{name} is not UTF-8")),
        LineError::Unreadable(error) => wrong(&format!("{name} cannot be read ({error})")),
    })?;
    Ok(line.unwrap_or_default())
}

fn from_keyring(name: &str, notice: &dyn Fn(&str)) -> Result<Zeroizing<String>> {
    let environment: fn(&str) -> Option<OsString> = |name| std::env::var_os(name);
    let unreadable = |unusable: KeyringUnusable| {
        let hint = "Name a file that only you can read instead: `credential = { file = \"PATH\" }`.";
        unusable.into_error("The profile's credential cannot be read from the keyring", hint)
    };
    let bytes = keyring::read(name, notice, &environment)
        .map_err(unreadable)?
        .ok_or_else(|| wrong(&format!("the keyring has no entry \"{name}\" of the service tellonce")))?;
    let text = std::str::from_utf8(&bytes).map_err(|_| wrong("the keyring's entry is not UTF-8"))?;
    Ok(Zeroizing::new(text.to_owned()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn read(path: &Path) -> Result<Zeroizing<String>> {
        read_credential(&Credential::File(path.to_owned()), &Settings::default(), &|_| {})
    }

    #[test]
    fn the_secret_is_the_first_line_of_a_private_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, "not-a-real-secret\r\nsecond line\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(read(&path).unwrap().as_str(), "not-a-real-secret");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(read(&path).unwrap_err().hint.unwrap().contains("chmod 600"));
    }

    #[test]
    fn a_missing_empty_or_too_long_secret_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        assert!(read(&path).unwrap_err().message.contains("cannot be read"));
        for (text, what) in [("\n".to_owned(), "empty"), ("x".repeat(MAX_SECRET + 1), "longer")] {
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
            assert!(read(&path).unwrap_err().message.contains(what), "{what}");
        }
        let nowhere = read_credential(&Credential::Fd(987), &Settings::default(), &|_| {});
        assert!(nowhere.unwrap_err().message.contains("987"));
    }
}
