//! The customer script (promise L14): what the agent has to know, and to say to the customer.

use super::localization::Localization;
use super::specs::{
    SCRIPT_CHOOSE, SCRIPT_CONFIRM_IN_PROGRAM, SCRIPT_CONFIRM_ON_PAGE, SCRIPT_ENTER_IN_PROGRAM, SCRIPT_ENTER_ON_PAGE,
    SCRIPT_GONE, SCRIPT_IF_LOST, SCRIPT_NOTE_IT, SCRIPT_OLD_AND_MAIL_REFUSED, SCRIPT_OLD_REFUSED, SCRIPT_PASS_ON,
    SCRIPT_RULES_ALL, SCRIPT_RULES_IN_PART, SCRIPT_RULES_IN_PART_ON_PAGE, SCRIPT_RULES_NONE, SCRIPT_RULES_UNREADABLE,
    SCRIPT_RULES_UNREADABLE_ON_PAGE, SCRIPT_SESSIONS_LEFT,
};
use crate::domain::{ChangeScreen, Gap, Issuance, SessionsEnded};

/// Whether the agent still sees the password beside the customer script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordIs {
    /// The password is shown with the script.
    Shown,
    /// The password was shown before, and is gone.
    Gone,
}

impl Localization {
    /// Lists what the agent says and does, with the password and afterwards. Never holds the password itself.
    pub fn next_steps(&self, issuance: &Issuance, password: PasswordIs) -> Vec<String> {
        let first_step = match password {
            PasswordIs::Shown => &SCRIPT_NOTE_IT,
            PasswordIs::Gone => &SCRIPT_GONE,
        };
        let has = |gap| issuance.gaps.contains(&gap);
        let mail_resets_work = has(Gap::NoSelfService) || has(Gap::SelfServiceWhilePending);
        let refused = if mail_resets_work { &SCRIPT_OLD_REFUSED } else { &SCRIPT_OLD_AND_MAIL_REFUSED };
        let (enter, confirm) = match issuance.change_screen {
            ChangeScreen::UpdatePasswordPage => (&SCRIPT_ENTER_ON_PAGE, &SCRIPT_CONFIRM_ON_PAGE),
            ChangeScreen::AnyProgram => (&SCRIPT_ENTER_IN_PROGRAM, &SCRIPT_CONFIRM_IN_PROGRAM),
        };
        let mut steps: Vec<String> = self.proof_warning(&issuance.proof).into_iter().collect();
        steps.extend([
            self.plain(first_step),
            self.plain(&SCRIPT_PASS_ON),
            self.plain(enter),
            self.with(&SCRIPT_CHOOSE, "rules", &self.sentence_of_rules(issuance)),
            self.plain(confirm),
            self.plain(refused),
            self.plain(&SCRIPT_IF_LOST),
        ]);
        if let SessionsEnded::AllBut(left) = issuance.sessions_ended {
            steps.push(self.count(&SCRIPT_SESSIONS_LEFT, left));
        }
        steps.extend(self.for_the_customer(&issuance.gaps));
        steps
    }

    /// Describes the rules for the customer's own password, as far as they are known.
    fn sentence_of_rules(&self, issuance: &Issuance) -> String {
        let listed = self.rules(&issuance.rules).join("; ");
        let page = issuance.change_screen == ChangeScreen::UpdatePasswordPage;
        let spec = match (issuance.rules_are_all, listed.is_empty(), page) {
            (true, true, _) => return self.plain(&SCRIPT_RULES_NONE),
            (false, true, true) => return self.plain(&SCRIPT_RULES_UNREADABLE_ON_PAGE),
            (false, true, false) => return self.plain(&SCRIPT_RULES_UNREADABLE),
            (true, false, _) => &SCRIPT_RULES_ALL,
            (false, false, true) => &SCRIPT_RULES_IN_PART_ON_PAGE,
            (false, false, false) => &SCRIPT_RULES_IN_PART,
        };
        self.with(spec, "rules", &listed)
    }
}
