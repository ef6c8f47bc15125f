//! The customer script (promise L14): what the agent has to know, and to say to the customer.

use crate::domain::{Gap, Issuance};

/// Whether the agent still sees the password beside the customer script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordIs {
    /// The password is shown with the script.
    Shown,
    /// The password was shown before, and is gone.
    Gone,
}

/// Lists what the agent says and does, with the password and afterwards. Never holds the password itself.
pub fn next_steps(issuance: &Issuance, password: PasswordIs) -> Vec<String> {
    let rules = rules(issuance);
    let first_step = match password {
        PasswordIs::Shown => "Note it while you see it: it cannot be shown again.",
        PasswordIs::Gone => "The password is no longer on the screen, and cannot be shown again.",
    };
    let has = |gap| issuance.gaps.contains(&gap);
    let mail_resets_work = has(Gap::NoSelfService) || has(Gap::SelfServiceWhilePending);
    let refused = if mail_resets_work { "the old password does" } else { "old passwords and e-mail resets do" };
    let mut steps: Vec<String> = issuance.proof.warning().into_iter().collect();
    steps.extend([
        first_step.to_owned(),
        "It is not e-mailed: pass it on to the customer yourself.".to_owned(),
        "They enter it on the first sign-in screen, exactly: capitals and dashes matter.".to_owned(),
        format!("Then they choose a password of their own, and must not tell you. {rules}"),
        "Then they press \"Update Password\", and are in.".to_owned(),
        format!("Until then {refused} not work."),
        "If it is lost, issue another: only the newest works.".to_owned(),
    ]);
    steps.extend(for_the_customer(&issuance.gaps));
    steps
}

/// Returns one sentence about the promises that the backend does not keep, for the customer.
///
/// Returns `None` if no gap concerns the customer.
pub(super) fn for_the_customer(gaps: &[Gap]) -> Option<String> {
    let notes: Vec<&str> = gaps.iter().filter_map(|gap| gap.for_the_customer()).collect();
    (!notes.is_empty()).then(|| format!("Tell the customer: {}.", notes.join("; ")))
}

/// Describes the rules for the customer's own password, as far as they are known.
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
    fn rules_are_reported_as_far_as_they_are_known() {
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
            assert!(next_steps(&issuance, PasswordIs::Shown).iter().any(|step| step.contains(told)), "{told}");
        }
    }

    #[test]
    fn nothing_is_promised_that_the_backend_does_not_keep_and_the_customer_is_told_in_one_sentence() {
        let told = |gaps: &[Gap], password| next_steps(&Issuance { gaps: gaps.to_vec(), ..issuance(&[]) }, password);
        let kept = told(&[], PasswordIs::Shown);
        assert!(kept.iter().any(|step| step == "Until then old passwords and e-mail resets do not work."), "{kept:?}");
        assert!(kept[0].starts_with("Note it") && !kept.iter().any(|step| step.starts_with("Tell the customer")));
        let gaps = [Gap::StampNamesNoAuthor, Gap::SelfServiceWhilePending, Gap::OpenFormOutlives];
        let open = told(&gaps, PasswordIs::Gone);
        assert!(open.iter().any(|step| step == "Until then the old password does not work."), "{open:?}");
        let told: Vec<&String> = open.iter().filter(|step| step.starts_with("Tell the customer: ")).collect();
        assert!(matches!(told[..], [one] if one.contains("by e-mail") && one.contains("sign-in page")), "{open:?}");
        assert!(open[0].starts_with("The password is no longer on the screen"), "{open:?}");
        assert!(!open.iter().any(|step| step.contains("(L")), "no numbers of promises: {open:?}");
    }
}
