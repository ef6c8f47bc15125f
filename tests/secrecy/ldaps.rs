//! A reset over LDAPS: the LDAP and the TLS library keep nothing of the request that held the password.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};

use crate::release::release;
use crate::scan::{Map, memory, parts, places};
use crate::support::ldap::{Kind, Server};

/// Each record goes to this: at the set and at the delivery it tells the test, and waits for it.
const FORWARD: &str = r#"record=$(cat)
case $record in
*'"event":"set"'*|*'"event":"delivery"'*) echo told >"$1/told"; read -r _ <"$1/go";;
esac
"#;

/// A reset that waits at the set and at the delivery.
struct Waiting {
    tool: Child,
    folder: PathBuf,
}

impl Waiting {
    /// Waits until it waits, and gives its memory as it is then.
    fn memory(&self) -> Vec<Map> {
        let told = std::fs::read_to_string(self.folder.join("told")).unwrap();
        assert_eq!(told, "told\n");
        let pid = Pid::from_child(&self.tool);
        kill_process(pid, Signal::STOP).unwrap();
        waitpid(Some(pid), WaitOptions::UNTRACED).unwrap().unwrap();
        let found = memory(self.tool.id());
        let mut go = std::fs::OpenOptions::new().write(true).open(self.folder.join("go")).unwrap();
        go.write_all(b"on\n").unwrap();
        kill_process(pid, Signal::CONT).unwrap();
        found
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let _ = self.tool.kill(); // it ended
        let _ = self.tool.wait();
    }
}

fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// As unicodePwd has it (UTF-16, little-endian).
fn wide(text: &[u8]) -> Vec<u8> {
    text.iter().flat_map(|byte| [*byte, 0]).collect()
}

fn leaves_nothing(server: &Server) {
    let env = server.environment();
    let folder = env.path().to_owned();
    pipe(&folder.join("told"));
    pipe(&folder.join("go"));
    std::fs::write(folder.join("forward.sh"), FORWARD).unwrap();
    let audit = format!(
        "default = 'live'\n[audit]\nforward = {{ command = [\"bash\", \"{0}/forward.sh\", \"{0}\"] }}",
        folder.display()
    );
    env.edit_config("default = 'live'", &audit);
    let mut command = env.program(release());
    command.args(["-vv", "reset", "ada", "--yes", "--reveal", "stdout"]);
    let mut waiting = Waiting { tool: command.stderr(Stdio::null()).spawn().unwrap(), folder };
    let mut revealed = BufReader::new(waiting.tool.stdout.take().unwrap());
    let before = waiting.memory();
    let after = waiting.memory();
    let mut password = String::new();
    revealed.read_line(&mut password).unwrap();
    let password = password.trim_end();
    assert!(waiting.tool.wait().unwrap().success());
    let copies = places(&before, password.as_bytes());
    assert_eq!(copies.len(), 1, "after the set there is the one to be revealed: {}", copies.join("\n"));
    let sent = places(&before, &wide(password.as_bytes()));
    assert!(sent.is_empty(), "after the set, as it was sent to Active Directory: {}", sent.join("\n"));
    for part in parts(password) {
        let left = [places(&after, &part), places(&after, &wide(&part))].concat();
        assert!(left.is_empty(), "after the reveal: {}", left.join("\n"));
    }
}

#[test]
#[ignore = "needs root, the release build, slapd and Samba: TELLONCE_LIVE=openldap,active-directory"]
fn after_a_reset_over_ldaps() {
    for kind in [Kind::OpenLdap, Kind::ActiveDirectory] {
        leaves_nothing(&Server::start(kind));
    }
}
