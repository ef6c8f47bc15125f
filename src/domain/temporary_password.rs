//! The secret, as a type that cannot be copied, printed, logged or kept.

use zeroize::Zeroizing;

use super::error::Error;
use super::intent::Intent;

/// A temporary password: on the heap only, wiped when dropped.
///
/// It has no `Clone`, `Debug`, `Display`, `Serialize` or `Deref`. Moving it moves a pointer and copies no character.
/// It can be looked at twice only: by the backend that sets it, against an [`Intent`], and by the one reveal, which
/// consumes it.
///
/// ```compile_fail
/// fn copy(password: &tellonce::domain::TemporaryPassword) -> tellonce::domain::TemporaryPassword { password.clone() }
/// ```
/// ```compile_fail
/// fn log(password: &tellonce::domain::TemporaryPassword) -> String { format!("{password:?}") }
/// ```
/// ```compile_fail
/// fn print(password: &tellonce::domain::TemporaryPassword) -> String { format!("{password}") }
/// ```
/// ```compile_fail
/// fn save(password: &tellonce::domain::TemporaryPassword) -> String { serde_json::to_string(password).unwrap() }
/// ```
pub struct TemporaryPassword(Zeroizing<Box<str>>);

impl TemporaryPassword {
    /// Takes over the generator's buffer without copying it: its length must equal its capacity.
    pub(super) fn take_over(mut characters: Zeroizing<String>) -> Self {
        debug_assert_eq!(characters.len(), characters.capacity());
        Self(Zeroizing::new(std::mem::take(&mut *characters).into_boxed_str()))
    }

    /// One that was sealed and is opened again, for the one reveal by whoever holds the key.
    pub fn unsealed(characters: &str) -> Self {
        Self(Zeroizing::new(characters.into()))
    }

    /// What the backend must be told, after the intent was recorded.
    pub fn for_backend(&self, _recorded: &Intent) -> &str {
        &self.0
    }

    /// A failure of the call that carried it, without it.
    pub(super) fn redacted_from(&self, failure: Error) -> Error {
        failure.redacted(&self.0)
    }

    /// Shows it, once: consumes the password and wipes it when `show` returns.
    pub fn reveal<T>(self, show: impl FnOnce(&str) -> T) -> T {
        show(&self.0)
    }
}
