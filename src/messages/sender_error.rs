//! The error of a sender, for the port's `SendFailed` and for a check of `doctor`.

use crate::domain::{Channel, Check, CheckState, Error, SendFailed};

/// What to do about an error that says nothing better.
const ADVICE: &str = "`tellonce doctor` tries the senders of the profile.";

/// Why a sender did not send, or is not able to.
#[derive(Debug)]
pub(super) struct SenderError {
    words: String,
    advice: Option<String>,
    is_permanent: bool,
    refuses_address: bool,
    may_be_sent: bool,
}

impl SenderError {
    /// Makes the error of a message that another try does not send either. `words` is a sentence.
    pub(super) fn permanent(words: impl Into<String>) -> Self {
        Self { words: words.into(), advice: None, is_permanent: true, refuses_address: false, may_be_sent: false }
    }

    /// Makes the error of a message that a later try may send. `words` is a sentence.
    pub(super) fn passing(words: impl Into<String>) -> Self {
        Self { is_permanent: false, ..Self::permanent(words) }
    }

    /// Says that it is the address that is refused.
    pub(super) fn of_address(self) -> Self {
        Self { refuses_address: true, ..self }
    }

    /// Adds what to do.
    pub(super) fn advise(self, advice: impl Into<String>) -> Self {
        Self { advice: Some(advice.into()), ..self }
    }

    /// Says that the message may have been sent all the same.
    pub(super) fn perhaps_sent(self, may_be_sent: bool) -> Self {
        Self { may_be_sent, ..self }
    }

    pub(super) fn into_failed(self) -> SendFailed {
        SendFailed {
            words: self.words,
            hint: self.advice.unwrap_or_else(|| ADVICE.to_owned()),
            is_permanent: self.is_permanent,
            refuses_address: self.refuses_address,
            may_be_sent: self.may_be_sent,
        }
    }

    pub(super) fn into_check(self, channel: Channel) -> Check {
        let words = match self.advice {
            Some(advice) => format!("{} {advice}", self.words),
            None => self.words,
        };
        Check::new(check_id(channel), CheckState::Fault, words)
    }
}

/// A credential or a file of the set-up that cannot be read.
impl From<Error> for SenderError {
    fn from(error: Error) -> Self {
        Self { advice: error.hint, ..Self::permanent(error.message) }
    }
}

/// Returns the id of the check of a channel's sender.
pub(super) const fn check_id(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "sender email",
        Channel::Phone => "sender phone",
    }
}
