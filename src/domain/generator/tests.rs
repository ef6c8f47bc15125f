use std::collections::BTreeSet;

use proptest::prelude::*;

use super::layout::LONGEST;
use super::*;
use crate::domain::{Pattern, Rule};

/// A small deterministic source (xorshift), so that a failing case can be replayed.
struct Replayed(u64);

impl RandomSource for Replayed {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
        for byte in bytes {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            *byte = self.0.to_le_bytes()[3];
        }
        Ok(())
    }
}

struct Broken;

impl RandomSource for Broken {
    fn fill(&mut self, _: &mut [u8]) -> Result<()> {
        Err(Error::bug("no random bytes"))
    }
}

fn practice_policy() -> Policy {
    Policy::new([
        Rule::MinLength(12),
        Rule::Upper(1),
        Rule::Lower(1),
        Rule::Digits(1),
        Rule::Special(1),
        Rule::NotContainsUsername,
        Rule::NotContainsEmail,
        Rule::History(3),
    ])
}

fn made(policy: &Policy, about: &About, seed: u64) -> Result<String> {
    Ok(generate(policy, about, &mut Replayed(seed | 1))?.characters().to_owned())
}

#[test]
fn the_usual_policy_gets_three_groups_of_four() -> Result<()> {
    let password = made(&practice_policy(), &About::default(), 7)?;
    assert_eq!(password.split('-').map(str::len).collect::<Vec<_>>(), [4, 4, 4]);
    Ok(())
}

#[test]
fn no_policy_at_all_still_gets_64_bits() {
    let needs = Needs::of(&Policy::default());
    let bits = layout(&Style::all().collect::<Vec<_>>(), &Policy::default(), &About::default())
        .map(|layout| needs.bits(&layout));
    assert!(bits >= Some(LEAST_BITS + SPARE_BITS), "{bits:?}");
}

#[test]
fn the_count_of_possible_passwords_is_exact() {
    // Two characters, one capital and one small letter: 21 * 20, in either order.
    let needs = Needs { min_length: 0, max_length: 99, upper: 1, lower: 1, digits: 0, special: 0 };
    let bits = needs.bits(&Layout { style: Style::Grouped, drawn: 2 });
    assert!((bits.exp2() - 840.0).abs() < 1e-6, "{}", bits.exp2());
}

#[test]
fn a_short_maximum_drops_the_groups_and_not_the_entropy() -> Result<()> {
    let policy = Policy::new([Rule::MinLength(8), Rule::MaxLength(12), Rule::Special(2), Rule::Digits(1)]);
    let password = made(&policy, &About::default(), 3)?;
    assert_eq!(password.len(), 12);
    assert!(policy.broken_by(&password, &About::default()).is_empty());
    Ok(())
}

#[test]
fn a_policy_that_leaves_too_little_to_chance_is_refused() {
    for policy in [
        Policy::new([Rule::MaxLength(8)]),
        Policy::new([Rule::MinLength(40), Rule::MaxLength(20)]),
        Policy::new([Rule::MinLength(LONGEST + 1)]),
        Policy::new([Rule::Digits(LONGEST + 1)]),
    ] {
        let refused = made(&policy, &About::default(), 1).err().map(|failure| (failure.kind, failure.reason));
        assert_eq!(refused, Some((crate::domain::Kind::Refused, Reason::Policy)), "{policy:?}");
    }
}

#[test]
fn a_username_of_one_letter_can_be_avoided() -> Result<()> {
    let about = About { username: Some("A".into()), email: None };
    for seed in 1..200 {
        assert!(!made(&practice_policy(), &about, seed)?.to_lowercase().contains('a'));
    }
    Ok(())
}

#[test]
fn a_random_source_that_fails_is_reported() {
    let failed = generate(&practice_policy(), &About::default(), &mut Broken).err().map(|failure| failure.kind);
    assert_eq!(failed, Some(crate::domain::Kind::Bug));
}

