//! The words of L14: what the agent has to know, and to say.

use crate::domain::Issuance;

/// What to say and do, with the password and afterwards; never the password itself.
pub fn next_steps(issuance: &Issuance) -> Vec<String> {
    let rules = rules(issuance);
    let mut steps = vec![
        "Note it while you see it: it cannot be shown again.".to_owned(),
        "It is not e-mailed: pass it on to the customer yourself.".to_owned(),
        "They enter it on the first sign-in screen, exactly: capitals and dashes matter.".to_owned(),
        format!("Then they choose a password of their own, and must not tell you. {rules}"),
        "Then they press \"Update Password\", and are in.".to_owned(),
        "Until then old passwords and e-mail resets do not work.".to_owned(),
        "If it is lost, issue another: only the newest works.".to_owned(),
    ];
    let gaps =
        issuance.gaps.iter().map(|gap| format!("Not kept by this backend ({}): {}.", gap.promise(), gap.words()));
    steps.extend(gaps);
    steps
}

/// The rules for the customer's own password, as far as they are known.
fn rules(issuance: &Issuance) -> String {
    let listed = issuance.rules.join("; ");
    match (issuance.rules_are_all, listed.is_empty()) {
        (true, true) => "There are no rules for it.".to_owned(),
        (true, false) => format!("The rules: {listed}."),
        (false, true) => "The rules cannot be read here; the sign-in page names the one that is broken.".to_owned(),
        (false, false) => {
            format!("The rules, at least these: {listed}. The sign-in page names any other that is broken.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::reveal::fixture::issuance;

    #[test]
    fn rules_are_told_as_far_as_they_are_known() {
        for (listed, all, told) in [
            (
                &["at least 12 characters", "at least one digit"][..],
                true,
                "The rules: at least 12 characters; at least one digit.",
            ),
            (&["at least 12 characters"], false, "The rules, at least these: at least 12 characters. The sign-in page"),
            (&[], false, "The rules cannot be read here"),
            (&[], true, "There are no rules for it."),
        ] {
            let issuance = Issuance { rules_are_all: all, ..issuance(listed) };
            assert!(next_steps(&issuance).iter().any(|step| step.contains(told)), "{told}");
        }
    }
}
