//! The retry policy: the pauses between tries, and the deadline of an operation with all its tries and pages.

use std::time::Duration;

use backon::ExponentialBuilder;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use tokio::time::Instant;

/// The longest pause; a longer Retry-After is cut to it.
const MAX_PAUSE: Duration = Duration::from_secs(10);
/// The limit that stands for one beyond the clock's range.
const MAX_LIMIT: Duration = Duration::from_hours(24 * 365);
/// How often a request is sent again.
const MAX_RETRIES: usize = 4;

/// Returns the pauses between the tries of a request: exponential backoff with jitter.
pub(crate) fn pauses() -> ExponentialBuilder {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(200))
        .with_max_delay(MAX_PAUSE)
        .with_max_times(MAX_RETRIES)
        .with_jitter()
}

/// The end of an operation. No try, pause or page of it begins later.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Instant);

impl Deadline {
    /// Sets the deadline to `limit` from now.
    pub(crate) fn after(limit: Duration) -> Self {
        let now = Instant::now();
        Self(now.checked_add(limit).unwrap_or_else(|| now + MAX_LIMIT))
    }

    /// Returns how long is left, or zero.
    pub(crate) fn remaining(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// Reports whether nothing more may begin.
    pub(crate) fn is_over(self) -> bool {
        self.remaining().is_zero()
    }

    /// Returns the pause before the next try: the server's Retry-After, or else the usual one. Returns `None` if the tries
    /// are used up, or the pause would end after the deadline.
    pub(crate) fn pause(self, retry_after: Option<Duration>, usual: Option<Duration>) -> Option<Duration> {
        let pause = retry_after.unwrap_or(usual?).min(MAX_PAUSE);
        (pause < self.remaining()).then_some(pause)
    }
}

/// Reads Retry-After, which is seconds or a date (RFC 9110 section 10.2.3).
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("retry-after")?.to_str().ok()?.trim();
    text.parse().map(Duration::from_secs).ok().or_else(|| {
        let until = httpdate::parse_http_date(text).ok()?;
        Some(until.duration_since(std::time::SystemTime::now()).unwrap_or_default())
    })
}

/// Reports whether the server did not begin with a request: it answered 429, or 503 with a Retry-After. Another 5xx may
/// come after the change.
pub(crate) fn is_not_begun(status: StatusCode, retry_after: Option<Duration>) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || (status == StatusCode::SERVICE_UNAVAILABLE && retry_after.is_some())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
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
    fn only_a_status_that_says_so_means_not_begun() {
        let pause = Some(Duration::ZERO);
        assert!(is_not_begun(StatusCode::TOO_MANY_REQUESTS, None));
        assert!(is_not_begun(StatusCode::SERVICE_UNAVAILABLE, pause));
        assert!(!is_not_begun(StatusCode::SERVICE_UNAVAILABLE, None));
        assert!(!is_not_begun(StatusCode::INTERNAL_SERVER_ERROR, pause));
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
