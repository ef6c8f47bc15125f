//! Times for people, in the local time zone and relative to now. JSON and records stay in UTC.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};

use crate::platform::local_zone;
use crate::texts::Localization;

/// The local time zone, and the moment that "today" and "in 24 hours" are counted from.
#[derive(Clone)]
pub(crate) struct LocalTime {
    zone: TimeZone,
    now: Timestamp,
    localization: Localization,
}

impl LocalTime {
    /// Uses this machine's time zone (`TZ`, else the system's), and counts from `now`. The words are English.
    pub(crate) fn at(now: Timestamp) -> Self {
        Self { zone: local_zone(), now, localization: Localization::english() }
    }

    /// Chooses the language of the words.
    #[must_use]
    pub(super) fn in_language(self, localization: Localization) -> Self {
        Self { localization, ..self }
    }

    /// Formats a time as "today 17:24", "yesterday 17:24", "tomorrow 18:10", or with the date.
    pub(crate) fn moment(&self, at: Timestamp) -> String {
        self.localization.moment(&self.local(at), &self.local(self.now))
    }

    /// Formats a time with how long it is until then: "tomorrow 18:10 (24 hours)".
    pub(crate) fn until(&self, at: Timestamp) -> String {
        self.localization.until(&self.local(at), &self.local(self.now))
    }

    fn local(&self, at: Timestamp) -> ZonedDateTime {
        at.to_zoned_datetime(self.zone.clone())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;

    fn berlin(now: &str) -> LocalTime {
        let zone = TimeZone::fixed(jiff::tz::Offset::constant(1));
        LocalTime { zone, now: now.parse().unwrap(), localization: Localization::english() }
    }

    #[test]
    fn days_are_those_of_the_local_time_zone() {
        let local = berlin("2026-11-28T17:10:00Z");
        for (at, told) in [
            ("2026-11-28T16:24:00Z", "today 17:24"),
            ("2026-11-28T23:30:00Z", "tomorrow 00:30"),
            ("2026-11-27T22:59:00Z", "yesterday 23:59"),
            ("2026-11-26T10:00:00Z", "2026-11-26 11:00"),
        ] {
            assert_eq!(local.moment(at.parse().unwrap()), told);
        }
    }

    #[test]
    fn how_long_it_is_until_then_is_rounded() {
        let local = berlin("2026-11-28T17:10:00Z");
        for (at, told) in [
            ("2026-11-29T17:10:00Z", "tomorrow 18:10 (24 hours)"),
            ("2026-11-29T17:09:57Z", "tomorrow 18:09 (24 hours)"),
            ("2026-11-28T17:10:30Z", "today 18:10 (30 seconds)"),
            ("2026-11-28T17:40:00Z", "today 18:40 (30 minutes)"),
            ("2026-12-05T17:10:00Z", "2026-12-05 18:10 (7 days)"),
            ("2026-11-28T17:00:00Z", "today 18:00 (over)"),
        ] {
            assert_eq!(local.until(at.parse().unwrap()), told);
        }
    }
}
