//! A filter that removes escape sequences from typed bytes.

const ESCAPE: u8 = 0x1b;

/// The state of the filter for escape sequences (ECMA-48). A sequence may be split between two reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Keys {
    /// Outside a sequence.
    #[default]
    Plain,
    /// After ESC.
    Escape,
    /// After ESC O. One more byte follows.
    Single,
    /// After ESC [. The sequence ends with a byte from `@` to `~`.
    Control,
}

impl Keys {
    /// Returns the bytes outside escape sequences, in order. ESC with a key (Alt) counts as a sequence.
    pub(super) fn plain(&mut self, typed: &[u8]) -> Vec<u8> {
        typed.iter().copied().filter(|byte| self.is_plain(*byte)).collect()
    }

    fn is_plain(&mut self, byte: u8) -> bool {
        let before = *self;
        *self = match (before, byte) {
            (Self::Plain | Self::Escape, ESCAPE) => Self::Escape,
            (Self::Escape, b'O') => Self::Single,
            (Self::Escape, b'[') | (Self::Control, 0x20..=0x3f) => Self::Control,
            _ => Self::Plain,
        };
        before == Self::Plain && byte != ESCAPE
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain(reads: &[&str]) -> String {
        let mut keys = Keys::default();
        let bytes = reads.iter().flat_map(|read| keys.plain(read.as_bytes())).collect();
        String::from_utf8(bytes).unwrap_or_default()
    }

    #[test]
    fn only_the_sequence_is_skipped() {
        assert_eq!(plain(&["\u{1b}[A\u{1b}OMq"]), "q");
        assert_eq!(plain(&["\u{1b}[1;5C \u{1b}[200~\r"]), " \r");
        assert_eq!(plain(&["\u{1b}q\u{1b}\r"]), "", "Alt with a key is another key");
        assert_eq!(plain(&["\u{1b}\u{1b}[Aq"]), "q");
    }

    #[test]
    fn a_sequence_that_is_cut_is_still_one() {
        assert_eq!(plain(&["\u{1b}", "[", "1;5", "Q", "q"]), "q");
        assert_eq!(plain(&["\u{1b}O", "Q", "\r"]), "\r");
    }

    proptest! {
        #[test]
        fn what_has_no_escape_is_left_as_it_is(typed in proptest::collection::vec(0_u8..0x1b, 0..40)) {
            prop_assert_eq!(Keys::default().plain(&typed), typed);
        }

        #[test]
        fn where_it_is_cut_makes_no_difference(typed in "[\u{1b}\\[OA1;~q\r]{0,20}", cut in 0_usize..20) {
            let cut = cut.min(typed.len());
            prop_assert_eq!(plain(&[&typed[..cut], &typed[cut..]]), plain(&[&typed]));
        }
    }
}
