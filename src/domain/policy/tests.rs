use super::*;

fn about() -> About {
    About { username: Some("ada.lovelace".into()), email: Some("ada@example.com".into()) }
}

#[test]
fn each_rule_names_what_breaks_it() {
    let breaks = |rule: Rule, password: &str| rule.is_broken_by(password, &about());
    assert!(breaks(Rule::MinLength(4), "abc") && !breaks(Rule::MinLength(4), "äöü☂"));
    assert!(breaks(Rule::MaxLength(3), "abcd") && !breaks(Rule::MaxLength(4), "abcd"));
    assert!(breaks(Rule::Upper(1), "abc1-") && !breaks(Rule::Upper(1), "Äbc"));
    assert!(breaks(Rule::Lower(1), "ABC1-") && !breaks(Rule::Lower(1), "ABc"));
    assert!(breaks(Rule::Digits(2), "a1b") && !breaks(Rule::Digits(2), "a1b2"));
    assert!(breaks(Rule::Special(1), "abcD1") && !breaks(Rule::Special(1), "abc D"));
    assert!(breaks(Rule::NotContainsUsername, "xx-ADA.Lovelace-1"));
    assert!(!breaks(Rule::NotContainsUsername, "ada-but-not-the-rest"));
    assert!(breaks(Rule::NotContainsEmail, "My-Ada-2026"));
    assert!(breaks(Rule::NotContainsEmail, "1ADA@EXAMPLE.COM"));
    assert!(!breaks(Rule::History(3), "anything"));
}

#[test]
fn a_raised_policy_is_as_strict_all_round_as_the_strictest_rule() {
    let raised = Policy::new([Rule::MinLength(30), Rule::Digits(6), Rule::MaxLength(64)]).raised();
    for rule in [Rule::MinLength(30), Rule::Upper(6), Rule::Lower(6), Rule::Digits(6), Rule::Special(6)] {
        assert!(raised.rules().any(|kept| *kept == rule), "{rule:?}");
    }
    assert!(Policy::strictest_usual().raised().rules().any(|kept| *kept == Rule::Special(RAISED_CLASSES)));
}

#[test]
fn what_is_guessed_leaves_room_for_what_is_known() {
    let long = Policy::new([Rule::MinLength(20), Rule::Digits(3)]).guessed();
    assert!(long.broken_by("aB3-aB3-aB3-aB3-aB3-", &about()).is_empty());
    let short = PolicyRead::InPart(Policy::new([Rule::MaxLength(14)]), "it has a pattern".into());
    assert!(short.to_generate_for().broken_by("aB3-efghijkmnp", &about()).is_empty());
    assert_eq!((short.describe().len(), short.is_whole()), (1, false));
}

#[test]
fn a_short_local_part_is_not_forbidden() {
    let about = About { username: None, email: Some("al@example.com".into()) };
    assert!(!Rule::NotContainsEmail.is_broken_by("Totally-fine-1", &about));
    assert!(Rule::NotContainsEmail.is_broken_by("al@example.com", &about));
}

#[test]
fn nothing_known_about_the_user_forbids_nothing() {
    let nobody = About { username: Some(String::new()), email: None };
    assert!(!Rule::NotContainsUsername.is_broken_by("x", &nobody));
    assert!(!Rule::NotContainsEmail.is_broken_by("x", &nobody));
}
