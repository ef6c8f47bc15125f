//! Hashes passwords by Argon2id, and random tokens by SHA-256.
//!
//! Argon2id is RFC 9106 with the parameters of OWASP's Password Storage Cheat Sheet: m=19456, t=2, p=1.

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

/// The longest password, in bytes. To hash a longer one would only take time.
pub(super) const MAX_PASSWORD_LENGTH: usize = 1024;

/// Hashes a password by Argon2id, to a PHC string.
pub(super) fn hash(password: &str) -> Result<String> {
    Argon2::default()
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|error| Error::bug("The password could not be hashed.").because(error.to_string()))
}

/// Returns the number of processor cores.
pub(super) fn cores() -> usize {
    available_parallelism().map_or(1, std::num::NonZero::get)
}

/// A password, and what a thread of the pool does with it.
type Job = (Zeroizing<String>, Task);

/// What a thread of the pool does with a password, and the channel for the result.
enum Task {
    Hash(oneshot::Sender<Result<String, PasswordHashError>>),
    /// Compares it with this hash.
    Verify(String, oneshot::Sender<bool>),
}

/// The queue of the hashing threads: one a core, each with 19 MiB of memory that it keeps between hashes.
///
/// More threads would only evict each other's memory from the caches.
static HASH_POOL: LazyLock<Sender<Job>> = LazyLock::new(|| {
    let (jobs, jobs_received) = channel();
    let jobs_received = Arc::new(Mutex::new(jobs_received));
    for _ in 0..cores() {
        let jobs_received = Arc::clone(&jobs_received);
        let _ = threads::start("hash", move || run_hasher(&jobs_received)); // without any thread, a job is refused
    }
    jobs
});

/// Hashes one password after the other.
fn run_hasher(jobs_received: &Mutex<Receiver<Job>>) {
    let mut memory = Vec::new();
    loop {
        let next = jobs_received.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((password, task)) = next else { return };
        // Nobody may be waiting for the result any more.
        match task {
            Task::Hash(done) => drop(done.send(hash_in_memory(&password, &mut memory))),
            Task::Verify(hash, done) => drop(done.send(matches(&password, &hash))),
        }
    }
}

/// How many hashes were requested and are not done.
static OUTSTANDING: AtomicUsize = AtomicUsize::new(0);

/// Counts one hash as outstanding until it is dropped.
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

/// Whether more hashes are outstanding than there are cores.
pub(super) fn cores_are_busy() -> bool {
    OUTSTANDING.load(Ordering::Relaxed) > cores()
}

/// Hashes a temporary password on the pool, which has one thread a core.
pub(super) struct HashInPool;

impl sealed::Sealed for HashInPool {}

impl RequestSink for HashInPool {
    type Output = Pin<Box<dyn Future<Output = Result<String>>>>;

    fn write(self, characters: &str) -> Self::Output {
        let password = Zeroizing::new(characters.to_owned());
        Box::pin(async move {
            let _outstanding = Outstanding::new();
            let failed = |error: String| Error::bug("The password could not be hashed.").because(error);
            let (done, hashed) = oneshot::channel();
            HASH_POOL.send((password, Task::Hash(done))).map_err(|gone| failed(gone.to_string()))?;
            hashed.await.map_err(|gone| failed(gone.to_string()))?.map_err(|error| failed(error.to_string()))
        })
    }
}

/// Compares a temporary password with this hash on the pool.
pub(super) struct VerifyInPool(pub(super) String);

impl sealed::Sealed for VerifyInPool {}

impl RequestSink for VerifyInPool {
    type Output = Pin<Box<dyn Future<Output = Result<bool>>>>;

    fn write(self, characters: &str) -> Self::Output {
        let password = Zeroizing::new(characters.to_owned());
        Box::pin(async move {
            let _outstanding = Outstanding::new();
            let failed = |error: String| Error::bug("The password could not be compared.").because(error);
            let (done, compared) = oneshot::channel();
            HASH_POOL.send((password, Task::Verify(self.0, done))).map_err(|gone| failed(gone.to_string()))?;
            compared.await.map_err(|gone| failed(gone.to_string()))
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

/// Whether the password has this hash. A malformed hash matches nothing, and takes as long.
pub(super) fn matches(password: &str, hash: &str) -> bool {
    if password.len() > MAX_PASSWORD_LENGTH {
        return false;
    }
    match Argon2::default().verify_password(password.as_bytes(), hash) {
        Ok(()) => true,
        Err(PasswordHashError::PasswordInvalid) => false,
        Err(_) => {
            let _ = Argon2::default().hash_password(password.as_bytes()); // takes as long as a comparison
            false
        }
    }
}

/// Makes a token of 256 random bits, in hexadecimal.
pub(super) fn fresh_token() -> Result<Zeroizing<String>> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    SystemRandom.fill(&mut *bytes)?;
    let mut token = Zeroizing::new(String::with_capacity(64));
    for byte in *bytes {
        let _ = write!(token, "{byte:02x}"); // writing to a String cannot fail
    }
    Ok(token)
}

/// Returns the SHA-256 digest of a token, which is stored in its place.
pub(super) fn token_digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
