//! Output that several verbs share.

use anyhow::Result;
use jiff::Timestamp;
use serde::Serialize;

use super::context::Context;
use crate::auth::Kept;
use crate::domain::ports::SessionKeeper;
use crate::domain::{Customer, CustomerFacts, ExitCode, OwnPassword, Right, Session, Status, UserProfile};
use crate::terminal::LocalTime;

/// Says that an age is measured by this machine's clock.
pub(super) const LOCAL_CLOCK: &str =
    "The server's clock cannot be read, so --older-than is measured by this machine's. `tellonce doctor` says more.";

/// Formats a time in the local time zone.
pub(super) fn moment(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "not known".to_owned(), |at| LocalTime::at(Timestamp::now()).moment(at))
}

/// Formats the time until which a temporary password is valid.
pub(super) fn valid_until(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "it does not run out by itself".to_owned(), |at| LocalTime::at(Timestamp::now()).until(at))
}

/// The fields that `status` and `show` share.
#[derive(Clone, PartialEq, Serialize)]
pub(super) struct StatusFields<'a> {
    pub(super) customer: &'a Customer,
    pub(super) user: Option<&'a UserProfile>,
    pub(super) differences: Vec<String>,
    pub(super) status: Status,
    pub(super) change_required: Option<bool>,
    pub(super) locked: Option<bool>,
    pub(super) disabled: Option<bool>,
    pub(super) user_expired: Option<bool>,
    pub(super) expired: Option<bool>,
    pub(super) withdrawn: Option<bool>,
    pub(super) issued_at: Option<Timestamp>,
    pub(super) issued_by: Option<&'a str>,
    pub(super) expires_at: Option<Timestamp>,
}

impl<'a> StatusFields<'a> {
    /// Builds the fields from the facts.
    ///
    /// The issuer is the agent in this machine's audit log, else the agent that the backend names.
    pub(super) fn of(facts: &'a CustomerFacts) -> Self {
        let snapshot = &facts.snapshot;
        let known_here = facts.history.issued_by(snapshot.stamp.as_ref());
        Self {
            customer: &facts.customer,
            user: snapshot.user.as_ref(),
            differences: snapshot.user.as_ref().map(|user| user.differences(&facts.customer)).unwrap_or_default(),
            status: snapshot.state.status(),
            change_required: snapshot.state.known_change_required(),
            locked: snapshot.state.known_locked(),
            disabled: snapshot.state.known_disabled(),
            user_expired: snapshot.state.known_user_expired(),
            expired: snapshot.state.expired,
            withdrawn: snapshot.state.withdrawn,
            issued_at: snapshot.issued_at,
            issued_by: known_here.or(snapshot.issued_by.as_deref()),
            expires_at: snapshot.expires_at,
        }
    }
}

#[derive(Serialize)]
struct WhoamiJson<'a> {
    schema: &'static str,
    agent: &'a str,
    backend: &'a str,
    profile: &'a str,
    expires_at: Option<Timestamp>,
    kept_in: Option<String>,
    rights: Vec<Right>,
    rights_told: bool,
    warnings: Vec<String>,
}

/// Shows who is signed in, for `whoami` and after `login`.
pub(super) async fn whoami(context: &Context, session: &Session, kept: Option<&Kept>) -> Result<ExitCode> {
    let rights = session.backend().rights().await?;
    let rights_are_known = session.backend().tells_rights();
    let kept_in = match context.sign_in()?.session_keeper() {
        SessionKeeper::Tellonce => kept.map(ToString::to_string),
        SessionKeeper::Other { name, .. } => Some(name),
    };
    let warnings: Vec<String> = session.backend().own_password().and_then(OwnPassword::warning).into_iter().collect();
    let profile_ref = session.profile_ref();
    if context.json() {
        let object = WhoamiJson {
            schema: "tellonce.whoami/v1",
            agent: session.agent(),
            backend: &profile_ref.backend,
            profile: &profile_ref.profile,
            expires_at: session.expires_at(),
            kept_in,
            rights,
            rights_told: rights_are_known,
            warnings,
        };
        return Ok(context.screen.json(&object)?);
    }
    let mut right_names: Vec<&str> = rights.iter().map(|right| right.describe()).collect();
    if !rights_are_known {
        right_names = vec!["not told: this backend answers with the first change"];
    }
    context.screen.practice_banner(&profile_ref.backend);
    context.screen.fields(&[
        ("Agent".to_owned(), session.agent().to_owned()),
        ("Profile".to_owned(), format!("{} ({})", profile_ref.profile, profile_ref.backend)),
        ("Until".to_owned(), moment(session.expires_at())),
        ("Kept in".to_owned(), kept_in.unwrap_or_else(|| "nowhere: this command only".to_owned())),
        ("May".to_owned(), right_names.join("\n")),
    ]);
    for warning in &warnings {
        context.screen.warning(warning);
    }
    Ok(ExitCode::DONE)
}
