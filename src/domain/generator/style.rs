//! The styles of a temporary password: which characters are drawn, and how they are grouped.

/// Capital letters without the look-alikes O I S Z B.
const UPPER: &[u8] = b"ACDEFGHJKLMNPQRTUVWXY";
/// Small letters without the look-alikes l i o s z b.
const LOWER: &[u8] = b"acdefghjkmnpqrtuvwxy";
/// Digits without the look-alikes 0 1 5 2 8.
const DIGITS: &[u8] = b"34679";
/// Joins the groups; part of the password, and its special character.
pub(super) const DASH: u8 = b'-';
/// Special characters that nearly every pattern with special characters accepts.
const MARKS: &[u8] = b"!@$";
/// Used where a policy's maximum length leaves no room for groups.
const SYMBOLS: &[u8] = b"!#%*?_";
/// All of ASCII's special characters, those that are easy to tell apart and to type first.
const EACH: &[u8; 32] = b"!@$#%*?_-&+=.:;,/()[]{}<>^~\\|\"'`";

/// The usual styles: most patterns accept one of them.
const USUAL: [Style; 4] = [Style::Grouped, Style::Plain, Style::Marked, Style::Dense];

/// How a temporary password looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Letters and digits in groups of four, joined by dashes.
    Grouped,
    /// Letters and digits alone.
    Plain,
    /// Letters, digits and `!@$`.
    Marked,
    /// Letters, digits and `!#%*?_`.
    Dense,
    /// Letters, digits and this one special character.
    With(u8),
    /// Hexadecimal digits of either case.
    Hexadecimal,
    /// All letters and digits, also those that look alike.
    Whole,
    /// All letters and digits, also those that look alike, and `!@$`.
    WholeMarked,
}

/// The characters of a style, by class.
pub(super) struct Classes {
    pub(super) upper: &'static [u8],
    pub(super) lower: &'static [u8],
    pub(super) digits: &'static [u8],
    pub(super) special: &'static [u8],
}

impl Style {
    /// Returns every style, in the order of preference.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let alike = [Self::Hexadecimal, Self::Whole, Self::WholeMarked];
        USUAL.into_iter().chain(alike).chain(EACH.iter().map(|special| Self::With(*special)))
    }

    /// Whether it is one of the usual styles.
    pub(super) fn is_usual(self) -> bool {
        USUAL.contains(&self)
    }

    pub(super) const fn is_grouped(self) -> bool {
        matches!(self, Self::Grouped)
    }

    /// Whether a password of this style can have a special character.
    pub(crate) const fn has_special(self) -> bool {
        !matches!(self, Self::Plain | Self::Hexadecimal | Self::Whole)
    }

    /// Returns the characters to draw from, without the dashes between groups.
    pub(super) fn classes(self) -> Classes {
        let (upper, lower, digits): (&[u8], &[u8], &[u8]) = match self {
            Self::Hexadecimal => (b"ACDEF", b"acdef", DIGITS),
            Self::Whole | Self::WholeMarked => {
                (b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"abcdefghijklmnopqrstuvwxyz", b"0123456789")
            }
            _ => (UPPER, LOWER, DIGITS),
        };
        let special = match self {
            Self::Marked | Self::WholeMarked => MARKS,
            Self::Dense => SYMBOLS,
            Self::With(wanted) => EACH
                .iter()
                .position(|special| *special == wanted)
                .and_then(|position| EACH.get(position..=position))
                .unwrap_or(&[]),
            _ => &[],
        };
        Classes { upper, lower, digits, special }
    }
}
