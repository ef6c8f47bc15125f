//! The ports that show the temporary password, once.

use async_trait::async_trait;

use crate::domain::error::Result;
use crate::domain::outcome::{Delivery, Issuance};
use crate::domain::temporary_password::TemporaryPassword;

/// A way to show the temporary password, checked before anything changes.
pub trait Reveal {
    /// Checks that a password of this length, in characters, can be revealed. Step 5 returns what step 12 consumes.
    ///
    /// A policy that is not shown can ask for a longer password later.
    fn prepare(&mut self, length: usize) -> Result<Box<dyn ReadyReveal>>;
}

/// A reveal that can happen.
#[async_trait(?Send)]
pub trait ReadyReveal {
    /// Returns what the confirmation has to say: what records this terminal, or where a clear password will go.
    fn notices(&self) -> Vec<String>;
    /// Shows the password with the words of L14 beside it. Consumes the reveal and the password.
    async fn reveal(self: Box<Self>, password: TemporaryPassword, issuance: &Issuance) -> Delivery;
}
