//! What the tests of the senders share.

use zeroize::Zeroizing;

use crate::domain::{Channel, Contact, Language, Message, MessageKind};

/// Makes a message with a code in it.
pub(super) fn message(channel: Channel, address: &str) -> Message {
    Message {
        kind: MessageKind::Code,
        to: Contact::new(channel, address),
        id: "0123456789abcdef0123456789abcdef".to_owned(),
        language: Language::english(),
        subject: "Your code".to_owned(),
        text: Zeroizing::new("483920\n".to_owned()),
    }
}
