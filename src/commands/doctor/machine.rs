//! The checks of this machine: configuration, folders, session, terminal, ledger.

mod writable;

use std::path::Path;

use crate::commands::context::Context;
use crate::domain::{Check, CheckState};
use crate::ledger::{self, Ledger, StoreLocation};
use crate::platform::{FileRule, Holds, Links, NotPrivate};
use crate::terminal::{recorders, terminal_can_reveal};
use crate::texts::Texts;

/// Runs every check that needs no backend.
pub(super) async fn checks(context: &Context) -> Vec<Check> {
    let mut checks = vec![configuration(context)];
    let own = context.ledger();
    checks.extend(folders(context, &own).await);
    checks.extend(writable::checks(context));
    checks.extend(session_store(context));
    checks.push(terminal());
    checks.push(recording());
    checks.push(texts(context));
    checks.push(ledger(&own).await);
    checks.push(open_attempts(&own).await);
    checks
}

fn configuration(context: &Context) -> Check {
    let file = context.folders.config_file();
    let message = if file.exists() {
        format!("{} is read; profile {}", file.display(), context.profile.name)
    } else {
        format!("none ({}): the built-in practice profile", file.display())
    };
    Check::new("configuration", CheckState::Ok, message)
}

/// Checks that other users have no access to our files.
async fn folders(context: &Context, ledger: &Ledger) -> Vec<Check> {
    let folders = &context.folders;
    let ledger = match ledger.location().await {
        Ok(StoreLocation::File(file)) => Some(file),
        Ok(StoreLocation::Elsewhere(_)) | Err(_) => None, // the check of the ledger reports what cannot be used
    };
    let ours = [Some(folders.practice_directory()), ledger, Some(folders.sessions())];
    ours.iter().flatten().filter(|path| path.exists()).map(|path| modes(path)).collect()
}

fn modes(path: &Path) -> Check {
    let shown = path.display();
    let id = format!("file {}", path.file_name().unwrap_or_default().to_string_lossy());
    let checked = path
        .metadata()
        .map_err(|error| NotPrivate { what: format!("{shown}: {error}"), why: error.to_string(), hint: None })
        .and_then(|found| FileRule::new(Holds::Secret, Links::Followed).check(path, &found));
    match checked {
        Ok(()) => Check::new(&id, CheckState::Ok, format!("{shown} is yours alone")),
        Err(NotPrivate { what, hint, .. }) => {
            let message = hint.map_or_else(|| what.clone(), |hint| format!("{what}. {hint}"));
            Check::new(&id, CheckState::Fault, message)
        }
    }
}

/// Checks the stored session, and whether a keyring could store one.
///
/// A profile with its own credential, or a token in the environment, needs no keyring.
fn session_store(context: &Context) -> Vec<Check> {
    let loaded = context.store().load();
    let is_kept = matches!(loaded, Ok(Some(_)));
    let session = Check::of("session", &loaded, |found| match found {
        Some((_, kept)) => format!("kept in {kept}"),
        None => "none is kept".to_owned(),
    });
    let needs_none = context.profile.settings.has("credential") || std::env::var_os("TELLONCE_TOKEN").is_some();
    if is_kept || needs_none {
        return vec![session];
    }
    if !context.store().has_keyring() {
        let message = "this machine has none: sign in with `tellonce login --store file`";
        return vec![session, Check::new("keyring", CheckState::Warning, message)];
    }
    let keyring = match context.store().keyring_fault() {
        None => Check::new("keyring", CheckState::Ok, "it answers: `tellonce login` keeps the session there"),
        Some(error) => Check::new("keyring", CheckState::Fault, error.message_with_hint()),
    };
    vec![session, keyring]
}

fn terminal() -> Check {
    match terminal_can_reveal() {
        Ok(()) => Check::new("terminal", CheckState::Ok, "a temporary password can be shown here"),
        Err(error) => {
            Check::new("terminal", CheckState::Warning, format!("{error} `tellonce reset` needs one, or `--reveal`"))
        }
    }
}

fn recording() -> Check {
    let found = recorders();
    if found.is_empty() {
        Check::new(
            "recording",
            CheckState::Ok,
            "nothing that records this terminal was recognised (docs/security.md says what cannot be)",
        )
    } else {
        Check::new("recording", CheckState::Warning, format!("this terminal is recorded by {}", found.join(", ")))
    }
}

/// Checks the texts for customers: those of the profile's folder, and that there are some in its language.
fn texts(context: &Context) -> Check {
    let config = &context.profile.texts;
    let faults = Texts::check(config.templates.as_deref());
    if !faults.is_empty() {
        return Check::new(
            "texts",
            CheckState::Fault,
            format!("{}. No reset is possible meanwhile", faults.join("; ")),
        );
    }
    let loaded = context.localization(None).and_then(|_| Texts::load(config.templates.as_deref()));
    Check::of("texts", &loaded, |texts| {
        let languages: Vec<String> = texts.languages().iter().map(ToString::to_string).collect();
        let source =
            config.templates.as_ref().map_or_else(String::new, |folder| format!(", from {}", folder.display()));
        format!("{}{source}", languages.join(", "))
    })
}

/// Checks that records can be appended, that those of this machine are there, and what the ledger says of itself.
async fn ledger(ledger: &Ledger) -> Check {
    let checked = async {
        ledger.try_to_append().await?;
        ledger.check_receipt().await?;
        ledger.status().await
    };
    match checked.await {
        Ok(status) if status.findings.is_empty() => {
            let message = format!("{} records; `tellonce audit verify` checks each of them", status.records);
            Check::new("ledger", CheckState::Ok, message)
        }
        Ok(status) => Check::new("ledger", CheckState::Fault, status.findings.join(" ")),
        Err(error) => Check::new("ledger", CheckState::Fault, error.message_with_hint()),
    }
}

async fn open_attempts(ledger: &Ledger) -> Check {
    let open = match ledger.store().await {
        Ok(store) => ledger::abandoned_attempts(store).await,
        Err(error) => Err(error),
    };
    match open {
        Err(error) => Check::new("attempts", CheckState::Fault, error.message),
        Ok(open) if open.is_empty() => Check::new("attempts", CheckState::Ok, "every attempt has an end in the ledger"),
        Ok(open) => {
            let attempts: Vec<&str> = open.iter().map(|record| record.draft.attempt.as_str()).collect();
            let message =
                format!("without an end, so unknown: {}. `tellonce show CUSTOMER` finds out", attempts.join(", "));
            Check::new("attempts", CheckState::Warning, message)
        }
    }
}
