//! The recovery code: what a customer reads to the agent to show that they are who is on file.

use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::error::Result;
use super::ports::RandomSource;

/// The number of digits.
const DIGITS: usize = 8;

/// Below this value a random byte is taken; above it, the remainder by ten would favour the small digits.
const FAIR: u8 = 250;

/// A code of eight digits, wiped when dropped. It is used for one verification.
///
/// It has no `Clone`, `Debug`, `Display` or `Serialize`, and nothing computed from it leaves the process:
///
/// ```compile_fail,E0277
/// # use tellonce::domain::RecoveryCode;
/// fn log(code: &RecoveryCode) -> String { format!("{code:?}") }
/// ```
/// ```compile_fail,E0277
/// # use tellonce::domain::RecoveryCode;
/// fn save(code: &RecoveryCode) -> String { serde_json::to_string(code).unwrap() }
/// ```
pub struct RecoveryCode(Zeroizing<String>);

impl RecoveryCode {
    /// Generates a code from the random source. Each of the 10^8 codes is as likely as any other.
    pub(super) fn generate(random: &mut dyn RandomSource) -> Result<Self> {
        let mut digits = Zeroizing::new(String::with_capacity(DIGITS));
        let mut byte = Zeroizing::new([0]);
        while digits.len() < DIGITS {
            random.fill(byte.as_mut_slice())?;
            if byte[0] < FAIR {
                digits.push(char::from(b'0' + byte[0] % 10));
            }
        }
        Ok(Self(digits))
    }

    /// Whether what was typed is this code. The comparison takes the same time for every code.
    pub(super) fn matches(&self, typed: &TypedCode) -> bool {
        self.0.as_bytes().ct_eq(typed.0.as_bytes()).into()
    }

    /// Returns the eight digits, for the message that holds them.
    pub(crate) fn digits(&self) -> &str {
        &self.0
    }
}

/// Eight digits that somebody typed, wiped when dropped.
pub(super) struct TypedCode(Zeroizing<String>);

impl TypedCode {
    /// Reads what was typed: eight digits, with spaces, dashes and dots between them. Returns `None` for anything else,
    /// which can be no code.
    pub(super) fn read(typed: &str) -> Option<Self> {
        let mut digits = Zeroizing::new(String::with_capacity(DIGITS));
        for letter in typed.chars().filter(|letter| !letter.is_whitespace() && !matches!(letter, '-' | '.')) {
            if !letter.is_ascii_digit() || digits.len() == DIGITS {
                return None;
            }
            digits.push(letter);
        }
        (digits.len() == DIGITS).then_some(Self(digits))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;

    /// Gives these bytes, one after the other.
    struct Bytes(Vec<u8>);

    impl RandomSource for Bytes {
        fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
            for byte in bytes {
                *byte = self.0.remove(0);
            }
            Ok(())
        }
    }

    #[test]
    fn no_digit_is_favoured_and_what_would_favour_one_is_thrown_away() {
        let code = RecoveryCode::generate(&mut Bytes(vec![0, 255, 250, 9, 10, 249, 123, 88, 5, 251, 7])).unwrap();
        assert_eq!(code.digits(), "09093857");
    }

    #[test]
    fn a_code_is_read_as_people_write_it_and_only_the_same_one_matches() {
        let code = RecoveryCode::generate(&mut Bytes(vec![1, 2, 3, 4, 5, 6, 7, 8])).unwrap();
        for same in ["12345678", " 1234 5678", "12-34-56-78", "1234.5678\n"] {
            assert!(code.matches(&TypedCode::read(same).unwrap()), "{same}");
        }
        assert!(!code.matches(&TypedCode::read("12345679").unwrap()));
        for none in ["", "1234567", "123456789", "1234567a", "١٢٣٤٥٦٧٨", "12345678;"] {
            assert!(TypedCode::read(none).is_none(), "{none}");
        }
    }
}
