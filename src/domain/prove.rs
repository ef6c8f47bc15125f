//! Step 11a: proves by one sign-in that the temporary password works, and that it opens nothing but the change.

use std::time::Duration;

use super::action::Reset;
use super::candidates::Candidates;
use super::error::{Error, Kind, Reason, Result};
use super::execution::Execution;
use super::ports::SetFailed;
use super::proof::{Proof, SWITCHED_OFF, Trial, TrialAnswer};
use super::temporary_password::TemporaryPassword;
use super::user::Forced;

/// The pause before the one retry of a sign-in that was refused as wrong.
const PAUSE: Duration = Duration::from_millis(500);

/// Proves the temporary password by a sign-in. Returns the proof, and what is read back after it.
///
/// A refusal that is not about the password leaves it unproved, and the reset goes on.
///
/// # Errors
/// The reason is `change_not_forced` if the password opened everything: it is then replaced by one that nobody knows.
/// It is `not_proved` if the backend refuses the password as wrong, twice.
pub(super) async fn prove(
    work: &mut Execution<'_, '_, Reset>,
    password: &TemporaryPassword,
    forced: Forced,
) -> Result<(Proof, Forced), (Error, Reason)> {
    if !work.services.guards.prove {
        return Ok((Proof::NotTried(SWITCHED_OFF.to_owned()), forced));
    }
    let Trial { answer, forced: now } = try_sign_in(work, password).await?;
    tracing::debug!(?answer, "a sign-in with the temporary password was tried");
    let proof = match answer {
        TrialAnswer::ChangeRequired => Proof::Proved,
        TrialAnswer::Restricted(reason) => Proof::Restricted(reason),
        TrialAnswer::NoSignIn(why) => Proof::NotTried(why),
        TrialAnswer::WrongPassword => {
            let message = "The backend took the temporary password, and then refused a sign-in with it as wrong.";
            return Err((Error::new(Kind::NotDelivered, Reason::NotProved, message), Reason::NotProved));
        }
        TrialAnswer::SignedIn(shows) => return Err((replace(work, shows).await, Reason::ChangeNotForced)),
    };
    let Some(now) = now else { return Ok((proof, forced)) };
    check_after_trial(&now, &forced).map_err(|(message, reason)| (Error::unavailable(message), reason))?;
    Ok((proof, now))
}

/// Replaces a password of which the read-back says that no change is forced, if it opens everything. Returns the error
/// then; `None` if it does not, or if the profile has no proof.
pub(super) async fn not_forced(work: &mut Execution<'_, '_, Reset>, password: &TemporaryPassword) -> Option<Error> {
    if !work.services.guards.prove {
        return None;
    }
    match try_sign_in(work, password).await {
        Ok(Trial { answer: TrialAnswer::SignedIn(shows), .. }) => Some(replace(work, shows).await),
        _ => None,
    }
}

/// Tries the sign-in, and once more if the password is refused as wrong.
async fn try_sign_in(work: &Execution<'_, '_, Reset>, password: &TemporaryPassword) -> Result<Trial, (Error, Reason)> {
    let failed = |error: Error| (error, Reason::NotProved);
    let trial = work.backend().try_sign_in(work.intent, password).await.map_err(failed)?;
    if trial.answer != TrialAnswer::WrongPassword {
        return Ok(trial);
    }
    work.services.clock.sleep(PAUSE).await;
    work.backend().try_sign_in(work.intent, password).await.map_err(failed)
}

/// Replaces a temporary password that opened everything by one that nobody knows, and makes the error.
async fn replace(work: &mut Execution<'_, '_, Reset>, shows: Option<String>) -> Error {
    let shows = shows.map(|shows| format!(" {shows}")).unwrap_or_default();
    let became = match set_unknown(work).await {
        Ok(()) => "A random password that nobody knows was set in its place.".to_owned(),
        Err(error) => format!("No other password could be set in its place: {}", error.message),
    };
    change_not_forced(format!(
        "The temporary password was a full sign-in: the backend forced no change.{shows} {became}"
    ))
}

/// Makes the error of a backend that forces no change. Another password would end the same way.
pub(super) fn change_not_forced(message: impl Into<String>) -> Error {
    Error::new(Kind::NotDelivered, Reason::ChangeNotForced, message)
        .hint("Another one ends the same way until the backend forces the change: tell its administrator what it says here, and what `tellonce doctor` says.")
}

/// Sets a random password under the same intent, and drops it unseen.
async fn set_unknown(work: &mut Execution<'_, '_, Reset>) -> Result<()> {
    let facts = &work.assessment.facts;
    let mut candidates = Candidates::new(&facts.snapshot.policy, facts.about());
    loop {
        let unknown = candidates.make(work.services.random)?;
        match work.backend().set_temporary_password(work.intent, &unknown).await {
            Ok(_) => return Ok(()),
            Err(SetFailed::Policy(rules)) => candidates.refused(rules)?,
            Err(SetFailed::Other(error)) => return Err(unknown.redacted_from(error)),
        }
    }
}

/// Checks that what is read back after the sign-in is still this set.
///
/// The sign-in moves the version of some stamps. That it was accepted shows whose password it is, so the time decides.
fn check_after_trial(now: &Forced, before: &Forced) -> Result<(), (&'static str, Reason)> {
    let at = |forced: &Forced| forced.stamp.as_ref().and_then(|stamp| stamp.at);
    if at(now) != at(before) {
        return Err(("Someone else set a password for this customer at the same moment.", Reason::Superseded));
    }
    if !now.change_required {
        let message = "The password was changed at the same moment: no change is forced any more.";
        return Err((message, Reason::ChangeNotForced));
    }
    Ok(())
}
