//! The practice directory's driver: its customers' side is its own app.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tellonce::backends::practice::{Change, ChangeTicket, INITIAL_PASSWORD, Practice, PracticeSignIn, Redeem, SignIn};
use tellonce::domain::ports::AgentSignIn;
use tellonce::domain::{Gap, ProfileRef};

use crate::support::conformance::{Agent, Cast, Chosen, Driver, MovedClock, SharedClock, SignedIn, play, wait_for};

pub struct PracticeDriver {
    directory: Practice,
    clock: Arc<MovedClock>,
    open: RefCell<Option<ChangeTicket>>,
}

impl PracticeDriver {
    pub fn new(folder: &Path) -> Self {
        let clock = Arc::new(MovedClock::default());
        let directory =
            Practice::open(&folder.join("practice.db"), Duration::from_secs(15), Arc::<MovedClock>::clone(&clock))
                .unwrap();
        Self { directory, clock, open: RefCell::default() }
    }
}

impl Driver for PracticeDriver {
    fn known_gaps(&self) -> BTreeSet<Gap> {
        BTreeSet::new()
    }

    fn clock(&self) -> SharedClock {
        Arc::<MovedClock>::clone(&self.clock)
    }

    fn cast(&self) -> Cast {
        Cast {
            with_user: ["C-1001", "ada.lovelace", "ADA@example.com", "Lovel"],
            old_password: INITIAL_PASSWORD,
            without_user: "grace@example.com",
            phones: [Some("+44 20 7946 0001"), Some("+44 20 7946 0002")],
            create: None,
        }
    }

    fn sign_in(&self) -> Box<dyn AgentSignIn> {
        let place = ProfileRef {
            profile: "practice".to_owned(),
            backend: "practice".to_owned(),
            backend_id: "practice:test".to_owned(),
        };
        Box::new(PracticeSignIn::new(self.directory.clone(), place, vec!["staff-admins".to_owned()]))
    }

    fn credentials(&self, agent: Agent) -> (&'static str, &'static str) {
        match agent {
            Agent::Entitled => ("sam", "practice"),
            Agent::Unentitled => ("lee", "practice"),
        }
    }

    fn customer_signs_in(&self, name: &str, password: &str) -> SignedIn {
        match self.directory.sign_in(name, password).unwrap() {
            SignIn::SignedIn(_) => SignedIn::In,
            SignIn::ChangeRequired(_) => SignedIn::ChangeRequired,
            SignIn::Refused(_) => SignedIn::Refused,
        }
    }

    fn customer_chooses(&self, name: &str, temporary: &str, new: &str) -> Chosen {
        let ticket = match self.directory.sign_in(name, temporary).unwrap() {
            SignIn::ChangeRequired(ticket) => ticket,
            SignIn::SignedIn(_) => panic!("signed in without a change"),
            SignIn::Refused(why) => return Chosen::Refused(why),
        };
        match self.directory.change_password(&ticket, new).unwrap() {
            Change::Done(_) => Chosen::In,
            Change::Refused(why) => Chosen::Refused(why),
            Change::Broken(rules) => {
                Chosen::Refused(rules.iter().map(tellonce::domain::Rule::describe).collect::<Vec<_>>().join("; "))
            }
        }
    }

    fn customer_opens_page(&self, name: &str, temporary: &str) {
        let SignIn::ChangeRequired(ticket) = self.directory.sign_in(name, temporary).unwrap() else {
            panic!("no change is required")
        };
        *self.open.borrow_mut() = Some(ticket);
    }

    fn customer_sends_page(&self, new: &str) -> Chosen {
        let ticket = self.open.borrow_mut().take().unwrap();
        match self.directory.change_password(&ticket, new).unwrap() {
            Change::Done(_) => Chosen::In,
            other => Chosen::Refused(format!("{other:?}")),
        }
    }

    fn rules_listed(&self) -> Vec<String> {
        self.directory.policy().unwrap().describe()
    }

    fn customer_asks_for_mail(&self, email: &str) -> Option<String> {
        let before = self.directory.outbox().unwrap().len();
        self.directory.forgot_password(email).unwrap();
        self.directory.outbox().unwrap()[before..].iter().find_map(|mail| mail.token().map(str::to_owned))
    }

    fn customer_redeems(&self, token: &str, new: &str) -> Result<(), String> {
        match self.directory.redeem(token, new).unwrap() {
            Redeem::Done => Ok(()),
            other => Err(format!("{other:?}")),
        }
    }

    fn let_it_run_out(&self) {
        self.clock.move_on(Duration::from_hours(25));
    }

    fn attempts_until_locked(&self) -> Option<usize> {
        Some(5)
    }

    fn mails(&self) -> Vec<String> {
        self.directory.outbox().unwrap().into_iter().map(|mail| mail.body).collect()
    }
}

#[test]
fn the_practice_directory_keeps_every_promise() {
    let folder = tempfile::tempdir().unwrap();
    let driver = PracticeDriver::new(folder.path());
    wait_for(play(&driver, folder.path()));
}
