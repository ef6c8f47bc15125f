//! Makes temporary passwords: uniform, at least 64 bits, to the live policy, and fit to be read over a telephone.

use zeroize::Zeroizing;

use super::error::{Answer, Failure, Reason};
use super::policy::{About, Policy, Rule};
use super::ports::RandomSource;
use super::temporary_password::TemporaryPassword;

/// Capital letters without the look-alikes O I S Z B.
const UPPER: &[u8] = b"ACDEFGHJKLMNPQRTUVWXY";
/// Small letters without the look-alikes l i o s z b.
const LOWER: &[u8] = b"acdefghjkmnpqrtuvwxy";
/// Digits without the look-alikes 0 1 5 2 8.
const DIGITS: &[u8] = b"34679";
/// Used only where a policy's maximum length leaves no room for groups.
const SYMBOLS: &[u8] = b"!#%*?_";
/// Joins the groups; part of the password, and its special character.
const DASH: u8 = b'-';
/// Letters between two dashes.
const GROUP: usize = 4;
/// Bits of entropy that every temporary password has at least.
const LEAST_BITS: f64 = 64.0;
/// Kept above the least, for what the rules about names take away.
const SPARE_BITS: f64 = 1.0;
/// No password is longer than this, whatever a policy asks.
const LONGEST: usize = 128;
/// With the classes counted into the length, a draw is refused rarely; this many refusals mean it cannot be met.
const DRAWS: usize = 10_000;

/// How the characters stand: `drawn` random ones, with dashes between groups or none at all.
struct Layout {
    drawn: usize,
    grouped: bool,
}

/// Makes a temporary password for this policy and this user.
///
/// Every password that fits is equally likely: whole candidates are drawn and refused, never mended.
///
/// # Errors
/// Exit 7, `policy`: no password of at least 64 bits meets the policy. Exit 1: the random source failed.
pub fn generate(policy: &Policy, about: &About, random: &mut dyn RandomSource) -> Answer<TemporaryPassword> {
    let cannot = || {
        Failure::refused(
            Reason::Policy,
            "The backend's password policy cannot be met by a temporary password of at least 64 bits.",
        )
        .hint("Ask the backend's administrator about the policy: `tellonce doctor` shows it.")
    };
    let needs = Needs::of(policy);
    let layout = needs.layout().ok_or_else(cannot)?;
    let alphabet = alphabet(layout.grouped, policy, about);
    for _ in 0..DRAWS {
        let candidate = draw(&layout, &alphabet, random)?;
        let fits =
            has_both_cases(&candidate) && starts_safely(&candidate) && policy.broken_by(&candidate, about).is_empty();
        if fits {
            return Ok(TemporaryPassword::take_over(candidate));
        }
    }
    Err(cannot())
}

/// What the policy asks of the random characters.
struct Needs {
    min_length: usize,
    max_length: usize,
    upper: usize,
    lower: usize,
    digits: usize,
    special: usize,
}

impl Needs {
    fn of(policy: &Policy) -> Self {
        let most = |pick: fn(Rule) -> Option<usize>| policy.most(pick).unwrap_or(0);
        Self {
            min_length: most(|rule| if let Rule::MinLength(least) = rule { Some(least) } else { None }),
            max_length: policy
                .least(|rule| if let Rule::MaxLength(most) = rule { Some(most) } else { None })
                .unwrap_or(LONGEST)
                .min(LONGEST),
            upper: most(|rule| if let Rule::Upper(least) = rule { Some(least) } else { None }).max(1),
            lower: most(|rule| if let Rule::Lower(least) = rule { Some(least) } else { None }).max(1),
            digits: most(|rule| if let Rule::Digits(least) = rule { Some(least) } else { None }),
            special: most(|rule| if let Rule::Special(least) = rule { Some(least) } else { None }),
        }
    }

    /// The shortest layout that meets the lengths and leaves enough to chance: groups if they fit, else none.
    fn layout(&self) -> Option<Layout> {
        let grouped = (GROUP..=LONGEST).step_by(GROUP).map(|drawn| Layout { drawn, grouped: true });
        let dense = (GROUP..=LONGEST).map(|drawn| Layout { drawn, grouped: false });
        grouped.chain(dense).find(|layout| self.is_met_by(layout))
    }

