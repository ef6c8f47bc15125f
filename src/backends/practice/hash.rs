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
use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Argon2, Block, Params, PasswordHasher, PasswordVerifier};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;
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

/// The number of processor cores. To find it out, the limits of the process's control groups are read.
static CORES: LazyLock<usize> = LazyLock::new(|| available_parallelism().map_or(1, std::num::NonZero::get));

/// Returns the number of processor cores.
pub(super) fn cores() -> usize {
    *CORES
}

/// A password, and what a thread of the pool does with it.
type Job = (Zeroizing<String>, Task);

/// What a thread of the pool does with a password, and the channel for the result.
enum Task {
    Hash(oneshot::Sender<Result<String, PasswordHashError>>),
    /// Compares it with this hash.
    Verify(String, oneshot::Sender<bool>),
}

/// The hashing threads: at most one a core, each with 19 MiB of memory that it keeps between hashes.
///
/// More threads would only evict each other's memory from the caches. A thread is started once all others are busy, so
/// that the hashes of a single reset, one after the other, work in the same memory.
struct HashPool {
    jobs: Sender<Job>,
    jobs_received: Arc<Mutex<Receiver<Job>>>,
    threads: Mutex<usize>,
}

static HASH_POOL: LazyLock<HashPool> = LazyLock::new(|| {
    let (jobs, jobs_received) = channel();
    HashPool { jobs, jobs_received: Arc::new(Mutex::new(jobs_received)), threads: Mutex::new(0) }
});

impl HashPool {
    /// Hands a job to the pool, whose hash is counted as outstanding.
    ///
    /// # Errors
    /// There is no thread, and none can be started.
    fn hand_over(&self, job: Job) -> Result<(), String> {
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        if *threads < OUTSTANDING.load(Ordering::Relaxed).clamp(1, cores()) {
            let jobs_received = Arc::clone(&self.jobs_received);
            match threads::start("hash", move || run_hasher(&jobs_received)) {
                Ok(_) => *threads += 1,
                Err(error) if *threads == 0 => return Err(error.to_string()),
                Err(_) => {} // those that run do it
            }
        }
        self.jobs.send(job).map_err(|gone| gone.to_string())
    }
}

/// Hashes one password after the other.
fn run_hasher(jobs_received: &Mutex<Receiver<Job>>) {
    let mut memory = Vec::new();
    loop {
        let next = jobs_received.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((password, task)) = next else { return };
        // Nobody may be waiting for the result any more.
        match task {
            Task::Hash(done) => drop(done.send(hash_in_memory(&password, &mut memory))),
            Task::Verify(hash, done) => drop(done.send(matches_in_memory(&password, &hash, &mut memory))),
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
            HASH_POOL.hand_over((password, Task::Hash(done))).map_err(failed)?;
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
            HASH_POOL.hand_over((password, Task::Verify(self.0, done))).map_err(failed)?;
            compared.await.map_err(|gone| failed(gone.to_string()))
        })
    }
}

fn hash_in_memory(password: &str, memory: &mut Vec<Block>) -> Result<String, PasswordHashError> {
    let argon2 = Argon2::default();
    let mut salt = Zeroizing::new([0_u8; Salt::RECOMMENDED_LENGTH]);
    SystemRandom.fill(&mut *salt).map_err(|_| PasswordHashError::Crypto)?;
    let mut output = [0_u8; Params::DEFAULT_OUTPUT_LEN];
    hash_into(&mut output, password, &*salt, memory)?;
    let hash = PasswordHash {
        algorithm: argon2::ARGON2ID_IDENT,
        version: Some(argon2::Version::default().into()),
        params: argon2.params().try_into()?,
        salt: Some(Salt::new(&*salt)?),
        hash: Some(Output::new(&output)?),
    };
    Ok(hash.to_string())
}

/// Hashes a password with our parameters, in memory that is kept: to ask for it, and to wipe it, takes a tenth of a hash.
fn hash_into(output: &mut [u8], password: &str, salt: &[u8], memory: &mut Vec<Block>) -> Result<(), PasswordHashError> {
    let argon2 = Argon2::default();
    memory.resize(argon2.params().block_count(), Block::new());
    Ok(argon2.hash_password_into_with_memory(password.as_bytes(), salt, output, memory)?)
}

/// Whether the password has this hash. One that was not made by [`hash_in_memory`] is compared in memory of its own.
fn matches_in_memory(password: &str, hash: &str, memory: &mut Vec<Block>) -> bool {
    let Some((salt, expected)) = own_parts(hash).filter(|_| password.len() <= MAX_PASSWORD_LENGTH) else {
        return matches(password, hash);
    };
    let mut output = [0_u8; Params::DEFAULT_OUTPUT_LEN];
    hash_into(&mut output, password, &salt, memory).is_ok() && bool::from(output.ct_eq(expected.as_bytes()))
}

/// Returns salt and output of a hash that has our parameters; `None` for any other.
fn own_parts(hash: &str) -> Option<(Salt, Output)> {
    let hash = PasswordHash::new(hash).ok()?;
    let is_own = hash.algorithm == argon2::ARGON2ID_IDENT
        && hash.version == Some(argon2::Version::default().into())
        && hash.params == ParamsString::try_from(Argon2::default().params()).ok()?;
    let (salt, output) = (hash.salt?, hash.hash?);
    (is_own && output.len() == Params::DEFAULT_OUTPUT_LEN).then_some((salt, output))
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;

    const PASSWORD: &str = "Kd4m-7XpR-tqWn";

    #[test]
    fn what_is_compared_in_kept_memory_matches_as_it_does_in_memory_of_its_own() {
        let (mut kept, mut others) = (Vec::new(), Vec::new());
        let own = hash_in_memory(PASSWORD, &mut kept).unwrap();
        let other = hash_in_memory("another", &mut others).unwrap();
        assert!(own_parts(&own).is_some());
        for (hash, does_match) in [(&own, true), (&other, false), (&own, true)] {
            assert_eq!(matches_in_memory(PASSWORD, hash, &mut kept), does_match);
            assert_eq!(matches(PASSWORD, hash), does_match);
        }
        assert!(!matches_in_memory("", &own, &mut kept));
        let long = "x".repeat(MAX_PASSWORD_LENGTH + 1);
        let of_long = hash_in_memory(&long, &mut kept).unwrap();
        assert!(!matches_in_memory(&long, &of_long, &mut kept), "a password that is too long has no hash");
    }

    #[test]
    fn a_hash_with_other_parameters_or_none_is_compared_as_it_says() {
        let mut memory = Vec::new();
        let params = Params::new(64, 1, 1, None).unwrap();
        let small = Argon2::from(params).hash_password(PASSWORD.as_bytes()).unwrap().to_string();
        assert!(own_parts(&small).is_none());
        assert!(matches_in_memory(PASSWORD, &small, &mut memory));
        assert!(!matches_in_memory("another", &small, &mut memory));
        let own = hash_in_memory(PASSWORD, &mut memory).unwrap();
        let shorter = own.rsplit_once('$').unwrap().0.to_owned();
        for broken in
            ["withdrawn", "", shorter.as_str(), &own.replace("v=19", "v=16"), &own.replace("argon2id", "argon2i")]
        {
            assert!(!matches_in_memory(PASSWORD, broken, &mut memory), "{broken}");
        }
    }
}
