//! The proof: what the backend itself answered to a sign-in with the temporary password.

use super::user::Forced;

/// The reason of a proof that the profile switches off (`prove = false`).
pub(super) const SWITCHED_OFF: &str = "the profile has prove = false";

/// What a backend answered to one sign-in with the temporary password, as the customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrialAnswer {
    /// The password is right, and the backend then takes nothing but the change of password.
    ChangeRequired,
    /// The password is right, and it opens everything. The text says what else that shows of the server.
    SignedIn(Option<String>),
    /// The password is refused as wrong.
    WrongPassword,
    /// The sign-in is refused, or was not answered, for another reason. The text is the server's word for it.
    Restricted(String),
    /// This backend has no sign-in that can be tried. The text says why.
    NoSignIn(String),
}

/// One sign-in with the temporary password.
#[derive(Clone, Debug)]
pub struct Trial {
    /// What the backend answered.
    pub answer: TrialAnswer,
    /// What is read back afterwards; `None` if a sign-in moves nothing that was read back before.
    pub forced: Option<Forced>,
}

impl Trial {
    /// Makes the trial of a backend on which a sign-in leaves the stamp as it is.
    pub const fn of(answer: TrialAnswer) -> Self {
        Self { answer, forced: None }
    }
}

/// What is known of a temporary password when it is revealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The backend accepted it, and allowed nothing but the change of password.
    Proved,
    /// The backend refused the sign-in for a restriction of the user or of its own: its word for that.
    Restricted(String),
    /// It was not tried: why.
    NotTried(String),
}

impl Proof {
    /// Puts a proof together from what a row of an output or a record says.
    pub fn of(proved: Option<bool>, reason: Option<&str>) -> Self {
        let reason = || reason.unwrap_or("it is not written down").to_owned();
        match proved {
            Some(true) => Self::Proved,
            Some(false) => Self::Restricted(reason()),
            None => Self::NotTried(reason()),
        }
    }

    /// Whether the temporary password is proved: `None` if it was not tried.
    pub const fn proved(&self) -> Option<bool> {
        match self {
            Self::Proved => Some(true),
            Self::Restricted(_) => Some(false),
            Self::NotTried(_) => None,
        }
    }

    /// Returns why it is not proved; `None` if it is.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Proved => None,
            Self::Restricted(reason) | Self::NotTried(reason) => Some(reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_the_same_after_it_was_written_down() {
        let restricted = Proof::Restricted("data 533".to_owned());
        for proof in [Proof::Proved, restricted, Proof::NotTried(SWITCHED_OFF.to_owned())] {
            assert_eq!(Proof::of(proof.proved(), proof.reason()), proof);
        }
        assert_eq!(Proof::of(None, None).proved(), None, "what an older row does not say is not proved");
    }
}
