//! Fail-points: places where a test ends the process, stops it, or loses an answer. The feature is off by default.
//!
//! `TELLONCE_FAIL_POINT=call:when:action` sets one, and commas separate several. `call` is a call of a port (`intend`,
//! `set`, `unlock`, `mark`, `end_sessions`, `read_back`, `prove`, `record_set`, `reveal`, `record_delivery`, `record_failed`,
//! `withdraw`, `record_withdrawn`, `record_unlocked`), `when` is `before` or `after`, and `action` is
//! - `kill`: sends SIGKILL to this process, like a crash or a power cut;
//! - `stop`: sends SIGSTOP to this process, so that a test can act and then continue it;
//! - `hang`: the call is never answered;
//! - `fail`: the call fails as unavailable (`before`: not applied; `after`: applied, but its answer is lost).
//!
//! Two more serve the search for copies of the password, on Keycloak. `set:answered:stop` stops when the set is
//! answered, before anything else is sent. `set:unpadded` is the control: HTTP/2 keeps a copy of its small body.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use reqwest::{Body, Method, Request};
use rustix::process::{Signal, getpid, kill_process};

use crate::commands::Decorators;
use crate::domain::ports::{
    AgentSignIn, AuditLog, IdentityBackend, Prompter, ReadyReveal, Reveal, SessionKeeper, SetFailed,
};
use crate::domain::{
    AnyIntent, AppendReceipt, AttemptId, AttemptOutcome, Capabilities, Check, Consent, Customer, CustomerId, Delivery,
    Error, Finding, Forced, History, Intent, Issuance, Issued, LimitReached, OutstandingPage, OwnPassword, Pending,
    Plan, Reset, ResetLimits, Result, Right, Session, SessionsEnded, Settlement, SignInMethod, StoredSession,
    TemporaryPassword, Trial, Unlocking, UserProfile, UserSnapshot, Withdrawal,
};

/// Returns decorators that add the fail-points to the ports of a command.
pub fn decorators() -> Decorators {
    Decorators {
        sign_in: |inner| Box::new(FaultySignIn(inner)),
        audit: |inner| Box::new(FaultyAudit(inner)),
        reveal: |inner| Box::new(FaultyReveal(inner)),
        requests: intercept,
    }
}

/// Carries out the actions that the environment names for a fail-point.
///
/// # Errors
/// The action is `fail`.
async fn reach(call: &str, when: &str) -> Result<()> {
    if actions_at(call, when).any(|action| action == "hang") {
        std::future::pending::<()>().await;
    }
    reach_now(call, when)
}

/// Lists the actions that the environment names for a fail-point.
fn actions_at(call: &str, when: &str) -> impl Iterator<Item = String> {
    let wanted = std::env::var("TELLONCE_FAIL_POINT").unwrap_or_default();
    let point = format!("{call}:{when}:");
    let actions = wanted.split(',').filter_map(|entry| entry.strip_prefix(point.as_str()).map(str::to_owned));
    actions.collect::<Vec<_>>().into_iter()
}

/// Does the same as [`reach`], for a fail-point in code that cannot wait.
fn reach_now(call: &str, when: &str) -> Result<()> {
    for action in actions_at(call, when) {
        match action.as_str() {
            "kill" => send(Signal::KILL),
            "stop" => send(Signal::STOP),
            _ => {
                let error = Error::unavailable(format!("The fail-point {call}:{when}:{action} was reached."));
                return Err(if when == "after" { error.answer_lost() } else { error });
            }
        }
    }
    Ok(())
}

/// Whether the last request was Keycloak's request that sets a password.
static SET_WAS_SENT: AtomicBool = AtomicBool::new(false);

/// Reaches `set:answered` before the request that follows the set. Removes the padding of the set for `set:unpadded`.
fn intercept(mut request: Request) -> Request {
    let sets = *request.method() == Method::PUT && request.url().path().ends_with("/reset-password");
    if SET_WAS_SENT.swap(sets, Ordering::Relaxed) && !sets {
        let _ = reach_now("set", "answered"); // `kill` and `stop` act; an error could not be returned from here
    }
    let wanted = std::env::var("TELLONCE_FAIL_POINT").unwrap_or_default();
    if sets && wanted.split(',').any(|entry| entry == "set:unpadded") {
        let unpadded = request.body().and_then(Body::as_bytes).map(|body| body.trim_ascii_start().to_vec());
        *request.body_mut() = unpadded.map(Body::from);
    }
    request
}

