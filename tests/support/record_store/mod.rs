//! The conformance suite of stores: it tries everything that `RecordStore` promises.
//!
//! A store names how it is made ([`StoreFactory`]), and its test calls [`assert_keeps_every_promise`]. Each failure says
//! in words which promise is broken.

mod agent_limit;
mod appending;
mod attempts;
mod bench;
mod codes;
mod customer_limit;
mod drafts;
mod idempotence;
mod limits;
mod outbox;
mod outstanding;
mod paging;
mod promises;
mod queries;
mod racing;
mod retention;
mod rows;
mod verification_drafts;
mod verifications;
mod whole;

pub use bench::{Handle, StoreData, StoreFactory};
pub use drafts::{customer_limit, intent};
pub use promises::{BrokenPromise, assert_keeps_every_promise, broken_promises};

/// What a check of the suite found, in words.
pub struct Failure(pub String);

/// The result of a check.
pub type Checked<T = ()> = Result<T, Failure>;

impl From<tellonce::domain::Error> for Failure {
    fn from(error: tellonce::domain::Error) -> Self {
        Self(format!("the store failed: {} ({:?})", error.message, error.kind))
    }
}

/// Compares what a store did with what it promises.
fn same<T: PartialEq + std::fmt::Debug + ?Sized>(found: &T, promised: &T, words: &str) -> Checked {
    ensure(found == promised, || format!("{words}\n  promised: {}\n  found:    {}", shown(promised), shown(found)))
}

/// Shows a value in one line that is not too long, and the bodies of records as text.
fn shown<T: std::fmt::Debug + ?Sized>(value: &T) -> String {
    const LONGEST: usize = 2000;
    let (begin, debug) = ("body: [", format!("{value:?}"));
    let mut parts = debug.split(begin);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (bytes, rest) = part.split_once(']').unwrap_or((part, ""));
        let bytes: Vec<u8> = bytes.split(", ").filter_map(|byte| byte.parse().ok()).collect();
        text.extend(["body: ", &String::from_utf8_lossy(&bytes), rest]);
    }
    let is_cut = text.chars().count() > LONGEST;
    text.chars().take(LONGEST).chain(if is_cut { "..." } else { "" }.chars()).collect()
}

/// Fails with these words if the condition does not hold.
fn ensure(holds: bool, words: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(Failure(words())) }
}
