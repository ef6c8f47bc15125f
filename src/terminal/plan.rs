//! The text of a plan, which the agent reads before confirming it.

use super::local_time::LocalTime;
use crate::domain::{Action, Attempt, Contact, Gap, Plan};
use crate::texts::Localization;

/// Lists the lines of the plan for the confirmation. What the customer has to know is in the language of the customer
/// script.
pub(super) fn lines(plan: &Plan, local: &LocalTime, localization: &Localization) -> Vec<String> {
    let customer = &plan.customer;
    let mut lines = vec![
        format!("{}: {} ({})", plan.action.label(), customer.name, customer.id),
        format!("  e-mail    {}", customer.email.as_deref().unwrap_or("none")),
        format!("  user      {}", plan.describe_user()),
        format!("  status    {}", plan.state.describe()),
        format!("  you are   {} on {} ({})", plan.agent, plan.profile_ref.profile, plan.profile_ref.backend),
    ];
    if plan.profile_ref.backend == "practice" {
        lines.push("  Practice directory: nothing here is real.".to_owned());
    }
    lines.extend(plan.differences().into_iter().map(|difference| format!("  Look out: {difference}")));
    lines.push("This will:".to_owned());
    lines.extend(effects(plan, local).into_iter().map(|effect| format!("  - {effect}")));
    lines.extend(recent(&plan.recent, local).map(|note| format!("  {note}")));
    lines.extend(localization.for_the_customer(&plan.gaps).map(|note| format!("  {note}")));
    lines.extend(plan.notices.iter().map(|notice| format!("  Note: {notice}")));
    if let Some(verification) = &plan.verification {
        lines.push(format!("  caller    verified {}, {}", verification.describe(), local.moment(verification.at)));
    }
    let case = [("ticket", &plan.case.ticket), ("reason", &plan.case.reason), ("verified", &plan.case.verified)];
    for (name, value) in case {
        if let Some(value) = value {
            lines.push(format!("  {name:<9} {value}"));
        }
    }
    lines
}

/// Asks for consent. The question names the customer, because the lines above it may have scrolled away.
pub(super) fn question(plan: &Plan) -> String {
    let customer = format!("{} ({})", plan.customer.name, plan.customer.id);
    match plan.action {
        Action::Set => format!("Set a temporary password for {customer}?"),
        Action::CreateAndSet => format!("Create a user and set a temporary password for {customer}?"),
        Action::Withdraw => format!("Withdraw the temporary password of {customer}?"),
        Action::Unlock => format!("Lift the lock-out of {customer}?"),
    }
}

/// Says how often the customer was reset in the last 24 hours. Returns `None` if they were not.
fn recent(attempts: &[Attempt], local: &LocalTime) -> Option<String> {
    let last = attempts.iter().max_by_key(|attempt| attempt.at)?;
    let (when, by) = (local.moment(last.at), &last.agent);
    Some(match attempts.len() {
        1 => format!("Already reset once in 24 hours, {when} by {by}."),
        times => format!("Already reset {times} times in 24 hours, last {when} by {by}."),
    })
}

fn effects(plan: &Plan, local: &LocalTime) -> Vec<String> {
    let mut effects = Vec::new();
    let sessions_go_on = plan.gaps.contains(&Gap::SessionsGoOn);
    match plan.action {
        Action::CreateAndSet => effects.push("create a user, and show you a temporary password, once".to_owned()),
        Action::Set => effects.push("set a temporary password, and show it to you, once".to_owned()),
        Action::Withdraw => {
            effects.push("make the pending temporary password unusable now".to_owned());
            let sessions = if sessions_go_on { "leave what they have open already" } else { "end all their sessions" };
            effects.push(format!("{sessions}; they stay locked out until you issue another"));
            effects.extend(notice(plan));
            return effects;
        }
        Action::Unlock => return effects_of_unlock(plan).into_iter().chain(notice(plan)).collect(),
    }
    if plan.gaps.contains(&Gap::NotProved) {
        effects.push("show it without trying it by a sign-in first".to_owned());
    }
    if let Some(since) = plan.pending_since {
        effects.push(format!("replace the temporary password of {}, which stops working", local.moment(since)));
    }
    if plan.unlock {
        effects.push("lift the lock-out after failed attempts".to_owned());
    }
    if plan.action == Action::Set {
        let mail_resets_work =
            plan.gaps.contains(&Gap::NoSelfService) || plan.gaps.contains(&Gap::SelfServiceWhilePending);
        let ends = match (mail_resets_work, sessions_go_on) {
            (false, false) => "old password, e-mail reset and all sessions end now",
            (false, true) => "old password and e-mail reset end now",
            (true, false) => "old password and all sessions end now",
            (true, true) => "the old password ends now",
        };
        effects.push(format!("lock them out until they have used it: {ends}"));
    }
    let lasts = jiff::SignedDuration::try_from(plan.lasts).map(|lasts| format!("{lasts:#}")).unwrap_or_default();
    if !plan.gaps.contains(&Gap::NeverRunsOut) {
        effects.push(format!("let it run out after {lasts}"));
    }
    effects.extend(notice(plan));
    effects
}

