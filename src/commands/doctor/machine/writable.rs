//! The checks that the folders can be written, and that audit records can be sent.

use std::path::Path;

use crate::commands::context::Context;
use crate::config::{BUILT_IN, try_to_write};
use crate::domain::{Check, CheckState};
use crate::ledger;

/// Checks the folders, and where audit records are sent.
pub(super) fn checks(context: &Context) -> Vec<Check> {
    let mut checks = vec![state(context), data(context), configuration(context)];
    checks.extend(forwarding(context));
    checks
}

/// Checks the state folder: a reset needs an audit log there, and a lock on its attempt.
fn state(context: &Context) -> Check {
    let folders = &context.folders;
    let inside = [folders.leases(), folders.bulk_runs(), folders.sessions()];
    let inside = inside.iter().map(std::path::PathBuf::as_path).filter(|folder| folder.exists());
    let unwritable = std::iter::once(folders.state()).chain(inside).find_map(why_unwritable);
    match unwritable {
        None => Check::new("state folder", CheckState::Ok, format!("{} can be written", folders.state().display())),
        Some(why) => {
            let message = format!("{why}: no reset is made without it. {}", what_to_do("XDG_STATE_HOME"));
            Check::new("state folder", CheckState::Fault, message)
        }
    }
}

/// Checks the data folder, which only the practice directory needs.
fn data(context: &Context) -> Check {
    let folder = context.folders.data();
    let is_needed = context.profile.backend == BUILT_IN;
    match why_unwritable(folder) {
        None => Check::new("data folder", CheckState::Ok, format!("{} can be written", folder.display())),
        Some(why) if is_needed => {
            let message = format!("{why}: the practice directory is kept there. {}", what_to_do("XDG_DATA_HOME"));
            Check::new("data folder", CheckState::Fault, message)
        }
        Some(why) => {
            Check::new("data folder", CheckState::Warning, format!("{why}: only the practice directory needs it"))
        }
    }
}

/// Checks the configuration folder. It may be read-only, for example if an administrator maintains it.
fn configuration(context: &Context) -> Check {
    let folder = context.folders.config();
    let is_kept_elsewhere = context.folders.config_file().exists();
    match why_unwritable(folder) {
        None => Check::new("configuration folder", CheckState::Ok, format!("{} can be written", folder.display())),
        Some(why) if is_kept_elsewhere => {
            let message = format!("{why}: `tellonce profile add`, `use` and `remove` cannot change it");
            Check::new("configuration folder", CheckState::Warning, message)
        }
        Some(why) => {
            let message = format!("{why}: no profile can be added. {}", what_to_do("XDG_CONFIG_HOME"));
            Check::new("configuration folder", CheckState::Fault, message)
        }
    }
}

fn why_unwritable(folder: &Path) -> Option<String> {
    try_to_write(folder).err().map(|error| format!("{} cannot be written ({error})", folder.display()))
}

fn what_to_do(variable: &str) -> String {
    format!("Make room, make the folder yours, or set TELLONCE_HOME (or {variable}) to one that is")
}

fn forwarding(context: &Context) -> Option<Check> {
    let settings = &context.configuration.audit;
    let destination = settings.forward.as_ref()?;
    Some(match ledger::try_forwarding(destination) {
        Ok(message) => Check::new("forwarding", CheckState::Ok, format!("audit records are sent to {message}")),
        Err(why) => {
            let consequence = if settings.forward_required {
                "every reset is refused (forward_required)"
            } else {
                "audit records are not sent off this machine"
            };
            let message =
                format!("{why}: {consequence}. Correct `forward` under [audit] in the configuration, or install it");
            Check::new("forwarding", CheckState::Fault, message)
        }
    })
}
