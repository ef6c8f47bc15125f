//! Reads generalized time (RFC 4517 section 3.3.13) in each of its forms.

use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

/// The digits of a fraction that are read. More would not change the second.
const DIGITS: usize = 18;

/// Reads a generalized time, to the second. Returns `None` for any other text.
///
/// Minutes and seconds may be left out, the last part may have a fraction, and the zone is `Z` or an offset.
pub(super) fn generalized_time(text: &str) -> Option<Timestamp> {
    let mut rest = text.as_bytes();
    let year = two(&mut rest)?.checked_mul(100)?.checked_add(two(&mut rest)?)?;
    let (month, day, hour) = (two(&mut rest)?, two(&mut rest)?, two(&mut rest)?);
    let minute = two(&mut rest);
    let second = minute.and_then(|_| two(&mut rest));
    let unit = match (minute, second) {
        (None, _) => 3600,
        (Some(_), None) => 60,
        (Some(_), Some(_)) => 1,
    };
    let beyond = fraction(&mut rest, unit)?;
    let ahead = zone(rest)?;
    let (minute, second) = (minute.unwrap_or(0), second.unwrap_or(0));
    // A timestamp has no leap seconds: one counts as the first second of the next minute.
    let leap = i64::from(second == 60);
    let small = |number: i16| i8::try_from(number).ok();
    let second = small(if second == 60 { 59 } else { second })?;
    let time = DateTime::new(year, small(month)?, small(day)?, small(hour)?, small(minute)?, second, 0).ok()?;
    let utc = Offset::UTC.to_timestamp(time).ok()?;
    utc.checked_add(SignedDuration::from_secs(leap + beyond - ahead)).ok()
}

/// Takes two digits. Takes nothing if the text does not begin with two.
fn two(rest: &mut &[u8]) -> Option<i16> {
    let [tens, ones, behind @ ..] = *rest else { return None };
    if !tens.is_ascii_digit() || !ones.is_ascii_digit() {
        return None;
    }
    *rest = behind;
    Some(i16::from(tens - b'0') * 10 + i16::from(ones - b'0'))
}

/// Takes a fraction of a unit of so many seconds, as whole seconds.
fn fraction(rest: &mut &[u8], unit: u64) -> Option<i64> {
    let [b'.' | b',', behind @ ..] = *rest else { return Some(0) };
    let many = behind.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if many == 0 {
        return None;
    }
    let (digits, behind) = behind.split_at(many);
    *rest = behind;
    let (mut number, mut whole) = (0_u128, 1_u128);
    for digit in digits.iter().take(DIGITS) {
        number = number * 10 + u128::from(digit - b'0');
        whole *= 10;
    }
    i64::try_from(number * u128::from(unit) / whole).ok()
}

/// Reads the zone at the end of the text, as seconds ahead of UTC.
fn zone(rest: &[u8]) -> Option<i64> {
    let (sign, mut rest) = match rest {
        b"Z" => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let hours = two(&mut rest)?;
    let minutes = if rest.is_empty() { 0 } else { two(&mut rest)? };
    let is_zone = rest.is_empty() && hours < 24 && minutes < 60;
    is_zone.then(|| sign * (i64::from(hours) * 3600 + i64::from(minutes) * 60))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_form_of_the_standard_is_read() {
        for (text, time) in [
            ("20261124160102Z", "2026-11-24T16:01:02Z"),
            ("202611241601Z", "2026-11-24T16:01:00Z"),
            ("2026112416Z", "2026-11-24T16:00:00Z"),
            ("20261124160102.519926Z", "2026-11-24T16:01:02Z"),
            ("20261124160102,5Z", "2026-11-24T16:01:02Z"),
            ("202611241601.5Z", "2026-11-24T16:01:30Z"),
            ("2026112416.25Z", "2026-11-24T16:15:00Z"),
            ("2026112416,5+0130", "2026-11-24T15:00:00Z"),
            ("20261124160102+02", "2026-11-24T14:01:02Z"),
            ("20261124160102-0730", "2026-11-24T23:31:02Z"),
            ("20261231235960Z", "2027-01-01T00:00:00Z"),
            ("20240229000000Z", "2024-02-29T00:00:00Z"),
            ("199411060515Z", "1994-11-06T05:15:00Z"),
            ("000001010000Z", "0000-01-01T00:00:00Z"),
            ("20261124160102.99999999999999999999999999Z", "2026-11-24T16:01:02Z"),
        ] {
            assert_eq!(generalized_time(text).unwrap().to_string(), time, "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "Z",
            "20261124",
            "20261124Z",
            "2026112416",
            "2026112424Z",
            "202611241660Z",
            "20261124160161Z",
            "20261324160102Z",
            "20260229000000Z",
            "20261100160102Z",
            "2026112416010Z",
            "20261124160102Z\u{0}",
            "20261124160102.Z",
            "20261124160102 Z",
            " 20261124160102Z",
            "20261124160102z",
            "20261124160102+2400",
            "20261124160102+0260",
            "20261124160102+1",
            "20261124160102+020",
            "20261124160102Z+01",
            "-0261124160102Z",
            "2026112416010\u{663}Z",
            "20261124160102.5",
            "2026112416.5.5Z",
        ] {
            assert_eq!(generalized_time(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_time_is_the_same_in_every_form(
            second in -62_135_596_800_i64..253_402_207_200,
            ahead in -(23 * 60 + 59)..(24 * 60_i64),
            zeros in 0_usize..40,
        ) {
            let time = Timestamp::from_second(second).unwrap();
            let local = |time: Timestamp| Offset::UTC.to_datetime(time);
            let zone = if ahead < 0 { '-' } else { '+' };
            let there = Timestamp::from_second(second + ahead * 60);
            prop_assume!(there.is_ok());
            let there = local(there.unwrap());
            prop_assume!((0..=9999).contains(&there.year()));
            let offset = format!("{zone}{:02}{:02}", ahead.abs() / 60, ahead.abs() % 60);
            let text = |time: DateTime, end: &str| time.strftime("%Y%m%d%H%M%S").to_string() + end;
            prop_assert_eq!(generalized_time(&text(local(time), "Z")), Some(time));
            prop_assert_eq!(generalized_time(&text(there, &offset)), Some(time));
            prop_assert_eq!(generalized_time(&text(local(time), &format!(",{}Z", "0".repeat(zeros + 1)))), Some(time));
            let hour = local(time).strftime("%Y%m%d%H").to_string();
            let within = u64::try_from(second.rem_euclid(3600)).unwrap();
            // As a fraction of the hour, rounded up by less than the last digit.
            let digits = (u128::from(within) * 10_u128.pow(12)).div_ceil(3600);
            prop_assert_eq!(generalized_time(&format!("{hour}.{digits:012}Z")), Some(time));
        }

        #[test]
        fn no_text_stops_it(text in "\\PC*", digits in "[0-9.,Z+-]{0,24}") {
            let _ = (generalized_time(&text), generalized_time(&digits));
        }
    }
}
