//! A ledger on a network file system: one that is mounted by sshfs, and one of which strace has statfs(2) say that it is NFS
//! or SMB, which cannot be mounted without the kernel's module.
#![cfg(target_os = "linux")]

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::fixture::{home_with_resets, ledger};
use crate::support::{CommandOutput, PRACTICE, TestEnvironment, wait_until};

const RESET: [&str; 5] = ["reset", "C-1001", "--yes", "--reveal", "stdout"];

/// Runs the tool where every folder is on a file system of this number (statfs(2)).
fn on(env: &TestEnvironment, kind: i64, arguments: &[&str]) -> CommandOutput {
    let mut bytes = String::new();
    for byte in kind.to_ne_bytes() {
        write!(bytes, "{byte:02x}").unwrap();
    }
    let inject = format!("inject=statfs:poke_exit=@arg2={bytes}"); // the field f_type is the first
    let strace = ["strace", "-f", "-o", "strace.txt", "-e", "trace=statfs", "-e", &inject].map(OsStr::new);
    let output = env.command_under(&strace, &[&PRACTICE[..], &["-o", "json"], arguments].concat()).output().unwrap();
    let calls = std::fs::read_to_string(env.file("strace.txt")).unwrap();
    assert!(calls.contains("(INJECTED"), "the tool asked for no file system: {calls}");
    output.into()
}

#[test]
#[ignore = "needs strace"]
fn a_ledger_on_a_network_file_system_is_refused_before_anything_changes() {
    for (kind, name) in
        [(0x6969, "NFS"), (0x517b, "SMB"), (0xfe53_4d42, "SMB"), (0xff53_4d42, "CIFS"), (0x0102_1997, "9P")]
    {
        for env in [TestEnvironment::signed_in("sam"), home_with_resets(&["C-1004"])] {
            let had_ledger = ledger(&env).exists();
            let output = on(&env, kind, &RESET).must(8);
            let error = output.error();
            let message = error["message"].as_str().unwrap();
            assert!(message.contains(&format!("is on a network file system ({name})")), "{error}");
            assert!(error["hint"].as_str().unwrap().contains("TELLONCE_HOME"), "{error}");
            assert_eq!((&error["changed"], output.stdout.as_str()), (&"no".into(), ""), "{error}");
            assert_eq!(ledger(&env).exists(), had_ledger, "none is made there");
            if had_ledger {
                on(&env, kind, &["audit", "verify"]).must(8);
            }
            assert_eq!(env.sign_in("ada.lovelace", "Practice-makes-1"), "signed_in", "nothing was changed");
        }
    }
    let disk = home_with_resets(&["C-1004"]);
    on(&disk, 0xef53, &RESET).must(0); // the control: ext4
    on(&disk, 0x6573_5546, &RESET).must(0); // a process (FUSE), which by the table of mounts is not on a network
}

/// A folder that sshfs mounted. Its server is a process of this machine, reached by a socket pair.
struct Sshfs {
    folder: PathBuf,
    server: Child,
    client: Child,
}

impl Sshfs {
    fn mount(remote: &Path, folder: PathBuf) -> Self {
        std::fs::create_dir(&folder).unwrap();
        let (near, far) = UnixStream::pair().unwrap();
        let start = |command: &mut Command, end: UnixStream| {
            let both = [end.try_clone().unwrap(), end].map(|end| Stdio::from(OwnedFd::from(end)));
            let [input, output] = both;
            command.stdin(input).stdout(output).spawn().unwrap()
        };
        let server = start(&mut Command::new("/usr/lib/openssh/sftp-server"), far);
        let source = format!(":{}", remote.display());
        let client = start(Command::new("sshfs").args(["-f", "-o", "passive", &source]).arg(&folder), near);
        let mounted = Self { folder, server, client };
        let mounts = || std::fs::read_to_string("/proc/self/mountinfo").unwrap();
        wait_until("sshfs", mounts, |mounts| mounts.contains(mounted.folder.to_str().unwrap()));
        mounted
    }
}

impl Drop for Sshfs {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg(&self.folder).status();
        if !unmounted.is_ok_and(|status| status.success()) {
            let _ = self.client.kill();
        }
        let _ = (self.client.wait(), self.server.kill(), self.server.wait());
    }
}

#[test]
#[ignore = "needs root, /dev/fuse, sshfs and openssh-sftp-server"]
fn a_ledger_on_a_folder_that_sshfs_mounted_is_refused_before_anything_changes() {
    let remote = home_with_resets(&["C-1004"]);
    let elsewhere = TestEnvironment::new();
    let mounted = Sshfs::mount(remote.path(), elsewhere.file("mounted"));
    let mut command = remote.command(&[&PRACTICE[..], &["-o", "json"], &RESET].concat());
    let error = CommandOutput::from(command.env("TELLONCE_HOME", &mounted.folder).output().unwrap()).must(8).error();
    assert!(error["message"].as_str().unwrap().contains("is on a network file system (sshfs)"), "{error}");
    assert_eq!(error["changed"], "no");
    drop(mounted);
    remote.run(&[&PRACTICE[..], &["audit", "verify"]].concat()).must(0); // the control: it is a whole ledger
    assert_eq!(remote.sign_in("ada.lovelace", "Practice-makes-1"), "signed_in", "nothing was changed");
}
