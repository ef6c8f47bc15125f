//! The messages to a customer.

use std::time::Duration;

use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ZonedDateTime};

use super::{LANGUAGES, language};
use crate::domain::{Action, Channel, find_link};
use crate::texts::{CodeText, NoticeText, RenderedText, Texts};

const CODE: &str = "12345678";
const DESK: &str = "Example Support";
const CALL: &str = "+44 20 7946 0018";
const ACTIONS: [Action; 4] = [Action::Set, Action::CreateAndSet, Action::Withdraw, Action::Unlock];

/// The characters that a text message takes one septet for (3GPP TS 23.038 section 6.2.1), as far as texts use them.
const GSM: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789ÄÖÜäöüß .,:;?!()+-'/&\n";

fn code_text<'a>() -> CodeText<'a> {
    CodeText { code: CODE, valid: Duration::from_mins(10), desk: DESK, call: CALL, name: Some("Ada Lovelace") }
}

fn at(second: i64, hours: i8) -> ZonedDateTime {
    Timestamp::from_second(second).unwrap().to_zoned_datetime(TimeZone::fixed(Offset::constant(hours)))
}

fn code(tag: &str, text: &CodeText<'_>, channel: Channel) -> RenderedText {
    Texts::built_in().code(&language(tag), text, channel)
}

fn notice(tag: &str, action: Action, agent: Option<&str>, channel: Channel) -> RenderedText {
    let when = at(1_795_957_320, 1);
    let text = NoticeText { action, when: &when, desk: DESK, call: CALL, agent, name: None };
    Texts::built_in().notice(&language(tag), &text, channel)
}

#[test]
fn the_mail_with_the_code_says_who_asked_what_to_do_and_what_not() {
    let mail = code("en", &code_text(), Channel::Email);
    assert_eq!(mail.subject, "Your recovery code from Example Support");
    assert_eq!(
        mail.body.as_str(),
        "Hello Ada Lovelace,\n\nA support agent of Example Support asked to verify you.\n\n\
         Your recovery code is: 1234 5678\n\nRead it to the agent you are speaking to now.\n\
         It is valid for 10 minutes.\n\n\
         You did not call support? Then tell nobody the code, and call +44 20 7946 0018.\n\n\
         This message holds no link, on purpose. Support never asks for your password.\n"
    );
    let mail = code("de", &code_text(), Channel::Email);
    assert_eq!(mail.subject, "Ihr Wiederherstellungscode von Example Support");
    assert_eq!(
        mail.body.as_str(),
        "Guten Tag Ada Lovelace,\n\nExample Support möchte sich vergewissern, dass wirklich Sie anrufen.\n\n\
         Ihr Wiederherstellungscode lautet: 1234 5678\n\n\
         Lesen Sie ihn der Person vor, mit der Sie gerade sprechen.\nEr ist 10 Minuten lang gültig.\n\n\
         Sie haben nicht beim Support angerufen? Dann nennen Sie den Code niemandem, und rufen Sie bitte an: \
         +44 20 7946 0018.\n\n\
         Diese Nachricht enthält absichtlich keinen Link. Der Support fragt Sie nie nach Ihrem Passwort.\n"
    );
}

#[test]
fn a_code_is_a_recovery_code_and_stands_in_no_subject() {
    for tag in LANGUAGES {
        for channel in [Channel::Email, Channel::Phone] {
            let message = code(tag, &code_text(), channel);
            let body = message.body.to_lowercase();
            assert!(body.contains("recovery code") || body.contains("wiederherstellungscode"), "{body}");
            assert!(!body.contains("factor") && !body.contains("faktor"), "{body}");
            assert!(body.contains("1234 5678") && body.contains(CALL) && body.contains("10 min"), "{body}");
            assert!(!message.subject.contains("1234") && !message.subject.contains('\n'));
        }
    }
}

#[test]
fn a_message_to_a_telephone_is_one_text_message() {
    for tag in LANGUAGES {
        let mut messages = vec![code(tag, &code_text(), Channel::Phone)];
        messages.extend(ACTIONS.map(|action| notice(tag, action, None, Channel::Phone)));
        for message in messages {
            let body = message.body.as_str();
            let text = body.strip_suffix('\n').unwrap();
            assert!(!text.contains('\n') && text.chars().count() <= 160, "{}: {text}", text.chars().count());
            assert!(text.chars().all(|letter| GSM.contains(letter)), "{text}");
        }
    }
}

