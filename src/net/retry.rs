//! When a request is sent again, and how long an operation may take with all its tries and pages.

use std::time::Duration;

use backon::ExponentialBuilder;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use tokio::time::Instant;

/// A server's Retry-After is followed up to this long.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// What a limit counts as that is longer than the clock can reach.
const FOR_EVER: Duration = Duration::from_hours(24 * 365);
/// How often a request is sent again.
const AGAIN: usize = 4;

/// The pauses between one request and its next try.
pub fn pauses() -> ExponentialBuilder {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(200))
        .with_max_delay(LONGEST_PAUSE)
        .with_max_times(AGAIN)
        .with_jitter()
}

/// The end of an operation: no try, pause or page of it begins later.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

impl Deadline {
    /// So long from now.
    pub fn after(limit: Duration) -> Self {
        let now = Instant::now();
        Self(now.checked_add(limit).unwrap_or_else(|| now + FOR_EVER))
    }

    /// How long is left; zero when it is over.
    pub fn remaining(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// Whether nothing more may begin.
    pub fn is_over(self) -> bool {
        self.remaining().is_zero()
    }

    /// The pause before the next try: the server's own time to come back, where it says one. `None` ends the tries:
    /// they are used up, or the pause would end after the deadline.
    pub fn pause(self, asked: Option<Duration>, usual: Option<Duration>) -> Option<Duration> {
        let pause = asked.unwrap_or(usual?).min(LONGEST_PAUSE);
        (pause < self.remaining()).then_some(pause)
    }
}

/// Retry-After: seconds, or a date (RFC 9110 section 10.2.3).
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("retry-after")?.to_str().ok()?.trim();
    text.parse().map(Duration::from_secs).ok().or_else(|| {
        let until = httpdate::parse_http_date(text).ok()?;
        Some(until.duration_since(std::time::SystemTime::now()).unwrap_or_default())
    })
}

/// Whether the server says that it did not begin with a request: 429, and 503 with a time to come back. Other 5xx may
/// come after the change.
pub fn did_not_begin(status: StatusCode, pause: Option<Duration>) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || (status == StatusCode::SERVICE_UNAVAILABLE && pause.is_some())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;

    #[test]
    fn a_time_to_come_back_is_seconds_or_a_date() {
        let pause = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("retry-after", text.parse().unwrap());
            retry_after(&headers)
        };
        assert_eq!(pause(" 7 "), Some(Duration::from_secs(7)));
        assert_eq!(pause("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO));
        assert_eq!(pause("soon"), None);
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }

    #[test]
    fn what_was_certainly_not_begun_is_told_from_the_rest() {
        let pause = Some(Duration::ZERO);
        assert!(did_not_begin(StatusCode::TOO_MANY_REQUESTS, None));
        assert!(did_not_begin(StatusCode::SERVICE_UNAVAILABLE, pause));
        assert!(!did_not_begin(StatusCode::SERVICE_UNAVAILABLE, None));
        assert!(!did_not_begin(StatusCode::INTERNAL_SERVER_ERROR, pause));
    }

    #[test]
    fn a_pause_that_would_outlast_the_operation_ends_the_tries() {
        let deadline = Deadline::after(Duration::from_secs(3));
        let (short, long) = (Duration::from_millis(200), Duration::from_secs(9));
        assert_eq!(deadline.pause(None, Some(short)), Some(short));
        assert_eq!(deadline.pause(Some(Duration::from_secs(1)), Some(short)), Some(Duration::from_secs(1)));
        assert_eq!(deadline.pause(Some(long), Some(short)), None);
        assert_eq!(deadline.pause(Some(short), None), None, "the tries are used up");
        assert!(Deadline::after(Duration::ZERO).is_over() && !deadline.is_over());
    }
}
