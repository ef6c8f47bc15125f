//! The customer script.

use super::{LANGUAGES, localization};
use crate::domain::{ChangeScreen, Gap, Issuance, Pattern, Policy, Proof, Rule, SessionsEnded};
use crate::texts::fixture::issuance;
use crate::texts::{Localization, PasswordIs};

/// Returns the rule after this one. A new rule does not compile until it is in here, and so has words.
fn rule_after(rule: Option<&Rule>, count: usize) -> Option<Rule> {
    Some(match rule {
        None => Rule::MinLength(count),
        Some(Rule::MinLength(_)) => Rule::MaxLength(count),
        Some(Rule::MaxLength(_)) => Rule::Upper(count),
        Some(Rule::Upper(_)) => Rule::Lower(count),
        Some(Rule::Lower(_)) => Rule::Digits(count),
        Some(Rule::Digits(_)) => Rule::Special(count),
        Some(Rule::Special(_)) => Rule::NotContainsUsername,
        Some(Rule::NotContainsUsername) => Rule::NotContainsEmail,
        Some(Rule::NotContainsEmail) => Rule::NotUsername,
        Some(Rule::NotUsername) => Rule::NotEmail,
        Some(Rule::NotEmail) => Rule::NotWellKnown,
        Some(Rule::NotWellKnown) => Rule::History(count),
        Some(Rule::History(_)) => Rule::Pattern(Pattern::new("^[a-z ]{4,}$").unwrap()),
        Some(Rule::Pattern(_)) => Rule::HiddenPattern,
        Some(Rule::HiddenPattern) => return None,
    })
}

/// Every rule there is, with this count.
fn every_rule(count: usize) -> Vec<Rule> {
    std::iter::successors(rule_after(None, count), |rule| rule_after(Some(rule), count)).collect()
}

/// Every gap there is: the next one is found as rules are.
fn every_gap() -> Vec<Gap> {
    let after = |gap: &Gap| {
        Some(match gap {
            Gap::StampNamesNoAuthor => Gap::TemporaryMayBeKept,
            Gap::TemporaryMayBeKept => Gap::RulesNotListed,
            Gap::RulesNotListed => Gap::SelfServiceWhilePending,
            Gap::SelfServiceWhilePending => Gap::SessionsGoOn,
            Gap::SessionsGoOn => Gap::OpenFormOutlives,
            Gap::OpenFormOutlives => Gap::NeverRunsOut,
            Gap::NeverRunsOut => Gap::NoSelfService,
            Gap::NoSelfService => Gap::WithdrawnReadsAsPending,
            Gap::WithdrawnReadsAsPending => Gap::NotProved,
            Gap::NotProved => Gap::NotNotified,
            Gap::NotNotified => Gap::StampMovesOnEdits,
            Gap::StampMovesOnEdits => Gap::AccessTokensOutlive,
            Gap::AccessTokensOutlive => return None,
        })
    };
    std::iter::successors(Some(Gap::StampNamesNoAuthor), after).collect()
}

fn said(tag: &str, issuance: &Issuance) -> String {
    localization(tag).next_steps(issuance, PasswordIs::Shown).join("\n")
}

#[test]
fn the_script_names_every_rule_in_every_language() {
    for tag in LANGUAGES {
        for count in [1, 2, 17] {
            let rules = every_rule(count);
            let words: Vec<String> = rules.iter().map(|rule| localization(tag).rule(rule)).collect();
            let script = said(tag, &issuance(Policy::new(rules.clone())));
            for (rule, words) in rules.iter().zip(&words) {
                assert!(!words.trim().is_empty() && script.contains(words.as_str()), "{tag}: {rule:?}: {script}");
                assert!(words.chars().filter(|letter| *letter == ' ').count() >= 2, "{tag}: {rule:?}: {words}");
            }
            let different: std::collections::BTreeSet<&String> = words.iter().collect();
            assert_eq!(different.len(), words.len(), "{tag}: two rules have the same words: {words:?}");
            assert!(count == 1 || words[0].contains(&count.to_string()), "{words:?}");
            assert!(script.contains("^[a-z ]{4,}$"), "a pattern stands as the server has it: {script}");
        }
    }
}

/// The domain has English words of its own, for errors and for the screens of other commands.
#[test]
fn english_rules_have_the_words_of_the_domain() {
    for rule in [1, 2, 30].into_iter().flat_map(every_rule) {
        assert_eq!(Localization::english().rule(&rule), rule.describe());
    }
}

#[test]
fn rules_are_reported_as_far_as_they_are_known() {
    let both = || Policy::new([Rule::MinLength(12), Rule::Digits(1)]);
    let one = || Policy::new([Rule::MinLength(12)]);
    for (listed, all, english, german) in [
        (
            both(),
            true,
            "The rules: at least 12 characters; at least one digit.",
            "Die Regeln: mindestens 12 Zeichen; mindestens eine Ziffer.",
        ),
        (
            one(),
            false,
            "The rules, at least these: at least 12 characters. The sign-in page",
            "Die Regeln, mindestens diese: mindestens 12 Zeichen. Die Anmeldeseite",
        ),
        (Policy::default(), false, "The rules cannot be read here", "Die Regeln lassen sich hier nicht lesen"),
        (Policy::default(), true, "There are no rules for it.", "Dafür gibt es keine Regeln."),
    ] {
        let issuance = Issuance { rules_are_all: all, ..issuance(listed) };
        for (tag, told) in [("en", english), ("de", german)] {
            assert!(said(tag, &issuance).contains(told), "{told}");
        }
    }
}

