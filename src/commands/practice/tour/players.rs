//! The tour's agent, who answers as the story says, and a reveal that hands the password to the tour.

use std::cell::RefCell;
use std::rc::Rc;

use async_trait::async_trait;
use zeroize::Zeroizing;

use crate::domain::ports::{Prompter, ReadyReveal, Reveal};
use crate::domain::{
    Customer, Decision, Delivery, Error, Issuance, Plan, Result, RevealSink, TemporaryPassword, sealed,
};

/// The prompter that answers the sign-in and the confirmation for the agent.
pub(super) struct Player<'a> {
    /// The password to sign in with.
    pub(super) password: &'static str,
    /// Whether the agent confirms the plan.
    pub(super) confirms: bool,
    /// The plan that was shown last.
    pub(super) shown: Option<Plan>,
    /// The codes that the caller reads to the agent.
    pub(super) codes: RecoveryCodes<'a>,
}

/// Where the caller has the codes from.
pub(super) enum RecoveryCodes<'a> {
    /// The caller has none.
    None,
    /// The caller guesses.
    Guessed,
    /// The caller reads them from their mail.
    ReadFromMail(Box<dyn Fn() -> Option<Zeroizing<String>> + 'a>),
}

impl Player<'_> {
    /// Returns Sam, who confirms.
    pub(super) const fn sam() -> Self {
        Self { password: "practice", confirms: true, shown: None, codes: RecoveryCodes::None }
    }
}

impl Prompter for Player<'_> {
    fn can_ask(&self) -> bool {
        false
    }

    fn choose(&mut self, _: &str, _: &[Customer]) -> Result<usize> {
        Ok(0)
    }

    fn code(&mut self, _: &str) -> Result<Option<Zeroizing<String>>> {
        Ok(match &self.codes {
            RecoveryCodes::None => None,
            // Eight digits that are not those of the code: one in a hundred million guesses is right.
            RecoveryCodes::Guessed => Some(Zeroizing::new("00000000".to_owned())),
            RecoveryCodes::ReadFromMail(read) => read(),
        })
    }

    fn confirm(&mut self, plan: &Plan) -> Result<Decision> {
        self.shown = Some(plan.clone());
        Ok(if self.confirms { Decision::Confirmed } else { Decision::Declined })
    }

    fn line(&mut self, _: &str, flag: &str) -> Result<String> {
        Err(Error::missing_answer("The tour has no answer to that.", format!("`{flag}`")))
    }

    fn secret(&mut self, _: &str, _: &str) -> Result<Zeroizing<String>> {
        Ok(Zeroizing::new(self.password.to_owned()))
    }

    fn yes(&mut self, _: &str, default: bool) -> Result<bool> {
        Ok(default)
    }

    fn say(&mut self, _: &str) {}
}

/// The passwords that the tour read at its reveals. They are wiped with the tour.
pub(super) type RevealedPasswords = Rc<RefCell<Vec<Zeroizing<String>>>>;

/// The reveal that hands the password to the tour, which plays both agent and customer.
pub(super) struct TourReveal {
    /// The passwords, one for each reveal.
    pub(super) passwords: RevealedPasswords,
}

impl Reveal for TourReveal {
    fn prepare(&mut self, _: usize) -> Result<Box<dyn ReadyReveal>> {
        Ok(Box::new(Self { passwords: Rc::clone(&self.passwords) }))
    }
}

/// The sink that keeps the password, as a customer notes it down.
struct TourCustomer;

impl sealed::Sealed for TourCustomer {}

impl RevealSink for TourCustomer {
    type Output = Zeroizing<String>;

    fn take(self, characters: &str) -> Zeroizing<String> {
        Zeroizing::new(characters.to_owned())
    }
}

#[async_trait(?Send)]
impl ReadyReveal for TourReveal {
    fn notices(&self) -> Vec<String> {
        Vec::new()
    }

    async fn reveal(self: Box<Self>, password: TemporaryPassword, _: &Issuance) -> Delivery {
        self.passwords.borrow_mut().push(password.reveal(TourCustomer));
        Delivery::Shown
    }
}
