//! Messages to customers, and what sends them: the organisation's mail server, a command, a webhook.
//!
//! A message's text, its address and a credential are in no error and in no log. What a server or a service answers is
//! shown as its code and what that code means, because its text may repeat the message.

mod channel_senders;
mod command;
mod customer_messages;
mod delivery;
mod outgoing;
mod payload;
mod secret;
mod sender_error;
mod smtp;
#[cfg(test)]
mod tests;
mod webhook;

use std::time::Duration;

use channel_senders::ChannelSenders;
use command::CommandSender;
pub use customer_messages::CustomerMessages;
pub(crate) use customer_messages::cannot_be_sent;
pub use delivery::{Delivered, deliver};
use secret::LazySecret;
pub use secret::Notice;
use smtp::SmtpSender;
use webhook::WebhookSender;

use crate::config::{Profile, SenderConfig};
use crate::domain::Channel;
use crate::domain::ports::MessageSender;

/// Opens the senders of a profile, which share one port. Returns `None` if the profile has none.
///
/// Nothing is read and nothing is connected to before the first message or check. `limit` is how long one of them may
/// take: [`SEND_LIMIT`](crate::domain::ports::SEND_LIMIT). The first one also reads the credential, for which a keyring
/// may ask longer.
pub fn open(profile: &Profile, limit: Duration, notice: &Notice) -> Option<Box<dyn MessageSender>> {
    let open_one = |config: &Option<SenderConfig>, channel| {
        config.as_ref().map(|config| open_sender(config, channel, profile, limit, notice))
    };
    let email = open_one(&profile.senders.email, Channel::Email);
    let phone = open_one(&profile.senders.phone, Channel::Phone);
    if email.is_none() && phone.is_none() {
        return None;
    }
    Some(Box::new(ChannelSenders { profile: profile.name.clone(), email, phone }))
}

fn open_sender(
    config: &SenderConfig,
    channel: Channel,
    profile: &Profile,
    limit: Duration,
    notice: &Notice,
) -> Box<dyn MessageSender> {
    let settings = &profile.settings;
    let secret = |source| LazySecret::new(source, settings, notice);
    match config {
        SenderConfig::Smtp(config) => {
            let password = config.credentials.as_ref().map(|credentials| secret(&credentials.password));
            let ca_cert = config.ca_cert.as_ref().map(|path| settings.path(path));
            Box::new(SmtpSender { config: config.clone(), password, ca_cert, limit })
        }
        SenderConfig::Command(words) => Box::new(CommandSender { words: words.clone(), channel, limit }),
        SenderConfig::Webhook(config) => Box::new(WebhookSender {
            url: config.url.clone(),
            token: config.token.as_ref().map(secret),
            ca_cert: config.ca_cert.as_ref().map(|path| settings.path(path)),
            channel,
            limit,
        }),
    }
}
