//! The temporary password, as a type that cannot be copied, printed, logged or stored.

use zeroize::Zeroizing;

use super::error::Error;
use super::intent::AnyIntent;
use super::policy::{About, Policy, Rule};
use super::redaction::redact;

/// A temporary password: on the heap only, wiped when dropped.
///
/// It has no `Clone`, `Debug`, `Display`, `Serialize` or `Deref`. Moving it moves a pointer and copies no character.
/// Its characters go to a [`RevealSink`] or a [`RequestSink`] only, and no other crate can make one.
///
/// ```compile_fail,E0308
/// # use tellonce::domain::TemporaryPassword;
/// fn copy(password: &TemporaryPassword) -> TemporaryPassword { password.clone() }
/// ```
/// ```compile_fail,E0277
/// # use tellonce::domain::TemporaryPassword;
/// fn log(password: &TemporaryPassword) -> String { format!("{password:?}") }
/// ```
/// ```compile_fail,E0277
/// # use tellonce::domain::TemporaryPassword;
/// fn print(password: &TemporaryPassword) -> String { format!("{password}") }
/// ```
/// ```compile_fail,E0277
/// # use tellonce::domain::TemporaryPassword;
/// fn save(password: &TemporaryPassword) -> String { serde_json::to_string(password).unwrap() }
/// ```
/// ```compile_fail,E0277
/// # use tellonce::domain::TemporaryPassword;
/// fn lend(password: TemporaryPassword) -> String { password.reveal(str::to_owned) }
/// ```
/// ```compile_fail,E0277
/// # use tellonce::domain::{RevealSink, TemporaryPassword};
/// struct Thief;
/// impl RevealSink for Thief {
///     type Output = String;
///     fn take(self, characters: &str) -> String { characters.to_owned() }
/// }
/// fn steal(password: TemporaryPassword) -> String { password.reveal(Thief) }
/// ```
pub struct TemporaryPassword(Zeroizing<Box<str>>);

/// Takes the characters of a temporary password to the person who reads them.
///
/// It is sealed. `tests/project/types.rs` lists every file that has one: the terminal, a descriptor, a row of a bulk run's
/// output, and the two that play a customer (the tour and the self-test of `setup`).
pub trait RevealSink: sealed::Sealed {
    /// What is left once the characters are gone.
    type Output;

    /// Takes the characters. Every copy it makes is wiped when it is dropped.
    fn take(self, characters: &str) -> Self::Output;
}

/// Writes the characters of a temporary password into a request to the backend.
///
/// It is sealed. `tests/project/types.rs` lists every file that has one.
pub trait RequestSink: sealed::Sealed {
    /// The request. Every copy of the characters in it is wiped when it is dropped.
    type Output;

    /// Writes the characters.
    fn write(self, characters: &str) -> Self::Output;
}

pub(crate) mod sealed {
    /// Keeps other crates from taking the characters.
    pub trait Sealed {}
}

/// A backend's request as the characters themselves, in UTF-8, wiped when dropped.
#[derive(Debug)]
pub struct RequestBytes;

impl sealed::Sealed for RequestBytes {}

impl RequestSink for RequestBytes {
    type Output = Zeroizing<Vec<u8>>;

    fn write(self, characters: &str) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(characters.as_bytes().to_vec())
    }
}

impl TemporaryPassword {
    /// Takes over the generator's buffer without copying it: its length must equal its capacity.
    pub(super) fn take_over(mut characters: Zeroizing<String>) -> Self {
        debug_assert_eq!(characters.len(), characters.capacity());
        Self(Zeroizing::new(std::mem::take(&mut *characters).into_boxed_str()))
    }

    /// Makes a temporary password from one that was sealed, for its one reveal to the holder of the key.
    pub fn unsealed(characters: &str) -> Self {
        Self(Zeroizing::new(characters.into()))
    }

    /// Writes the password into the request that an intent permits.
    pub fn request<S: RequestSink>(&self, _permitted: &AnyIntent, sink: S) -> S::Output {
        sink.write(&self.0)
    }

    /// Reveals the password once: consumes it, and wipes it when the sink has taken it.
    pub fn reveal<S: RevealSink>(self, sink: S) -> S::Output {
        sink.take(&self.0)
    }

    /// Returns the rules of a policy that the password breaks.
    pub fn breaks(&self, policy: &Policy, about: &About) -> Vec<Rule> {
        policy.broken_by(&self.0, about)
    }

    /// Returns the length in bytes.
    pub fn length(&self) -> usize {
        self.0.len()
    }

    /// Removes the password from a text that came from outside.
    pub fn redacted_text(&self, text: &str) -> String {
        redact(text, &self.0)
    }

    /// Removes the password from the error of a call that carried it.
    pub(super) fn redacted_from(&self, error: Error) -> Error {
        error.redacted(&self.0)
    }

    /// Shows the characters to a test of this crate.
    #[cfg(test)]
    pub(crate) fn characters(&self) -> &str {
        &self.0
    }
}
