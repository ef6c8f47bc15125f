//! The time zone of this machine.

use std::path::Path;
use std::sync::LazyLock;

use jiff::tz::TimeZone;

/// The rules of this machine's time zone (tzset(3)).
const LOCAL_RULES: &str = "/etc/localtime";

/// The time zone, read at its first use: a list asks for it once a row.
static LOCAL_ZONE: LazyLock<TimeZone> = LazyLock::new(|| {
    // To name the zone, jiff reads the names of all zones of the system. Times for people need the rules alone.
    let rules = std::env::var_os("TZ").is_none().then(|| read_rules(Path::new(LOCAL_RULES))).flatten();
    rules.unwrap_or_else(TimeZone::system)
});

/// Returns the time zone of this process: that of `TZ`, else of the machine; UTC where neither can be read.
pub(crate) fn local_zone() -> TimeZone {
    LOCAL_ZONE.clone()
}

/// Reads the rules in this file; `None` if it has none.
fn read_rules(file: &Path) -> Option<TimeZone> {
    TimeZone::tzif("local", &std::fs::read(file).ok()?).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use jiff::Timestamp;

    use super::*;

    /// The rules of central Europe in the format of RFC 9636: no changes in the past, and those of today in the footer.
    fn central_europe() -> Vec<u8> {
        let header = [b"TZif2".as_slice(), &[0; 15], &counts([0, 0, 0, 0, 1, 4])].concat();
        let data = [3600_i32.to_be_bytes().as_slice(), &[0, 0], b"CET\0"].concat();
        let footer = b"\nCET-1CEST,M3.5.0,M10.5.0/3\n";
        [&header, &data, &header, &data, footer.as_slice()].concat()
    }

    fn counts(counts: [u32; 6]) -> Vec<u8> {
        counts.iter().flat_map(|count| count.to_be_bytes()).collect()
    }

    #[test]
    fn rules_are_those_in_the_file_in_summer_and_winter() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("localtime");
        std::fs::write(&file, central_europe()).unwrap();
        let zone = read_rules(&file).unwrap();
        for (at, expected) in [("2026-07-01T10:00:00Z", "12:00 CEST"), ("2026-12-01T10:00:00Z", "11:00 CET")] {
            let at: Timestamp = at.parse().unwrap();
            assert_eq!(at.to_zoned_datetime(zone.clone()).strftime("%H:%M %Z").to_string(), expected);
        }
    }

    #[test]
    fn a_file_without_rules_has_no_zone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("localtime");
        assert!(read_rules(&file).is_none(), "there is none");
        std::fs::write(&file, "no rules").unwrap();
        assert!(read_rules(&file).is_none(), "it has something else");
    }
}
