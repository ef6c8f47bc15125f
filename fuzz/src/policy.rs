#![no_main]
//! Whatever a policy asks, the generator meets it or says that it cannot; and no password breaks the rules' own words.
use libfuzzer_sys::fuzz_target;
use tellonce::domain::{About, Pattern, Policy, Rule, generate};
use tellonce::platform::SystemRandom;

fuzz_target!(|input: ([u8; 6], &str, &str, &str)| {
    let ([min, max, upper, lower, digits, special], username, email, pattern) = input;
    let [min, max, upper, lower, digits, special] =
        [min, max, upper % 16, lower % 16, digits % 16, special % 16].map(usize::from);
    let policy = Policy::new([
        Rule::MinLength(min),
        Rule::MaxLength(max),
        Rule::Upper(upper),
        Rule::Lower(lower),
        Rule::Digits(digits),
        Rule::Special(special),
        Rule::NotContainsUsername,
        Rule::NotContainsEmail,
    ]);
    let pattern = Pattern::from_java(pattern).ok().map(Rule::Pattern);
    let policy = policy.with(pattern);
    let about = About { username: Some(username.to_owned()), email: Some(email.to_owned()) };
    if let Ok(password) = generate(&policy, &about, &mut SystemRandom) {
        assert!(password.breaks(&policy, &about).is_empty());
    }
    let _ = policy.broken_by(username, &about);
});
