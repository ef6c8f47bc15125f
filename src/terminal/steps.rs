//! The words of L14: what the agent has to know, and to say.

use crate::domain::Issuance;

/// What to say and do, with the password and afterwards; never the password itself.
pub fn next_steps(issuance: &Issuance) -> Vec<String> {
    let rules = if issuance.rules.is_empty() {
        "The rules cannot be read here; the sign-in page names the one that is broken.".to_owned()
    } else {
        format!("The rules: {}.", issuance.rules.join("; "))
    };
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
