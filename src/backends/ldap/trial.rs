//! One bind with the temporary password, on a stream of its own that is closed and freed afterwards.
//!
//! It does without the LDAP library, whose tasks and buffers outlive a call.

use std::time::Duration;

use ldap3::LdapResult;
use tokio::io::AsyncWriteExt as _;
use tokio::time::{timeout, timeout_at};
use zeroize::Zeroizing;

use super::ber::{self, PASSWORD_POLICY, PolicyAnswer};
use super::connection::Connection;
use super::message::{self, Response};
use super::relay::Messages;
use super::result_code::meaning;
use super::result_redaction::redact_result;
use super::transport::OpenStream;
use crate::domain::{Error, Intent, RequestSink, Reset, Result, TemporaryPassword, TrialAnswer, sealed};

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const SEQUENCE: u8 = 0x30;
const CONTROLS: u8 = 0xa0;
/// The tag of a bind request (RFC 4511 section 4.2).
const BIND: u8 = 0x60;
/// The tag of a simple password in it.
const SIMPLE: u8 = 0x80;
/// How long a server may take to let go.
const GOODBYE: Duration = Duration::from_secs(1);
/// The unbind request (RFC 4511 section 4.3), as message 2.
const UNBIND: &[u8] = b"\x30\x05\x02\x01\x02\x42\x00";

/// The server's answer to a bind. Known facts are left of its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BindAnswer {
    pub(super) code: u32,
    pub(super) text: String,
    pub(super) policy: Option<PolicyAnswer>,
}

impl BindAnswer {
    /// Reads the answer to message 1. Returns `None` for a malformed one.
    fn of(message: &[u8]) -> Option<Self> {
        let whole = message::response(message, |number| (number == 1).then_some(BIND));
        let (code, text) = message::result(message).filter(|_| matches!(whole, Ok(Response::Last(_))))?;
        let result = LdapResult { rc: code, matched: String::new(), text, refs: Vec::new(), ctrls: Vec::new() };
        let policy = message::control_value(message, PASSWORD_POLICY).and_then(ber::read_policy);
        Some(Self { code, text: redact_result(result).text, policy })
    }

    /// Makes the answer of a refusal that is not about the password.
    pub(super) fn restricted(&self) -> TrialAnswer {
        let known = if self.text.is_empty() { String::new() } else { format!(": {}", self.text) };
        TrialAnswer::Restricted(format!("{}, result {}{known}", meaning(self.code).words, self.code))
    }
}

/// Writes a bind request as this user, with the control that asks for the password policy.
struct BindRequest<'a>(&'a str);

impl sealed::Sealed for BindRequest<'_> {}

impl RequestSink for BindRequest<'_> {
    type Output = Zeroizing<Vec<u8>>;

    fn write(self, characters: &str) -> Zeroizing<Vec<u8>> {
        let password = element(SIMPLE, &[characters.as_bytes()]);
        let bind = element(BIND, &[&element(INTEGER, &[&[3]]), &element(OCTETS, &[self.0.as_bytes()]), &password]);
        let control = element(SEQUENCE, &[&element(OCTETS, &[PASSWORD_POLICY.as_bytes()])]);
        element(SEQUENCE, &[&element(INTEGER, &[&[1]]), &bind, &element(CONTROLS, &[&control])])
    }
}

/// Encodes a BER element (X.690 section 8.1) with the shortest length, into a buffer that never moves and is wiped.
fn element(tag: u8, contents: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let length: usize = contents.iter().map(|content| content.len()).sum();
    let octets = u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
    let mut bytes = Zeroizing::new(Vec::with_capacity(2 + octets.len() + length));
    bytes.push(tag);
    match octets {
        [0, 0, 0, short @ ..=0x7f] => bytes.push(short),
        [0, 0, high, low] => bytes.extend([0x82, high, low]),
        long => bytes.extend([&[0x84][..], &long].concat()),
    }
    for content in contents {
        bytes.extend_from_slice(content);
    }
    bytes
}

