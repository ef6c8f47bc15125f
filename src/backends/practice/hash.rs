//! Argon2id for passwords (RFC 9106, the parameters of OWASP's Password Storage Cheat Sheet: m=19456, t=2, p=1),
//! SHA-256 for tokens that are random anyway.

use std::fmt::Write as _;
use std::sync::{Condvar, LazyLock, Mutex, PoisonError};
use std::thread::available_parallelism;

use argon2::password_hash::Error;
use argon2::password_hash::phc::{Output, PasswordHash, Salt};
use argon2::{Argon2, Block, Params, PasswordHasher, PasswordVerifier};
use sha2::{Digest, Sha256};
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
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

/// How many processor cores there are to hash on.
pub(super) fn cores() -> usize {
    available_parallelism().map_or(1, std::num::NonZero::get)
}

/// What hashing works in, 19 MiB for each core, kept between hashes. Whoever hashes waits for one: more hashes at once
/// than there are cores would only put each other's memory out of the cores' caches.
static MEMORIES: LazyLock<(Mutex<Vec<Vec<Block>>>, Condvar)> =
    LazyLock::new(|| (Mutex::new(vec![Vec::new(); cores()]), Condvar::new()));

/// The same, in a thread of its own: several are hashed at once, one a core.
pub(super) async fn hash_beside(password: &str) -> Answer<String> {
    if Handle::try_current().is_err() {
        return hash(password);
    }
    let copy = Zeroizing::new(password.to_owned());
    let failed = |error: String| Failure::bug("The password could not be hashed.").because(error);
    spawn_blocking(move || hash_in_turn(&copy))
        .await
        .map_err(|error| failed(error.to_string()))?
        .map_err(|error| failed(error.to_string()))
}

fn hash_in_turn(password: &str) -> Result<String, Error> {
    let (memories, freed) = &*MEMORIES;
    let mut memory = {
        let free = memories.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = freed.wait_while(free, |free| free.is_empty()).unwrap_or_else(PoisonError::into_inner);
        free.pop().unwrap_or_default()
    };
    let hash = hash_in_memory(password, &mut memory);
    memories.lock().unwrap_or_else(PoisonError::into_inner).push(memory);
    freed.notify_one();
    hash
}

fn hash_in_memory(password: &str, memory: &mut Vec<Block>) -> Result<String, Error> {
    let argon2 = Argon2::default();
    let mut salt = Zeroizing::new([0_u8; Salt::RECOMMENDED_LENGTH]);
    SystemRandom.fill(&mut *salt).map_err(|_| Error::Crypto)?;
    let mut output = [0_u8; Params::DEFAULT_OUTPUT_LEN];
    memory.resize(argon2.params().block_count(), Block::new());
    argon2.hash_password_into_with_memory(password.as_bytes(), &*salt, &mut output, memory)?;
    let hash = PasswordHash {
        algorithm: argon2::ARGON2ID_IDENT,
        version: Some(argon2::Version::default().into()),
        params: argon2.params().try_into()?,
        salt: Some(Salt::new(&*salt)?),
        hash: Some(Output::new(&output)?),
    };
    Ok(hash.to_string())
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
