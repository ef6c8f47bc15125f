//! Argon2id for passwords (RFC 9106, the parameters of OWASP's Password Storage Cheat Sheet: m=19456, t=2, p=1),
//! SHA-256 for tokens that are random anyway.

use std::fmt::Write as _;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::thread::available_parallelism;

use argon2::password_hash::Error as PasswordHashError;
use argon2::password_hash::phc::{Output, PasswordHash, Salt};
use argon2::{Argon2, Block, Params, PasswordHasher, PasswordVerifier};
use sha2::{Digest, Sha256};
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use crate::domain::ports::RandomSource;
use crate::domain::{Error, RequestSink, Result, sealed};
use crate::platform::{SystemRandom, threads};

/// Nobody's password is longer; hashing more would only cost time.
pub(super) const LONGEST: usize = 1024;

/// The Argon2id hash of a password, as a PHC string.
pub(super) fn hash(password: &str) -> Result<String> {
    Argon2::default()
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|error| Error::bug("The password could not be hashed.").because(error.to_string()))
}

/// How many processor cores there are to hash on.
pub(super) fn cores() -> usize {
    available_parallelism().map_or(1, std::num::NonZero::get)
}

/// A password to hash, and who waits for it.
type Job = (Zeroizing<String>, oneshot::Sender<Result<String, PasswordHashError>>);

/// One thread a core, each with 19 MiB of its own to work in, kept between hashes. More at once would only put each
/// other's memory out of the cores' caches, and a thread that goes on with the next password leaves no core idle.
static HASHERS: LazyLock<Sender<Job>> = LazyLock::new(|| {
    let (jobs, handed) = channel();
    let handed = Arc::new(Mutex::new(handed));
    for _ in 0..cores() {
        let handed = Arc::clone(&handed);
        let _ = threads::start("hash", move || hash_on(&handed)); // where none starts, a job is refused
    }
    jobs
});

fn hash_on(handed: &Mutex<Receiver<Job>>) {
    let mut memory = Vec::new();
    loop {
        let next = handed.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((password, done)) = next else { return };
        let _ = done.send(hash_in_memory(&password, &mut memory)); // nobody may be waiting for it any more
    }
}

/// How many hashes are asked for and not done.
static OUTSTANDING: AtomicUsize = AtomicUsize::new(0);

/// One of them.
struct Outstanding;

impl Outstanding {
    fn new() -> Self {
        OUTSTANDING.fetch_add(1, Ordering::Relaxed);
        Self
    }
}

impl Drop for Outstanding {
    fn drop(&mut self) {
        OUTSTANDING.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Whether every core hashes, and there is more to hash.
pub(super) fn cores_are_busy() -> bool {
    OUTSTANDING.load(Ordering::Relaxed) > cores()
}

/// Hashes a temporary password in a thread of its own: several are hashed at once, one a core.
pub(super) struct HashBeside;

impl sealed::Sealed for HashBeside {}

impl RequestSink for HashBeside {
    type Output = Pin<Box<dyn Future<Output = Result<String>>>>;

    fn write(self, characters: &str) -> Self::Output {
        let password = Zeroizing::new(characters.to_owned());
        Box::pin(async move {
            let _outstanding = Outstanding::new();
            let failed = |error: String| Error::bug("The password could not be hashed.").because(error);
            let (done, hashed) = oneshot::channel();
            HASHERS.send((password, done)).map_err(|gone| failed(gone.to_string()))?;
            hashed.await.map_err(|gone| failed(gone.to_string()))?.map_err(|error| failed(error.to_string()))
        })
    }
}

fn hash_in_memory(password: &str, memory: &mut Vec<Block>) -> Result<String, PasswordHashError> {
    let argon2 = Argon2::default();
    let mut salt = Zeroizing::new([0_u8; Salt::RECOMMENDED_LENGTH]);
    SystemRandom.fill(&mut *salt).map_err(|_| PasswordHashError::Crypto)?;
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
        Err(PasswordHashError::PasswordInvalid) => false,
        Err(_) => {
            let _ = Argon2::default().hash_password(password.as_bytes()); // for the time that it takes
            false
        }
    }
}

/// A fresh token of 256 random bits, in hexadecimal.
pub(super) fn fresh_token() -> Result<Zeroizing<String>> {
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
