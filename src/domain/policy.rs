//! The password policy: rules that can be put in words, checked, and generated for.

use std::collections::BTreeSet;

use super::pattern::Pattern;

/// A policy as far as it could be read from the backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyRead {
    /// The live policy.
    Read(Policy),
    /// The rules that can be evaluated, and why the others cannot, in words.
    InPart(Policy, String),
    /// No rule can be read or evaluated: why, in words.
    Unreadable(String),
}

impl PolicyRead {
    /// Returns the policy to generate for: the live one, with the strictest usual rules if it is not known in full.
    pub fn to_generate_for(&self) -> Policy {
        if self.is_whole() { self.known() } else { self.known().guessed() }
    }

    /// Returns the rules that are known.
    pub fn known(&self) -> Policy {
        match self {
            Self::Read(policy) | Self::InPart(policy, _) => policy.clone(),
            Self::Unreadable(_) => Policy::default(),
        }
    }

    /// Whether all rules of the policy are known.
    pub const fn is_whole(&self) -> bool {
        matches!(self, Self::Read(_))
    }

    /// Returns the rules that are known, in English words.
    pub fn describe(&self) -> Vec<String> {
        self.known().describe()
    }
}

/// The rules that a password must keep.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    rules: BTreeSet<Rule>,
}

/// One rule. Lengths and counts are in characters (Unicode scalar values).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// At least this many characters.
    MinLength(usize),
    /// At most this many characters.
    MaxLength(usize),
    /// At least this many capital letters.
    Upper(usize),
    /// At least this many small letters.
    Lower(usize),
    /// At least this many digits.
    Digits(usize),
    /// At least this many characters that are neither letters nor digits.
    Special(usize),
    /// Not the username, nor a text that contains it, in any case.
    NotContainsUsername,
    /// Not the e-mail address or the part before its @ (from three characters on), nor a text that contains it, in any case.
    NotContainsEmail,
    /// Not the username itself, in any case.
    NotUsername,
    /// Not the e-mail address itself, in any case.
    NotEmail,
    /// Not a password on the backend's list of well-known ones.
    NotWellKnown,
    /// Not any of this many last passwords.
    History(usize),
    /// The whole password matches this pattern.
    Pattern(Pattern),
    /// A pattern that a refusal mentioned, but did not show.
    HiddenPattern,
}

/// The names of the password's owner, for the rules that compare with them.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// The name to sign in with.
    pub username: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
}

/// The length, in characters, and the count of each class in the strictest usual policy.
const USUAL_LENGTH: usize = 16;
const USUAL_CLASSES: usize = 2;

/// The length, in characters, and the count of each class in a raised policy.
const RAISED_LENGTH: usize = 24;
const RAISED_CLASSES: usize = 4;

/// Below this many characters the part of an address before its @ is too common to forbid.
const LOCAL_PART_FROM: usize = 3;

impl About {
    /// Returns the texts, in small letters, that the rule forbids inside a password.
    pub(super) fn forbidden(&self, rule: &Rule) -> Vec<String> {
        let texts = match rule {
            Rule::NotContainsUsername => vec![self.username.as_deref()],
            Rule::NotContainsEmail => {
                let local = self.email.as_deref().and_then(|email| email.split_once('@')).map(|(local, _)| local);
                vec![self.email.as_deref(), local.filter(|local| local.chars().count() >= LOCAL_PART_FROM)]
            }
            _ => Vec::new(),
        };
        texts.into_iter().flatten().filter(|text| !text.is_empty()).map(str::to_lowercase).collect()
    }
}

impl Rule {
    /// Whether the password breaks this rule. Only the backend can judge history, lists, and patterns that take too
    /// long to match: here they are never broken.
    pub fn is_broken_by(&self, password: &str, about: &About) -> bool {
        let is = |text: &Option<String>| text.as_ref().is_some_and(|text| text.eq_ignore_ascii_case(password));
        let count = |is: fn(char) -> bool| password.chars().filter(|character| is(*character)).count();
        match self {
            Self::MinLength(least) => count(|_| true) < *least,
            Self::MaxLength(most) => count(|_| true) > *most,
            Self::Upper(least) => count(char::is_uppercase) < *least,
            Self::Lower(least) => count(char::is_lowercase) < *least,
            Self::Digits(least) => count(char::is_numeric) < *least,
            Self::Special(least) => count(|character| !character.is_alphanumeric()) < *least,
            Self::NotContainsUsername | Self::NotContainsEmail => {
                let forbidden = about.forbidden(self);
                !forbidden.is_empty() && {
                    let password = zeroize::Zeroizing::new(password.to_lowercase());
                    forbidden.iter().any(|text| password.contains(text.as_str()))
                }
            }
            Self::NotUsername => is(&about.username),
            Self::NotEmail => is(&about.email),
            Self::Pattern(pattern) => pattern.matches(password) == Some(false),
            Self::NotWellKnown | Self::History(_) | Self::HiddenPattern => false,
        }
    }

    /// Whether the rule says how a password has to look, so that the next password can keep it.
    pub(super) const fn says_how(&self) -> bool {
        !matches!(self, Self::NotWellKnown | Self::History(_) | Self::HiddenPattern)
    }

