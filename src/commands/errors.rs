//! What a command ends with when it fails: the one place where an error becomes an exit code and the error object.

use crate::domain::{Error, ExitCode, without_secret_keys};
use crate::terminal::Screen;

/// Tells why the command failed, with `-v` also what lies beneath, and gives the exit code.
///
/// An error that is not one of ours is a failure of the tool itself (exit 1).
pub(super) fn report(screen: &Screen, error: anyhow::Error) -> ExitCode {
    let causes = causes(&error);
    let failure = error.downcast::<Error>().unwrap_or_else(|error| Error::bug(error.to_string()));
    screen.failure(&failure, &causes);
    failure.exit_code()
}

/// Everything on the error's chain but the message that is told anyway, each in one line: what was being done ("while"),
/// and what the message comes from ("cause").
fn causes(error: &anyhow::Error) -> Vec<String> {
    let told = error.downcast_ref::<Error>().map_or_else(|| error.to_string(), ToString::to_string);
    let above = error.chain().position(|cause| cause.to_string() == told).unwrap_or(0);
    let mut causes: Vec<String> = Vec::new();
    for (place, cause) in error.chain().enumerate().filter(|(place, _)| *place != above) {
        let label = if place < above { "while" } else { "cause" };
        let text = cause.to_string().lines().map(str::trim).collect::<Vec<_>>().join(" ");
        let line = format!("{label}: {}", without_secret_keys(&text));
        if causes.last() != Some(&line) {
            causes.push(line);
        }
    }
    causes
}

#[cfg(test)]
mod tests {
    use std::io;

    use anyhow::Context as _;

    use super::*;
    use crate::domain::{Kind, Reason};
    use crate::terminal::ScreenOptions;

    fn of(error: Result<(), impl Into<anyhow::Error>>) -> anyhow::Error {
        error.err().map_or_else(|| anyhow::anyhow!("no error"), Into::into)
    }

    fn ours() -> Error {
        Error::new(Kind::Unavailable, Reason::BackendUnavailable, "The server does not answer.")
            .because(anyhow::Error::new(io::Error::other("connection\n  refused")).context("no route"))
    }

    #[test]
    fn an_error_of_ours_keeps_its_exit_code_under_every_context() {
        let error = of(Err::<(), _>(ours()).context("reading the profile").context("signing in"));
        let all = ["while: signing in", "while: reading the profile", "cause: no route", "cause: connection refused"];
        assert_eq!(causes(&error), all);
        assert_eq!(report(&Screen::new(ScreenOptions::plain()), error), ExitCode::UNAVAILABLE);
    }

    #[test]
    fn another_error_is_a_bug_that_is_told_by_its_context() {
        let error = of(Err::<(), _>(io::Error::other("beneath")).context("The runtime could not be started."));
        assert_eq!(causes(&error), ["cause: beneath"]);
        assert_eq!(report(&Screen::new(ScreenOptions::plain()), error), ExitCode::BUG);
    }

    #[test]
    fn a_secret_key_is_no_cause() {
        let error = of(Err::<(), _>(io::Error::other("age-secret-key-1qqpqyrzpqyrzpqyrzpqyrz")).context("told"));
        assert!(!causes(&error).concat().to_lowercase().contains("qyrz"), "{:?}", causes(&error));
    }
}
