//! The JSON object that a command and a webhook get: `tellonce.message/v1`.

use serde::Serialize;
use zeroize::Zeroizing;

use super::outgoing::Outgoing;
use crate::domain::Channel;

/// The name of the object's form.
const SCHEMA: &str = "tellonce.message/v1";
/// What the object needs beside the texts, at most, in bytes.
const OVERHEAD: usize = 1024;
/// How many bytes one byte of a text becomes at most (`\u001b`).
const ESCAPED: usize = 6;

#[derive(Serialize)]
struct Payload<'a> {
    schema: &'static str,
    kind: &'static str,
    channel: &'static str,
    #[serde(flatten)]
    content: Option<Content<'a>>,
}

/// What a check lacks.
#[derive(Serialize)]
struct Content<'a> {
    id: &'a str,
    to: &'a str,
    language: &'a str,
    subject: &'a str,
    text: &'a str,
}

/// Returns the object of a message. It is wiped when dropped.
///
/// # Errors
/// It cannot be written, which is a bug.
pub(super) fn of_message(outgoing: &Outgoing<'_>) -> serde_json::Result<Zeroizing<Vec<u8>>> {
    let message = outgoing.message;
    let to = outgoing.to();
    let content = Content {
        id: &message.id,
        to: &to,
        language: message.language.as_str(),
        subject: &outgoing.subject,
        text: &outgoing.text,
    };
    let longest = OVERHEAD + ESCAPED * (to.len() + outgoing.subject.len() + outgoing.text.len());
    write(message.kind.name(), message.channel(), Some(content), longest)
}

/// Returns the object that asks whether messages could be sent. It goes to nobody.
///
/// # Errors
/// As for [`of_message`].
pub(super) fn of_check(channel: Channel) -> serde_json::Result<Zeroizing<Vec<u8>>> {
    write("check", channel, None, OVERHEAD)
}

/// Writes the object and a newline into a buffer that never grows, so that no copy of it is left behind.
fn write(
    kind: &'static str,
    channel: Channel,
    content: Option<Content<'_>>,
    capacity: usize,
) -> serde_json::Result<Zeroizing<Vec<u8>>> {
    let mut buffer = Zeroizing::new(Vec::with_capacity(capacity));
    let payload = Payload { schema: SCHEMA, kind, channel: channel.name(), content };
    serde_json::to_writer(&mut *buffer, &payload)?;
    buffer.push(b'\n');
    Ok(buffer)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;
    use crate::messages::tests::message;

    #[test]
    fn a_message_is_one_line_of_json_and_its_buffer_never_grows() {
        let mut message = message(Channel::Phone, "+44 20 7946 0018");
        message.subject = "\u{1}\"".repeat(300);
        message.text.push_str(&"\"ü\u{1b}\n".repeat(500));
        let outgoing = Outgoing::new(&message).unwrap();
        let written = of_message(&outgoing).unwrap();
        let capacity = OVERHEAD + ESCAPED * (16 + outgoing.subject.len() + outgoing.text.len());
        assert_eq!(written.capacity(), capacity);
        let text = std::str::from_utf8(&written).unwrap();
        assert!(text.ends_with("}\n") && text.matches('\n').count() == 1, "{text}");
        let read: serde_json::Value = serde_json::from_str(text).unwrap();
        assert_eq!(read["text"], serde_json::Value::from(outgoing.text.as_str()));
        let mut keys: Vec<&String> = read.as_object().unwrap().keys().collect();
        keys.sort();
        assert_eq!(keys, ["channel", "id", "kind", "language", "schema", "subject", "text", "to"]);
    }

    #[test]
    fn a_check_goes_to_nobody() {
        let written = of_check(Channel::Email).unwrap();
        let text = std::str::from_utf8(&written).unwrap();
        assert_eq!(text, "{\"schema\":\"tellonce.message/v1\",\"kind\":\"check\",\"channel\":\"email\"}\n");
    }
}
