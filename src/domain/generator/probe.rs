//! Estimates by sampling how much entropy a policy's patterns take away.

use super::layout::{Layout, as_f64};
use super::{draw_into, keeps_house_rules};
use crate::domain::error::Result;
use crate::domain::policy::{About, Policy, Rule};
use crate::domain::ports::RandomSource;

/// How many matching samples are enough for an estimate.
const ENOUGH: usize = 16;
/// A layout is given up if none of this many samples matches.
const HOPELESS: usize = 32;
/// A layout is given up if fewer than [`ENOUGH`] of this many samples match.
const MOST_SAMPLES: usize = 512;
/// The most draws, with those that break other rules and are drawn again.
const DRAWS: usize = 4 * MOST_SAMPLES;
/// The most draws for one policy, in all layouts: enough for each style, and far below a second.
pub(super) const BUDGET: usize = 150_000;
/// The bits added for the error of the estimate: with [`ENOUGH`] samples it is far below a factor of two.
const ERROR_BITS: f64 = 1.0;

/// Returns the bits that the patterns take away from passwords of this layout; `None` if too few samples match, or if
/// the budget is used up.
pub(super) fn lost_bits(
    layout: &Layout,
    alphabet: &[u8],
    policy: &Policy,
    about: &About,
    budget: &mut usize,
) -> Option<f64> {
    let others = Policy::new(policy.rules().filter(|rule| !matches!(rule, Rule::Pattern(_))).cloned());
    let mut random = RepeatableSource(0x9e37_79b9_7f4a_7c15);
    let (mut tried, mut matched) = (0, 0);
    let mut sample = String::with_capacity(layout.length());
    for _ in 0..DRAWS {
        *budget = budget.checked_sub(1)?;
        sample.clear();
        draw_into(&mut sample, layout, alphabet, &mut random).ok()?;
        if !keeps_house_rules(&sample) || !others.is_kept_by(&sample, about) {
            continue;
        }
        tried += 1;
        matched += usize::from(policy.patterns().all(|pattern| pattern.matches(&sample) != Some(false)));
        if matched == ENOUGH {
            let lost = (as_f64(tried) / as_f64(matched)).log2();
            return Some(if tried == matched { 0.0 } else { lost + ERROR_BITS });
        }
        if tried == MOST_SAMPLES || (tried == HOPELESS && matched == 0) {
            return None;
        }
    }
    None
}

/// A repeatable random source (xorshift, Marsaglia 2003): samples are no secrets, and a policy gets the same layout.
struct RepeatableSource(u64);

impl RandomSource for RepeatableSource {
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
