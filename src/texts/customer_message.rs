//! The messages to a customer: the recovery code, and the notice that support changed something.

use std::time::Duration;

use fluent_bundle::FluentArgs;
use jiff::ZonedDateTime;
use zeroize::Zeroizing;

use super::argument::clean;
use super::spec::TextSpec;
use super::specs::{
    CODE_EMAIL_BODY, CODE_EMAIL_SUBJECT, CODE_PHONE_BODY, EMAIL_FOOTER, GREETING, GREETING_NAME, MOMENT, MOMENT_SHORT,
    NOTICE_AGENT, NOTICE_CREATED, NOTICE_CREATED_PHONE, NOTICE_CREATED_SUBJECT, NOTICE_NOT_YOU, NOTICE_NOT_YOU_PHONE,
    NOTICE_SET, NOTICE_SET_PHONE, NOTICE_SET_SUBJECT, NOTICE_UNLOCKED, NOTICE_UNLOCKED_PHONE, NOTICE_UNLOCKED_SUBJECT,
    NOTICE_WITHDRAWN, NOTICE_WITHDRAWN_PHONE, NOTICE_WITHDRAWN_SUBJECT,
};
use super::store::Texts;
use crate::domain::{Action, Channel, Language, find_link};

/// How many digits of a code stand together.
const GROUP: usize = 4;
/// The longest name in a greeting, in characters.
const MAX_NAME: usize = 60;

/// What the message with a recovery code says. It has no `Debug`, because it holds the code.
pub struct CodeText<'a> {
    /// The code's digits, without spaces.
    pub code: &'a str,
    /// How long it is valid, in whole minutes.
    pub valid: Duration,
    /// Who helps the customer: "Example Support".
    pub desk: &'a str,
    /// What a customer calls who did not ask for it: a number, or words such as "the number on your card".
    pub call: &'a str,
    /// The customer's name, for the greeting.
    pub name: Option<&'a str>,
}

/// What the notice says after support changed something.
#[derive(Clone, Debug)]
pub struct NoticeText<'a> {
    /// What was done.
    pub action: Action,
    /// When it was done, in the time zone that is shown.
    pub when: &'a ZonedDateTime,
    /// Who helped the customer: "Example Support".
    pub desk: &'a str,
    /// What a customer calls who did not ask for it.
    pub call: &'a str,
    /// The agent's name, where the profile has notices signed.
    pub agent: Option<&'a str>,
    /// The customer's name, for the greeting.
    pub name: Option<&'a str>,
}

/// A message as it is sent. It has no `Debug`, because it may hold a code.
pub struct RenderedText {
    /// One line. It never holds the code.
    pub subject: String,
    /// Lines that end in `\n`. A message to a telephone is one line.
    pub body: Zeroizing<String>,
}

impl Texts {
    /// Puts the message with a recovery code together, in this language or else in English.
    pub fn code(&self, language: &Language, text: &CodeText<'_>, channel: Channel) -> RenderedText {
        let (desk, call, code) = (clean(text.desk), clean(text.call), grouped(text.code));
        let mut arguments = FluentArgs::new();
        arguments.set("desk", desk.as_str());
        arguments.set("call", call.as_str());
        let subject = self.text(language, &CODE_EMAIL_SUBJECT, &arguments);
        arguments.set("code", code.as_str());
        arguments.set("minutes", text.valid.as_secs() / 60);
        let put = |spec| Zeroizing::new(self.text(language, spec, &arguments));
        let body = match channel {
            Channel::Email => {
                let body = put(&CODE_EMAIL_BODY);
                self.letter(language, text.name, &[body.as_str()])
            }
            Channel::Phone => Zeroizing::new(format!("{}\n", *put(&CODE_PHONE_BODY))),
        };
        RenderedText { subject, body }
    }

