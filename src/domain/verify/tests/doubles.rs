//! A desk whose ports answer as a test has it, and remember what they were asked.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use crate::domain::ports::{
    AuditLog, Clock, Interruptions, Messenger, Prompter, RandomSource, VerificationLog, VerificationSubject, VerifiedBy,
};
use crate::domain::*;

/// The code that the desk's random source makes.
pub(in crate::domain) const CODE: &str = "1234 5678";

/// When the clock of a desk begins.
pub(in crate::domain) fn begin() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

/// Gives the bytes of [`CODE`].
pub(in crate::domain) struct Bytes(pub(in crate::domain) u8);

impl RandomSource for Bytes {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
        for byte in bytes {
            self.0 += 1;
            *byte = self.0;
        }
        Ok(())
    }
}

/// The records, in words.
#[derive(Default)]
pub(in crate::domain) struct Log {
    pub(in crate::domain) written: RefCell<Vec<String>>,
    /// The record that cannot be written.
    pub(in crate::domain) fails_at: Cell<&'static str>,
    /// The record that a limit refuses.
    pub(in crate::domain) refuses: Cell<Option<(&'static str, LimitReached)>>,
}

impl Log {
    fn write(&self, name: &'static str, more: &str) -> Result<Result<AttemptId, LimitReached>> {
        if self.fails_at.get() == name {
            return Err(Error::new(Kind::Unavailable, Reason::AuditUnavailable, "The log is away."));
        }
        if let Some((refused, reached)) = self.refuses.get()
            && refused == name
        {
            return Ok(Err(reached));
        }
        self.written.borrow_mut().push(format!("{name} {more}").trim().to_owned());
        Ok(Ok(AttemptId::known(format!("a{}", self.written.borrow().len()))))
    }
}

#[async_trait(?Send)]
impl VerificationLog for Log {
    async fn sending_code(&self, _: VerificationSubject<'_>, to: &Contact) -> Result<Result<AttemptId, LimitReached>> {
        self.write("sending", &to.masked())
    }

    async fn code_not_sent(&self, _: VerificationSubject<'_>, _: &AttemptId, may_be_sent: bool) -> Result<()> {
        self.write("not_sent", if may_be_sent { "perhaps" } else { "" }).map(drop)
    }

    async fn trying_code(
        &self,
        _: VerificationSubject<'_>,
        code: &AttemptId,
    ) -> Result<Result<AttemptId, LimitReached>> {
        self.write("trying", code.as_str())
    }

    async fn verified(&self, about: VerificationSubject<'_>, by: VerifiedBy<'_>) -> Result<Verification> {
        let id = by.try_id.map_or("call", AttemptId::as_str).to_owned();
        let written = self.write("verified", &format!("{} {id}", by.way))?;
        assert!(written.is_ok(), "no limit refuses a verification");
        Ok(Verification {
            id: AttemptId::known(id),
            purpose: about.purpose,
            way: by.way,
            channel: by.contact.channel,
            to: by.contact.masked(),
            at: begin(),
            valid_until: begin() + SignedDuration::try_from(by.valid).unwrap(),
        })
    }
}

/// Sends codes, or does not.
#[derive(Default)]
pub(in crate::domain) struct Post {
    pub(in crate::domain) sent: RefCell<Vec<(String, String)>>,
    pub(in crate::domain) fails: RefCell<Option<SendFailed>>,
    pub(in crate::domain) has_no_phone: bool,
}

#[async_trait(?Send)]
impl Messenger for Post {
    fn channels(&self) -> Vec<Channel> {
        if self.has_no_phone { vec![Channel::Email] } else { vec![Channel::Email, Channel::Phone] }
    }

    async fn send_code(
        &self,
        to: &Contact,
        code: &RecoveryCode,
        _: Option<&Language>,
        id: &AttemptId,
    ) -> Result<(), SendFailed> {
        if let Some(failed) = self.fails.borrow().clone() {
            return Err(failed);
        }
        assert_eq!(code.digits(), CODE.replace(' ', ""));
        self.sent.borrow_mut().push((to.address.clone(), id.to_string()));
        Ok(())
    }
}

/// A clock that a test sets.
#[derive(Default)]
pub(in crate::domain) struct SetClock(pub(in crate::domain) Cell<i64>);

#[async_trait(?Send)]
impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        begin() + SignedDuration::from_secs(self.0.get())
    }

    async fn sleep(&self, _: Duration) {}
}

