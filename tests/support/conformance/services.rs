//! An agent who answers as the story has it, a reveal that the story reads, and a clock that it can move.

use std::cell::RefCell;
use std::future::Future;
use std::io::{Read, Seek};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tellonce::config::{AuditSettings, Folders};
use tellonce::domain::ports::{Clock, Interruptions, Messenger, Prompter, ReadyReveal, Reveal};
use tellonce::domain::{
    Customer, Decision, Delivery, Guards, Issuance, Plan, Result, Services, TemporaryPassword, Verifier,
};
use tellonce::ledger::Ledger;
use tellonce::platform::SystemRandom;
use zeroize::Zeroizing;

/// Runs a future to its end.
pub fn wait_for<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// A clock that any thread may read: the ledger has one of its own.
pub type SharedClock = Arc<dyn Clock + Send + Sync>;

/// The system's time, and some seconds more.
#[derive(Default)]
pub struct MovedClock(AtomicI64);

impl MovedClock {
    /// Lets time pass.
    pub fn move_on(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_secs()).unwrap(), Ordering::SeqCst);
    }
}

#[async_trait::async_trait(?Send)]
impl Clock for MovedClock {
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn now(&self) -> Timestamp {
        Timestamp::now() + jiff::SignedDuration::from_secs(self.0.load(Ordering::SeqCst))
    }
}

/// The story's agent.
pub struct Player {
    /// The password to sign in with.
    pub password: String,
    /// The answer to the confirmation.
    pub confirms: bool,
    /// The plans that were shown.
    pub shown: Vec<Plan>,
    /// What a caller reads of a code that was sent to the customer; `None` where nobody is to be verified.
    pub reads: Option<Box<dyn FnMut() -> String>>,
}

impl Player {
    /// One who confirms.
    pub fn confirming(password: &str) -> Self {
        Self { password: password.to_owned(), confirms: true, shown: Vec::new(), reads: None }
    }
}

impl Prompter for Player {
    fn can_ask(&self) -> bool {
        true
    }

    fn choose(&mut self, _: &str, _: &[Customer]) -> Result<usize> {
        Ok(0)
    }

    fn choose_text(&mut self, _: &str, _: &[String]) -> Result<usize> {
        Ok(0)
    }

    fn code(&mut self, question: &str) -> Result<Option<Zeroizing<String>>> {
        let Some(read) = &mut self.reads else { panic!("the story has no code for {question}") };
        Ok(Some(Zeroizing::new(read())))
    }

    fn confirm(&mut self, plan: &Plan) -> Result<Decision> {
        self.shown.push(plan.clone());
        Ok(if self.confirms { Decision::Confirmed } else { Decision::Declined })
    }

    fn line(&mut self, question: &str, _: &str) -> Result<String> {
        panic!("the story has no answer to {question}")
    }

    fn secret(&mut self, _: &str, _: &str) -> Result<Zeroizing<String>> {
        Ok(Zeroizing::new(self.password.clone()))
    }

    fn yes(&mut self, _: &str, default: bool) -> Result<bool> {
        Ok(default)
    }

    fn say(&mut self, _: &str) {}
}

/// What was revealed, each time.
#[derive(Clone, Default)]
pub struct Revealed(pub Rc<RefCell<Vec<String>>>);

impl Reveal for Revealed {
    fn prepare(&mut self, _: usize) -> Result<Box<dyn ReadyReveal>> {
        Ok(Box::new(self.clone()))
    }
}

#[async_trait(?Send)]
impl ReadyReveal for Revealed {
    fn notices(&self) -> Vec<String> {
        Vec::new()
    }

    async fn reveal(self: Box<Self>, password: TemporaryPassword, _: &Issuance) -> Delivery {
        let mut file = tempfile::tempfile().unwrap();
        tellonce::terminal::reveal_to_descriptor(password, &file).unwrap();
        let mut line = String::new();
        file.rewind().unwrap();
        file.read_to_string(&mut line).unwrap();
        self.0.borrow_mut().push(line.trim_end_matches('\n').to_owned());
        Delivery::Shown
    }
}

/// No signal comes.
pub struct Quiet;

impl Interruptions for Quiet {
    fn hold(&self) {}

    fn caught(&self) -> Option<i32> {
        None
    }

    fn release(&self) {}
}

/// The guards of the story.
pub fn guards() -> Guards {
    Guards {
        notify_by: vec![tellonce::domain::Channel::Email],
        verification: tellonce::domain::VerificationRules::default(),
        require: Vec::new(),
        ticket_pattern: None,
        max_resets_per_customer_24h: None,
        max_resets_per_agent_1h: None,
        allow_without_logout: false,
        prove: true,
        temporary_password_lasts: Duration::from_hours(24),
    }
}

/// The ledger of the story, in a folder of its own.
pub fn log(folder: &Path, clock: SharedClock) -> Ledger {
    let folders = Folders::all_in(folder);
    Ledger::new(&folders, &AuditSettings::default(), Arc::new(move || clock.now()), Box::new(SystemRandom))
}

/// Works at a desk with this agent, at this time, with the story's guards.
pub async fn with_services<T>(
    folder: &Path,
    clock: SharedClock,
    player: &mut Player,
    work: impl AsyncFnOnce(&mut Services<'_>) -> T,
) -> T {
    with_services_of(folder, clock, &guards(), player, work).await
}

/// The same with other guards.
pub async fn with_services_of<T>(
    folder: &Path,
    clock: SharedClock,
    guards: &Guards,
    player: &mut Player,
    work: impl AsyncFnOnce(&mut Services<'_>) -> T,
) -> T {
    with_services_and(folder, clock, (guards, None), player, work).await
}

/// The same where callers are verified by what this writes to customers.
pub async fn with_services_and<T>(
    folder: &Path,
    clock: SharedClock,
    (guards, messenger): (&Guards, Option<&dyn Messenger>),
    player: &mut Player,
    work: impl AsyncFnOnce(&mut Services<'_>) -> T,
) -> T {
    let mut audit = log(folder, Arc::clone(&clock));
    let verifications = audit.clone();
    let mut desk = Services {
        verifier: messenger.map(|messenger| Verifier { log: &verifications, messenger, clock: &*clock }),
        audit: &mut audit,
        prompter: player,
        clock: &*clock,
        random: &mut SystemRandom,
        interruptions: &Quiet,
        guards,
    };
    work(&mut desk).await
}