    /// Puts the notice of a change together, in this language or else in English.
    pub fn notice(&self, language: &Language, text: &NoticeText<'_>, channel: Channel) -> RenderedText {
        let (desk, call) = (clean(text.desk), clean(text.call));
        let (moment, not_you) = match channel {
            Channel::Email => (&MOMENT, &NOTICE_NOT_YOU),
            Channel::Phone => (&MOMENT_SHORT, &NOTICE_NOT_YOU_PHONE),
        };
        let when = self.moment(language, moment, text.when);
        let mut arguments = FluentArgs::new();
        arguments.set("desk", desk.as_str());
        arguments.set("call", call.as_str());
        arguments.set("when", when.as_str());
        let (subject, what) = notice_specs(text.action, channel);
        let subject = self.text(language, subject, &arguments);
        let mut lines = vec![self.text(language, what, &arguments)];
        if let Some(agent) = text.agent.map(clean).filter(|agent| !agent.is_empty()) {
            arguments.set("agent", agent);
            lines.push(self.text(language, &NOTICE_AGENT, &arguments));
        }
        let not_you = self.text(language, not_you, &arguments);
        let body = match channel {
            Channel::Email => self.letter(language, text.name, &[&lines.join("\n"), &not_you]),
            Channel::Phone => Zeroizing::new(format!("{} {not_you}\n", lines.join(" "))),
        };
        RenderedText { subject, body }
    }

    /// Puts a greeting before the paragraphs of an e-mail, and the footer after them.
    fn letter(&self, language: &Language, name: Option<&str>, paragraphs: &[&str]) -> Zeroizing<String> {
        let mut arguments = FluentArgs::new();
        let greeting = match name.and_then(name_to_greet) {
            Some(name) => {
                arguments.set("name", name);
                self.text(language, &GREETING_NAME, &arguments)
            }
            None => self.text(language, &GREETING, &arguments),
        };
        let footer = self.text(language, &EMAIL_FOOTER, &FluentArgs::new());
        let parts = [&[greeting.as_str()], paragraphs, &[footer.as_str()]].concat();
        Zeroizing::new(parts.iter().map(|part| part.trim_end()).collect::<Vec<_>>().join("\n\n") + "\n")
    }

    /// Writes a point in time with its offset from UTC.
    fn moment(&self, language: &Language, spec: &TextSpec, at: &ZonedDateTime) -> String {
        let offset = at.strftime("%:z").to_string();
        let mut arguments = FluentArgs::new();
        arguments.set("day", at.day());
        arguments.set("month", at.month());
        arguments.set("year", at.year());
        arguments.set("date", at.date().to_string());
        arguments.set("time", at.strftime("%H:%M").to_string());
        arguments.set("zone", if at.offset().is_zero() { "UTC".to_owned() } else { format!("UTC{offset}") });
        self.text(language, spec, &arguments)
    }
}

/// Returns the subject of a notice, and the sentence that says what was done.
const fn notice_specs(action: Action, channel: Channel) -> (&'static TextSpec, &'static TextSpec) {
    let (subject, mail, phone) = match action {
        Action::Set => (&NOTICE_SET_SUBJECT, &NOTICE_SET, &NOTICE_SET_PHONE),
        Action::CreateAndSet => (&NOTICE_CREATED_SUBJECT, &NOTICE_CREATED, &NOTICE_CREATED_PHONE),
        Action::Withdraw => (&NOTICE_WITHDRAWN_SUBJECT, &NOTICE_WITHDRAWN, &NOTICE_WITHDRAWN_PHONE),
        Action::Unlock => (&NOTICE_UNLOCKED_SUBJECT, &NOTICE_UNLOCKED, &NOTICE_UNLOCKED_PHONE),
    };
    match channel {
        Channel::Email => (subject, mail),
        Channel::Phone => (subject, phone),
    }
}

/// Returns a name that a message can greet. A customer may choose their own name, so that it is no place for a message
/// to somebody else: one that is long or holds a link is left out.
fn name_to_greet(name: &str) -> Option<String> {
    let name = clean(name);
    let is_name = !name.is_empty() && name.chars().count() <= MAX_NAME && find_link(&name).is_none();
    is_name.then_some(name)
}

/// Writes a code in groups: `1234 5678`.
fn grouped(code: &str) -> Zeroizing<String> {
    let mut groups = Zeroizing::new(String::with_capacity(2 * code.len()));
    for (position, digit) in code.chars().enumerate() {
        if position > 0 && position.is_multiple_of(GROUP) {
            groups.push(' ');
        }
        groups.push(digit);
    }
    groups
}