/// An agent who has these answers.
#[derive(Default)]
pub(in crate::domain) struct Agent {
    /// What is typed for a code, one after the other. Then there is no more input.
    pub(in crate::domain) types: VecDeque<&'static str>,
    /// Whether nobody can be asked.
    pub(in crate::domain) is_away: bool,
    /// The option that is chosen.
    pub(in crate::domain) chooses: Option<usize>,
    pub(in crate::domain) says_yes: bool,
    /// What was asked and said.
    pub(in crate::domain) heard: Vec<String>,
}

impl Prompter for Agent {
    fn can_ask(&self) -> bool {
        !self.is_away
    }

    fn can_choose(&self) -> bool {
        self.chooses.is_some()
    }

    fn choose(&mut self, question: &str, _: &[Customer]) -> Result<usize> {
        Err(Error::bug(question))
    }

    fn choose_text(&mut self, question: &str, options: &[String]) -> Result<usize> {
        self.heard.push(format!("{question} {}", options.join(", ")));
        self.chooses.ok_or_else(|| Error::bug(question))
    }

    fn code(&mut self, question: &str) -> Result<Option<Zeroizing<String>>> {
        self.heard.push(question.to_owned());
        Ok(self.types.pop_front().map(|typed| Zeroizing::new(typed.to_owned())))
    }

    fn confirm(&mut self, _: &Plan) -> Result<Decision> {
        Err(Error::bug("No plan is made here."))
    }

    fn line(&mut self, question: &str, _: &str) -> Result<String> {
        Err(Error::bug(question))
    }

    fn secret(&mut self, question: &str, _: &str) -> Result<Zeroizing<String>> {
        Err(Error::bug(question))
    }

    fn yes(&mut self, question: &str, default: bool) -> Result<bool> {
        assert!(!default, "an empty answer verifies nobody");
        self.heard.push(question.to_owned());
        Ok(self.says_yes)
    }

    fn say(&mut self, words: &str) {
        self.heard.push(words.to_owned());
    }
}

/// The audit log, which a verification does not read.
pub(in crate::domain) struct NoAudit;

fn unread<T>() -> Result<T> {
    Err(Error::bug("A verification asked the audit log."))
}

#[async_trait(?Send)]
impl AuditLog for NoAudit {
    async fn intend(
        &mut self,
        _: &Session,
        _: &Plan,
        _: &Consent,
        _: ResetLimits,
    ) -> Result<Result<AppendReceipt, LimitReached>> {
        unread()
    }
    async fn refused(&mut self, _: &Session, _: &Plan, _: LimitReached) -> Result<()> {
        unread()
    }
    async fn outcome(&mut self, _: &AttemptId, _: AttemptOutcome) -> Result<()> {
        unread()
    }
    async fn history(&self, _: &Session, _: &Customer, _: Option<&UserProfile>) -> Result<History> {
        unread()
    }
    async fn resets_by_agent(&self, _: &Session) -> Result<u32> {
        unread()
    }
    async fn recovered(&mut self, _: &Session, _: &CustomerId, _: &Finding) -> Result<()> {
        unread()
    }
    async fn outstanding(&self, _: &Session, _: u64) -> Result<OutstandingPage> {
        unread()
    }
    async fn settle(&mut self, _: &Session, _: &AttemptId, _: Settlement) -> Result<()> {
        unread()
    }
}

/// No signal comes.
pub(in crate::domain) struct Quiet;

impl Interruptions for Quiet {
    fn hold(&self) {}
    fn caught(&self) -> Option<i32> {
        None
    }
    fn release(&self) {}
}

/// Rules with the verification of a profile that says nothing of it.
pub(in crate::domain) fn guards() -> Guards {
    Guards {
        require: Vec::new(),
        ticket_pattern: None,
        max_resets_per_customer_24h: None,
        max_resets_per_agent_1h: None,
        allow_without_logout: false,
        prove: true,
        verification: VerificationRules::default(),
        notify_by: Vec::new(),
        temporary_password_lasts: Duration::from_hours(24),
    }
}

/// The customer on the line.
pub(in crate::domain) fn ada() -> Customer {
    Customer { name: "Ada Lovelace".to_owned(), ..Customer::known_by(CustomerId::new("C-1")) }
}

/// The failure of a sender.
pub(in crate::domain) fn not_sent(may_be_sent: bool) -> SendFailed {
    SendFailed {
        words: "mail.example.com:465 hung up.".to_owned(),
        hint: String::new(),
        is_permanent: false,
        refuses_address: false,
        may_be_sent,
    }
}
