//! Generates temporary passwords: uniform, of at least 64 bits, by the live policy, and easy to read over a telephone.

mod layout;
mod probe;
mod style;

use zeroize::Zeroizing;

use super::error::{Error, Reason, Result};
use super::policy::{About, Policy};
use super::ports::RandomSource;
use super::temporary_password::TemporaryPassword;
use layout::{GROUP, LEAST_BITS, Layout, Needs, SPARE_BITS};
use style::DASH;
pub(super) use style::Style;

/// The most draws for one password. A draw is refused rarely: if all of these are, the policy cannot be met.
const DRAWS: usize = 10_000;
/// Every style is tried up to this length before a longer password is.
const SHORT: usize = 40;
/// The step between the lengths to try, for a pattern, of a style that is seldom needed or above [`SHORT`].
const STRIDE: usize = 4;

/// Makes a temporary password for this policy and this user.
///
/// Every password of the chosen style that fits is equally likely: whole candidates are drawn and refused, never mended.
///
/// # Errors
/// Exit 7, `policy`: no password of at least 64 bits meets the policy. Exit 1: the random source failed.
pub fn generate(policy: &Policy, about: &About, random: &mut dyn RandomSource) -> Result<TemporaryPassword> {
    let styles: Vec<Style> = Style::all().collect();
    generate_in(&styles, policy, about, random)
}

/// Makes a temporary password in the first of these styles that meets the policy.
///
/// # Errors
/// As [`generate`].
pub(super) fn generate_in(
    styles: &[Style],
    policy: &Policy,
    about: &About,
    random: &mut dyn RandomSource,
) -> Result<TemporaryPassword> {
    let layout = layout(styles, policy, about).ok_or_else(|| cannot_be_met(policy))?;
    let alphabet = alphabet(layout.style, policy, about);
    for _ in 0..DRAWS {
        let candidate = draw(&layout, &alphabet, random)?;
        if keeps_house_rules(&candidate) && policy.is_kept_by(&candidate, about) {
            return Ok(TemporaryPassword::take_over(candidate));
        }
    }
    Err(cannot_be_met(policy))
}

fn cannot_be_met(policy: &Policy) -> Error {
    let words = policy.describe().join("; ");
    Error::refused(
        Reason::Policy,
        format!("The password policy cannot be met by a temporary password of at least 64 bits: {words}."),
    )
    .hint("Nothing was changed. Ask the backend's administrator about the policy: `tellonce doctor` shows it.")
}

/// Finds the shortest layout, in the first style that has one, that meets lengths and patterns and has enough entropy.
fn layout(styles: &[Style], policy: &Policy, about: &About) -> Option<Layout> {
    let needs = Needs::of(policy);
    let has_patterns = policy.patterns().next().is_some();
    let is_tried = |layout: &Layout| {
        let is_on_stride = layout.style.is_grouped() || layout.drawn.is_multiple_of(STRIDE);
        let is_usual = layout.length() <= SHORT && layout.style.is_usual();
        needs.allow(layout) && (is_on_stride || is_usual || !has_patterns)
    };
    let mut budget = probe::BUDGET;
    for is_long in [false, true] {
        for style in styles {
            let alphabet = alphabet(*style, policy, about);
            for layout in Layout::of(*style).filter(|layout| (layout.length() > SHORT) == is_long && is_tried(layout)) {
                let spare = needs.bits(&layout) - LEAST_BITS - SPARE_BITS;
                let mut leaves_enough = || {
                    probe::lost_bits(&layout, &alphabet, policy, about, &mut budget).is_some_and(|lost| lost <= spare)
                };
                if spare >= 0.0 && (!has_patterns || leaves_enough()) {
                    return Some(layout);
                }
            }
        }
    }
    None
}

/// Returns the characters to draw from, without those that are a forbidden text (a username of one letter).
fn alphabet(style: Style, policy: &Policy, about: &About) -> Vec<u8> {
    let forbidden: Vec<String> =
        policy.rules().flat_map(|rule| about.forbidden(rule)).filter(|text| text.len() == 1).collect();
    let classes = style.classes();
    [classes.upper, classes.lower, classes.digits, classes.special]
        .concat()
        .into_iter()
        .filter(|byte| !forbidden.iter().any(|text| text.as_bytes()[0] == byte.to_ascii_lowercase()))
        .collect()
}

fn draw(layout: &Layout, alphabet: &[u8], random: &mut dyn RandomSource) -> Result<Zeroizing<String>> {
    let mut candidate = Zeroizing::new(String::with_capacity(layout.length()));
    draw_into(&mut candidate, layout, alphabet, random)?;
    Ok(candidate)
}

/// Draws a password into an empty buffer, whose capacity must suffice.
fn draw_into(candidate: &mut String, layout: &Layout, alphabet: &[u8], random: &mut dyn RandomSource) -> Result<()> {
    for position in 0..layout.drawn {
        if layout.style.is_grouped() && position > 0 && position % GROUP == 0 {
            candidate.push(char::from(DASH));
        }
        candidate.push(char::from(alphabet[below(alphabet.len(), random)?]));
    }
    Ok(())
}

/// Draws a uniform number below `bound` (at most 256). Bytes that would favour some numbers are drawn again.
fn below(bound: usize, random: &mut dyn RandomSource) -> Result<usize> {
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

/// Whether the password has letters of both cases, and does not start like a formula.
fn keeps_house_rules(candidate: &str) -> bool {
    has_both_cases(candidate) && starts_safely(candidate)
}

fn has_both_cases(candidate: &str) -> bool {
    candidate.bytes().any(|byte| byte.is_ascii_uppercase()) && candidate.bytes().any(|byte| byte.is_ascii_lowercase())
}

/// Whether the password does not start like a formula in a spreadsheet.
fn starts_safely(candidate: &str) -> bool {
    !candidate.starts_with(['=', '+', '-', '@'])
}

#[cfg(test)]
mod tests;
