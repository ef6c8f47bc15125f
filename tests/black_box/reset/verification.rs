//! Changes where the profile takes nothing for a verification but one that this tool made.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tellonce::domain::ports::{Messenger, Prompter, VerificationLog, VerificationSubject, VerifiedBy};
use tellonce::domain::{
    Assessed, AttemptId, Case, ChangeKind, Channel, Contact, ContactChanged, Contacts, Customer, Decision, Error,
    Guards, Issuance, Kind, Language, Need, Plan, Reason, RecoveryCode, Requirement, Reset, ResetRequest, Result,
    SendFailed, Services, Session, UserId, UserProfile, Verification, VerificationRules, VerificationWay, Verifier,
    assess, reset,
};
use tellonce::ledger::{Event, Query};
use tellonce::platform::SystemRandom;
use zeroize::Zeroizing;

use super::scripted::{Script, Scripted, ada};
use crate::support::conformance::{
    MovedClock, Player, Quiet, Revealed, SharedClock, guards, log, wait_for, with_services_of,
};

/// A desk with a folder for its ledger, a clock, and the backend.
struct Desk {
    folder: tempfile::TempDir,
    clock: Arc<MovedClock>,
    backend: Scripted,
    guards: Guards,
}

/// Requires a verification, and does not take the agent's own words.
fn strict() -> Guards {
    let verification = VerificationRules { attested: false, ..VerificationRules::default() };
    Guards { require: vec![Requirement::Verified], verification, ..guards() }
}

fn desk(guards: Guards) -> Desk {
    let phone = Contact::new(Channel::Phone, "+44 20 7946 0018");
    let contacts = Contacts { on_file: vec![phone], ..Contacts::default() };
    let script = Script { immutable_id: Some("id-7".to_owned()), contacts, ..Script::default() };
    let folder = tempfile::tempdir().unwrap();
    Desk { folder, clock: Arc::default(), backend: Scripted::new(script), guards }
}

/// A request in which the agent says in their own words how the caller was verified.
fn in_words() -> ResetRequest {
    let case = Case { verified: Some("knew her date of birth".to_owned()), ..Case::default() };
    ResetRequest { customer: "ada".into(), case, ..ResetRequest::default() }
}

fn without_words() -> ResetRequest {
    ResetRequest { customer: "ada".into(), ..ResetRequest::default() }
}

impl Desk {
    fn shared_clock(&self) -> SharedClock {
        Arc::<MovedClock>::clone(&self.clock)
    }

    fn work<T>(&self, work: impl AsyncFnOnce(&mut Services<'_>, &Session) -> T) -> T {
        let (session, mut player) = (self.backend.session(), Player::confirming(""));
        let work = async |services: &mut Services<'_>| work(services, &session).await;
        wait_for(with_services_of(self.folder.path(), self.shared_clock(), &self.guards, &mut player, work))
    }

    fn reset(&self, request: ResetRequest) -> Result<Issuance> {
        self.work(async |services: &mut Services<'_>, session: &Session| {
            reset(services, session, &mut Revealed::default(), request).await
        })
    }

    /// What is missing, or the plan.
    fn assess(&self, request: &ResetRequest) -> Result<Plan, Vec<Need>> {
        self.work(async |services: &mut Services<'_>, session: &Session| {
            match assess::<Reset>(&mut services.for_assessment(), session, request).await.unwrap() {
                Assessed::Planned(assessment) => Ok(assessment.plan().clone()),
                Assessed::Needs { needs, .. } => Err(needs),
                Assessed::Refused { .. } => panic!("no limit is set"),
            }
        })
    }

    /// Verifies Ada's caller by a call, in another process.
    fn verify(&self, purpose: ChangeKind) -> Verification {
        let (session, customer) = (self.backend.session(), ada());
        let (id, immutable_id) = (UserId::new("7"), Some("id-7".to_owned()));
        let user = UserProfile { id, username: None, name: None, email: None, immutable_id };
        let about = VerificationSubject { session: &session, customer: &customer, user: Some(&user), purpose };
        let contact = Contact::new(Channel::Phone, "+44 20 7946 0018");
        let valid = Duration::from_mins(15);
        let by = VerifiedBy { way: VerificationWay::Callback, contact: &contact, try_id: None, valid };
        wait_for(log(self.folder.path(), self.shared_clock()).verified(about, by)).unwrap()
    }

    fn events(&self) -> Vec<&'static str> {
        events(self.folder.path(), self.shared_clock()).iter().map(Event::name).collect()
    }

    fn has_set(&self) -> bool {
        self.backend.calls().contains(&"set")
    }
}

