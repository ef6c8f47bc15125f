//! Times for people, in the local time zone and relative to now. JSON and records stay in UTC.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// The local time zone, and the moment that "today" and "in 24 hours" are counted from.
#[derive(Clone, Debug)]
pub(crate) struct LocalTime {
    zone: TimeZone,
    now: Timestamp,
}

impl LocalTime {
    /// Uses this machine's time zone (`TZ`, else the system's), and counts from `now`.
    pub(crate) fn at(now: Timestamp) -> Self {
        Self { zone: TimeZone::system(), now }
    }

    /// Formats a time as "today 17:24", "yesterday 17:24", "tomorrow 18:10", or with the date.
    pub(crate) fn moment(&self, at: Timestamp) -> String {
        let local = at.to_zoned_datetime(self.zone.clone());
        let day = self.day(local.date());
        format!("{day} {}", local.strftime("%H:%M"))
    }

    /// Formats a time with how long it is until then: "tomorrow 18:10 (24 hours)".
    pub(crate) fn until(&self, at: Timestamp) -> String {
        format!("{} ({})", self.moment(at), in_words(at.duration_since(self.now)))
    }

    fn day(&self, date: Date) -> String {
        let today = self.now.to_zoned_datetime(self.zone.clone()).date();
        match today.until(date).map(|span| span.get_days()) {
            Ok(0) => "today".to_owned(),
            Ok(1) => "tomorrow".to_owned(),
            Ok(-1) => "yesterday".to_owned(),
            _ => date.to_string(),
        }
    }
}

/// Formats a duration, rounded to its largest fitting unit.
fn in_words(time: SignedDuration) -> String {
    let seconds = time.as_secs();
    let (number, unit) = match seconds {
        ..=0 => return "over".to_owned(),
        1..90 => (seconds, "second"),
        90..5400 => ((seconds + 30) / 60, "minute"),
        5400..172_800 => ((seconds + 1800) / 3600, "hour"),
        _ => ((seconds + 43_200) / 86_400, "day"),
    };
    if number == 1 { format!("1 {unit}") } else { format!("{number} {unit}s") }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;

    fn berlin(now: &str) -> LocalTime {
        let zone = TimeZone::fixed(jiff::tz::Offset::constant(1));
        LocalTime { zone, now: now.parse().unwrap() }
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
