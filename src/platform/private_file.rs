//! Checks the owner and the mode of files that hold settings or secrets.

use std::fs::{File, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The content of a file, which decides what others may do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    /// Settings decide where passwords are set: others may read them, but not write them.
    Settings,
    /// A secret: others may do nothing with it.
    Secret,
}

/// Why a file is refused, with the command that mends it.
#[derive(Debug)]
pub(crate) struct NotPrivate {
    /// What is wrong, with the file's name.
    pub(crate) what: String,
    /// What to do next.
    pub(crate) hint: Option<String>,
}

/// Checks that a file or a folder belongs to the user or to root, and that others may not do more than they should.
///
/// # Errors
/// It is somebody else's, or others may do more.
pub(crate) fn check_private(path: &Path, found: &Metadata, holds: Holds) -> Result<(), NotPrivate> {
    let shown = path.display();
    let mine = [rustix::process::geteuid().as_raw(), 0].contains(&found.uid());
    if !mine {
        return Err(NotPrivate { what: format!("{shown} belongs to somebody else, and is not used"), hint: None });
    }
    let (beyond, open, mode) = match holds {
        Holds::Settings => (0o022, "others can write it", "go-w"),
        Holds::Secret if found.is_dir() => (0o077, "it is open to others", "700"),
        Holds::Secret => (0o077, "it is open to others", "600"),
    };
    if found.mode() & beyond != 0 {
        return Err(NotPrivate {
            what: format!("{shown} is not used: {open}"),
            hint: Some(format!("chmod {mode} {shown}")),
        });
    }
    Ok(())
}

/// Opens a file for reading, and checks what was opened. Returns `None` if there is no file.
///
/// # Errors
/// It cannot be read, is somebody else's, or others may do more than they should.
pub(crate) fn open_private_file(path: &Path, holds: Holds) -> Result<Option<File>, NotPrivate> {
    let unreadable =
        |error: std::io::Error| NotPrivate { what: format!("{} cannot be read ({error})", path.display()), hint: None };
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(unreadable)?,
    };
    let found = file.metadata().map_err(unreadable)?;
    check_private(path, &found, holds)?;
    Ok(Some(file))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_others_may_do_depends_on_what_it_holds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        assert!(open_private_file(&path, Holds::Secret).unwrap().is_none(), "there is none");
        std::fs::write(&path, "x").unwrap();
        for (mode, settings, secret) in [
            (0o600, true, true),
            (0o640, true, false),
            (0o604, true, false),
            (0o620, false, false),
            (0o602, false, false),
        ] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            for (holds, taken) in [(Holds::Settings, settings), (Holds::Secret, secret)] {
                let opened = open_private_file(&path, holds);
                assert_eq!(opened.is_ok(), taken, "{mode:o} {holds:?}");
                if let Err(refused) = opened {
                    assert!(refused.hint.unwrap().starts_with("chmod "), "{mode:o}");
                }
            }
        }
    }

    #[test]
    fn what_belongs_to_somebody_else_is_not_taken() {
        if !rustix::process::geteuid().is_root() {
            return; // only root can give a file away
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "x").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::os::unix::fs::chown(&path, Some(65534), None).unwrap();
        for holds in [Holds::Settings, Holds::Secret] {
            assert!(open_private_file(&path, holds).unwrap_err().what.contains("somebody else"));
        }
    }
}