fn events(folder: &Path, clock: SharedClock) -> Vec<Event> {
    let ledger = log(folder, clock);
    let page = wait_for(async { ledger.store().await.unwrap().page(&Query::default(), 0, 1000).await }).unwrap();
    page.iter().map(|record| record.record().unwrap().draft.event).collect()
}

fn is_not_verified(error: &Error) -> bool {
    (error.kind, error.reason) == (Kind::Refused, Reason::NotVerified)
}

fn needs_verification(assessed: Result<Plan, Vec<Need>>) -> bool {
    matches!(&assessed.unwrap_err()[..], [Need::Verification { .. }])
}

#[test]
fn the_agents_own_words_get_no_password_where_the_rules_take_none() {
    let desk = desk(strict());
    let error = desk.reset(in_words()).unwrap_err();
    assert!(is_not_verified(&error), "{error}");
    assert!(error.message.contains("does not take `--verified` for a verification"), "{error}");
    assert!(error.hint.unwrap().contains("tellonce verify 7"));
    let error = desk.reset(without_words()).unwrap_err();
    assert!(is_not_verified(&error) && error.message.contains("requires that the caller is verified"), "{error}");
    assert!(needs_verification(desk.assess(&in_words())));
    assert!(!desk.has_set());
    assert!(desk.events().is_empty(), "nothing was intended");
}

#[test]
fn where_the_rules_take_them_words_are_enough_and_a_verification_is_as_well() {
    let lenient = Guards { verification: VerificationRules::default(), ..strict() };
    let desk = desk(lenient);
    let missing = desk.assess(&without_words()).unwrap_err();
    assert!(matches!(&missing[..], [Need::Text(Requirement::Verified)]), "{missing:?}");
    assert_eq!(desk.assess(&in_words()).unwrap().verification, None);
    let verification = desk.verify(ChangeKind::Reset);
    assert_eq!(desk.assess(&without_words()).unwrap().verification, Some(verification));
}

#[test]
fn a_verification_is_in_the_plan_and_gets_one_password() {
    let desk = desk(strict());
    let verification = desk.verify(ChangeKind::Reset);
    assert_eq!(desk.assess(&without_words()).unwrap().verification, Some(verification.clone()));
    desk.reset(without_words()).unwrap();
    assert_eq!(desk.events(), ["verified", "intent", "set", "delivery"]);
    let intent = events(desk.folder.path(), desk.shared_clock()).remove(1);
    let Event::Intent { verification: Some(used), .. } = intent else { panic!("{intent:?}") };
    assert_eq!((used.id.as_str(), used.to.as_str()), (verification.id.as_str(), "***18"));
    let error = desk.reset(without_words()).unwrap_err();
    assert!(is_not_verified(&error), "it is used once: {error}");
    assert_eq!(desk.backend.calls().iter().filter(|call| **call == "set").count(), 1);
}

#[test]
fn a_verification_for_another_change_or_from_too_long_ago_gets_no_password() {
    let desk = desk(strict());
    desk.verify(ChangeKind::Unlocking);
    desk.verify(ChangeKind::Withdrawal);
    assert!(is_not_verified(&desk.reset(in_words()).unwrap_err()));
    desk.verify(ChangeKind::Reset);
    desk.clock.move_on(Duration::from_mins(15));
    assert!(is_not_verified(&desk.reset(in_words()).unwrap_err()));
    assert!(!desk.has_set());
}

/// Sends nothing: the caller can only be called.
struct NoPost;

