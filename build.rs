//! Tells the crate its version: that of the package, and the commit where one is known.

use std::path::Path;
use std::process::Command;

/// What a packager names the commit by, where the sources have no `.git`: 7 to 40 hex digits, and `-modified` if the
/// sources differ from it.
const COMMIT: &str = "TELLONCE_COMMIT";
/// What a release is made of: a change in one of them is looked for.
const SOURCES: [&str; 6] = ["Cargo.lock", "Cargo.toml", "build.rs", "locales", "src", "templates"];

fn main() {
    println!("cargo::rerun-if-env-changed={COMMIT}");
    println!("cargo::rerun-if-changed=build.rs");
    let package = env!("CARGO_PKG_VERSION");
    let commit = match std::env::var(COMMIT) {
        Ok(named) if named.is_empty() => None,
        Ok(named) if is_commit(&named) => Some(named),
        Ok(named) => {
            println!(
                "cargo::error={COMMIT} is \"{named}\": it has to be 7 to 40 hex digits, with \"-modified\" or without."
            );
            return;
        }
        // A build for tests is made anew at each change, and not for each commit.
        Err(_) if std::env::var("PROFILE").as_deref() == Ok("release") => commit_of_checkout(),
        Err(_) => None,
    };
    let version = commit.map_or_else(|| package.to_owned(), |commit| format!("{package} ({commit})"));
    println!("cargo::rustc-env=TELLONCE_VERSION={version}");
}

fn is_commit(text: &str) -> bool {
    let digits = text.strip_suffix("-modified").unwrap_or(text);
    (7..=40).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Returns the commit that is checked out here, or `None` if this folder is no checkout of its own or git is not here.
fn commit_of_checkout() -> Option<String> {
    if !Path::new(".git").exists() {
        return None;
    }
    for source in SOURCES {
        println!("cargo::rerun-if-changed={source}");
    }
    // The log of HEAD gets a line with each commit and each checkout.
    for name in ["HEAD", "logs/HEAD"] {
        let path = git(&["rev-parse", "--git-path", name])?;
        if Path::new(&path).exists() {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    let commit = git(&["rev-parse", "--short=12", "HEAD"])?;
    let mut status = vec!["status", "--porcelain", "--untracked-files=no", "--"];
    status.extend(SOURCES);
    let modified = !git(&status)?.is_empty();
    Some(if modified { format!("{commit}-modified") } else { commit })
}

/// Returns what git answers, trimmed, or `None` if it is not installed or refuses.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}
