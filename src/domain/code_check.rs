//! Sends a code and checks what the customer reads of it. Asks nobody.

use std::time::Duration;

use jiff::Timestamp;

use super::attempt::AttemptId;
use super::contact::Contact;
use super::customer::Customer;
use super::error::{Error, Kind, Reason, Result};
use super::language::Language;
use super::ports::{Clock, Messenger, RandomSource, VerificationLog, VerificationSubject, VerifiedBy};
use super::recovery_code::{RecoveryCode, TypedCode};
use super::verification::{CODE_LASTS, TRIES_PER_CODE, Verification, VerificationWay};

/// What sends codes and records them.
#[derive(Clone, Copy)]
pub struct Verifier<'a> {
    /// The records.
    pub log: &'a dyn VerificationLog,
    /// Writes to the customer.
    pub messenger: &'a dyn Messenger,
    /// The time.
    pub clock: &'a dyn Clock,
}

/// A code that was sent. It is in this process's memory only, and is wiped once it is used, wrong or too old.
pub(super) struct SentCode {
    id: AttemptId,
    code: Option<RecoveryCode>,
    contact: Contact,
    sent_at: Timestamp,
    tries: usize,
    /// Whether the sender's answer was lost, so that the code may not arrive.
    pub(super) may_not_arrive: bool,
}

/// What came of a try.
pub(super) enum Tried {
    /// The code is right.
    Verified(Verification),
    /// The code is wrong. This many tries are left.
    Wrong {
        /// The number of tries that are left; the code is gone if it is 0.
        left: usize,
    },
    /// What was typed can be no code. It does not count as a try.
    NoCode,
}

impl Verifier<'_> {
    /// Makes a code, writes down that it is sent, and sends it.
    ///
    /// # Errors
    /// Exit 7: the customer was sent too many codes. Exit 8: the record could not be written, or the code not be sent.
    pub(super) async fn send_code(
        &self,
        about: VerificationSubject<'_>,
        contact: &Contact,
        language: Option<&Language>,
        random: &mut dyn RandomSource,
    ) -> Result<SentCode> {
        let code = RecoveryCode::generate(random)?;
        let sending = self.log.sending_code(about, contact).await?;
        let id = sending.map_err(|reached| reached.refusal(about.customer, about.session.agent()))?;
        let sent = self.messenger.send_code(contact, &code, language, &id).await;
        let may_not_arrive = match sent {
            Ok(()) => false,
            Err(failed) => {
                self.log.code_not_sent(about, &id, failed.may_be_sent).await?;
                if !failed.may_be_sent {
                    let message = format!("The code was not sent: {}", failed.words);
                    let error = Error::new(Kind::Unavailable, Reason::MessageNotSent, message);
                    let hint =
                        if failed.hint.is_empty() { "`tellonce doctor` tries the sender." } else { &failed.hint };
                    return Err(error.hint(hint));
                }
                true
            }
        };
        let (sent_at, contact) = (self.clock.now(), contact.clone());
        Ok(SentCode { id, code: Some(code), contact, sent_at, tries: 0, may_not_arrive })
    }

    /// Tries what was typed. The try is written down before it is compared.
    ///
    /// # Errors
    /// Exit 7: the code is too old, or too many wrong ones were tried for this customer. Exit 8: a record could not be
    /// written, so that nothing was compared, or nobody is verified.
    pub(super) async fn try_code(
        &self,
        sent: &mut SentCode,
        about: VerificationSubject<'_>,
        (typed, valid): (&str, Duration),
    ) -> Result<Tried> {
        let Some(typed) = TypedCode::read(typed) else { return Ok(Tried::NoCode) };
        let age = self.clock.now().duration_since(sent.sent_at);
        if age.is_negative() || age.unsigned_abs() >= CODE_LASTS {
            sent.code = None;
        }
        if sent.code.is_none() {
            return Err(too_old(about.customer));
        }
        let trying = self.log.trying_code(about, &sent.id).await;
        let trying = trying.inspect_err(|_| sent.code = None)?;
        let try_id = trying.map_err(|reached| {
            sent.code = None;
            reached.refusal(about.customer, about.session.agent())
        })?;
        sent.tries += 1;
        if sent.code.as_ref().is_some_and(|code| code.matches(&typed)) {
            sent.code = None;
            let by = VerifiedBy { way: VerificationWay::Code, contact: &sent.contact, try_id: Some(&try_id), valid };
            return Ok(Tried::Verified(self.log.verified(about, by).await?));
        }
        let left = TRIES_PER_CODE.saturating_sub(sent.tries);
        if left == 0 {
            sent.code = None;
        }
        Ok(Tried::Wrong { left })
    }
}

fn too_old(customer: &Customer) -> Error {
    let minutes = CODE_LASTS.as_secs() / 60;
    let message = format!(
        "The code is no longer valid. It lasts {minutes} minutes, and ends earlier if this machine's clock is set back."
    );
    Error::refused(Reason::CodeTooOld, message)
        .hint(format!("Send another: `tellonce verify {} --by code`.", customer.id))
}

#[cfg(test)]
mod tests;