/// Says where the customer is told of the change. Returns `None` if this profile tells nobody.
fn notice(plan: &Plan) -> Option<String> {
    if plan.gaps.contains(&Gap::NotNotified) {
        return None;
    }
    let to: Vec<String> = plan.notified.iter().map(Contact::masked).collect();
    Some(if to.is_empty() {
        "tell the customer nothing: there is no address or number that this profile writes to".to_owned()
    } else {
        format!("tell the customer of it, without the password: {}", to.join(", "))
    })
}

fn effects_of_unlock(plan: &Plan) -> Vec<String> {
    let password = if plan.state.change_required {
        "leave Force Password Reset as it is: a new password still has to be chosen at the next sign-in"
    } else {
        "leave the password as it is: they sign in with the one that they know"
    };
    let effects = ["lift the lock-out after failed attempts", password, "leave what they have open already"];
    effects.map(str::to_owned).to_vec()
}

/// Formats the plan in one line, for use with `--yes`.
pub(super) fn short(plan: &Plan) -> String {
    let customer = &plan.customer;
    let line = format!(
        "{}: {} ({}), user {}, by {} on {} ({}).",
        plan.action.label(),
        customer.name,
        customer.id,
        plan.describe_user(),
        plan.agent,
        plan.profile_ref.profile,
        plan.profile_ref.backend
    );
    let verified = plan.verification.as_ref().map(|used| format!("The caller is verified {}.", used.describe()));
    [vec![line], verified.into_iter().collect(), plan.differences()].concat().join(" ")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::*;
    use crate::domain::{Case, Customer, CustomerId, ProfileRef, ResetTarget, State, UserId};

    fn plan(action: Action, gaps: &[Gap]) -> Plan {
        let customer = Customer { name: "Ada".to_owned(), ..Customer::known_by(CustomerId::new("C-1")) };
        let profile_ref = ProfileRef {
            profile: "people".to_owned(),
            backend: "openldap".to_owned(),
            backend_id: "openldap:test".to_owned(),
        };
        Plan {
            language: None,
            notified: Vec::new(),
            verification: None,
            agent: "sam".to_owned(),
            profile_ref,
            customer,
            target: ResetTarget::User(UserId::new("1")),
            user: None,
            action,
            state: State::default(),
            stamp: None,
            pending_since: None,
            unlock: false,
            lasts: Duration::from_hours(24),
            recent: Vec::new(),
            gaps: gaps.to_vec(),
            notices: Vec::new(),
            case: Case::default(),
        }
    }

    fn read(plan: &Plan) -> Vec<String> {
        lines(plan, &LocalTime::at(Timestamp::UNIX_EPOCH), &Localization::english())
    }

    #[test]
    fn no_effect_is_told_that_the_backend_does_not_have() {
        for (gaps, ends) in [
            (&[][..], "old password, e-mail reset and all sessions end now"),
            (&[Gap::SessionsGoOn], "old password and e-mail reset end now"),
            (&[Gap::SelfServiceWhilePending], "old password and all sessions end now"),
            (&[Gap::SessionsGoOn, Gap::NoSelfService], "the old password ends now"),
        ] {
            let told = read(&plan(Action::Set, gaps)).join("\n");
            assert!(told.contains(&format!("until they have used it: {ends}\n")), "{told}");
        }
        let told = |gaps| read(&plan(Action::Withdraw, gaps)).join("\n");
        assert!(told(&[]).contains("end all their sessions;"));
        assert!(told(&[Gap::SessionsGoOn]).contains("leave what they have open already;"));
    }

    #[test]
    fn an_unlock_says_what_stays_as_it_is() {
        let told = |change_required| {
            let mut plan = plan(Action::Unlock, &[]);
            plan.state.change_required = change_required;
            read(&plan).join("\n")
        };
        assert!(told(false).contains("leave the password as it is"));
        assert!(told(true).contains("leave Force Password Reset as it is"));
        for text in [told(false), told(true)] {
            assert!(
                text.contains("lift the lock-out") && !text.contains("run out") && !text.contains("end all"),
                "{text}"
            );
        }
        assert_eq!(question(&plan(Action::Unlock, &[])), "Lift the lock-out of Ada (C-1)?");
    }
}
