//! Refuses a ledger on a network file system, where `SQLite` cannot rely on locks (sqlite.org/wal.html: "WAL does not work
//! over a network filesystem").

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::fault::Fault;

/// Network file systems, by the number that statfs(2) gives.
const NETWORK: &[(i64, &str)] = &[
    (0x6969, "NFS"),
    (0x517b, "SMB"),
    (0xfe53_4d42, "SMB"),
    (0xff53_4d42, "CIFS"),
    (0x0102_1997, "9P"),
    (0x00c3_6400, "Ceph"),
    (0x5346_414f, "AFS"),
    (0x7375_7245, "Coda"),
    (0x0bd0_0bd0, "Lustre"),
    (0x4750_4653, "GPFS"),
    (0x564c, "NCP"),
    (0x786f_4256, "vboxsf"),
];
/// The number of every file system that is a process (FUSE). Some of them are on a network.
const FUSE: i64 = 0x6573_5546;
/// Network file systems that are a process, by their type in the table of mounts.
const NETWORK_BY_PROCESS: &[(&str, &str)] = &[
    ("fuse.sshfs", "sshfs"),
    ("fuse.rclone", "rclone"),
    ("fuse.s3fs", "s3fs"),
    ("fuse.glusterfs", "GlusterFS"),
    ("fuse.ceph", "Ceph"),
    ("fuse.ceph-fuse", "Ceph"),
    ("fuse.juicefs", "JuiceFS"),
    ("fuse.mfs", "MooseFS"),
    ("fuse.curlftpfs", "FTP"),
    ("fuse.gvfsd-fuse", "GVfs"),
];

/// The table of mounts (proc(5)).
const MOUNTS: &str = "/proc/self/mountinfo";

/// Refuses a folder on a network file system.
///
/// # Errors
/// It is on one, or its file system cannot be asked for.
pub(super) fn refuse_network(folder: &Path) -> Result<(), Fault> {
    let found = rustix::fs::statfs(folder).map_err(std::io::Error::from)?;
    #[allow(clippy::useless_conversion, reason = "its type is not the same on every system")]
    let kind = i64::from(found.f_type);
    let name = if kind == FUSE { network_process(folder)? } else { network_name(kind) };
    let Some(name) = name else { return Ok(()) };
    Err(Fault::new(format!(
        "{} is on a network file system ({name}), where locks cannot be relied on",
        folder.display()
    ))
    .hint("Set TELLONCE_HOME, or XDG_STATE_HOME, to a folder on a disk of this machine."))
}

/// Returns the name of a network file system; `None` for every other.
fn network_name(kind: i64) -> Option<&'static str> {
    NETWORK.iter().find(|(number, _)| *number == kind).map(|(_, name)| *name)
}

/// Returns the name of the network file system that a folder is on, where that is a process; `None` for every other.
fn network_process(folder: &Path) -> Result<Option<&'static str>, Fault> {
    let device = folder.metadata()?.dev();
    let device = format!("{}:{}", rustix::fs::major(device), rustix::fs::minor(device));
    let mounts = std::fs::read(MOUNTS).unwrap_or_default();
    let mounts = String::from_utf8_lossy(&mounts);
    let unknown = || Fault::new(format!("{MOUNTS} does not say on which file system {} is", folder.display()));
    let kind = mounted(&mounts, &device).ok_or_else(unknown)?;
    Ok(NETWORK_BY_PROCESS.iter().find(|(network, _)| *network == kind).map(|(_, name)| *name))
}

/// Returns the type of the file system of this device, in a table of mounts.
fn mounted<'a>(mounts: &'a str, device: &str) -> Option<&'a str> {
    let line = mounts.lines().find(|line| line.split(' ').nth(2) == Some(device))?;
    line.split_once(" - ")?.1.split(' ').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_systems_of_a_network_are_known_and_those_of_disks_are_not_refused() {
        for (number, name) in [(0x6969, "NFS"), (0xff53_4d42, "CIFS"), (0x0102_1997, "9P")] {
            assert_eq!(network_name(number), Some(name));
        }
        for disk in [0xef53, 0x9123_683e, 0x5846_5342, 0x0102_1994, 0x794c_7630, 0x2fc1_2fc1, FUSE] {
            assert_eq!(network_name(disk), None, "{disk:x}");
        }
    }

    #[test]
    fn a_file_system_that_is_a_process_is_found_by_its_device() {
        let mounts = "\
            24 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n\
            91 24 0:48 / /mnt/a\\040b rw,nosuid shared:9 master:2 - fuse.sshfs desk@host: rw,user_id=0\n\
            92 24 0:480 / /mnt/c rw - fuse.bindfs /srv rw\n\
            93 24 0:49\n";
        let kinds = ["254:0", "0:48", "0:480", "0:49", "0:4", ""].map(|device| mounted(mounts, device));
        assert_eq!(kinds, [Some("ext4"), Some("fuse.sshfs"), Some("fuse.bindfs"), None, None, None]);
    }
}