#[test]
fn every_number_below_the_bound_is_equally_likely() -> Result<()> {
    /// Every byte in turn: each number must then come up exactly as often as every other.
    struct EveryByte(u8);
    impl RandomSource for EveryByte {
        fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
            bytes[0] = self.0;
            self.0 = self.0.wrapping_add(1);
            Ok(())
        }
    }
    for bound in [1, 3, 37, 46, 100, 255, 256] {
        let mut counts = vec![0; bound];
        let mut source = EveryByte(0);
        for _ in 0..256 - 256 % bound {
            counts[below(bound, &mut source)?] += 1;
        }
        let different: BTreeSet<_> = counts.iter().collect();
        assert_eq!(different.len(), 1, "{bound}: {counts:?}");
    }
    Ok(())
}

prop_compose! {
    fn policies()(min in 0_usize..40, spare in 0_usize..60, upper in 0_usize..4, lower in 0_usize..4, digits in 0_usize..4, special in 0_usize..4) -> Policy {
        Policy::new([
            Rule::MinLength(min), Rule::MaxLength(min.max(16) + spare), Rule::Upper(upper), Rule::Lower(lower),
            Rule::Digits(digits), Rule::Special(special), Rule::NotContainsUsername, Rule::NotContainsEmail,
        ])
    }
}

proptest! {
    #[test]
    fn what_is_made_meets_the_policy_and_the_rules_of_the_house(policy in policies(), seed in 1_u64.., username in "[a-z]{2,8}") {
        let about = About { username: Some(username.clone()), email: Some(format!("{username}@example.com")) };
        let password = made(&policy, &about, seed).map_err(|failure| TestCaseError::fail(failure.message))?;
        prop_assert_eq!(policy.broken_by(&password, &about), vec![]);
        prop_assert!(has_both_cases(&password) && starts_safely(&password));
        prop_assert!(!password.contains(['0', 'O', '1', 'l', 'I', '5', 'S', '2', 'Z', '8', 'B', ' ']));
        prop_assert!(password.is_ascii());
    }
}

fn patterned(patterns: &[&str]) -> Policy {
    Policy::new(
        patterns
            .iter()
            .map(|text| Rule::Pattern(Pattern::from_java(text).unwrap_or_else(|why| unreachable!("{text}: {why}")))),
    )
}

#[test]
fn a_pattern_is_met_in_the_first_style_that_it_takes() -> Result<()> {
    let shape = |password: &str| -> String {
        let kind = |letter: char| match letter {
            letter if letter.is_ascii_alphanumeric() => 'a',
            other => other,
        };
        let kinds: BTreeSet<char> = password.chars().map(kind).collect();
        kinds.into_iter().collect()
    };
    for (pattern, shapes, longest) in [
        (
            r"^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[@$!%*?&])[A-Za-z\d@$!%*?&]{8,}$",
            &["!a", "$a", "@a", "!$a", "!@a", "$@a", "!$@a"][..],
            14,
        ),
        (r"^[A-Za-z0-9]{12,}$", &["a"], 12),
        (r"^.{8,12}$", &["a"], 12),
        (r"^[A-Za-z0-9]{20,}$", &["a"], 20),
        (r"^[\w.]+$", &["a"], 13),
        (r"^[^ ]+$", &["-a"], 14),
        (r"^(?=.*#)[\w#]{10,}$", &["#a", "#_a"], 20),
        (r"^(?=.*~)[\w~]{10,}$", &["a~"], 16),
        (r"^(?=(?:.*\d){3}).*[^0-9]$", &["-a"], 24),
        (r"^(?!.*(.)\1).{16,}$", &["-a"], 24),
        (r"^[A-Z].*[0-9]$", &["-a"], 24),
        (r"^[0-9a-fA-F]{16,}$", &["a"], 24),
        (r"^(?=.*[0O1l]).{8,}$", &["a"], 14),
        (r"^.{50,}$", &["-a"], 64),
    ] {
        let policy = patterned(&[pattern]);
        for seed in 1..20 {
            let password = made(&policy, &About::default(), seed)?;
            assert!(policy.is_kept_by(&password, &About::default()), "{pattern}: {password}");
            assert!(shapes.contains(&shape(&password).as_str()), "{pattern}: {password}");
            assert!(password.len() <= longest, "{pattern}: {password}");
        }
    }
    Ok(())
}

