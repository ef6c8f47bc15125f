//! Violations of the bounds on answers, which end the connection.

use std::error::Error;
use std::fmt;

use ldap3::LdapError;

/// A bound that an answer went over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Violation {
    /// A message that is not an LDAP answer, or not one to its request.
    Malformed,
    /// A message beyond [`MAX_MESSAGE_LENGTH`].
    MessageTooLong,
    /// More entries than this for one search.
    TooManyEntries(usize),
    /// More bytes of entries than this for one search.
    TooManyBytes(usize),
    /// More references and notices than this for one search.
    TooManyReferences(usize),
    /// More pages in a row without an entry than this.
    EmptyPages(usize),
}

impl Violation {
    /// Wraps the violation as an error of the library.
    pub(super) fn as_error(self) -> LdapError {
        std::io::Error::other(self).into()
    }

    /// Returns the violation that an error of the library wraps.
    pub(super) fn of(error: &LdapError) -> Option<Self> {
        let LdapError::Io { source } = error else { return None };
        source.get_ref()?.downcast_ref::<Self>().copied()
    }

    /// Returns what to do about it.
    pub(super) const fn hint(self) -> &'static str {
        match self {
            Self::TooManyEntries(_) | Self::TooManyBytes(_) => {
                "Narrow base in the profile, or have an administrator look at what the directory holds."
            }
            _ => "Is url in the profile a directory server's? Have its administrator look at its log.",
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => f.write_str("sent something that is no LDAP answer, and tellonce closed the connection"),
            Self::MessageTooLong => {
                write!(f, "sent one answer of more than {} bytes", super::violation::MAX_MESSAGE_LENGTH)
            }
            Self::TooManyEntries(most) => write!(f, "sent more than {most} entries for one search"),
            Self::TooManyBytes(most) => write!(f, "sent more than {most} bytes for one search"),
            Self::TooManyReferences(most) => write!(f, "sent more than {most} references for one search"),
            Self::EmptyPages(most) => write!(f, "sent {most} pages without an entry, and promised more"),
        }
    }
}

impl Error for Violation {}

/// The longest message that is accepted, in bytes. Usual entries have a few thousand.
pub(super) const MAX_MESSAGE_LENGTH: usize = 4 * 1024 * 1024;
