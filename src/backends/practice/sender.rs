//! The sender of the practice directory: its outbox, for e-mail and for telephones. Nothing leaves this machine.

use async_trait::async_trait;

use super::outbox::{self, Outgoing};
use super::store::Practice;
use crate::domain::ports::MessageSender;
use crate::domain::{Channel, Check, CheckState, Message, SendFailed};

/// Puts messages to customers into the outbox of a practice directory.
pub struct PracticeSender {
    practice: Practice,
}

impl PracticeSender {
    /// Creates the sender of this directory.
    pub(super) const fn new(practice: Practice) -> Self {
        Self { practice }
    }
}

#[async_trait(?Send)]
impl MessageSender for PracticeSender {
    fn channels(&self) -> Vec<Channel> {
        vec![Channel::Email, Channel::Phone]
    }

    async fn send(&self, message: &Message) -> Result<(), SendFailed> {
        if !message.to.is_usable() {
            return Err(SendFailed {
                words: "The practice outbox refused an address or a number that is none.".to_owned(),
                hint: "Correct it in the customer directory.".to_owned(),
                is_permanent: true,
                refuses_address: true,
                may_be_sent: false,
            });
        }
        let outgoing = Outgoing {
            to: &message.to.address,
            subject: &message.subject,
            body: &message.text,
            channel: message.channel(),
            kind: message.kind.name(),
            id: Some(&message.id),
        };
        outbox::add(&self.practice.connection(), &outgoing, self.practice.now()).map_err(|error| SendFailed {
            words: format!("The practice outbox took no message: {}", error.message),
            is_permanent: !error.is_passing(),
            refuses_address: false,
            hint: error.hint.unwrap_or_default(),
            may_be_sent: false,
        })
    }

    async fn checks(&self) -> Vec<Check> {
        let check = match self.practice.newest_mails(None, 1) {
            Ok(_) => Check::new("sender", CheckState::Ok, "messages go to the outbox: `tellonce practice outbox`"),
            Err(error) => Check::new("sender", CheckState::Fault, error.message_with_hint()),
        };
        vec![check]
    }
}