/// Binds as the intent's user with the temporary password, at the server that took it.
///
/// # Errors
/// Exit 8: the server could not be reached, or did not answer.
pub(super) async fn bind(
    connection: &Connection,
    intent: &Intent<Reset>,
    password: &TemporaryPassword,
) -> Result<BindAnswer> {
    let deadline = connection.deadline();
    let stream = connection.open_stream(deadline).await?;
    let request = password.request(intent, BindRequest(intent.user()?.as_str()));
    let answer = timeout_at(deadline.instant(), exchange(stream, request)).await.ok().flatten();
    answer.ok_or_else(|| Error::unavailable(format!("{} did not answer the sign-in", connection.server())))
}

/// Sends the bind, reads its answer, and closes the stream. Returns `None` if no proper answer came.
async fn exchange(mut stream: OpenStream, request: Zeroizing<Vec<u8>>) -> Option<BindAnswer> {
    let server = &mut stream.bytes;
    server.write_all(&request).await.ok()?;
    server.flush().await.ok()?;
    drop(request);
    let mut messages = Messages::new();
    let answer = messages.next(server).await.ok().flatten().and_then(BindAnswer::of);
    // The answer is there: what becomes of the rest no longer matters.
    let _ = timeout(GOODBYE, async {
        server.write_all(UNBIND).await?;
        server.shutdown().await
    })
    .await;
    answer
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;
    use crate::backends::ldap::ber::PolicyError;
    use crate::backends::ldap::message::{Header, Request};

    #[test]
    fn the_request_is_a_bind_with_the_control() {
        let request = BindRequest("uid=ada,dc=example").write("Hq7w-Xnk9");
        assert_eq!(message::length(&request), Ok(Some(request.len())));
        assert!(message::is_sound(&request));
        let header = Header { number: 1, tag: BIND };
        assert_eq!(message::request(&request), Some(Request::Asks(header)));
        let long = BindRequest(&"uid=ada,".repeat(40)).write("Hq7w-Xnk9");
        assert_eq!((message::length(&long), message::is_sound(&long)), (Ok(Some(long.len())), true));
        let text = String::from_utf8_lossy(&request).into_owned();
        assert!(text.contains("uid=ada,dc=example") && text.contains("Hq7w-Xnk9") && text.contains(PASSWORD_POLICY));
        assert_eq!(request.get(2..6), Some(&[INTEGER, 1, 1, BIND][..]), "lengths are short");
    }

    fn answer(code: u8, text: &str, control: Option<&[u8]>) -> Option<BindAnswer> {
        let (code, text) = (element(0x0a, &[&[code]]), element(OCTETS, &[text.as_bytes()]));
        let result = element(0x61, &[&code, &element(OCTETS, &[]), &text]);
        let control = control.map(|value| {
            let name = element(OCTETS, &[PASSWORD_POLICY.as_bytes()]);
            element(CONTROLS, &[&element(SEQUENCE, &[&name, &element(OCTETS, &[value])])])
        });
        let control = control.as_ref().map_or(&[][..], |control| control.as_slice());
        BindAnswer::of(&element(SEQUENCE, &[&element(INTEGER, &[&[1]]), &result, control]))
    }

    #[test]
    fn an_answer_is_read_with_its_policy_and_without_the_servers_words() {
        let forced = answer(0, "", Some(&[0x30, 3, 0x81, 1, 2])).unwrap();
        assert_eq!(forced.policy.unwrap().error, Some(PolicyError::ChangeAfterReset));
        assert_eq!(answer(0, "", None).unwrap().policy, None);
        let secret = "80090308: AcceptSecurityContext error, data 533, Hq7w-Xnk9";
        assert_eq!(answer(49, secret, None).unwrap().text, "data 533");
        assert_eq!(BindAnswer::of(&element(SEQUENCE, &[&element(INTEGER, &[&[2]])])), None);
    }

    #[test]
    fn a_refusal_that_is_not_about_the_password_is_told_by_its_code() {
        let busy = answer(51, "Hq7w-Xnk9 is too busy", None).unwrap().restricted();
        assert_eq!(busy, TrialAnswer::Restricted("it is busy, result 51".to_owned()));
    }
}
