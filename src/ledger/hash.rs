//! The hash that chains records.

use std::fmt;

use sha2::{Digest, Sha256};

/// A SHA-256 hash.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// The hash before the first record: zeros.
    pub const BEFORE_THE_FIRST: Self = Self([0; 32]);

    /// Wraps the bytes of a hash; `None` if there are not 32.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Reads 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let bytes: Option<Vec<u8>> = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect();
        if rest.is_empty() { Self::from_bytes(&bytes?) } else { None }
    }

    /// Returns the bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Finishes a digest.
    pub(super) fn of(digest: Sha256) -> Self {
        Self(digest.finalize().into())
    }

    /// Returns the hash of a record: SHA-256 of the hash before, in lower-case hexadecimal, and the body.
    pub fn of_record(prev: Self, body: &[u8]) -> Self {
        Self::of(Sha256::new().chain_update(prev.to_string()).chain_update(body))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