#[async_trait(?Send)]
impl Messenger for NoPost {
    fn channels(&self) -> Vec<Channel> {
        Vec::new()
    }

    async fn send_code(
        &self,
        _: &Contact,
        _: &RecoveryCode,
        _: Option<&Language>,
        _: &AttemptId,
    ) -> Result<(), SendFailed> {
        panic!("no channel was offered")
    }
}

/// An agent who calls the number on file.
#[derive(Default)]
struct Caller {
    /// Whether the customer answers.
    is_answered: bool,
    said: Vec<String>,
    shown: Vec<Plan>,
}

impl Prompter for Caller {
    fn can_ask(&self) -> bool {
        true
    }

    fn choose(&mut self, _: &str, _: &[Customer]) -> Result<usize> {
        Ok(0)
    }

    fn confirm(&mut self, plan: &Plan) -> Result<Decision> {
        self.shown.push(plan.clone());
        Ok(Decision::Confirmed)
    }

    fn line(&mut self, question: &str, _: &str) -> Result<String> {
        panic!("{question}")
    }

    fn secret(&mut self, question: &str, _: &str) -> Result<Zeroizing<String>> {
        panic!("{question}")
    }

    fn yes(&mut self, _: &str, _: bool) -> Result<bool> {
        Ok(self.is_answered)
    }

    fn say(&mut self, words: &str) {
        self.said.push(words.to_owned());
    }
}

/// Resets Ada, whose caller is verified on the way.
fn reset_and_verify(desk: &Desk, caller: &mut Caller) -> Result<Issuance> {
    let (session, mut audit) = (desk.backend.session(), log(desk.folder.path(), desk.shared_clock()));
    let records = audit.clone();
    let verifier = Verifier { log: &records, messenger: &NoPost, clock: &*desk.clock };
    let mut services = Services {
        verifier: Some(verifier),
        audit: &mut audit,
        prompter: caller,
        clock: &*desk.clock,
        random: &mut SystemRandom,
        interruptions: &Quiet,
        guards: &desk.guards,
    };
    wait_for(reset(&mut services, &session, &mut Revealed::default(), in_words()))
}

#[test]
fn a_reset_verifies_the_caller_on_the_way() {
    let desk = desk(strict());
    let mut caller = Caller { is_answered: true, ..Caller::default() };
    reset_and_verify(&desk, &mut caller).unwrap();
    assert_eq!(desk.events(), ["verified", "intent", "set", "delivery"]);
    let [plan] = &caller.shown[..] else { panic!("{:?}", caller.shown) };
    let how = plan.verification.as_ref().map(Verification::describe);
    assert_eq!(how.as_deref(), Some("by a call to ***18, on the agent's word"));
    assert!(caller.said.iter().any(|said| said.contains("+44 20 7946 0018")), "{:?}", caller.said);
}

#[test]
fn a_call_that_nobody_answers_gets_no_password() {
    let desk = desk(strict());
    let mut caller = Caller::default();
    let error = reset_and_verify(&desk, &mut caller).unwrap_err();
    assert!(is_not_verified(&error), "{error}");
    assert!(caller.shown.is_empty() && !desk.has_set() && desk.events().is_empty());
}

#[test]
fn a_number_that_was_changed_just_now_is_not_called() {
    let phone = Contact { changed: ContactChanged::At(Timestamp::now()), ..Contact::new(Channel::Phone, "+441234") };
    let contacts = Contacts { on_file: vec![phone], ..Contacts::default() };
    let script = Script { immutable_id: Some("id-7".to_owned()), contacts, ..Script::default() };
    let desk = Desk { backend: Scripted::new(script), ..desk(strict()) };
    let mut caller = Caller { is_answered: true, ..Caller::default() };
    let error = reset_and_verify(&desk, &mut caller).unwrap_err();
    assert_eq!((error.kind, error.reason), (Kind::Refused, Reason::NoContact), "{error}");
    assert!(!desk.has_set() && !caller.said.iter().any(|said| said.contains("+441234")));
}