fn send(signal: Signal) {
    let _ = kill_process(getpid(), signal); // a signal to oneself cannot fail
}

/// A sign-in whose sessions have fail-points.
struct FaultySignIn(Box<dyn AgentSignIn>);

fn faulty(session: Session) -> Session {
    session.wrapped(|backend| Box::new(FaultyBackend(backend)))
}

#[async_trait(?Send)]
impl AgentSignIn for FaultySignIn {
    fn methods(&self) -> &'static [SignInMethod] {
        self.0.methods()
    }

    fn session_keeper(&self) -> SessionKeeper {
        self.0.session_keeper()
    }

    async fn sign_in(
        &self,
        method: SignInMethod,
        agent: Option<&str>,
        prompter: &mut dyn Prompter,
    ) -> Result<(Session, Option<StoredSession>)> {
        let (session, stored) = self.0.sign_in(method, agent, prompter).await?;
        Ok((faulty(session), stored))
    }

    async fn resume(&self, stored: Option<StoredSession>) -> Result<Option<Session>> {
        Ok(self.0.resume(stored).await?.map(faulty))
    }

    async fn checks(&self) -> Vec<Check> {
        self.0.checks().await
    }
}

/// An identity backend with fail-points around the calls that change something.
struct FaultyBackend(Box<dyn IdentityBackend>);

#[async_trait(?Send)]
impl IdentityBackend for FaultyBackend {
    async fn capabilities(&self) -> Result<Capabilities> {
        self.0.capabilities().await
    }

    fn leave_retries(&self) {
        self.0.leave_retries();
    }

    async fn rights(&self) -> Result<Vec<Right>> {
        self.0.rights().await
    }

    fn tells_rights(&self) -> bool {
        self.0.tells_rights()
    }

    fn own_password(&self) -> Option<OwnPassword> {
        self.0.own_password()
    }

    async fn keep_alive(&self, at_least: Duration) -> Result<()> {
        self.0.keep_alive(at_least).await
    }

    async fn end_session(&self) -> Result<()> {
        self.0.end_session().await
    }

    async fn user_snapshot(&self, customer: &Customer) -> Result<UserSnapshot> {
        self.0.user_snapshot(customer).await
    }

    fn is_immutable_id(&self, id: &str) -> bool {
        self.0.is_immutable_id(id)
    }

    async fn find_by_immutable_id(&self, id: &str) -> Result<Option<UserProfile>> {
        self.0.find_by_immutable_id(id).await
    }

    async fn set_temporary_password(
        &self,
        intent: &Intent<Reset>,
        password: &TemporaryPassword,
    ) -> Result<Issued, SetFailed> {
        reach("set", "before").await?;
        let issued = self.0.set_temporary_password(intent, password).await?;
        reach("set", "after").await?;
        Ok(issued)
    }

    async fn mark_pending(&self, intent: &Intent<Reset>, issued: &Issued) -> Result<()> {
        reach("mark", "before").await?;
        self.0.mark_pending(intent, issued).await?;
        reach("mark", "after").await
    }

    async fn end_sessions(&self, intent: &AnyIntent) -> Result<SessionsEnded> {
        reach("end_sessions", "before").await?;
        let ended = self.0.end_sessions(intent).await?;
        reach("end_sessions", "after").await?;
        Ok(ended)
    }

    async fn read_back(&self, issued: &Issued) -> Result<Forced> {
        reach("read_back", "before").await?;
        let forced = self.0.read_back(issued).await?;
        reach("read_back", "after").await?;
        Ok(forced)
    }

    async fn try_sign_in(&self, intent: &Intent<Reset>, password: &TemporaryPassword) -> Result<Trial> {
        reach("prove", "before").await?;
        let trial = self.0.try_sign_in(intent, password).await?;
        reach("prove", "after").await?;
        Ok(trial)
    }

    async fn withdraw(&self, intent: &Intent<Withdrawal>) -> Result<()> {
        reach("withdraw", "before").await?;
        self.0.withdraw(intent).await?;
        reach("withdraw", "after").await
    }