#[test]
fn a_notice_says_what_when_by_which_desk_and_whom_to_call() {
    for (tag, channel, moment, not_you) in [
        ("en", Channel::Email, "29 November 2026 at 14:02 (UTC+01:00)", "Was it not you? Call +44 20 7946 0018."),
        ("en", Channel::Phone, "2026-11-29 14:02 (UTC+01:00)", "Was it not you? Call +44 20 7946 0018."),
        (
            "de",
            Channel::Email,
            "29. November 2026 um 14:02 Uhr (UTC+01:00)",
            "nicht? Rufen Sie bitte an: +44 20 7946 0018.",
        ),
        ("de", Channel::Phone, "29.11.2026 (14:02, UTC+01:00)", "Nicht Sie? Rufen Sie bitte an: +44 20 7946 0018"),
    ] {
        let bodies = ACTIONS.map(|action| {
            let message = notice(tag, action, None, channel);
            let body = message.body.as_str();
            for words in [moment, DESK, not_you] {
                assert!(body.contains(words), "{words}: {body}");
            }
            assert!(message.subject.starts_with("Example Support: "), "{}", message.subject);
            assert!(body.ends_with('\n') && find_link(body).is_none(), "{body}");
            message.body
        });
        assert!((1..ACTIONS.len()).all(|next| bodies[..next].iter().all(|body| *body != bodies[next])), "{tag}");
    }
}

#[test]
fn the_notice_of_a_set_reads_like_this() {
    let mail = notice("en", Action::Set, None, Channel::Email);
    assert_eq!(mail.subject, "Example Support: a temporary password was set for you");
    assert_eq!(
        mail.body.as_str(),
        "Hello,\n\nExample Support set a temporary password for you on 29 November 2026 at 14:02 (UTC+01:00).\n\n\
         Was it not you? Call +44 20 7946 0018.\n\n\
         This message holds no link, on purpose. Support never asks for your password.\n"
    );
}

#[test]
fn the_agent_is_named_only_if_the_profile_signs() {
    for tag in LANGUAGES {
        for channel in [Channel::Email, Channel::Phone] {
            assert!(notice(tag, Action::Set, Some("Sam Smith"), channel).body.contains("Sam Smith."));
            assert_eq!(
                notice(tag, Action::Set, Some(" \n"), channel).body,
                notice(tag, Action::Set, None, channel).body
            );
        }
    }
}

#[test]
fn a_moment_names_its_own_month_and_zone() {
    let written = |second, hours| {
        let when = at(second, hours);
        let text = NoticeText { action: Action::Set, when: &when, desk: DESK, call: CALL, agent: None, name: None };
        Texts::built_in().notice(&language("en"), &text, Channel::Email).body.to_string()
    };
    let months = "January February March April May June July August September October November December";
    for (number, month) in months.split(' ').enumerate() {
        let day = Timestamp::from_second(15 * 86_400 + i64::try_from(number).unwrap() * 2_629_746).unwrap();
        assert!(written(day.as_second(), 0).contains(&format!(" {month} 1970 at ")), "{month}");
    }
    assert!(written(0, 0).contains("1 January 1970 at 00:00 (UTC)."));
    assert!(written(0, -5).contains("31 December 1969 at 19:00 (UTC-05:00)."));
}

#[test]
fn what_comes_from_outside_brings_no_line_and_no_link_of_its_own() {
    for tag in LANGUAGES {
        for channel in [Channel::Email, Channel::Phone] {
            let plain = code(tag, &code_text(), channel);
            let hostile = CodeText {
                desk: "Example\r\nBcc: eve@example.com\u{202e}",
                call: "1\n\n2\u{0}\u{2028}3",
                name: Some("Ada\r\nCall 112"),
                ..code_text()
            };
            let hostile = code(tag, &hostile, channel);
            assert!(!hostile.subject.contains(['\r', '\n', '\u{202e}']), "{:?}", hostile.subject);
            assert_eq!(hostile.body.lines().count(), plain.body.lines().count(), "{}", *hostile.body);
            assert!(!hostile.body.contains(['\r', '\u{0}', '\u{2028}', '\u{202e}']), "{:?}", *hostile.body);
        }
    }
    for name in ["see evil.example/x", "https://evil.example", &"long ".repeat(30), "\u{200b}", ""] {
        let named = code("en", &CodeText { name: Some(name), ..code_text() }, Channel::Email);
        let unnamed = code("en", &CodeText { name: None, ..code_text() }, Channel::Email);
        assert_eq!(*named.body, *unnamed.body, "{name}");
    }
}

#[test]
fn fluent_takes_nothing_in_an_argument_for_its_own_and_adds_no_mark() {
    let braces = CodeText { name: Some("{ $code }"), desk: "{ $call } \"", ..code_text() };
    let body = code("en", &braces, Channel::Email).body;
    assert!(body.contains("Hello { $code },") && body.contains("of { $call } \" asked"), "{}", *body);
    assert!(!body.contains(['\u{2068}', '\u{2069}']), "{:?}", *body);
}

#[test]
fn a_language_that_is_not_there_gives_english() {
    let french = code("fr", &code_text(), Channel::Email);
    assert_eq!(*french.body, *code("en", &code_text(), Channel::Email).body);
}
