//! Parses durations as people write them: `24h`, `10m`, `2 days`, `0`.

use std::time::Duration;

use jiff::SignedDuration;

/// Parses a duration. A bare `0` is zero.
///
/// # Errors
/// A sentence for the command line: the text is not a duration, or it is negative.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let days = text.strip_suffix("days").or_else(|| text.strip_suffix("day")).or_else(|| text.strip_suffix('d'));
    if let Some(days) = days {
        let days: u64 = days.trim().parse().map_err(|_| not_a_duration(text))?;
        return days.checked_mul(24 * 60 * 60).map(Duration::from_secs).ok_or_else(|| not_a_duration(text));
    }
    let signed: SignedDuration = text.parse().map_err(|_| not_a_duration(text))?;
    Duration::try_from(signed).map_err(|_| format!("\"{text}\" is negative"))
}

fn not_a_duration(text: &str) -> String {
    format!("\"{text}\" is not a duration such as 10m, 24h or 2 days")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_as_people_write_them() {
        let hours = |hours| Ok(Duration::from_hours(hours));
        assert_eq!(parse_duration("24h"), hours(24));
        assert_eq!(parse_duration("2 days"), hours(48));
        assert_eq!(parse_duration("1d"), hours(24));
        assert_eq!(parse_duration("90m"), Ok(Duration::from_mins(90)));
        assert_eq!(parse_duration("1h 30m"), Ok(Duration::from_mins(90)));
        assert_eq!(parse_duration("0"), Ok(Duration::ZERO));
        for wrong in ["", "-5m", "soon", "10", "99999999999999999999d", "1.5.2h"] {
            assert!(parse_duration(wrong).is_err(), "{wrong}");
        }
    }
}
