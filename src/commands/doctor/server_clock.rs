//! Whether the server's clock and this machine's agree.

use jiff::{SignedDuration, Timestamp};

use crate::domain::{Check, CheckState, Result};

/// The name of the check.
const ID: &str = "server clock";
/// The largest difference that is not worth a warning.
const MAX_DIFFERENCE: SignedDuration = SignedDuration::from_mins(5);
/// The difference that the time of an answer on its way may make.
const UNNOTICED: SignedDuration = SignedDuration::from_secs(2);

/// Compares what the server answered with the time of this machine.
pub(super) fn check(server_time: Result<Option<Timestamp>>, now: Timestamp) -> Check {
    match server_time {
        Ok(Some(theirs)) => compare(theirs.duration_since(now)),
        Ok(None) => {
            let words =
                "unknown: the server's clock cannot be read (OpenLDAP: give agents read access to cn=Time,cn=Monitor)";
            Check::new(ID, CheckState::Warning, words)
        }
        Err(error) => Check::new(ID, CheckState::Unknown, error.message_with_hint()),
    }
}

/// Says how far the server's clock is ahead of this machine's.
fn compare(ahead: SignedDuration) -> Check {
    let difference = ahead.abs();
    if difference <= UNNOTICED {
        return Check::new(ID, CheckState::Ok, "this machine and the server agree on the time");
    }
    let direction = if ahead.is_negative() { "behind" } else { "ahead of" };
    let words = format!("the server's clock is {} {direction} this machine's", describe(difference));
    if difference <= MAX_DIFFERENCE {
        return Check::new(ID, CheckState::Ok, words);
    }
    let consequence = "set this machine's right; times of issue, and the age that a sweep measures, are the server's";
    Check::new(ID, CheckState::Warning, format!("{words}: {consequence}"))
}

/// Writes a duration in its two largest units: "3 h 0 min", "7 min 5 s", "12 s".
fn describe(duration: SignedDuration) -> String {
    let (hours, minutes, seconds) = (duration.as_hours(), duration.as_mins() % 60, duration.as_secs() % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds} s"),
        (0, _) => format!("{minutes} min {seconds} s"),
        _ => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Error;

    #[test]
    fn a_difference_of_more_than_five_minutes_is_a_warning() {
        let now = Timestamp::UNIX_EPOCH;
        let check = |ahead: i64| {
            let check = check(Ok(Timestamp::from_second(ahead).ok()), now);
            (check.state, check.words)
        };
        assert_eq!(check(-2), (CheckState::Ok, "this machine and the server agree on the time".to_owned()));
        assert_eq!(check(12), (CheckState::Ok, "the server's clock is 12 s ahead of this machine's".to_owned()));
        assert_eq!(check(-300).0, CheckState::Ok);
        let (state, words) = check(-301);
        assert!(state == CheckState::Warning && words.starts_with("the server's clock is 5 min 1 s behind"), "{words}");
        let (state, words) = check(3 * 3600 + 59);
        assert!(state == CheckState::Warning && words.starts_with("the server's clock is 3 h 0 min ahead"), "{words}");
    }

    #[test]
    fn a_clock_that_cannot_be_read_is_said_to_be_unknown() {
        let unknown = check(Ok(None), Timestamp::UNIX_EPOCH);
        assert_eq!(unknown.state, CheckState::Warning);
        assert!(unknown.words.starts_with("unknown: ") && unknown.words.contains("cn=Time,cn=Monitor"));
        let failed = check(Err(Error::unavailable("No answer.")), Timestamp::UNIX_EPOCH);
        assert_eq!((failed.state, failed.words.as_str()), (CheckState::Unknown, "No answer."));
    }
}
