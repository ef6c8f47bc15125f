//! The layouts of a temporary password: their length, and their entropy.

use super::style::Style;
use crate::domain::policy::{Policy, Rule};

/// The number of characters between two dashes.
pub(super) const GROUP: usize = 4;
/// The least entropy of a temporary password, in bits.
pub(super) const LEAST_BITS: f64 = 64.0;
/// The bits above the least, which the rules about names may take away.
pub(super) const SPARE_BITS: f64 = 1.0;
/// The longest temporary password, whatever a policy asks.
pub(super) const LONGEST: usize = 128;

/// The layout of a password: `drawn` random characters, and dashes between groups if the style has them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub(super) style: Style,
    pub(super) drawn: usize,
}

/// What the policy asks of the random characters.
pub(super) struct Needs {
    pub(super) min_length: usize,
    pub(super) max_length: usize,
    pub(super) upper: usize,
    pub(super) lower: usize,
    pub(super) digits: usize,
    pub(super) special: usize,
}

impl Needs {
    pub(super) fn of(policy: &Policy) -> Self {
        let most = |pick: fn(&Rule) -> Option<usize>| policy.most(pick).unwrap_or(0);
        Self {
            min_length: most(|rule| if let Rule::MinLength(least) = rule { Some(*least) } else { None }),
            max_length: policy.longest().unwrap_or(LONGEST).min(LONGEST),
            upper: most(|rule| if let Rule::Upper(least) = rule { Some(*least) } else { None }).max(1),
            lower: most(|rule| if let Rule::Lower(least) = rule { Some(*least) } else { None }).max(1),
            digits: most(|rule| if let Rule::Digits(least) = rule { Some(*least) } else { None }),
            special: most(|rule| if let Rule::Special(least) = rule { Some(*least) } else { None }),
        }
    }

    /// Whether a password of this layout can have the length and the special characters that are asked.
    pub(super) fn allow(&self, layout: &Layout) -> bool {
        let length = layout.length();
        let special = if layout.style.is_grouped() { layout.dashes() } else { layout.drawn };
        length >= self.min_length
            && length <= self.max_length
            && special >= self.special
            && (self.special == 0 || layout.style.has_special())
    }

    /// Returns the entropy in bits: the base-2 logarithm of how many drawn strings have enough of each class.
    pub(super) fn bits(&self, layout: &Layout) -> f64 {
        let classes = layout.style.classes();
        let special = if layout.style.is_grouped() { 0 } else { self.special };
        let classes = [
            (classes.upper.len(), self.upper),
            (classes.lower.len(), self.lower),
            (classes.digits.len(), self.digits),
            (classes.special.len(), special),
        ];
        // ways[n]: strings of n characters over the classes so far, each with enough of every class.
        let mut ways = vec![0.0_f64; layout.drawn + 1];
        ways[0] = 1.0;
        for (size, least) in classes {
            let mut next = vec![0.0_f64; layout.drawn + 1];
            for (placed, before) in ways.iter().enumerate() {
                // The ways to choose places for `more` of this class among those placed, and to fill them.
                let mut filled = 1.0;
                for more in 0..=layout.drawn - placed {
                    if more > 0 {
                        filled *= as_f64(placed + more) / as_f64(more) * as_f64(size);
                    }
                    if more >= least {
                        next[placed + more] += before * filled;
                    }
                }
            }
            ways = next;
        }
        ways[layout.drawn].log2()
    }
}

impl Layout {
    /// Returns the layouts of a style, the shortest first.
    pub(super) fn of(style: Style) -> impl Iterator<Item = Self> {
        let step = if style.is_grouped() { GROUP } else { 1 };
        (GROUP..=LONGEST).step_by(step).map(move |drawn| Self { style, drawn })
    }

    const fn dashes(&self) -> usize {
        if self.style.is_grouped() { self.drawn.div_ceil(GROUP) - 1 } else { 0 }
    }

    pub(super) const fn length(&self) -> usize {
        self.drawn + self.dashes()
    }
}

/// Converts a number, exactly up to `u32::MAX`.
pub(super) fn as_f64(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}
