//! The outbox as a sender of messages to customers.

use zeroize::Zeroizing;

use super::{directory, wait_for};
use crate::backends::practice::PracticeSender;
use crate::domain::ports::MessageSender;
use crate::domain::{Channel, CheckState, Contact, Kind, Language, Message, MessageKind, Reason};

fn message(kind: MessageKind, to: Contact, id: &str) -> Message {
    Message {
        kind,
        to,
        id: id.to_owned(),
        language: Language::english(),
        subject: "Your recovery code".to_owned(),
        text: Zeroizing::new("The code is 12345678.\n".to_owned()),
    }
}

#[test]
fn codes_and_notices_arrive_by_both_channels_and_a_retry_once() {
    let directory = directory();
    let sender = PracticeSender::new(directory.practice.clone());
    assert_eq!(sender.channels(), [Channel::Email, Channel::Phone]);
    let code = message(MessageKind::Code, Contact::new(Channel::Phone, "+44 20 7946 0001"), "1");
    let notice = message(MessageKind::Notice, Contact::new(Channel::Email, "ada@example.com"), "2");
    for message in [&code, &notice, &code] {
        wait_for(sender.send(message)).unwrap();
    }
    let outbox = directory.practice.outbox().unwrap();
    let told: Vec<_> = outbox.iter().map(|mail| (mail.channel, mail.kind.as_str(), mail.to.as_str())).collect();
    assert_eq!(told, [(Channel::Phone, "code", "+44 20 7946 0001"), (Channel::Email, "notice", "ada@example.com")]);
    assert_eq!(outbox[0].body, *code.text);
    let of = |to| directory.practice.newest_mails(Some(to), 9).unwrap().len();
    assert_eq!((of("ADA@example.com"), of("+44 20 7946 0001"), of("+44 20 7946 0002")), (1, 1, 0));
    assert_eq!(directory.practice.newest_mails(None, 1).unwrap()[0].kind, "notice", "the newest first");
    assert_eq!(wait_for(sender.checks())[0].state, CheckState::Ok);
}

#[test]
fn a_message_by_a_channel_that_is_none_is_damage_and_not_listed_as_mail() {
    let directory = directory();
    let sender = PracticeSender::new(directory.practice.clone());
    let code = message(MessageKind::Code, Contact::new(Channel::Phone, "+44 20 7946 0001"), "1");
    wait_for(sender.send(&code)).unwrap();
    directory.practice.connection().execute("UPDATE mail SET channel = 'fax'", []).unwrap();
    for error in [directory.practice.outbox().err(), directory.practice.newest_mails(None, 9).err()] {
        let error = error.unwrap();
        assert_eq!((error.kind, error.reason), (Kind::Usage, Reason::DirectoryDamaged), "{error}");
        assert!(error.message.contains("neither phone nor email"), "{error}");
    }
}

#[test]
fn an_address_that_is_none_is_refused_and_not_quoted() {
    let directory = directory();
    let sender = PracticeSender::new(directory.practice.clone());
    for (channel, address) in [(Channel::Email, "secret\r\nBcc: eve@example.com"), (Channel::Phone, "secret")] {
        let message = message(MessageKind::Code, Contact::new(channel, address), "1");
        let failed = wait_for(sender.send(&message)).unwrap_err();
        assert!(failed.is_permanent && !failed.may_be_sent && !failed.words.contains("secret"), "{failed:?}");
    }
    assert!(directory.practice.outbox().unwrap().is_empty());
}

#[test]
fn a_directory_that_does_not_answer_takes_no_message_and_says_whether_to_try_again() {
    let directory = directory();
    let sender = PracticeSender::new(directory.practice.clone());
    let code = message(MessageKind::Code, Contact::new(Channel::Phone, "+44 20 7946 0001"), "1");
    let other = directory.again();
    other.connection().execute_batch("BEGIN IMMEDIATE").unwrap();
    directory.practice.connection().busy_timeout(std::time::Duration::ZERO).unwrap();
    let busy = wait_for(sender.send(&code)).unwrap_err();
    assert!(!busy.is_permanent && !busy.may_be_sent && !busy.words.contains("12345678"), "{busy:?}");
    other.connection().execute_batch("ROLLBACK; DROP TABLE mail;").unwrap();
    let damaged = wait_for(sender.send(&code)).unwrap_err();
    assert!(damaged.is_permanent && damaged.hint.contains("start-over"), "{damaged:?}");
    assert_eq!(wait_for(sender.checks())[0].state, CheckState::Fault);
}