#[test]
fn several_patterns_and_rules_are_met_together() -> Result<()> {
    let policy = patterned(&[r"^[^\s-]+$", r"^.*[!@$].*$", r"^.{14,20}$"]).with([
        Rule::Digits(2),
        Rule::Upper(2),
        Rule::NotContainsUsername,
    ]);
    let about = About { username: Some("ada".into()), email: None };
    for seed in 1..50 {
        let password = made(&policy, &about, seed)?;
        assert_eq!(policy.broken_by(&password, &about), []);
        assert!((14..=20).contains(&password.len()));
    }
    Ok(())
}

#[test]
fn a_pattern_that_leaves_too_little_to_chance_is_refused_and_named() {
    for pattern in [r"^\d{6}$", r"^Welcome-[0-9]{4}$", r"^[a-z]+$", r"^.{8}$", r"^[A-Z][a-z]{11}$", r"^(?!.*)$"] {
        let refused = made(&patterned(&[pattern]), &About::default(), 1).err();
        let refused = refused.unwrap_or_else(|| unreachable!("{pattern} is met"));
        assert_eq!((refused.kind, refused.reason), (crate::domain::Kind::Refused, Reason::Policy));
        assert!(refused.message.contains(&format!("must match the pattern {pattern}")), "{}", refused.message);
    }
}

#[test]
fn what_a_pattern_takes_away_from_chance_is_counted() -> Result<()> {
    // One in about nine passwords ends with a digit: three bits more are drawn.
    let policy = patterned(&[r"^[A-Za-z0-9]*[0-9]$"]);
    let needs = Needs::of(&policy);
    let password = made(&policy, &About::default(), 9)?;
    let plain = Layout { style: Style::Plain, drawn: password.len() };
    assert!(needs.bits(&plain) + (5.0_f64 / 46.0).log2() >= LEAST_BITS, "{password}");
    assert!(password.len() > 12, "{password}");
    Ok(())
}

/// Patterns as realms have them, put together from look-aheads, a set and a length.
fn realm_patterns() -> impl Strategy<Value = String> {
    let ahead = prop::sample::subsequence(
        vec![r"(?=.*[a-z])", r"(?=.*[A-Z])", r"(?=.*\d)", r"(?=.*\d.*\d)", r"(?!.*\s)", r"(?!.*(.)\1\1)"],
        0..=6,
    );
    let set = prop::sample::select(vec![
        r"[A-Za-z0-9]",
        r".",
        r"\S",
        r"[\w-]",
        r"[A-Za-z\d@$!%*?&]",
        r"[\p{Alnum}\p{Punct}]",
        r"[!-~]",
        r"[^ \-]",
    ]);
    (ahead, set, 0_usize..24).prop_map(|(ahead, set, least)| format!("^{}{set}{{{least},}}$", ahead.concat()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn what_is_made_meets_the_patterns_and_the_rules_of_the_house(
        pattern in realm_patterns(), policy in policies(), seed in 1_u64.., username in "[a-z]{3,8}"
    ) {
        let policy = policy.with(patterned(&[&pattern]).rules().cloned());
        let about = About { username: Some(username), email: None };
        match made(&policy, &about, seed) {
            Ok(password) => {
                prop_assert_eq!(policy.broken_by(&password, &about), vec![]);
                prop_assert!(has_both_cases(&password) && starts_safely(&password) && password.is_ascii());
                prop_assert!(password.len() >= 11);
            }
            Err(failure) => prop_assert!(failure.message.contains("pattern"), "{}", failure.message),
        }
    }
}

#[test]
fn probing_stops_when_its_budget_is_used_up() {
    let layout = Layout { style: Style::Plain, drawn: 20 };
    let (policy, about, mut budget) = (patterned(&["^no$"]), About::default(), 10);
    let letters = alphabet(Style::Plain, &policy, &about);
    assert_eq!(probe::lost_bits(&layout, &letters, &policy, &about, &mut budget), None);
    assert_eq!(budget, 0);
}
