//! What the story needs of a server beside the ports: its people, and its customers' side by its own means.

use std::collections::BTreeSet;

use tellonce::domain::ports::{AgentSignIn, Prompter};
use tellonce::domain::{Error, Gap, Particulars, SignInMethod};

use super::difference::Difference;
use super::services::{Player, SharedClock};

/// The agents of the story.
#[derive(Clone, Copy)]
pub enum Agent {
    /// May issue temporary passwords.
    Entitled,
    /// May find customers, and no more.
    Unentitled,
}

/// The customers of the story.
pub struct Cast {
    /// Has a user, and can sign in: id, username, e-mail, part of the name.
    pub with_user: [&'static str; 4],
    /// The password that they sign in with before.
    pub old_password: &'static str,
    /// Has no user yet: the e-mail address.
    pub without_user: &'static str,
    /// The telephone numbers on file of the two, where they have one.
    pub phones: [Option<&'static str>; 2],
    /// What to enter `without_user` with, where the directory does not know them.
    pub create: Option<Particulars>,
}

/// What signing in as the customer led to.
#[derive(Debug, PartialEq, Eq)]
pub enum SignedIn {
    /// In.
    In,
    /// A new password is asked for.
    ChangeRequired,
    /// Refused.
    Refused,
}

/// What choosing a new password led to.
#[derive(Debug, PartialEq, Eq)]
pub enum Chosen {
    /// In.
    In,
    /// Refused, in the server's own words.
    Refused(String),
}

/// What is left of a customer's session that was opened before a reset.
#[derive(Debug, PartialEq, Eq)]
pub struct EarlierSession {
    /// The server lets its program in, or renews it.
    pub goes_on: bool,
    /// Programs that do not ask the server let it in: its access token has not run out.
    pub access_token_lasts: bool,
}

/// One server.
pub trait Driver {
    /// The promises that this server, as set up here, is known not to keep.
    fn known_gaps(&self) -> BTreeSet<Gap>;
    /// What an emulator does otherwise than the server that it plays.
    fn emulator_differences(&self) -> BTreeSet<Difference> {
        BTreeSet::new()
    }
    /// The time on the agent's machine, which agrees with the server's.
    fn clock(&self) -> SharedClock;
    /// Who is there.
    fn cast(&self) -> Cast;
    /// How agents sign in.
    fn sign_in(&self) -> Box<dyn AgentSignIn>;
    /// The way that agents sign in.
    fn sign_in_method(&self) -> SignInMethod {
        SignInMethod::Password
    }
    /// An agent's name and password.
    fn credentials(&self, agent: Agent) -> (&'static str, &'static str);
    /// Answers the questions of a sign-in; with `password`, with this one instead of the right one.
    fn player(&self, agent: Agent, password: Option<&str>) -> Box<dyn Prompter + '_> {
        Box::new(Player::confirming(password.unwrap_or(self.credentials(agent).1)))
    }
    /// Signs in as a customer.
    fn customer_signs_in(&self, name: &str, password: &str) -> SignedIn;
    /// Signs in with a temporary password and chooses a new one.
    fn customer_chooses(&self, name: &str, temporary: &str, new: &str) -> Chosen;
    /// Signs in with a temporary password up to the page for a new one, and leaves it open.
    fn customer_opens_page(&self, name: &str, temporary: &str);
    /// Sends the page that was opened.
    fn customer_sends_page(&self, new: &str) -> Chosen;
    /// Sends a page for a new password that nobody was shown; `None` where there is no such page.
    fn customer_makes_page_up(&self, _name: &str, _new: &str) -> Option<Chosen> {
        None
    }
    /// What is left of the session that the customer opened last; `None` where that is counted by [`SessionsEnded`] alone.
    ///
    /// [`SessionsEnded`]: tellonce::domain::SessionsEnded
    fn earlier_session(&self) -> Option<EarlierSession> {
        None
    }
    /// Changes something else of the customer's user by the server's own means, where that can move its stamp.
    fn edit_customer(&self, _name: &str) {}
    /// The rules as the server's own page lists them to the customer.
    fn rules_listed(&self) -> Vec<String>;
    /// Asks for the self-service mail; the token in it, if one was sent.
    fn customer_asks_for_mail(&self, email: &str) -> Option<String>;
    /// Follows the mailed link and chooses a new password.
    fn customer_redeems(&self, token: &str, new: &str) -> Result<(), String>;
    /// Lets more time pass than a temporary password lasts.
    fn let_it_run_out(&self);
    /// How many failed sign-ins lock a customer out; `None` if this server, as set up here, locks nobody.
    fn attempts_until_locked(&self) -> Option<usize>;
    /// Whether nothing but time ends a lock-out.
    fn lock_outs_end_by_themselves(&self) -> bool {
        false
    }
    /// Everything that the server mailed so far.
    fn mails(&self) -> Vec<String>;
}

/// For assertions on what was refused.
pub fn reason(failure: &Error) -> String {
    serde_json::to_value(failure.reason).unwrap().as_str().unwrap().to_owned()
}
