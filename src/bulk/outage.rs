//! Detects outages of the backend, which may lose what it confirmed last: rows delivered shortly before are in doubt.

use std::time::Duration;

use jiff::Timestamp;

/// After this time without an answer a backend counts as gone.
const GONE_AFTER: Duration = Duration::from_secs(1);
/// Rows that began at most this long before the last answer, or after it, are in doubt. Keycloak's own database (H2)
/// writes what it confirmed half a second later; a server that takes another's place may lack what was not yet copied
/// to it.
const IN_DOUBT: Duration = Duration::from_secs(30);

/// Remembers whether the outage at the moment was reported.
#[derive(Debug, Default)]
pub(super) struct Outage {
    noted: bool,
}

impl Outage {
    /// Returns since when deliveries are in doubt, once for each outage; `gone` is how long the backend has been gone.
    pub(super) fn begins(&mut self, gone: Option<Duration>, now: Timestamp) -> Option<Timestamp> {
        let gone = gone.filter(|gone| *gone >= GONE_AFTER);
        let was_noted = std::mem::replace(&mut self.noted, gone.is_some());
        let gone = gone.filter(|_| !was_noted)?;
        Some(now.checked_sub(gone + IN_DOUBT).unwrap_or(Timestamp::MIN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_puts_in_doubt_what_came_shortly_before_and_is_reported_once() {
        let now: Timestamp = "2026-11-27T10:00:00Z".parse().unwrap_or_default();
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        let mut outage = Outage::default();
        assert_eq!(outage.begins(None, now), None);
        assert_eq!(outage.begins(Some(Duration::from_millis(900)), now), None, "a moment is no outage");
        assert_eq!(outage.begins(seconds(5), now), "2026-11-27T09:59:25Z".parse().ok());
        assert_eq!(outage.begins(seconds(6), now), None, "it is noted");
        assert_eq!(outage.begins(None, now), None);
        assert_eq!(outage.begins(seconds(2), now), "2026-11-27T09:59:28Z".parse().ok(), "another one");
    }
}