    fn is_met_by(&self, layout: &Layout) -> bool {
        let length = layout.length();
        length >= self.min_length
            && length <= self.max_length
            && (!layout.grouped || layout.dashes() >= self.special)
            && self.bits(layout) >= LEAST_BITS + SPARE_BITS
    }

    /// The base-2 logarithm of how many drawn strings have enough of each class.
    fn bits(&self, layout: &Layout) -> f64 {
        let special = if layout.grouped { 0 } else { self.special };
        let symbols = if layout.grouped { 0 } else { SYMBOLS.len() };
        let classes =
            [(UPPER.len(), self.upper), (LOWER.len(), self.lower), (DIGITS.len(), self.digits), (symbols, special)];
        // ways[n]: strings of n characters over the classes so far, each with enough of every class.
        let mut ways = vec![0.0_f64; layout.drawn + 1];
        ways[0] = 1.0;
        for (size, least) in classes {
            let mut next = vec![0.0_f64; layout.drawn + 1];
            for (placed, before) in ways.iter().enumerate() {
                for more in least..=(layout.drawn - placed).max(least) {
                    if placed + more <= layout.drawn {
                        next[placed + more] += before * choose(placed + more, more) * power(size, more);
                    }
                }
            }
            ways = next;
        }
        ways[layout.drawn].log2()
    }
}

impl Layout {
    const fn dashes(&self) -> usize {
        if self.grouped { self.drawn.div_ceil(GROUP) - 1 } else { 0 }
    }

    const fn length(&self) -> usize {
        self.drawn + self.dashes()
    }
}

fn choose(from: usize, pick: usize) -> f64 {
    (0..pick).fold(1.0, |product, step| product * as_f64(from - step) / as_f64(step + 1))
}

fn power(base: usize, exponent: usize) -> f64 {
    as_f64(base).powf(as_f64(exponent))
}

/// Exact for the numbers used here (at most [`LONGEST`]).
fn as_f64(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

/// The characters to draw from, less any that alone would be a forbidden text (a username of one letter).
fn alphabet(grouped: bool, policy: &Policy, about: &About) -> Vec<u8> {
    let forbidden: Vec<String> =
        policy.rules().flat_map(|rule| about.forbidden(rule)).filter(|text| text.len() == 1).collect();
    [UPPER, LOWER, DIGITS, if grouped { &[] } else { SYMBOLS }]
        .concat()
        .into_iter()
        .filter(|byte| !forbidden.iter().any(|text| text.as_bytes()[0] == byte.to_ascii_lowercase()))
        .collect()
}

fn draw(layout: &Layout, alphabet: &[u8], random: &mut dyn RandomSource) -> Answer<Zeroizing<String>> {
    let mut candidate = Zeroizing::new(String::with_capacity(layout.length()));
    for place in 0..layout.drawn {
        if layout.grouped && place > 0 && place % GROUP == 0 {
            candidate.push(char::from(DASH));
        }
        candidate.push(char::from(alphabet[below(alphabet.len(), random)?]));
    }
    Ok(candidate)
}

/// A uniform number below `bound` (at most 256): bytes that would favour some numbers are drawn again.
fn below(bound: usize, random: &mut dyn RandomSource) -> Answer<usize> {
    let fair = 256 - 256 % bound;
    let mut byte = Zeroizing::new([0_u8; 1]);
    loop {
        random.fill(&mut *byte)?;
        let number = usize::from(byte[0]);
        if number < fair {
            return Ok(number % bound);
        }
    }
}

fn has_both_cases(candidate: &str) -> bool {
    candidate.bytes().any(|byte| byte.is_ascii_uppercase()) && candidate.bytes().any(|byte| byte.is_ascii_lowercase())
}

/// A spreadsheet reads a cell that starts with one of these as a formula.
fn starts_safely(candidate: &str) -> bool {
    !candidate.starts_with(['=', '+', '-', '@'])
}

#[cfg(test)]
mod tests;
