//! One version in every file that names it, and what CI leans on when it builds the dependencies once.

use std::collections::BTreeSet;
use std::process::Command;

use crate::support::BINARY;

use super::sources::root;

fn read(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn table(file: &str) -> toml::Table {
    read(file).parse().unwrap()
}

/// The packages of a lock file, by name and version.
fn locked(file: &str) -> BTreeSet<(String, String)> {
    let text = |package: &toml::Value, key: &str| package[key].as_str().unwrap().to_owned();
    let packages = table(file);
    packages["package"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| (text(package, "name"), text(package, "version")))
        .collect()
}

#[test]
fn the_changelogs_newest_version_is_the_packages() {
    let version = env!("CARGO_PKG_VERSION");
    let changelog = read("CHANGELOG.md");
    let newest =
        changelog.lines().filter_map(|line| line.strip_prefix("## ")).find(|line| *line != "Unreleased").unwrap();
    let (named, date) = newest.split_once(", ").expect("a heading is \"## VERSION, DATE\"");
    assert_eq!(named, version, "CHANGELOG.md");
    assert!(date.parse::<jiff::civil::Date>().is_ok(), "\"{date}\" is no date");
    let debian = read("packaging/debian/changelog");
    assert!(debian.starts_with(&format!("tellonce ({version}-1) ")), "packaging/debian/changelog: {debian}");
}

#[test]
fn a_build_for_tests_tells_its_version_alone() {
    let output = Command::new(BINARY).arg("--version").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), concat!("tellonce ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn the_fuzz_targets_are_built_with_this_packages_dependencies() {
    let own = ["arbitrary", "libfuzzer-sys", "tellonce-fuzz"];
    let other = locked("fuzz/Cargo.lock");
    let other: Vec<_> =
        other.difference(&locked("Cargo.lock")).filter(|(name, _)| !own.contains(&name.as_str())).cloned().collect();
    assert!(other.is_empty(), "fuzz/Cargo.lock has other versions: {other:?}");
    assert_eq!(table("fuzz/Cargo.toml")["profile"]["dev"], table("Cargo.toml")["profile"]["dev"]);
}
