//! Opens the files that decide: those that hold settings, secrets, customers or records.
//!
//! Each is opened first and checked by its descriptor, so that nobody can put another file in its place in between.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;

use super::access_list::mode_for_others;

/// The content of a file, which decides what others may do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    /// Settings decide where passwords are set: others may read them, but not write them.
    Settings,
    /// A secret: others may do nothing with it.
    Secret,
}

/// Whether the file may be reached by a symbolic link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Links {
    /// The file that a link leads to is opened, and checked.
    Followed,
    /// A link in the place of the file is refused.
    Refused,
}

/// What the file is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Reading.
    Read,
    /// Reading and writing. The file must exist.
    Write,
    /// Reading and writing. A file that is missing is made, for its owner only.
    Create,
}

/// The rule for a file that decides: it belongs to the caller or to root, and others may not do more than they should.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FileRule {
    holds: Holds,
    links: Links,
    /// One more user that it may belong to.
    owner: Option<u32>,
}

/// Why a file is refused, with the command that mends it.
#[derive(Debug)]
pub(crate) struct NotPrivate {
    /// What is wrong, with the file's name.
    pub(crate) what: String,
    /// What is wrong, where the file was named before.
    pub(crate) why: String,
    /// What to do next.
    pub(crate) hint: Option<String>,
}

impl FileRule {
    /// Makes the rule for a file with this content.
    pub(crate) const fn new(holds: Holds, links: Links) -> Self {
        Self { holds, links, owner: None }
    }

    /// Lets the file belong to this user as well.
    pub(crate) const fn or_owned_by(self, owner: Option<u32>) -> Self {
        Self { owner, ..self }
    }

    /// Opens a file, and checks what was opened. Returns `None` if there is no file. A pipe is never waited for.
    ///
    /// # Errors
    /// It cannot be opened, is a link or no regular file, is somebody else's, or others may do more than they should.
    pub(crate) fn open(self, path: &Path, access: Access) -> Result<Option<File>, NotPrivate> {
        // Opening a device may do something, and a socket cannot be opened. What is opened is checked below.
        if path.metadata().is_ok_and(|found| !found.is_file()) && !self.is_refused_link(path) {
            return Err(NotPrivate::not_regular(path));
        }
        let mut options = OpenOptions::new();
        options.read(true).write(access != Access::Read).create(access == Access::Create).mode(0o600);
        let opened = options.custom_flags(self.flags(OFlags::NONBLOCK | OFlags::NOCTTY)).open(path);
        let Some(file) = self.found(path, opened)? else { return Ok(None) };
        let found = file.metadata().map_err(|error| unreadable(path, &error))?;
        if !found.is_file() {
            return Err(NotPrivate::not_regular(path));
        }
        self.check_mode(path, &found, mode_for_others(&file, &found))?;
        Ok(Some(file))
    }

    /// Checks a folder, by the same rule. A folder that is missing passes.
    ///
    /// # Errors
    /// It cannot be opened, is a link or no folder, is somebody else's, or others may do more than they should.
    pub(crate) fn check_folder(self, path: &Path) -> Result<(), NotPrivate> {
        let opened = OpenOptions::new().read(true).custom_flags(self.flags(OFlags::DIRECTORY)).open(path);
        let Some(folder) = self.found(path, opened)? else { return Ok(()) };
        let found = folder.metadata().map_err(|error| unreadable(path, &error))?;
        self.check(path, &found)
    }

    fn is_refused_link(self, path: &Path) -> bool {
        self.links == Links::Refused && path.symlink_metadata().is_ok_and(|found| found.file_type().is_symlink())
    }

    fn flags(self, flags: OFlags) -> i32 {
        let links = if self.links == Links::Refused { OFlags::NOFOLLOW } else { OFlags::empty() };
        i32::try_from((flags | links).bits()).unwrap_or(0)
    }

    fn found(self, path: &Path, opened: io::Result<File>) -> Result<Option<File>, NotPrivate> {
        match opened {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            // open(2): ELOOP for a link that is not followed, and ENOTDIR where a folder is wanted.
            Err(_) if self.is_refused_link(path) => Err(refused(path, "is a symbolic link")),
            Err(error) => Err(unreadable(path, &error)),
        }
    }

    /// Checks the owner and the mode of a file or a folder.
    ///
    /// # Errors
    /// It is somebody else's, or others may do more.
    pub(crate) fn check(self, path: &Path, found: &Metadata) -> Result<(), NotPrivate> {
        self.check_mode(path, found, found.mode())
    }

    fn check_mode(self, path: &Path, found: &Metadata, mode: u32) -> Result<(), NotPrivate> {
        let shown = path.display();
        let may_own = [Some(rustix::process::geteuid().as_raw()), Some(0), self.owner];
        if !may_own.contains(&Some(found.uid())) {
            return Err(refused(path, "belongs to somebody else"));
        }
        let (beyond, open, mend) = match self.holds {
            Holds::Settings => (0o022, "others can write it", "go-w"),
            Holds::Secret if found.is_dir() => (0o077, "it is open to others", "700"),
            Holds::Secret => (0o077, "it is open to others", "600"),
        };
        if mode & beyond != 0 {
            return Err(NotPrivate {
                what: format!("{shown} is not used: {open}"),
                why: open.to_owned(),
                hint: Some(format!("chmod {mend} {shown}")),
            });
        }
        Ok(())
    }
}

