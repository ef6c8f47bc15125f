//! What a profile sends to customers: codes and notices, with the profile's texts and by its senders.

use async_trait::async_trait;

use super::context::Context;
use crate::domain::ports::{MessageSender, Messenger};
use crate::domain::{AttemptId, Channel, Contact, Error, Language, RecoveryCode, SendFailed};
use crate::ledger::WaitingNotice;

/// Writes to the customers of one profile.
pub(super) struct CustomerMessages {
    /// `None` if the profile has no sender.
    sender: Option<Box<dyn MessageSender>>,
}

impl Context {
    /// Opens what the profile sends to customers. Nothing is sent, and no sender is connected to.
    ///
    /// # Errors
    /// Exit 2: the profile's senders or texts cannot be used.
    pub(super) fn customer_messages(&self) -> Result<CustomerMessages, Error> {
        Ok(CustomerMessages { sender: None })
    }
}

impl CustomerMessages {
    /// Whether anything is sent to customers.
    pub(super) const fn has_sender(&self) -> bool {
        self.sender.is_some()
    }

    /// Tells a customer of a change.
    ///
    /// # Errors
    /// It was not sent, or may not have been.
    pub(super) async fn send_notice(&self, _: &WaitingNotice) -> Result<(), SendFailed> {
        Ok(())
    }
}

#[async_trait(?Send)]
impl Messenger for CustomerMessages {
    fn channels(&self) -> Vec<Channel> {
        self.sender.as_ref().map(|sender| sender.channels()).unwrap_or_default()
    }

    async fn send_code(
        &self,
        _: &Contact,
        _: &RecoveryCode,
        _: Option<&Language>,
        _: &AttemptId,
    ) -> Result<(), SendFailed> {
        Ok(())
    }
}