    async fn pending(&self) -> Result<Vec<Pending>> {
        self.0.pending().await
    }

    async fn server_time(&self) -> Result<Option<Timestamp>> {
        self.0.server_time().await
    }

    async fn unlock(&self, intent: &Intent<Reset>) -> Result<()> {
        reach("unlock", "before").await?;
        self.0.unlock(intent).await?;
        reach("unlock", "after").await
    }

    async fn unlock_alone(&self, intent: &Intent<Unlocking>) -> Result<()> {
        reach("unlock", "before").await?;
        self.0.unlock_alone(intent).await?;
        reach("unlock", "after").await
    }

    async fn checks(&self) -> Result<Vec<Check>> {
        self.0.checks().await
    }
}

/// An audit log with fail-points around its writes.
struct FaultyAudit(Box<dyn AuditLog>);

#[async_trait(?Send)]
impl AuditLog for FaultyAudit {
    async fn intend(
        &mut self,
        session: &Session,
        plan: &Plan,
        consent: &Consent,
        limits: ResetLimits,
    ) -> Result<Result<AppendReceipt, LimitReached>> {
        reach("intend", "before").await?;
        let receipt = self.0.intend(session, plan, consent, limits).await?;
        reach("intend", "after").await?;
        Ok(receipt)
    }

    async fn refused(&mut self, session: &Session, plan: &Plan, reached: LimitReached) -> Result<()> {
        self.0.refused(session, plan, reached).await
    }

    async fn outcome(&mut self, attempt: &AttemptId, outcome: AttemptOutcome) -> Result<()> {
        let call = match &outcome {
            AttemptOutcome::Set { .. } => "record_set",
            AttemptOutcome::Delivered(_) => "record_delivery",
            AttemptOutcome::Failed { .. } => "record_failed",
            AttemptOutcome::Withdrawn { .. } => "record_withdrawn",
            AttemptOutcome::Unlocked => "record_unlocked",
        };
        reach(call, "before").await?;
        self.0.outcome(attempt, outcome).await?;
        reach(call, "after").await
    }

    async fn history(&self, session: &Session, customer: &Customer, user: Option<&UserProfile>) -> Result<History> {
        self.0.history(session, customer, user).await
    }

    async fn resets_by_agent(&self, session: &Session) -> Result<u32> {
        self.0.resets_by_agent(session).await
    }

    async fn recovered(&mut self, session: &Session, customer: &CustomerId, finding: &Finding) -> Result<()> {
        self.0.recovered(session, customer, finding).await
    }

    async fn outstanding(&self, session: &Session, after: u64) -> Result<OutstandingPage> {
        self.0.outstanding(session, after).await
    }

    async fn settle(&mut self, session: &Session, attempt: &AttemptId, settlement: Settlement) -> Result<()> {
        self.0.settle(session, attempt, settlement).await
    }
}

/// A reveal with a fail-point before and after it.
struct FaultyReveal(Box<dyn Reveal>);

struct FaultyReady(Box<dyn ReadyReveal>);

impl Reveal for FaultyReveal {
    fn prepare(&mut self, length: usize) -> Result<Box<dyn ReadyReveal>> {
        Ok(Box::new(FaultyReady(self.0.prepare(length)?)))
    }
}

#[async_trait(?Send)]
impl ReadyReveal for FaultyReady {
    fn notices(&self) -> Vec<String> {
        self.0.notices()
    }

    async fn reveal(self: Box<Self>, password: TemporaryPassword, issuance: &Issuance) -> Delivery {
        if reach("reveal", "before").await.is_err() {
            return Delivery::NotDelivered;
        }
        let delivery = self.0.reveal(password, issuance).await;
        let _ = reach("reveal", "after").await; // an error cannot undo what was shown
        delivery
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::tests::stub::NeverAsked;

    #[test]
    fn a_faulty_backend_hands_on_that_retries_are_left_to_the_caller() {
        let behind = NeverAsked::default();
        let faulty = FaultyBackend(Box::new(behind.clone()));
        assert!(!behind.has_left_retries.get());
        faulty.leave_retries();
        assert!(behind.has_left_retries.get());
    }
}
