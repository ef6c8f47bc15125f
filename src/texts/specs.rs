//! Every text, by the name that the code uses.

use super::spec::{Layout, TextSpec};

/// Makes a constant of each text, and the list of them all.
macro_rules! texts {
    ($($name:ident $id:literal $layout:ident [$($variable:literal)*] [$($required:literal)*];)*) => {
        $(pub(super) const $name: TextSpec = TextSpec {
            id: $id,
            variables: &[$($variable),*],
            required: &[$($required),*],
            layout: Layout::$layout,
        };)*
        /// Every text.
        pub(super) const ALL: &[&TextSpec] = &[$(&$name),*];
    };
}

// The name in the code, the id, the lines, the variables, and those whose values must be in the text.
texts! {
    GREETING "greeting" OneLine [] [];
    GREETING_NAME "greeting-name" OneLine ["name"] ["name"];
    EMAIL_FOOTER "email-footer" OneLine [] [];

    CODE_EMAIL_SUBJECT "code-email-subject" OneLine ["desk"] [];
    CODE_EMAIL_BODY "code-email-body" Lines ["desk" "call" "code" "minutes"] ["code" "call"];
    CODE_PHONE_BODY "code-phone-body" OneLine ["desk" "call" "code" "minutes"] ["code" "call"];

    NOTICE_SET_SUBJECT "notice-set-subject" OneLine ["desk"] [];
    NOTICE_SET "notice-set" OneLine ["desk" "when"] ["when"];
    NOTICE_CREATED_SUBJECT "notice-created-subject" OneLine ["desk"] [];
    NOTICE_CREATED "notice-created" OneLine ["desk" "when"] ["when"];
    NOTICE_WITHDRAWN_SUBJECT "notice-withdrawn-subject" OneLine ["desk"] [];
    NOTICE_WITHDRAWN "notice-withdrawn" OneLine ["desk" "when"] ["when"];
    NOTICE_UNLOCKED_SUBJECT "notice-unlocked-subject" OneLine ["desk"] [];
    NOTICE_UNLOCKED "notice-unlocked" OneLine ["desk" "when"] ["when"];
    NOTICE_AGENT "notice-agent" OneLine ["agent"] ["agent"];
    NOTICE_NOT_YOU "notice-not-you" OneLine ["call"] ["call"];
    MOMENT "moment" OneLine ["day" "month" "year" "time" "zone"] ["day" "year" "time" "zone"];

    RULE_MIN_LENGTH "rule-min-length" OneLine ["count"] ["count"];
    RULE_MAX_LENGTH "rule-max-length" OneLine ["count"] ["count"];
    RULE_UPPER "rule-upper" OneLine ["count"] ["count"];
    RULE_LOWER "rule-lower" OneLine ["count"] ["count"];
    RULE_DIGITS "rule-digits" OneLine ["count"] ["count"];
    RULE_SPECIAL "rule-special" OneLine ["count"] ["count"];
    RULE_NOT_CONTAINS_USERNAME "rule-not-contains-username" OneLine [] [];
    RULE_NOT_CONTAINS_EMAIL "rule-not-contains-email" OneLine [] [];
    RULE_NOT_USERNAME "rule-not-username" OneLine [] [];
    RULE_NOT_EMAIL "rule-not-email" OneLine [] [];
    RULE_NOT_WELL_KNOWN "rule-not-well-known" OneLine [] [];
    RULE_HISTORY "rule-history" OneLine ["count"] ["count"];
    RULE_PATTERN "rule-pattern" OneLine ["pattern"] ["pattern"];
    RULE_HIDDEN_PATTERN "rule-hidden-pattern" OneLine [] [];

    SCRIPT_NOTE_IT "script-note-it" OneLine [] [];
    SCRIPT_GONE "script-gone" OneLine [] [];
    SCRIPT_PASS_ON "script-pass-on" OneLine [] [];
    SCRIPT_ENTER_ON_PAGE "script-enter-on-page" OneLine [] [];
    SCRIPT_ENTER_IN_PROGRAM "script-enter-in-program" OneLine [] [];
    SCRIPT_CHOOSE "script-choose" OneLine ["rules"] ["rules"];
    SCRIPT_CONFIRM_ON_PAGE "script-confirm-on-page" OneLine [] [];
    SCRIPT_CONFIRM_IN_PROGRAM "script-confirm-in-program" OneLine [] [];
    SCRIPT_OLD_AND_MAIL_REFUSED "script-old-and-mail-refused" OneLine [] [];
    SCRIPT_OLD_REFUSED "script-old-refused" OneLine [] [];
    SCRIPT_IF_LOST "script-if-lost" OneLine [] [];
    SCRIPT_SESSIONS_LEFT "script-sessions-left" OneLine ["count"] ["count"];
    SCRIPT_RULES_ALL "script-rules-all" OneLine ["rules"] ["rules"];
    SCRIPT_RULES_NONE "script-rules-none" OneLine [] [];
    SCRIPT_RULES_UNREADABLE "script-rules-unreadable" OneLine [] [];
    SCRIPT_RULES_UNREADABLE_ON_PAGE "script-rules-unreadable-on-page" OneLine [] [];
    SCRIPT_RULES_IN_PART "script-rules-in-part" OneLine ["rules"] ["rules"];
    SCRIPT_RULES_IN_PART_ON_PAGE "script-rules-in-part-on-page" OneLine ["rules"] ["rules"];
    SCRIPT_TELL_CUSTOMER "script-tell-customer" OneLine ["notes"] ["notes"];

    GAP_TEMPORARY_MAY_BE_KEPT "gap-temporary-may-be-kept" OneLine [] [];
    GAP_SELF_SERVICE_WHILE_PENDING "gap-self-service-while-pending" OneLine [] [];
    GAP_SESSIONS_GO_ON "gap-sessions-go-on" OneLine [] [];
    GAP_OPEN_FORM_OUTLIVES "gap-open-form-outlives" OneLine [] [];
    GAP_NO_SELF_SERVICE "gap-no-self-service" OneLine [] [];

    PROOF_RESTRICTED "proof-restricted" OneLine ["word"] ["word"];
    PROOF_NOT_TRIED "proof-not-tried" OneLine ["why"] ["why"];

    REVEAL_TITLE "reveal-title" OneLine ["customer"] ["customer"];
    REVEAL_VALID_UNTIL "reveal-valid-until" OneLine ["until"] ["until"];
    REVEAL_NEVER_RUNS_OUT "reveal-never-runs-out" OneLine [] [];
    COUNTDOWN_FULL "countdown-full" OneLine ["left"] ["left"];
    COUNTDOWN_WITHOUT_SPACE "countdown-without-space" OneLine ["left"] ["left"];
    COUNTDOWN_SHORT "countdown-short" OneLine ["left"] ["left"];
    COUNTDOWN_SHORTER "countdown-shorter" OneLine ["left"] ["left"];
    COUNTDOWN_SHORTEST "countdown-shortest" OneLine ["left"] ["left"];
    DISMISS_FULL "dismiss-full" OneLine [] [];
    DISMISS_SHORT "dismiss-short" OneLine [] [];
    AFTER_USER_CREATED "after-user-created" OneLine [] [];
    AFTER_STATUS "after-status" OneLine ["customer" "status"] ["customer" "status"];
    AFTER_SIGN_IN "after-sign-in" OneLine ["username" "command"] ["username" "command"];

    TIME_TODAY "time-today" OneLine ["time"] ["time"];
    TIME_TOMORROW "time-tomorrow" OneLine ["time"] ["time"];
    TIME_YESTERDAY "time-yesterday" OneLine ["time"] ["time"];
    TIME_ON "time-on" OneLine ["date" "time"] ["date" "time"];
    TIME_UNTIL "time-until" OneLine ["moment" "left"] ["moment" "left"];
    LEFT_SECONDS "left-seconds" OneLine ["count"] ["count"];
    LEFT_MINUTES "left-minutes" OneLine ["count"] ["count"];
    LEFT_HOURS "left-hours" OneLine ["count"] ["count"];
    LEFT_DAYS "left-days" OneLine ["count"] ["count"];
    LEFT_NONE "left-none" OneLine [] [];
}
