//! The candidate passwords for a policy that may ask for more than it says: tried one after the other.

use std::collections::BTreeSet;

use super::error::{Error, Reason, Result};
use super::generator::{Style, generate, generate_in};
use super::policy::{About, Policy, PolicyRead, Rule};
use super::ports::RandomSource;
use super::temporary_password::TemporaryPassword;

/// The most passwords to try. A refusal for policy changes nothing.
const MOST: usize = 14;
/// After this many refusals that named a new rule, the guess at the hidden rules is raised.
const NAMED_BEFORE_RAISING: usize = 2;

/// The variants to try after a refusal that names no new rule: style, least length, and least count of each class.
const VARIANTS: [(Style, usize, usize); 10] = [
    (Style::Plain, 12, 1),
    (Style::Marked, 12, 1),
    (Style::Plain, 20, 2),
    (Style::Marked, 20, 2),
    (Style::Dense, 16, 2),
    (Style::Grouped, 24, 4),
    (Style::With(b'@'), 12, 1),
    (Style::With(b'#'), 12, 1),
    (Style::With(b'!'), 12, 1),
    (Style::With(b'_'), 12, 1),
];

/// The candidate passwords for one user.
pub(crate) struct Candidates {
    policy: PolicyRead,
    about: About,
    /// The rules that refusals named.
    learned: BTreeSet<Rule>,
    refusals: usize,
    /// The number of refusals that named a new rule.
    rule_refusals: usize,
    /// How many of [`VARIANTS`] were begun; 0 stands for the usual password.
    variant: usize,
}

impl Candidates {
    /// Prepares the candidates for this user under this policy.
    pub(crate) fn new(policy: &PolicyRead, about: About) -> Self {
        let policy = policy.clone();
        Self { policy, about, learned: BTreeSet::new(), refusals: 0, rule_refusals: 0, variant: 0 }
    }

    /// Makes the next password.
    ///
    /// # Errors
    /// Exit 7, `policy`: what is known of the policy cannot be met. Exit 1: the random source failed.
    pub(crate) fn make(&mut self, random: &mut dyn RandomSource) -> Result<TemporaryPassword> {
        let known = self.known();
        while self.variant > 0 {
            let Some((style, length, each)) = VARIANTS.get(self.variant - 1) else { break };
            if let Ok(password) = generate_in(&[*style], &varied(&known, *style, *length, *each), &self.about, random) {
                return Ok(password);
            }
            self.variant += 1;
        }
        if !self.policy.is_whole() {
            let guessed = known.clone().guessed();
            let raised = (self.rule_refusals >= NAMED_BEFORE_RAISING).then(|| guessed.clone().raised());
            for policy in raised.into_iter().chain([guessed]) {
                if let Ok(password) = generate(&policy, &self.about, random) {
                    return Ok(password);
                }
            }
        }
        generate(&known, &self.about, random)
    }

    /// Takes a refusal for these rules into account.
    ///
    /// # Errors
    /// Exit 7, `policy`: no further candidate is left.
    pub(crate) fn refused(&mut self, rules: impl IntoIterator<Item = Rule>) -> Result<()> {
        self.refusals += 1;
        let known: BTreeSet<Rule> = self.known().rules().cloned().collect();
        let mut is_news = false;
        for rule in rules {
            is_news |= rule.says_how() && !known.contains(&rule);
            self.learned.insert(rule);
        }
        if is_news {
            self.rule_refusals += 1;
        } else {
            self.variant += 1;
        }
        if self.refusals < MOST && self.variant <= VARIANTS.len() { Ok(()) } else { Err(self.exhausted()) }
    }

    /// Returns the rules that refusals named, without a hidden pattern that the policy shows.
    pub(crate) fn learned(self) -> BTreeSet<Rule> {
        let mut learned = self.learned;
        if self.policy.known().patterns().next().is_some() {
            learned.remove(&Rule::HiddenPattern);
        }
        learned
    }

    /// Returns the rules that are known by now.
    fn known(&self) -> Policy {
        self.policy.known().with(self.learned.iter().cloned())
    }

    fn exhausted(&self) -> Error {
        let mut refused_for = self.learned.clone();
        let known = self.policy.known();
        let patterns: Vec<Rule> = known.patterns().cloned().map(Rule::Pattern).collect();
        if !patterns.is_empty() && refused_for.remove(&Rule::HiddenPattern) {
            refused_for.extend(patterns);
        }
        let mut words = Policy::new(refused_for).describe();
        if words.is_empty() {
            words.push("it names no rule".to_owned());
        }
        if let PolicyRead::InPart(_, why) = &self.policy {
            words.push(why.clone());
        }
        Error::refused(
            Reason::Policy,
            format!("The backend refused {} temporary passwords for its policy: {}.", self.refusals, words.join("; ")),
        )
        .hint("Nothing was changed. Ask the backend's administrator for the policy, or for the right to read it: `tellonce doctor` names it.")
    }
}

/// Adds the rules of a variant to the known rules.
fn varied(known: &Policy, style: Style, length: usize, each: usize) -> Policy {
    let length = known.longest().map_or(length, |longest| length.min(longest));
    let special = style.has_special().then_some(Rule::Special(each));
    known
        .clone()
        .with([Rule::MinLength(length), Rule::Upper(each), Rule::Lower(each), Rule::Digits(each)])
        .with(special)
        .with([Rule::NotContainsUsername, Rule::NotContainsEmail])
}

#[cfg(test)]
mod tests;
