//! Seals each password with age (X25519), for the holders of the recipients' keys.

use std::io::{Read, Write};
use std::path::Path;
use std::str::FromStr;

use age::armor::{ArmoredReader, ArmoredWriter, Format};
use age::x25519::Recipient;
use age::{Decryptor, Encryptor, IdentityFile};
use zeroize::Zeroizing;

use crate::domain::{Error, Kind, Reason, Result, SECRET_KEY_WORDS, is_secret_key};
use crate::platform::BYTE_ORDER_MARK;

/// The longest sealed password, or identity file, that is read, in bytes.
const LONGEST: usize = 64 * 1024;

/// Reads a recipient's public key.
///
/// # Errors
/// Why the text is not a public key, in words. A secret key is not quoted.
pub(crate) fn recipient(text: &str) -> Result<Recipient, String> {
    if is_secret_key(text) {
        return Err(format!("it {SECRET_KEY_WORDS}"));
    }
    let key = bare(text);
    Recipient::from_str(key).map_err(|why| format!("\"{key}\" is no age public key ({why})"))
}

/// Returns the text without spaces and byte order marks around it.
fn bare(text: &str) -> &str {
    text.trim_matches(|character: char| character.is_whitespace() || character == BYTE_ORDER_MARK)
}

/// Reads the public keys of a file, one in each line. Skips empty lines and lines that begin with `#`.
///
/// # Errors
/// Exit 2: the file cannot be read, or a line is not a public key.
pub(crate) fn recipients_of(path: &Path) -> Result<Vec<String>> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Error::usage(format!("{shown} cannot be read: {error}.")).because(error))?;
    let mut keys = Vec::new();
    for (number, line) in (1..).zip(text.lines().map(bare)) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        recipient(line).map_err(|why| {
            Error::usage(format!("{shown}, line {number}: {why}."))
                .hint("A public key begins with age1; `age-keygen -y FILE` prints the one of a secret key.")
        })?;
        keys.push(line.to_owned());
    }
    if keys.is_empty() {
        return Err(Error::usage(format!("{shown} has no age public key in it.")));
    }
    Ok(keys)
}

/// Seals the password to all of these recipients, armoured.
///
/// # Errors
/// Exit 1: the password cannot be sealed.
pub(crate) fn seal(recipients: &[Recipient], password: &str) -> Result<String> {
    let to_error = |error: String| Error::bug("The password could not be sealed.").because(error);
    let encryptor = Encryptor::with_recipients(recipients.iter().map(|recipient| recipient as &dyn age::Recipient))
        .map_err(|error| to_error(error.to_string()))?;
    let mut sealed = Vec::new();
    let written = ArmoredWriter::wrap_output(&mut sealed, Format::AsciiArmor)
        .and_then(|armour| encryptor.wrap_output(armour))
        .and_then(|mut writer| {
            writer.write_all(password.as_bytes())?;
            writer.finish()?.finish()
        });
    written.map_err(|error| to_error(error.to_string()))?;
    String::from_utf8(sealed).map_err(|error| to_error(error.to_string()))
}

/// Reads the keys of an identity file, as age-keygen writes it.
///
/// # Errors
/// Exit 2: the file cannot be read, or has no key in it.
pub(crate) fn identities_of(path: &Path) -> Result<Vec<Box<dyn age::Identity>>> {
    let to_error = |why: String| {
        Error::usage(format!("The identity file {} cannot be used: {why}.", path.display()))
            .hint("It is the file that age-keygen wrote; its public key is what the passwords were sealed to.")
    };
    let mut text = Zeroizing::new(String::new());
    std::fs::File::open(path)
        .and_then(|file| file.take(LONGEST as u64).read_to_string(&mut text))
        .map_err(|error| to_error(error.to_string()))?;
    let identities = IdentityFile::from_buffer(bare(&text).as_bytes())
        .map_err(|error| to_error(error.to_string()))?
        .into_identities()
        .map_err(|error| to_error(error.to_string()))?;
    if identities.is_empty() {
        return Err(to_error("it has no key in it".to_owned()));
    }
    Ok(identities.into_iter().map(|identity| identity as Box<dyn age::Identity>).collect())
}

/// Opens a sealed password.
///
/// # Errors
/// Exit 7: the password was not sealed to any of these keys, or is damaged.
pub(crate) fn open(identities: &[Box<dyn age::Identity>], sealed: &str) -> Result<Zeroizing<String>> {
    let to_error = |why: String| {
        Error::new(Kind::Refused, Reason::RevealFailed, format!("The password cannot be opened with this key: {why}."))
            .hint("Use the identity whose public key it was sealed to.")
    };
    if sealed.len() > LONGEST {
        return Err(to_error(format!("it is longer than {LONGEST} bytes")));
    }
    let mut reader = Decryptor::new(ArmoredReader::new(sealed.as_bytes()))
        .and_then(|decryptor| decryptor.decrypt(identities.iter().map(|identity| &**identity)))
        .map_err(|error| to_error(error.to_string()))?;
    let mut characters = Zeroizing::new(String::with_capacity(LONGEST));
    reader.read_to_string(&mut characters).map_err(|error| to_error(error.to_string()))?;
    Ok(characters)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use age::secrecy::ExposeSecret as _;
    use age::x25519::Identity;

    use super::*;

    fn pair() -> (Identity, Recipient) {
        let identity = Identity::generate();
        let public = identity.to_public();
        (identity, public)
    }

    #[test]
    fn who_has_the_key_opens_it_and_nobody_else() {
        let [(one, to_one), (other, to_other), (stranger, _)] = [pair(), pair(), pair()];
        let sealed = seal(&[to_one, to_other], "Kd4m-7XpR").unwrap();
        assert!(sealed.starts_with("-----BEGIN AGE ENCRYPTED FILE-----\n") && !sealed.contains("Kd4m"));
        for key in [one, other] {
            assert_eq!(*open(&[Box::new(key)], &sealed).unwrap(), "Kd4m-7XpR");
        }
        assert_eq!(open(&[Box::new(stranger)], &sealed).unwrap_err().kind, Kind::Refused);
        let (key, _) = pair();
        assert!(open(&[Box::new(key)], "-----BEGIN AGE ENCRYPTED FILE-----\nx").is_err());
    }

    #[test]
    fn what_is_no_key_is_reported() {
        assert!(recipient("age1nonsense").unwrap_err().contains("age1nonsense"));
        assert!(recipient(&pair().1.to_string()).is_ok());
        let secret = pair().0.to_string();
        let told = recipient(secret.expose_secret()).unwrap_err();
        assert!(told.contains("secret key") && !told.contains("KEY-1"), "{told}");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("team.keys");
        std::fs::write(&file, format!("# ours\n{}\n{}\n", pair().1, secret.expose_secret().to_lowercase())).unwrap();
        let told = recipients_of(&file).unwrap_err().message;
        assert!(told.contains("team.keys, line 3") && told.contains("treat it as exposed"), "{told}");
        assert!(!told.to_lowercase().contains("key-1"), "{told}");
    }
}
