//! Converts values of the tables: times and channels.

use jiff::Timestamp;

use crate::domain::Channel;

/// Converts a time of the directory.
pub(super) fn timestamp(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MAX)
}

/// Returns the channel of this name. Only a telephone is not e-mail.
pub(super) fn channel(name: &str) -> Channel {
    if name == Channel::Phone.name() { Channel::Phone } else { Channel::Email }
}
