//! The customer script (promise L14): what the agent has to know, and to say to the customer.

use crate::domain::{ChangeScreen, Gap, Issuance, SessionsEnded};

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
    let (enter, confirm) = match issuance.change_screen {
        ChangeScreen::UpdatePasswordPage => ("on the first sign-in screen", "press \"Update Password\""),
        ChangeScreen::AnyProgram => ("where they sign in", "confirm it"),
    };
    let mut steps: Vec<String> = issuance.proof.warning().into_iter().collect();
    steps.extend([
        first_step.to_owned(),
        "It is not e-mailed: pass it on to the customer yourself.".to_owned(),
        format!("They enter it {enter}, exactly: capitals and dashes matter."),
        format!("Then they choose a password of their own, and must not tell you. {rules}"),
        format!("Then they {confirm}, and are in."),
        format!("Until then {refused} not work."),
        "If it is lost, issue another: only the newest works.".to_owned(),
    ]);
    if let SessionsEnded::AllBut(left) = issuance.sessions_ended {
        steps.push(format!(
            "{left} of their sessions could not be ended, and go on: have an administrator end them, and the customer sign out everywhere."
        ));
    }
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
    let page = issuance.change_screen == ChangeScreen::UpdatePasswordPage;
    match (issuance.rules_are_all, listed.is_empty()) {
        (true, true) => "There are no rules for it.".to_owned(),
        (true, false) => format!("The rules: {listed}."),
        (false, true) if page => {
            "The rules cannot be read here; the sign-in page names the one that is broken.".to_owned()
        }
        (false, true) => "The rules cannot be read here.".to_owned(),
        (false, false) if page => {
            format!("The rules, at least these: {listed}. The sign-in page names any other that is broken.")
        }
        (false, false) => format!("The rules, at least these: {listed}. There may be more."),
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

    #[test]
    fn a_directory_has_no_page_and_sessions_that_are_left_are_named() {
        let in_directory = Issuance {
            change_screen: ChangeScreen::AnyProgram,
            rules_are_all: false,
            gaps: vec![Gap::NoSelfService],
            ..issuance(&[])
        };
        let told = next_steps(&in_directory, PasswordIs::Shown).join("\n");
        for words in ["Update Password", "e-mail resets", "sign-in page", "sign-in screen"] {
            assert!(!told.contains(words), "{words}: {told}");
        }
        assert!(told.contains("confirm it, and are in") && told.contains("where they sign in"), "{told}");
        let left = Issuance { sessions_ended: SessionsEnded::AllBut(2), ..issuance(&[]) };
        assert!(next_steps(&left, PasswordIs::Shown).iter().any(|step| step.starts_with("2 of their sessions")));
    }
}
