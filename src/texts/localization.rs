//! The words of one language: those of the agent's screen that a customer hears.

use std::sync::Arc;

use fluent_bundle::{FluentArgs, FluentValue};

use super::spec::TextSpec;
use super::specs::{
    GAP_NO_SELF_SERVICE, GAP_OPEN_FORM_OUTLIVES, GAP_SELF_SERVICE_WHILE_PENDING, GAP_SESSIONS_GO_ON,
    GAP_TEMPORARY_MAY_BE_KEPT, PROOF_NOT_TRIED, PROOF_RESTRICTED, RULE_DIGITS, RULE_HIDDEN_PATTERN, RULE_HISTORY,
    RULE_LOWER, RULE_MAX_LENGTH, RULE_MIN_LENGTH, RULE_NOT_CONTAINS_EMAIL, RULE_NOT_CONTAINS_USERNAME, RULE_NOT_EMAIL,
    RULE_NOT_USERNAME, RULE_NOT_WELL_KNOWN, RULE_PATTERN, RULE_SPECIAL, RULE_UPPER, SCRIPT_TELL_CUSTOMER,
};
use super::store::Texts;
use crate::domain::{Error, Gap, Kind, Language, Policy, Proof, Reason, Result, Rule};

/// The texts in one language.
#[derive(Clone)]
pub struct Localization {
    texts: Arc<Texts>,
    language: Language,
}

impl Localization {
    /// Chooses a language.
    ///
    /// # Errors
    /// Exit 2, naming those that there are: there are no texts in it.
    pub fn new(texts: Arc<Texts>, language: Language) -> Result<Self> {
        if texts.has(&language) {
            return Ok(Self { texts, language });
        }
        let there_are: Vec<String> = texts.languages().iter().map(ToString::to_string).collect();
        let message = format!("There are no texts in the language \"{language}\".");
        Err(Error::new(Kind::Usage, Reason::Usage, message)
            .hint(format!("There are: {}. A profile adds others with `templates`.", there_are.join(", "))))
    }

    /// Returns the English texts that the binary holds.
    pub fn english() -> Self {
        Self { texts: Texts::built_in(), language: Language::english() }
    }

    /// Returns each rule in words, in the order in which they are shown.
    pub fn rules(&self, policy: &Policy) -> Vec<String> {
        policy.rules().map(|rule| self.rule(rule)).collect()
    }

    /// Returns a rule in words.
    pub fn rule(&self, rule: &Rule) -> String {
        match rule {
            Rule::MinLength(count) => self.count(&RULE_MIN_LENGTH, *count),
            Rule::MaxLength(count) => self.count(&RULE_MAX_LENGTH, *count),
            Rule::Upper(count) => self.count(&RULE_UPPER, *count),
            Rule::Lower(count) => self.count(&RULE_LOWER, *count),
            Rule::Digits(count) => self.count(&RULE_DIGITS, *count),
            Rule::Special(count) => self.count(&RULE_SPECIAL, *count),
            Rule::NotContainsUsername => self.plain(&RULE_NOT_CONTAINS_USERNAME),
            Rule::NotContainsEmail => self.plain(&RULE_NOT_CONTAINS_EMAIL),
            Rule::NotUsername => self.plain(&RULE_NOT_USERNAME),
            Rule::NotEmail => self.plain(&RULE_NOT_EMAIL),
            Rule::NotWellKnown => self.plain(&RULE_NOT_WELL_KNOWN),
            Rule::History(count) => self.count(&RULE_HISTORY, *count),
            Rule::Pattern(pattern) => self.with(&RULE_PATTERN, "pattern", pattern.as_str()),
            Rule::HiddenPattern => self.plain(&RULE_HIDDEN_PATTERN),
        }
    }

    /// Returns one sentence about the promises that the backend does not keep, for the customer.
    ///
    /// Returns `None` if no gap concerns the customer.
    pub fn for_the_customer(&self, gaps: &[Gap]) -> Option<String> {
        let notes: Vec<String> = gaps.iter().filter_map(|gap| gap_spec(*gap)).map(|spec| self.plain(spec)).collect();
        (!notes.is_empty()).then(|| self.with(&SCRIPT_TELL_CUSTOMER, "notes", &notes.join("; ")))
    }

    /// Returns what the agent has to know before they pass the password on; `None` if it is proved.
    ///
    /// The server's word for a restriction stays as it is.
    pub fn proof_warning(&self, proof: &Proof) -> Option<String> {
        match proof {
            Proof::Proved => None,
            Proof::Restricted(word) => Some(self.with(&PROOF_RESTRICTED, "word", word)),
            Proof::NotTried(why) => Some(self.with(&PROOF_NOT_TRIED, "why", why)),
        }
    }

    /// Returns a text without variables.
    pub(super) fn plain(&self, spec: &TextSpec) -> String {
        self.texts.text(&self.language, spec, &FluentArgs::new())
    }

    /// Returns a text with one variable.
    pub(super) fn with(&self, spec: &TextSpec, variable: &'static str, value: &str) -> String {
        self.with_all(spec, &[(variable, value)])
    }

    /// Returns a text with these variables.
    pub(super) fn with_all(&self, spec: &TextSpec, variables: &[(&'static str, &str)]) -> String {
        let arguments = variables.iter().map(|(name, value)| (*name, FluentValue::from(*value))).collect();
        self.texts.text(&self.language, spec, &arguments)
    }

    /// Returns a text with a number.
    pub(super) fn count(&self, spec: &TextSpec, count: impl Into<FluentValue<'static>>) -> String {
        let mut arguments = FluentArgs::new();
        arguments.set("count", count.into());
        self.texts.text(&self.language, spec, &arguments)
    }
}

/// Returns what the customer has to know about a gap; `None` if it does not concern them.
const fn gap_spec(gap: Gap) -> Option<&'static TextSpec> {
    match gap {
        Gap::TemporaryMayBeKept => Some(&GAP_TEMPORARY_MAY_BE_KEPT),
        Gap::SelfServiceWhilePending => Some(&GAP_SELF_SERVICE_WHILE_PENDING),
        Gap::SessionsGoOn => Some(&GAP_SESSIONS_GO_ON),
        Gap::OpenFormOutlives => Some(&GAP_OPEN_FORM_OUTLIVES),
        Gap::NoSelfService => Some(&GAP_NO_SELF_SERVICE),
        Gap::StampNamesNoAuthor
        | Gap::RulesNotListed
        | Gap::NeverRunsOut
        | Gap::WithdrawnReadsAsPending
        | Gap::NotProved
        | Gap::NotNotified
        | Gap::StampMovesOnEdits
        | Gap::AccessTokensOutlive => None,
    }
}
