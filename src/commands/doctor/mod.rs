//! `doctor`: is this set-up right, and does it keep every promise?

mod machine;
mod promises;

use serde::Serialize;

use super::context::Context;
use crate::domain::{Answer, ExitCode, Failure, Right};

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Found {
    /// As it should be.
    Ok,
    /// Worth knowing, and no fault.
    Warning,
    /// Wrong: exit 11.
    Fault,
    /// Could not be checked here, and why.
    Unknown,
    /// A promise that is kept.
    Kept,
    /// A promise that this backend does not keep.
    NotKept,
}

impl Found {
    const fn words(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "note",
            Self::Fault => "FAULT",
            Self::Unknown => "not checked",
            Self::Kept => "kept",
            Self::NotKept => "NOT KEPT",
        }
    }
}

/// One line of the report.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Check {
    id: String,
    promise: Option<String>,
    state: Found,
    words: String,
}

impl Check {
    fn new(id: &str, state: Found, words: impl Into<String>) -> Self {
        Self { id: id.to_owned(), promise: None, state, words: words.into() }
    }

    /// Ok with these words, or a fault with the failure's.
    fn of<T>(id: &str, checked: &Answer<T>, words: impl FnOnce(&T) -> String) -> Self {
        match checked {
            Ok(found) => Self::new(id, Found::Ok, words(found)),
            Err(failure) => Self::new(id, Found::Fault, told(failure)),
        }
    }
}

fn told(failure: &Failure) -> String {
    failure.hint.as_ref().map_or_else(|| failure.message.clone(), |hint| format!("{} {hint}", failure.message))
}

#[derive(Serialize)]
struct DoctorJson<'a> {
    schema: &'static str,
    backend: &'a str,
    profile: &'a str,
    checks: &'a [Check],
}

/// Runs every check that can be run; a fault is exit 11.
pub(super) async fn run(context: &mut Context) -> Answer<ExitCode> {
    let mut checks = machine::checks(context);
    checks.extend(backend(context).await);
    let faults = checks.iter().filter(|check| check.state == Found::Fault).count();
    if context.json() {
        let object = DoctorJson {
            schema: "tellonce.doctor/v1",
            backend: &context.profile.backend,
            profile: &context.profile.name,
            checks: &checks,
        };
        context.screen.json(&object)?;
    } else {
        context.screen.practice_banner(&context.profile.backend);
        let row = |check: &Check| {
            vec![
                check.promise.clone().unwrap_or_else(|| check.id.clone()),
                check.state.words().to_owned(),
                check.words.clone(),
            ]
        };
        context.screen.table(&["CHECK", "FOUND", ""], checks.iter().map(row).collect());
        let verdict =
            if faults == 0 { "No fault was found.".to_owned() } else { format!("{faults} found to be wrong.") };
        context.screen.line(&verdict);
    }
    Ok(if faults == 0 { ExitCode::DONE } else { ExitCode::CHECK_FAILED })
}

/// The backend as the signed-in agent sees it; signed out, what needs an agent is not checked.
async fn backend(context: &Context) -> Vec<Check> {
    let opened = context.sign_in();
    let mut checks = vec![Check::of("backend", &opened, |_| {
        format!("{} ({}) answers", context.profile.name, context.profile.backend)
    })];
    if opened.is_err() {
        return checks;
    }
    let session = match context.session_if_any().await {
        Ok(Some(session)) => session,
        Ok(None) => {
            checks.push(Check::new("agent", Found::Unknown, "nobody is signed in: `tellonce login`, then again"));
            return checks;
        }
        Err(failure) => {
            checks.push(Check::new("agent", Found::Fault, told(&failure)));
            return checks;
        }
    };
    let rights = session.backend().rights().await;
    checks.push(Check::of("agent", &rights, |_| format!("{} is signed in", session.agent())));
    if let Ok(rights) = &rights {
        checks.push(right_to_issue(session.agent(), rights));
    }
    checks.extend(promises::checks(context, &session).await);
    checks
}

fn right_to_issue(agent: &str, rights: &[Right]) -> Check {
    let words: Vec<&str> = rights.iter().map(|right| right.words()).collect();
    if rights.contains(&Right::IssueTemporaryPasswords) {
        Check::new("rights", Found::Ok, format!("{agent} may {}", words.join(", ")))
    } else {
        Check::new(
            "rights",
            Found::Fault,
            format!("{agent} may not issue temporary passwords, only {}", words.join(", ")),
        )
    }
}
