//! How a command ends when it fails. Only this file turns an error into an exit code and the error object.

use crate::domain::{Error, ExitCode, without_secret_keys};
use crate::terminal::Screen;

/// Says why the command failed, and with `-v` also the causes. Returns the exit code.
///
/// An error that is not one of ours is a failure of the tool itself (exit 1).
pub(super) fn report(screen: &Screen, error: anyhow::Error) -> ExitCode {
    let causes = causes(&error);
    let error = error.downcast::<Error>().unwrap_or_else(|error| Error::bug(error.to_string()));
    screen.failure(&error, &causes);
    error.exit_code()
}

/// Lists the error's chain without the message that is shown anyway, one line each.
///
/// "while" labels what was being done; "cause" labels what the message comes from.
fn causes(error: &anyhow::Error) -> Vec<String> {
    let message = error.downcast_ref::<Error>().map_or_else(|| error.to_string(), ToString::to_string);
    let shown_at = error.chain().position(|cause| cause.to_string() == message).unwrap_or(0);
    let mut causes: Vec<String> = Vec::new();
    for (position, cause) in error.chain().enumerate().filter(|(position, _)| *position != shown_at) {
        let label = if position < shown_at { "while" } else { "cause" };
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
    fn another_error_is_a_bug_that_is_reported_by_its_context() {
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
