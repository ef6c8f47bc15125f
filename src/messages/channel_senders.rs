//! The senders of a profile behind one port: each message goes to the sender of its channel.

use async_trait::async_trait;

use super::sender_error::SenderError;
use crate::domain::ports::MessageSender;
use crate::domain::{Channel, Check, Message, SendFailed};

/// The senders of a profile.
pub(super) struct ChannelSenders {
    /// The profile's name, for errors.
    pub(super) profile: String,
    pub(super) email: Option<Box<dyn MessageSender>>,
    pub(super) phone: Option<Box<dyn MessageSender>>,
}

impl ChannelSenders {
    fn of(&self, channel: Channel) -> Option<&dyn MessageSender> {
        match channel {
            Channel::Email => self.email.as_deref(),
            Channel::Phone => self.phone.as_deref(),
        }
    }
}

#[async_trait(?Send)]
impl MessageSender for ChannelSenders {
    fn channels(&self) -> Vec<Channel> {
        [Channel::Email, Channel::Phone].into_iter().filter(|channel| self.of(*channel).is_some()).collect()
    }

    async fn send(&self, message: &Message) -> Result<(), SendFailed> {
        let channel = message.channel();
        let Some(sender) = self.of(channel) else {
            let name = channel.name();
            let error =
                SenderError::permanent(format!("The profile {} has no sender of this kind: {name}.", self.profile))
                    .advise(format!("Add [profiles.{}.senders.{name}] to the configuration.", self.profile));
            return Err(error.into_failed());
        };
        sender.send(message).await
    }

    async fn checks(&self) -> Vec<Check> {
        let mut checks = Vec::new();
        for sender in [&self.email, &self.phone].into_iter().flatten() {
            checks.extend(sender.checks().await);
        }
        checks
    }
}