#[test]
fn nothing_is_promised_that_the_backend_does_not_keep_and_the_customer_is_told_in_one_sentence() {
    let steps = |gaps: &[Gap], password| {
        let issuance = Issuance { gaps: gaps.to_vec(), ..issuance(Policy::default()) };
        Localization::english().next_steps(&issuance, password)
    };
    let kept = steps(&[], PasswordIs::Shown);
    assert!(kept.iter().any(|step| step == "Until then old passwords and e-mail resets do not work."), "{kept:?}");
    assert!(kept[0].starts_with("Note it") && !kept.iter().any(|step| step.starts_with("Tell the customer")));
    let gaps = [Gap::StampNamesNoAuthor, Gap::SelfServiceWhilePending, Gap::OpenFormOutlives];
    let open = steps(&gaps, PasswordIs::Gone);
    assert!(open.iter().any(|step| step == "Until then the old password does not work."), "{open:?}");
    let told: Vec<&String> = open.iter().filter(|step| step.starts_with("Tell the customer: ")).collect();
    assert!(matches!(told[..], [one] if one.contains("by e-mail") && one.contains("sign-in page")), "{open:?}");
    assert!(open[0].starts_with("The password is no longer on the screen"), "{open:?}");
    assert!(!open.iter().any(|step| step.contains("(L")), "no numbers of promises: {open:?}");
}

#[test]
fn every_gap_that_concerns_the_customer_is_told_in_every_language() {
    for tag in LANGUAGES {
        let told = every_gap().into_iter().filter_map(|gap| localization(tag).for_the_customer(&[gap])).count();
        assert_eq!(told, 5, "{tag}");
        let all = localization(tag).for_the_customer(&every_gap()).unwrap();
        assert_eq!(all.matches("; ").count(), 4, "{tag}: {all}");
        assert_eq!(localization(tag).for_the_customer(&[Gap::NotProved]), None);
    }
}

#[test]
fn a_directory_has_no_page_and_sessions_that_are_left_are_named() {
    let in_directory = Issuance {
        change_screen: ChangeScreen::AnyProgram,
        rules_are_all: false,
        gaps: vec![Gap::NoSelfService],
        ..issuance(Policy::default())
    };
    let told = said("en", &in_directory);
    for words in ["Update Password", "e-mail resets", "sign-in page", "sign-in screen"] {
        assert!(!told.contains(words), "{words}: {told}");
    }
    assert!(told.contains("confirm it, and are in") && told.contains("where they sign in"), "{told}");
    let told = said("de", &in_directory);
    for words in ["Update Password", "Anmeldeseite", "per E-Mail gesperrt"] {
        assert!(!told.contains(words), "{words}: {told}");
    }
    let left = |count| Issuance { sessions_ended: SessionsEnded::AllBut(count), ..issuance(Policy::default()) };
    assert!(said("en", &left(2)).contains("2 of their sessions could not be ended, and go on: have an administrator end them, and the customer sign out everywhere."));
    assert!(said("en", &left(1)).contains("One of their sessions could not be ended, and goes on:"));
    assert!(said("de", &left(2)).contains("2 Sitzungen ließen sich nicht beenden"));
}

#[test]
fn a_password_that_is_not_proved_is_warned_of_first() {
    let word = || "the user is disabled, data 533".to_owned();
    for (tag, restricted, not_tried) in
        [("en", "Not proved: ", "Not tried by a sign-in: "), ("de", "Nicht bestätigt: ", "Nicht durch eine Anmeldung ")]
    {
        for (proof, begin) in [(Proof::Restricted(word()), restricted), (Proof::NotTried(word()), not_tried)] {
            let issuance = Issuance { proof, ..issuance(Policy::default()) };
            let steps = localization(tag).next_steps(&issuance, PasswordIs::Shown);
            assert!(steps[0].starts_with(begin) && steps[0].contains(&word()), "{steps:?}");
        }
        assert_eq!(localization(tag).proof_warning(&Proof::Proved), None);
    }
}

#[test]
fn the_german_script_reads_like_this() {
    let issuance = issuance(Policy::new([Rule::MinLength(12), Rule::Upper(1), Rule::History(3)]));
    assert_eq!(
        localization("de").next_steps(&issuance, PasswordIs::Shown),
        [
            "Notieren Sie es, solange Sie es sehen: Es wird nicht noch einmal angezeigt.",
            "Es wird nicht per E-Mail verschickt: Geben Sie es selbst weiter.",
            "Auf der ersten Anmeldeseite ist es genau so einzugeben; auf Großbuchstaben und Bindestriche kommt es an.",
            "Danach wählt die Kundin oder der Kunde ein eigenes Passwort, das Sie nicht erfahren dürfen. Die Regeln: \
             mindestens 12 Zeichen; mindestens ein Großbuchstabe; darf keines der letzten 3 Passwörter sein.",
            "Mit einem Klick auf „Update Password“ ist die Anmeldung abgeschlossen.",
            "Bis dahin sind alte Passwörter und das Zurücksetzen per E-Mail gesperrt.",
            "Geht es verloren, stellen Sie ein neues aus: Nur das neueste funktioniert.",
        ]
    );
}
