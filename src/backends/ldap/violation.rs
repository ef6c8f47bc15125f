//! What no directory has to send: the connection is closed, and the agent is told.

use std::error::Error;
use std::fmt;

use ldap3::LdapError;

/// A bound that an answer went over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Violation {
    /// It is no LDAP answer, or none to this request.
    Malformed,
    /// One message is longer than any is.
    MessageTooLong,
    /// One search brought more entries than this.
    TooManyEntries(usize),
    /// The entries of one search are longer, in bytes, than this.
    TooManyBytes(usize),
    /// One search brought more references and notices than this.
    TooManyReferences(usize),
    /// So many pages in a row had no entry and promised more.
    EmptyPages(usize),
}

impl Violation {
    /// The same as an error of the library.
    pub(super) fn as_error(self) -> LdapError {
        std::io::Error::other(self).into()
    }

    /// The violation that an error of the library tells of.
    pub(super) fn of(error: &LdapError) -> Option<Self> {
        let LdapError::Io { source } = error else { return None };
        source.get_ref()?.downcast_ref::<Self>().copied()
    }

    /// What to do about it.
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

/// The longest answer that is taken, in bytes. The entries that tellonce reads have a few thousand.
pub(super) const MAX_MESSAGE_LENGTH: usize = 4 * 1024 * 1024;
