//! The fail-points are behind a feature that is off by default.
#![cfg(not(feature = "fail-points"))]

use std::path::Path;

use crate::release::{release, signed_in};
use crate::support::BINARY;

#[test]
fn the_default_binary_has_no_fail_points() {
    assert_no_fail_points(Path::new(BINARY));
}

#[test]
#[ignore = "needs the release build"]
fn the_release_binary_has_no_fail_points() {
    assert_no_fail_points(release());
}

fn assert_no_fail_points(binary: &Path) {
    let env = signed_in(binary);
    let ran = env
        .command(&["reset", "C-1001", "--yes", "--reveal", "stdout"])
        .env("TELLONCE_FAIL_POINT", "intend:before:fail,set:before:fail,set:after:kill")
        .output()
        .unwrap();
    assert_eq!(ran.status.code(), Some(0), "{}", String::from_utf8_lossy(&ran.stderr));
    let bytes = std::fs::read(binary).unwrap();
    assert_eq!(crate::scan::count(&bytes, b"TELLONCE_FAIL_POINT"), 0);
    assert!(crate::scan::count(&bytes, b"TELLONCE_HOME") > 0, "the scan finds what is there");
}
