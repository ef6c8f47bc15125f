//! The words of the reveal's screen, and of the ordinary screen after it, beside the customer script.

use std::time::Duration;

use jiff::{SignedDuration, ZonedDateTime};

use super::localization::Localization;
use super::specs::{
    AFTER_SIGN_IN, AFTER_STATUS, AFTER_USER_CREATED, COUNTDOWN_FULL, COUNTDOWN_SHORT, COUNTDOWN_SHORTER,
    COUNTDOWN_SHORTEST, COUNTDOWN_WITHOUT_SPACE, DISMISS_FULL, DISMISS_SHORT, LEFT_DAYS, LEFT_HOURS, LEFT_MINUTES,
    LEFT_NONE, LEFT_SECONDS, REVEAL_NEVER_RUNS_OUT, REVEAL_TITLE, REVEAL_VALID_UNTIL, TIME_ON, TIME_TODAY,
    TIME_TOMORROW, TIME_UNTIL, TIME_YESTERDAY,
};

impl Localization {
    /// Returns the title of a reveal. `customer` is name and id.
    pub fn reveal_title(&self, customer: &str) -> String {
        self.with(&REVEAL_TITLE, "customer", customer)
    }

    /// Says how long a temporary password is valid: until a time that [`Self::until`] returned, or without end.
    pub fn validity(&self, until: Option<&str>) -> String {
        match until {
            Some(until) => self.with(&REVEAL_VALID_UNTIL, "until", until),
            None => self.plain(&REVEAL_NEVER_RUNS_OUT),
        }
    }

    /// Returns the countdown and the keys of a reveal, the longest words first.
    pub fn countdowns(&self, left: Option<Duration>) -> Vec<String> {
        let Some(left) = left else { return vec![self.plain(&DISMISS_FULL), self.plain(&DISMISS_SHORT)] };
        let seconds = left.as_millis().div_ceil(1000);
        let time = format!("{}:{:02}", seconds / 60, seconds % 60);
        let specs =
            [&COUNTDOWN_FULL, &COUNTDOWN_WITHOUT_SPACE, &COUNTDOWN_SHORT, &COUNTDOWN_SHORTER, &COUNTDOWN_SHORTEST];
        specs.map(|spec| self.with(spec, "left", &time)).to_vec()
    }

    /// Returns the line about the status after a reset. `customer` is name and id.
    pub fn status_afterwards(&self, customer: &str, status: &str, user_created: bool) -> String {
        let line = self.with_all(&AFTER_STATUS, &[("customer", customer), ("status", status)]);
        if user_created { format!("{} {line}", self.plain(&AFTER_USER_CREATED)) } else { line }
    }

    /// Returns the line that says with which name the customer signs in, and which command shows that they did.
    pub fn sign_in_afterwards(&self, username: &str, command: &str) -> String {
        self.with_all(&AFTER_SIGN_IN, &[("username", username), ("command", command)])
    }

    /// Formats a time as "today 17:24", "yesterday 17:24", "tomorrow 18:10", or with the date.
    pub fn moment(&self, at: &ZonedDateTime, now: &ZonedDateTime) -> String {
        let time = at.strftime("%H:%M").to_string();
        let spec = match now.date().until(at.date()).map(|span| span.get_days()) {
            Ok(0) => &TIME_TODAY,
            Ok(1) => &TIME_TOMORROW,
            Ok(-1) => &TIME_YESTERDAY,
            _ => return self.with_all(&TIME_ON, &[("date", &at.date().to_string()), ("time", &time)]),
        };
        self.with(spec, "time", &time)
    }

    /// Formats a time with how long it is until then: "tomorrow 18:10 (24 hours)".
    pub fn until(&self, at: &ZonedDateTime, now: &ZonedDateTime) -> String {
        let left = self.time_left(at.timestamp().duration_since(now.timestamp()));
        self.with_all(&TIME_UNTIL, &[("moment", &self.moment(at, now)), ("left", &left)])
    }

    /// Formats a duration, rounded to its largest fitting unit.
    fn time_left(&self, time: SignedDuration) -> String {
        let seconds = time.as_secs();
        let (number, spec) = match seconds {
            ..=0 => return self.plain(&LEFT_NONE),
            1..90 => (seconds, &LEFT_SECONDS),
            90..5400 => ((seconds + 30) / 60, &LEFT_MINUTES),
            5400..172_800 => ((seconds + 1800) / 3600, &LEFT_HOURS),
            _ => ((seconds + 43_200) / 86_400, &LEFT_DAYS),
        };
        self.count(spec, number)
    }
}
