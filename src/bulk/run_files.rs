//! The files of a run: its folder, what is in it, and its output. They are this agent's, or the run does not go on.

use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::domain::{Error, Kind, Reason, Result};
use crate::platform::{Access, FileRule, Holds, Links, NotPrivate};

/// The rule for each of them.
const RULE: FileRule = FileRule::new(Holds::Settings, Links::Refused);

/// Checks a run's folder, the folder of all runs, and every file in the run's folder.
///
/// Nobody else can put anything into folders that pass, so that their files can be opened by their names afterwards.
///
/// # Errors
/// Exit 2: one of them is somebody else's, others can write it, or it is a link.
pub(super) fn check(folder: &Path) -> Result<()> {
    for folder in folder.parent().into_iter().chain([folder]) {
        RULE.check_folder(folder).map_err(not_ours)?;
    }
    let unreadable = |error: std::io::Error| {
        Error::unavailable(format!("{} cannot be read: {error}.", folder.display())).because(error)
    };
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(unreadable)?,
    };
    for entry in entries {
        let path = entry.map_err(unreadable)?.path();
        match path.symlink_metadata() {
            Err(error) if error.kind() == ErrorKind::NotFound => {} // another process has just removed it
            Err(error) => return Err(unreadable(error)),
            Ok(found) if found.is_file() => RULE.check(&path, &found).map_err(not_ours)?,
            Ok(_) => return Err(not_ours(NotPrivate::not_regular(&path))),
        }
    }
    Ok(())
}

/// Opens a file in a run's folder, and makes it if it is missing.
///
/// # Errors
/// As for [`check`].
pub(super) fn open_or_make(path: &Path) -> Result<File> {
    let opened = RULE.open(path, Access::Create).map_err(not_ours)?;
    opened.ok_or_else(|| Error::unavailable(format!("{} could not be made.", path.display())))
}

/// Returns the number by which the file system knows a file, whatever it is called.
pub(super) fn number_of(file: &File) -> std::io::Result<u64> {
    file.metadata().map(|found| found.ino())
}

/// Opens the output of a resumed run. `number` is that of the file which the run made.
///
/// # Errors
/// Exit 8: there is no such file. Exit 7: it is another file. Exit 2: as for [`check`].
pub(crate) fn open_output(path: &Path, number: Option<u64>) -> Result<File> {
    let shown = path.display();
    let file = RULE.open(path, Access::Write).map_err(not_ours)?;
    let file = file.ok_or_else(|| Error::unavailable(format!("{shown} cannot be read: it is not there.")))?;
    let found = number_of(&file)
        .map_err(|error| Error::unavailable(format!("{shown} cannot be read: {error}.")).because(error))?;
    if number == Some(found) {
        return Ok(file);
    }
    Err(Error::new(Kind::Refused, Reason::RunChanged, format!("{shown} is not the file that the run made."))
        .hint("It was not touched. Put the run's file back there, or begin a new run for the rows that are left."))
}

fn not_ours(found: NotPrivate) -> Error {
    let error = Error::new(Kind::Usage, Reason::Configuration, format!("{}.", found.what));
    found.hint.into_iter().fold(error, Error::hint)
}
