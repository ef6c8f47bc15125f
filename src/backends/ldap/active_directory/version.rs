//! Checks which server and version this is.

use crate::backends::ldap::entry::Entry;
use crate::domain::{Check, CheckState};

/// The attributes of the rootDSE that tell it ([MS-ADTS] section 3.1.1.3.2); vendorName and vendorVersion are RFC 3045.
pub(super) const ATTRIBUTES: [&str; 3] = ["vendorName", "vendorVersion", "domainControllerFunctionality"];
/// The version that tellonce is tested with.
const TRIED: &str = "4.17";

/// Reports the server's name and version, and whether tellonce was tested with it.
pub(super) fn check(root: &Entry) -> Check {
    let level = root.number("domainControllerFunctionality");
    let vendor = root.text("vendorName").unwrap_or_default();
    let version = root.text("vendorVersion").unwrap_or_default();
    if vendor.contains("Samba") {
        let tried =
            version.strip_prefix(TRIED).is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_digit()));
        return if tried {
            Check::new("version", CheckState::Ok, format!("Samba {version}: one that was tried"))
        } else {
            let words = format!("Samba {version}: not tried, only Samba {TRIED} was");
            Check::new("version", CheckState::Warning, words)
        };
    }
    let words = match (vendor.as_str(), level.map(windows)) {
        ("", Some(Some(name))) => {
            format!("Windows Server {name} or later, by its functional level: not tried, only Samba {TRIED} was")
        }
        ("", Some(None)) => {
            format!("functional level {}: not tried, only Samba {TRIED} was", level.unwrap_or_default())
        }
        ("", None) => format!("the server does not say what it is; only Samba {TRIED} was tried"),
        _ => format!("{vendor} {version}: not tried, only Samba {TRIED} was"),
    };
    Check::new("version", CheckState::Warning, words)
}

/// Returns the Windows Server that a functional level begins with ([MS-ADTS] section 6.1.4.2).
const fn windows(level: i64) -> Option<&'static str> {
    Some(match level {
        3 => "2008",
        4 => "2008 R2",
        5 => "2012",
        6 => "2012 R2",
        7 => "2016",
        10 => "2025",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(vendor: &str, version: &str, level: &str) -> (CheckState, String) {
        let value = |text: &str| if text.is_empty() { Vec::new() } else { vec![text.as_bytes().to_vec()] };
        let root = Entry::with("", "vendorName", value(vendor))
            .and("vendorVersion", value(version))
            .and("domainControllerFunctionality", value(level));
        let check = check(&root);
        (check.state, check.words)
    }

    #[test]
    fn only_what_was_tried_is_said_to_be() {
        let samba = "Samba Team (https://www.samba.org)";
        assert_eq!(checked(samba, "4.17.12-Debian", "4").0, CheckState::Ok);
        assert_eq!(checked(samba, "4.17", "4").0, CheckState::Ok);
        for (vendor, version, level, said) in [
            (samba, "4.170.1", "4", "Samba 4.170.1"),
            (samba, "4.21.2", "7", "Samba 4.21.2"),
            ("", "", "7", "Windows Server 2016"),
            ("", "", "99", "functional level 99"),
            ("", "", "", "does not say"),
            ("Other", "1.0", "7", "Other 1.0"),
        ] {
            let (state, words) = checked(vendor, version, level);
            assert!(
                state == CheckState::Warning && words.contains(said) && words.contains("only Samba 4.17"),
                "{words}"
            );
        }
    }
}