impl NotPrivate {
    /// Says what is wrong with a file that has no regular content.
    pub(crate) fn not_regular(path: &Path) -> Self {
        refused(path, "is not a regular file")
    }
}

fn refused(path: &Path, why: &str) -> NotPrivate {
    let what = format!("{} {why}, and is not used", path.display());
    NotPrivate { what, why: format!("it {why}"), hint: None }
}

fn unreadable(path: &Path, error: &io::Error) -> NotPrivate {
    let why = format!("cannot be read ({error})");
    NotPrivate { what: format!("{} {why}", path.display()), why: format!("it {why}"), hint: None }
}

/// Returns the number of a user of this machine, by name or by number. Returns `None` if there is no such user.
pub(crate) fn user_number(name: &str) -> Option<u32> {
    let by_name = nix::unistd::User::from_name(name).ok().flatten().map(|user| user.uid.as_raw());
    by_name.or_else(|| name.parse().ok())
}

/// Opens a file of settings or a secret for reading, by a link too. Returns `None` if there is no file.
///
/// # Errors
/// It cannot be read, is somebody else's, or others may do more than they should.
pub(crate) fn open_private_file(path: &Path, holds: Holds) -> Result<Option<File>, NotPrivate> {
    FileRule::new(holds, Links::Followed).open(path, Access::Read)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use std::os::unix::fs::PermissionsExt;

    use super::super::access_list::tests::list;
    use super::*;

    const BY_LINK: FileRule = FileRule::new(Holds::Settings, Links::Followed);
    const NO_LINK: FileRule = FileRule::new(Holds::Settings, Links::Refused);

    fn set_mode(path: &Path, mode: u32) {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

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
            set_mode(&path, mode);
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
    fn a_file_that_an_access_list_opens_to_the_caller_alone_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "x").unwrap();
        let caller = rustix::process::geteuid().as_raw();
        for (user, secret) in [(caller, true), (65533, false)] {
            // acl(5): the owner may read and write, this user may read, group and everybody nothing; the mask is "read".
            let entries =
                [(0x01, 6, u32::MAX), (0x02, 4, user), (0x04, 0, u32::MAX), (0x10, 4, u32::MAX), (0x20, 0, u32::MAX)];
            let list = list(&entries);
            rustix::fs::setxattr(&path, "system.posix_acl_access", &list, rustix::fs::XattrFlags::empty()).unwrap();
            assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o640, "the mask stands in the place of the group");
            assert_eq!(open_private_file(&path, Holds::Secret).is_ok(), secret, "{user}");
            assert!(open_private_file(&path, Holds::Settings).unwrap().is_some());
        }
    }

    #[test]
    fn what_belongs_to_somebody_else_is_not_taken_unless_they_are_named() {
        if !rustix::process::geteuid().is_root() {
            return; // only root can give a file away
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "x").unwrap();
        set_mode(&path, 0o600);
        std::os::unix::fs::chown(&path, Some(65534), None).unwrap();
        for holds in [Holds::Settings, Holds::Secret] {
            assert!(open_private_file(&path, holds).unwrap_err().what.contains("somebody else"));
        }
        let read = |rule: FileRule| rule.open(&path, Access::Read);
        assert!(read(NO_LINK.or_owned_by(Some(65533))).is_err());
        assert!(read(NO_LINK.or_owned_by(Some(65534))).unwrap().is_some());
        set_mode(&path, 0o620);
        assert!(read(NO_LINK.or_owned_by(Some(65534))).is_err(), "whoever owns it, others do not write it");
    }

    #[test]
    fn a_link_is_followed_or_refused_and_its_target_is_checked() {
        let folder = tempfile::tempdir().unwrap();
        let [file, link, dangling] = ["file", "link", "dangling"].map(|name| folder.path().join(name));
        std::fs::write(&file, "x").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        std::os::unix::fs::symlink(folder.path().join("none"), &dangling).unwrap();
        assert!(BY_LINK.open(&link, Access::Read).unwrap().is_some());
        for access in [Access::Read, Access::Write, Access::Create] {
            for path in [&link, &dangling] {
                assert!(NO_LINK.open(path, access).unwrap_err().what.contains("is a symbolic link"));
            }
        }
        assert!(!folder.path().join("none").exists(), "nothing is made at the other end of a link");
        set_mode(&file, 0o666);
        assert!(BY_LINK.open(&link, Access::Read).unwrap_err().what.contains("others can write it"));
    }

    #[test]
    fn what_is_no_regular_file_is_refused_and_never_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &pipe,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
            0,
        )
        .unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("socket")).unwrap();
        for path in [pipe.as_path(), folder.path(), &folder.path().join("socket"), Path::new("/dev/zero")] {
            assert!(NO_LINK.open(path, Access::Read).unwrap_err().what.contains("is not a regular file"));
        }
        assert!(NO_LINK.check_folder(&pipe).is_err());
    }

    #[test]
    fn a_folder_goes_by_the_same_rule() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        NO_LINK.check_folder(folder.path()).unwrap();
        NO_LINK.check_folder(&folder.path().join("none")).unwrap();
        std::os::unix::fs::symlink(folder.path(), &link).unwrap();
        assert!(NO_LINK.check_folder(&link).unwrap_err().what.contains("is a symbolic link"));
        set_mode(folder.path(), 0o770);
        assert!(NO_LINK.check_folder(folder.path()).unwrap_err().hint.unwrap().starts_with("chmod go-w "));
    }
}
