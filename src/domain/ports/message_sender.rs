//! The port that sends a message to a customer.

use std::time::Duration;

use async_trait::async_trait;

use crate::domain::check::Check;
use crate::domain::contact::Channel;
use crate::domain::message::{Message, SendFailed};

/// After this time a message that is not sent has failed.
pub const SEND_LIMIT: Duration = Duration::from_secs(10);

/// Sends messages to customers: by mail, or through a command or a service of the organisation.
#[async_trait(?Send)]
pub trait MessageSender {
    /// Returns the channels that it sends by.
    fn channels(&self) -> Vec<Channel>;
    /// Sends a message. Returns within [`SEND_LIMIT`].
    ///
    /// # Errors
    /// It was not sent, or may not have been. An address that is none is refused here, before anything is sent.
    async fn send(&self, message: &Message) -> Result<(), SendFailed>;
    /// Tries for `doctor` whether messages can be sent, as far as that is possible without writing to anybody.
    async fn checks(&self) -> Vec<Check>;
}
