//! Test data for the reveal.

use crate::domain::{About, Policy, TemporaryPassword, generate};
use crate::platform::SystemRandom;

/// Generates a password as it is issued.
pub(super) fn password() -> TemporaryPassword {
    generate(&Policy::default(), &About { username: None, email: None }, &mut SystemRandom).unwrap()
}
