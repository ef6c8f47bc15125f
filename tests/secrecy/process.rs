//! What the system shows of the process while it reveals: arguments, environment, core dumps, and whose it is.

use std::ffi::OsStr;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use crate::release::{release, signed_in_as};
use crate::scan;
use crate::support::Terminal;

/// Nobody's, on every Linux.
const NOBODY: u32 = 65534;

fn proc_file(process: u32, name: &str) -> Vec<u8> {
    std::fs::read(format!("/proc/{process}/{name}")).unwrap()
}

#[test]
#[ignore = "needs root and the release build"]
fn while_it_is_shown_nothing_else_can_be_seen_of_it() {
    let env = signed_in_as(release(), NOBODY);
    let as_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"].map(OsStr::new);
    let terminal = Terminal::run_under(&env, &as_nobody, &["reset", "C-1001", "--yes"]);
    let (password, spelling) = terminal.revealed();
    let process = terminal.process(); // setpriv became the tool

    for (name, known) in [("cmdline", "C-1001"), ("environ", "TELLONCE_HOME")] {
        let bytes = proc_file(process, name);
        assert!(scan::count(&bytes, known.as_bytes()) > 0, "{name} was read");
        for secret in [&password, &spelling] {
            assert_eq!(scan::traces(&bytes, secret), 0, "{name}");
        }
    }
    let limits = String::from_utf8(proc_file(process, "limits")).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{core}");
    assert_eq!(whose(process), 0, "a process that is not dumpable belongs to root (proc(5))");
    let mut other = Command::new("cat").uid(NOBODY).gid(NOBODY).stdin(Stdio::piped()).spawn().unwrap();
    assert_eq!(whose(other.id()), NOBODY, "another one does not");
    drop(other.stdin.take());
    other.wait().unwrap();
    assert_eq!(terminal.dismissed(&password), 0);
}

fn whose(process: u32) -> u32 {
    std::fs::metadata(format!("/proc/{process}/environ")).unwrap().uid()
}
