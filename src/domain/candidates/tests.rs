#![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

use super::*;
use crate::domain::{Changed, Kind, Pattern};

/// Other numbers each time it is asked for, and the same in each run of the tests.
struct Replayed(u64);

impl RandomSource for Replayed {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
        for byte in bytes {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *byte = self.0.to_le_bytes()[7];
        }
        Ok(())
    }
}

fn pattern(text: &str) -> Rule {
    Rule::Pattern(Pattern::from_java(text).unwrap())
}

/// Tries passwords against a server that names what `names` makes of a broken rule; the one it takes, and how many it took.
fn tried(read: &PolicyRead, server: &Policy, names: impl Fn(&Rule) -> Vec<Rule>) -> Result<(String, usize)> {
    tried_from(1, read, server, names)
}

fn tried_from(
    seed: u64,
    read: &PolicyRead,
    server: &Policy,
    names: impl Fn(&Rule) -> Vec<Rule>,
) -> Result<(String, usize)> {
    let mut random = Replayed(seed);
    let mut candidates = Candidates::new(read, About::default());
    for count in 1.. {
        let password = candidates.make(&mut random)?.characters().to_owned();
        match server.broken_by(&password, &About::default()).first() {
            None => return Ok((password, count)),
            Some(broken) => candidates.refused(names(broken))?,
        }
    }
    unreachable!("it ends with a refusal")
}

fn as_keycloak_does(broken: &Rule) -> Vec<Rule> {
    vec![if matches!(broken, Rule::Pattern(_)) { Rule::HiddenPattern } else { broken.clone() }]
}

#[test]
fn a_hidden_pattern_is_met_by_trying_in_other_styles() {
    let hidden = PolicyRead::Unreadable("no right".to_owned());
    for text in [
        r"^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[@$!%*?&])[A-Za-z\d@$!%*?&]{8,}$",
        r"^[A-Za-z0-9]{12,}$",
        r"^[A-Za-z0-9]{16,}$",
        r"^.{8,12}$",
        r"^(?=.*[!@#$%^&*])[A-Za-z0-9!@#$%^&*]{14,}$",
        r"^(?=.*[!#%*?_])\S{12,18}$",
        r"^[^!@$]{24,}$",
        r"^(?=.*[@#&])[A-Za-z0-9@#&]{10,}$",
        r"^(?=.*[!?.])[A-Za-z0-9!?.]{10,}$",
        r"^(?=.*_)\w{10,}$",
    ] {
        for seed in 0..20 {
            let server = Policy::new([pattern(text)]);
            let (password, count) = tried_from(seed, &hidden, &server, as_keycloak_does).unwrap();
            assert!(count <= MOST, "{text}: {password} after {count}");
        }
    }
}

#[test]
fn a_hidden_pattern_beside_rules_that_are_named_is_met() {
    let hidden = PolicyRead::Unreadable("no right".to_owned());
    for server in [
        Policy::new([Rule::MaxLength(12), pattern("^[A-Za-z0-9]+$")]),
        Policy::new([Rule::MinLength(20), pattern("^[A-Za-z0-9]+$"), Rule::Digits(3)]),
        Policy::new([Rule::Special(2), pattern("^[^-]+$"), Rule::MaxLength(14)]),
        Policy::new([pattern("^[A-Za-z0-9@$!]+$"), Rule::Special(1), Rule::MinLength(18)]),
    ] {
        for seed in 0..20 {
            let (password, count) = tried_from(seed, &hidden, &server, as_keycloak_does).unwrap();
            assert!(count <= MOST, "{server:?}: {password} after {count}");
        }
    }
}

#[test]
fn a_readable_pattern_is_met_at_once_also_beside_one_that_is_not() {
    let alphanumeric = Policy::new([pattern("^[A-Za-z0-9]{12,}$"), Rule::MinLength(10)]);
    let (_, count) = tried(&PolicyRead::Read(alphanumeric.clone()), &alphanumeric, as_keycloak_does).unwrap();
    assert_eq!(count, 1);
    // The usual guess has special characters, which the known pattern does not take.
    let in_part = PolicyRead::InPart(alphanumeric.clone(), "and a rule that is not known here".to_owned());
    assert_eq!(tried(&in_part, &alphanumeric, as_keycloak_does).unwrap().1, 1);
}

#[test]
fn what_is_refused_again_and_again_is_named() {
    let hidden = PolicyRead::Unreadable("no right".to_owned());
    let failure = tried(&hidden, &Policy::new([pattern(r"^\d{6}$")]), as_keycloak_does).unwrap_err();
    assert_eq!((failure.kind, failure.reason, failure.changed), (Kind::Refused, Reason::Policy, Changed::No));
    assert!(failure.message.contains("must match a pattern that the server does not name"), "{}", failure.message);
    // The server reads a pattern otherwise than it is read here: the pattern is named.
    let read = PolicyRead::Read(Policy::new([pattern("^.{4,}$")]));
    let failure = tried(&read, &Policy::new([Rule::MaxLength(3)]), |_| vec![Rule::HiddenPattern]).unwrap_err();
    assert!(failure.message.contains("must match the pattern ^.{4,}$"), "{}", failure.message);
    let nothing = tried(&hidden, &Policy::new([Rule::MaxLength(3)]), |_| Vec::new()).unwrap_err();
    assert!(nothing.message.contains("it names no rule"), "{}", nothing.message);
    let impossible = tried(&PolicyRead::Read(Policy::new([pattern(r"^\d{6}$")])), &Policy::default(), as_keycloak_does);
    assert!(impossible.unwrap_err().message.contains(r"must match the pattern ^\d{6}$"));
}

#[test]
fn rules_that_refusals_named_are_reported_and_a_pattern_that_is_known_is_not_reported_twice() {
    let mut candidates = Candidates::new(&PolicyRead::Unreadable("no right".to_owned()), About::default());
    candidates.refused([Rule::Digits(3)]).unwrap();
    candidates.refused([Rule::HiddenPattern]).unwrap();
    assert_eq!(candidates.learned().into_iter().collect::<Vec<_>>(), [Rule::Digits(3), Rule::HiddenPattern]);
    let mut candidates = Candidates::new(&PolicyRead::Read(Policy::new([pattern("^.+$")])), About::default());
    candidates.refused([Rule::HiddenPattern]).unwrap();
    assert!(candidates.learned().is_empty());
}
