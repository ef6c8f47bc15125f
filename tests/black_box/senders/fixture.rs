//! Opens a profile's senders, and sends by them.

use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use tellonce::config::Configuration;
use tellonce::domain::ports::MessageSender;
use tellonce::domain::{Channel, Check, Contact, Language, Message, MessageKind, SendFailed};
use tellonce::messages;
use zeroize::Zeroizing;

/// Far more than a send needs on a busy machine.
pub const LIMIT: Duration = Duration::from_mins(1);
/// For a server that never answers. Everything before its silence has to fit in.
pub const SHORT: Duration = Duration::from_secs(3);
/// What must be in no error: the code, the address, the password.
pub const CODE: &str = "483-920";
pub const ADDRESS: &str = "ada@example.com";
pub const PASSWORD: &str = "n0t-a-real-passw0rd";

pub fn message(address: &str) -> Message {
    let text = format!("Your code is {CODE}.\n.\nIt is good for ten minutes.\n");
    Message {
        kind: MessageKind::Code,
        to: Contact::new(if address.contains('@') { Channel::Email } else { Channel::Phone }, address),
        id: "0123456789abcdef0123456789abcdef".to_owned(),
        language: Language::english(),
        subject: "Your code for Example Support".to_owned(),
        text: Zeroizing::new(text),
    }
}

/// Opens the senders of a profile with these tables.
pub fn open(tables: &str, limit: Duration) -> Box<dyn MessageSender> {
    let text = format!("[profiles.acme]\nbackend = 'practice'\n{tables}");
    let configuration = Configuration::parse(&text, Path::new("/nowhere/config.toml")).unwrap();
    let profile = configuration.profile(Some("acme")).unwrap();
    let notice: messages::Notice = Rc::new(|_: &str| ());
    messages::open(&profile, limit, &notice).expect("the profile has senders")
}

pub fn wait<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(future)
}

pub fn send(tables: &str, limit: Duration, message: &Message) -> Result<(), SendFailed> {
    wait(open(tables, limit).send(message))
}

/// Sends, and expects an error that tells nothing that it must not.
#[track_caller]
pub fn refused(tables: &str, limit: Duration, message: &Message) -> SendFailed {
    let failed = send(tables, limit, message).expect_err("an error");
    let shown = format!("{failed:?}");
    for secret in [CODE, PASSWORD, message.to.address.as_str()] {
        assert!(secret.is_empty() || !shown.contains(secret), "{shown}");
    }
    assert!(failed.words.ends_with('.') && !failed.hint.is_empty(), "{shown}");
    failed
}

/// Returns the only check.
#[track_caller]
pub fn check(tables: &str, limit: Duration) -> Check {
    let mut checks = wait(open(tables, limit).checks());
    assert_eq!(checks.len(), 1);
    checks.remove(0)
}
