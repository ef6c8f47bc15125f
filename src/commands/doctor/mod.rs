//! `doctor`: checks this set-up, and which promises it keeps.

mod customers;
mod machine;
mod promises;
mod server_clock;

use anyhow::Result;
use serde::Serialize;

use super::context::Context;
use crate::domain::ports::Clock as _;
use crate::domain::{Check, CheckState, ExitCode, OwnPassword, Right};
use crate::platform::SystemClock;

#[derive(Serialize)]
struct DoctorJson<'a> {
    schema: &'static str,
    backend: &'a str,
    profile: &'a str,
    checks: &'a [Check],
}

/// Runs every check that can be run. Ends with exit 11 if one finds a fault.
pub(super) async fn run(context: &mut Context) -> Result<ExitCode> {
    let mut checks = machine::checks(context).await;
    checks.extend(customers::checks(context, &context.ledger()).await);
    checks.extend(backend(context).await);
    let faults = checks.iter().filter(|check| check.state == CheckState::Fault).count();
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
                check.state.describe().to_owned(),
                check.words.clone(),
            ]
        };
        let (limits, others): (Vec<&Check>, Vec<&Check>) =
            checks.iter().partition(|check| check.state == CheckState::Limit);
        context.screen.table(&["CHECK", "FOUND", ""], others.into_iter().map(row).collect());
        if !limits.is_empty() {
            context.screen.line("No server of this kind keeps these promises, however it is set up:");
            let row = |check: &Check| vec![check.promise.clone().unwrap_or_default(), check.words.clone()];
            context.screen.table(&["", ""], limits.into_iter().map(row).collect());
        }
        context.screen.line(&verdict(&checks));
    }
    Ok(if faults == 0 { ExitCode::DONE } else { ExitCode::CHECK_FAILED })
}

/// Sums the checks up in one line. It says so if a promise is not kept, or a check could not be made.
fn verdict(checks: &[Check]) -> String {
    let count_of = |state| checks.iter().filter(|check| check.state == state).count();
    let counted = |number: usize, singular: &str, plural: &str| match number {
        0 => None,
        1 => Some(format!("1 {singular}")),
        number => Some(format!("{number} {plural}")),
    };
    if let Some(faults) = counted(count_of(CheckState::Fault), "fault was found", "faults were found") {
        return format!("{faults}.");
    }
    let exceptions = [
        counted(count_of(CheckState::NotKept), "promise is not kept", "promises are not kept"),
        counted(count_of(CheckState::Unknown), "check could not be made", "checks could not be made"),
    ];
    let exceptions: Vec<String> = exceptions.into_iter().flatten().collect();
    if exceptions.is_empty() {
        "No fault was found.".to_owned()
    } else {
        format!("No fault was found in what was checked, but {}.", exceptions.join(", and "))
    }
}

/// Checks the backend as the signed-in agent sees it. Skips what needs an agent if nobody is signed in.
async fn backend(context: &Context) -> Vec<Check> {
    let opened = context.sign_in();
    let mut checks = vec![Check::of("backend", &opened, |_| {
        format!("{} ({}) can be opened", context.profile.name, context.profile.backend)
    })];
    let Ok(opened) = opened else { return checks };
    checks.extend(opened.checks().await);
    let session = match context.session_if_any().await {
        Ok(Some(session)) => session,
        Ok(None) => {
            checks.push(Check::new("agent", CheckState::Unknown, "nobody is signed in: `tellonce login`, then again"));
            return checks;
        }
        Err(error) => {
            checks.push(Check::new("agent", CheckState::Fault, error.message_with_hint()));
            return checks;
        }
    };
    if let Some(warning) = session.backend().own_password().and_then(OwnPassword::warning) {
        checks.push(Check::new("own_password", CheckState::Warning, warning));
    }
    let rights = session.backend().rights().await;
    match session.backend().checks().await {
        Ok(found) => checks.extend(found),
        Err(error) => checks.push(Check::new("backend settings", CheckState::Fault, error.message_with_hint())),
    }
    let server_time = session.backend().server_time().await;
    checks.push(server_clock::check(server_time, SystemClock.now()));
    checks.push(Check::of("agent", &rights, |_| format!("{} is signed in", session.agent())));
    if let Ok(rights) = &rights {
        checks.push(right_to_issue(session.agent(), rights, session.backend().tells_rights()));
    }
    checks.extend(promises::checks(context, &session).await);
    checks
}

fn right_to_issue(agent: &str, rights: &[Right], rights_are_known: bool) -> Check {
    let right_names: Vec<&str> = rights.iter().map(|right| right.describe()).collect();
    if !rights_are_known {
        let message =
            format!("this backend tells nobody what {agent} may do: the first reset and the first new user answer");
        Check::new("rights", CheckState::Unknown, message)
    } else if rights.contains(&Right::IssueTemporaryPasswords) {
        Check::new("rights", CheckState::Ok, format!("{agent} may {}", right_names.join(", ")))
    } else {
        Check::new(
            "rights",
            CheckState::Fault,
            format!("{agent} may not issue temporary passwords, only {}", right_names.join(", ")),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::CheckState::{Fault, Kept, Limit, NotKept, Ok, Unknown, Warning};
    use super::*;

    #[test]
    fn no_fault_is_claimed_of_what_was_not_checked() {
        let verdict = |states: &[CheckState]| {
            verdict(&states.iter().map(|state| Check::new("x", *state, "")).collect::<Vec<_>>())
        };
        assert_eq!(verdict(&[Ok, Warning, Kept, Limit]), "No fault was found.");
        let told = "No fault was found in what was checked, but 1 promise is not kept, and 2 checks could not be made.";
        assert_eq!(verdict(&[Ok, NotKept, Unknown, Unknown]), told);
        assert_eq!(verdict(&[Unknown, Fault]), "1 fault was found.");
        assert_eq!(verdict(&[Fault, Fault, NotKept]), "2 faults were found.");
    }
}