    /// Returns the rule in English words. What a customer hears goes through the texts, in a language.
    pub fn describe(&self) -> String {
        let many = |count: usize, one: &str, more: &str| {
            if count == 1 { format!("at least one {one}") } else { format!("at least {count} {more}") }
        };
        match self {
            Self::MinLength(least) => many(*least, "character", "characters"),
            Self::MaxLength(1) => "at most one character".to_owned(),
            Self::MaxLength(most) => format!("at most {most} characters"),
            Self::Upper(least) => many(*least, "capital letter", "capital letters"),
            Self::Lower(least) => many(*least, "small letter", "small letters"),
            Self::Digits(least) => many(*least, "digit", "digits"),
            Self::Special(least) => {
                many(*least, "special character (such as - ! ?)", "special characters (such as - ! ?)")
            }
            Self::NotContainsUsername => "must not contain the username".to_owned(),
            Self::NotContainsEmail => "must not contain the e-mail address".to_owned(),
            Self::NotUsername => "must not be the username".to_owned(),
            Self::NotEmail => "must not be the e-mail address".to_owned(),
            Self::NotWellKnown => "must not be a well-known password".to_owned(),
            Self::History(1) => "must not be the last password again".to_owned(),
            Self::History(last) => format!("must not be one of the last {last} passwords"),
            Self::Pattern(pattern) => format!("must match the pattern {}", pattern.as_str()),
            Self::HiddenPattern => "must match a pattern that the server does not name".to_owned(),
        }
    }

    /// Returns the rule's name for scripts (`broken[]` in `tellonce.practice-sign-in/v1`).
    pub const fn name(&self) -> &'static str {
        match self {
            Self::MinLength(_) => "min_length",
            Self::MaxLength(_) => "max_length",
            Self::Upper(_) => "upper",
            Self::Lower(_) => "lower",
            Self::Digits(_) => "digits",
            Self::Special(_) => "special",
            Self::NotContainsUsername => "not_contains_username",
            Self::NotContainsEmail => "not_contains_email",
            Self::NotUsername => "not_username",
            Self::NotEmail => "not_email",
            Self::NotWellKnown => "not_well_known",
            Self::History(_) => "history",
            Self::Pattern(_) => "pattern",
            Self::HiddenPattern => "hidden_pattern",
        }
    }
}

impl Policy {
    /// Makes a policy of these rules.
    pub fn new(rules: impl IntoIterator<Item = Rule>) -> Self {
        Self { rules: rules.into_iter().collect() }
    }

    /// Makes a policy for one that cannot be read, whose passwords nearly every policy accepts: 16 characters, two of
    /// each class, no names.
    pub fn strictest_usual() -> Self {
        Self::default().guessed()
    }

    /// Adds the strictest usual rules to a policy that is not known in full: 16 characters, two of each class, no
    /// names. If its largest length leaves no room for them, adds one of each class and no names.
    #[must_use]
    pub fn guessed(self) -> Self {
        let longest = self.longest();
        let has_room = longest.is_none_or(|most| most >= USUAL_LENGTH);
        let each = if has_room { USUAL_CLASSES } else { 1 };
        let length = has_room.then_some(Rule::MinLength(USUAL_LENGTH));
        self.with(length).with([
            Rule::Upper(each),
            Rule::Lower(each),
            Rule::Digits(each),
            Rule::Special(each),
            Rule::NotContainsUsername,
            Rule::NotContainsEmail,
        ])
    }

    /// Returns the rules, in the order in which they are shown.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> + '_ {
        self.rules.iter()
    }

    /// Returns the rules in English words.
    pub fn describe(&self) -> Vec<String> {
        self.rules().map(Rule::describe).collect()
    }

    /// Returns the rules that the password breaks. Only the backend judges the history.
    pub fn broken_by(&self, password: &str, about: &About) -> Vec<Rule> {
        self.rules().filter(|rule| rule.is_broken_by(password, about)).cloned().collect()
    }

    /// Whether the password breaks none of the rules.
    pub fn is_kept_by(&self, password: &str, about: &About) -> bool {
        !self.rules().any(|rule| rule.is_broken_by(password, about))
    }

    /// Adds further rules, such as those that a refusal named.
    #[must_use]
    pub fn with(mut self, rules: impl IntoIterator<Item = Rule>) -> Self {
        self.rules.extend(rules);
        self
    }

    /// Raises the length, and the count of each class to the highest that a refusal named. A hidden policy that was
    /// broken twice is stricter than the usual ones, and a server that names one breach at a time may hide more.
    #[must_use]
    pub fn raised(self) -> Self {
        let counts = |rule: &Rule| match rule {
            Rule::Upper(least) | Rule::Lower(least) | Rule::Digits(least) | Rule::Special(least) => Some(*least),
            _ => None,
        };
        let each = self.most(counts).unwrap_or(0).max(RAISED_CLASSES);
        self.with([
            Rule::MinLength(RAISED_LENGTH),
            Rule::Upper(each),
            Rule::Lower(each),
            Rule::Digits(each),
            Rule::Special(each),
        ])
    }

    /// Returns the largest of the numbers that `pick` finds; `None` if it finds none.
    pub(super) fn most(&self, pick: impl Fn(&Rule) -> Option<usize>) -> Option<usize> {
        self.rules().filter_map(pick).max()
    }

    /// Returns the most characters that the policy allows; `None` if it does not say.
    pub fn longest(&self) -> Option<usize> {
        self.rules().filter_map(|rule| if let Rule::MaxLength(most) = rule { Some(*most) } else { None }).min()
    }

    /// Returns the patterns that the whole password has to match.
    pub(super) fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        self.rules().filter_map(|rule| if let Rule::Pattern(pattern) = rule { Some(pattern) } else { None })
    }
}

#[cfg(test)]
mod tests;
