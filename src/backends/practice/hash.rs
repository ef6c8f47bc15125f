//! Argon2id for passwords (RFC 9106, the parameters of OWASP's Password Storage Cheat Sheet: m=19456, t=2, p=1),
//! SHA-256 for tokens that are random anyway.

use std::fmt::Write as _;

use argon2::password_hash::Error;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::domain::ports::RandomSource;
use crate::domain::{Answer, Failure};
use crate::system::SystemRandom;

/// Nobody's password is longer; hashing more would only cost time.
pub(super) const LONGEST: usize = 1024;

/// The Argon2id hash of a password, as a PHC string.
pub(super) fn hash(password: &str) -> Answer<String> {
    Argon2::default()
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|error| Failure::bug("The password could not be hashed.").because(error.to_string()))
}

/// Whether the password has this hash. A hash that cannot be read matches nothing, and costs as much.
pub(super) fn matches(password: &str, hash: &str) -> bool {
    if password.len() > LONGEST {
        return false;
    }
    match Argon2::default().verify_password(password.as_bytes(), hash) {
        Ok(()) => true,
        Err(Error::PasswordInvalid) => false,
        Err(_) => {
            let _ = Argon2::default().hash_password(password.as_bytes()); // for the time that it takes
            false
        }
    }
}

/// A fresh token of 256 random bits, in hexadecimal.
pub(super) fn fresh_token() -> Answer<Zeroizing<String>> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    SystemRandom.fill(&mut *bytes)?;
    let mut token = Zeroizing::new(String::with_capacity(64));
    for byte in *bytes {
        let _ = write!(token, "{byte:02x}"); // writing to a String cannot fail
    }
    Ok(token)
}

/// What is stored of a token.
pub(super) fn of_token(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
