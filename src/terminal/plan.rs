//! The confirmation: everything the agent has to know before anything changes.

use crate::domain::{Action, Gap, Plan};

/// The plan in lines, for the confirmation.
pub(super) fn lines(plan: &Plan) -> Vec<String> {
    let customer = &plan.customer;
    let mut lines = vec![
        format!("{}: {} ({})", plan.action.label(), customer.name, customer.id),
        format!("  e-mail    {}", customer.email.as_deref().unwrap_or("none")),
        format!("  status    {}", plan.state.words()),
        format!("  you are   {} on {} ({})", plan.agent, plan.place.profile, plan.place.backend),
    ];
    if plan.place.backend == "practice" {
        lines.push("  Practice directory: nothing here is real.".to_owned());
    }
    lines.push("This will:".to_owned());
    lines.extend(effects(plan).into_iter().map(|effect| format!("  - {effect}")));
    for attempt in &plan.recent {
        lines.push(format!("  Known: reset by {} at {}.", attempt.agent, attempt.at.strftime("%F %H:%M UTC")));
    }
    for gap in &plan.gaps {
        lines.push(format!("  Not kept by this backend ({}): {}.", gap.promise(), gap.words()));
    }
    lines.extend(plan.notices.iter().map(|notice| format!("  Note: {notice}")));
    let case = [("ticket", &plan.case.ticket), ("reason", &plan.case.reason), ("verified", &plan.case.verified)];
    for (name, value) in case {
        if let Some(value) = value {
            lines.push(format!("  {name:<9} {value}"));
        }
    }
    lines
}

fn effects(plan: &Plan) -> Vec<String> {
    let mut effects = Vec::new();
    match plan.action {
        Action::CreateAndSet => effects.push("create a user, and show you a temporary password, once".to_owned()),
        Action::Set => effects.push("set a temporary password, and show it to you, once".to_owned()),
        Action::Withdraw => {
            effects.push("make the pending temporary password unusable now".to_owned());
            effects.push("end all their sessions; they stay locked out until you issue another".to_owned());
            return effects;
        }
    }
    if let Some(since) = plan.pending_since {
        effects
            .push(format!("replace the temporary password of {}, which stops working", since.strftime("%F %H:%M UTC")));
    }
    if plan.unlock {
        effects.push("lift the lock-out after failed attempts".to_owned());
    }
    if plan.action == Action::Set {
        effects.push(
            "lock them out until they have used it: old password, e-mail reset and all sessions end now".to_owned(),
        );
    }
    let lasts = jiff::SignedDuration::try_from(plan.lasts).map(|lasts| format!("{lasts:#}")).unwrap_or_default();
    if !plan.gaps.contains(&Gap::NeverRunsOut) {
        effects.push(format!("let it run out after {lasts}"));
    }
    effects
}

/// The plan in one line, where `--yes` was given.
pub(super) fn short(plan: &Plan) -> String {
    let customer = &plan.customer;
    format!(
        "{}: {} ({}), by {} on {} ({}).",
        plan.action.label(),
        customer.name,
        customer.id,
        plan.agent,
        plan.place.profile,
        plan.place.backend
    )
}
