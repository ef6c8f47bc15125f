//! How much a policy's patterns take away from chance, found by trying.

use super::layout::{Layout, as_f64};
use super::{draw_into, keeps_house_rules};
use crate::domain::error::Result;
use crate::domain::policy::{About, Policy, Rule};
use crate::domain::ports::RandomSource;

/// So many passwords that the patterns take are enough to tell how many they take.
const ENOUGH: usize = 16;
/// Of so many none is taken: the layout is given up.
const HOPELESS: usize = 32;
/// Of so many fewer than [`ENOUGH`] are taken: the patterns leave too little.
const MOST: usize = 512;
/// Candidates that break other rules are drawn again, so often at most.
const DRAWS: usize = 4 * MOST;
/// Candidates that are drawn for one policy, in all layouts: enough for each style, and far below a second.
pub(super) const BUDGET: usize = 150_000;
/// Taken off for the error of the estimate: with [`ENOUGH`] samples it is far below a factor of two.
const ERROR_BITS: f64 = 1.0;

/// The bits that the patterns take away from passwords of this layout. Returns `None` if they take too few of them, or if
/// the budget is used up.
pub(super) fn lost_bits(
    layout: &Layout,
    alphabet: &[u8],
    policy: &Policy,
    about: &About,
    budget: &mut usize,
) -> Option<f64> {
    let others = Policy::new(policy.rules().filter(|rule| !matches!(rule, Rule::Pattern(_))).cloned());
    let mut numbers = Repeatable(0x9e37_79b9_7f4a_7c15);
    let (mut tried, mut taken) = (0, 0);
    let mut sample = String::with_capacity(layout.length());
    for _ in 0..DRAWS {
        *budget = budget.checked_sub(1)?;
        sample.clear();
        draw_into(&mut sample, layout, alphabet, &mut numbers).ok()?;
        if !keeps_house_rules(&sample) || !others.is_kept_by(&sample, about) {
            continue;
        }
        tried += 1;
        taken += usize::from(policy.patterns().all(|pattern| pattern.matches(&sample) != Some(false)));
        if taken == ENOUGH {
            let lost = (as_f64(tried) / as_f64(taken)).log2();
            return Some(if tried == taken { 0.0 } else { lost + ERROR_BITS });
        }
        if tried == MOST || (tried == HOPELESS && taken == 0) {
            return None;
        }
    }
    None
}

/// The same numbers each time (xorshift, Marsaglia 2003): samples are no secrets, and a policy gets the same layout.
struct Repeatable(u64);

impl RandomSource for Repeatable {
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
