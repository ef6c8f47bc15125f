//! The port through which a code reaches a customer.

use async_trait::async_trait;

use crate::domain::attempt::AttemptId;
use crate::domain::contact::{Channel, Contact};
use crate::domain::language::Language;
use crate::domain::message::SendFailed;
use crate::domain::recovery_code::RecoveryCode;

/// Writes codes to customers.
#[async_trait(?Send)]
pub trait Messenger {
    /// Returns the channels that a code can be sent by. It is empty if nothing sends messages here.
    fn channels(&self) -> Vec<Channel>;
    /// Sends a code, in this language or the nearest that there is. The id is that of the code in the ledger.
    ///
    /// # Errors
    /// It was not sent, or may not have been.
    async fn send_code(
        &self,
        to: &Contact,
        code: &RecoveryCode,
        language: Option<&Language>,
        id: &AttemptId,
    ) -> Result<(), SendFailed>;
}
