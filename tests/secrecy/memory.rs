//! After the dismissal no copy of the password is in the memory of the process.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Stdio};

use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};

use crate::release::{release_with_fail_points, signed_in};
use crate::scan::{Map, memory, places, places_of_parts};
use crate::support::Terminal;

/// Nothing of it is left.
pub fn is_gone(process: u32, password: &str) {
    let left = places_of_parts(&memory(process), password);
    assert!(left.is_empty(), "{} traces left:\n{}", left.len(), left.join("\n"));
}

/// What is planted in another process is found there, whole and in part, and what is not is not.
#[test]
fn the_control_what_a_process_keeps_is_found() {
    let (kept, half) = ("Kfd7-mXqa-9RtE", "Ghwu-4Kcj-pY6n");
    let mut shell = std::process::Command::new("sh")
        .args(["-c", "read -r kept; echo it has read; read -r end"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = shell.stdin.take().unwrap();
    writeln!(input, "{kept} {}", &half[2..11]).unwrap();
    let mut line = String::new();
    BufReader::new(shell.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let image = memory(shell.id());
    drop(input);
    shell.wait().unwrap();
    assert!(!places(&image, kept.as_bytes()).is_empty() && !places_of_parts(&image, kept).is_empty());
    assert!(places(&image, half.as_bytes()).is_empty() && !places_of_parts(&image, half).is_empty());
    assert_eq!(places_of_parts(&image, "Wc3v-Jn7y-dQ4m"), Vec::<String>::new());
}

#[test]
#[ignore = "needs root and the release build"]
fn after_the_terminal_reveal() {
    for customer in ["C-1001", "C-1002"] {
        let mut env = signed_in(release_with_fail_points());
        env.set_variable("TELLONCE_FAIL_POINT", "reveal:after:stop");
        let mut terminal = Terminal::run_under(&env, &[], &["reset", customer, "--yes"]);
        let (password, spelling) = terminal.revealed();
        let shown = memory(terminal.process());
        assert!(!places(&shown, password.as_bytes()).is_empty(), "the scan finds it while it is shown");
        drop(shown);
        terminal.press_until("q", |terminal| terminal.is_in_state('T').then_some(()));
        is_gone(terminal.process(), &password);
        is_gone(terminal.process(), &spelling);
        kill_process(Pid::from_raw(i32::try_from(terminal.process()).unwrap()).unwrap(), Signal::CONT).unwrap();
        assert_eq!(terminal.dismissed(&password), 0);
    }
}

/// A reveal to a pipe, stopped before and after it.
pub struct Stopped(pub Child);

impl Stopped {
    fn pid(&self) -> Pid {
        Pid::from_child(&self.0)
    }

    pub fn wait_until_stopped(&self) {
        let (_, status) = waitpid(Some(self.pid()), WaitOptions::UNTRACED).unwrap().unwrap();
        assert!(status.stopped(), "{status:?}");
    }

    pub fn go_on(&self) {
        kill_process(self.pid(), Signal::CONT).unwrap();
    }

    /// Lets it reveal. The memory from before, and the line that came; it is stopped behind the reveal.
    pub fn reveals(&mut self) -> (Vec<Map>, String) {
        let mut pipe = BufReader::new(self.0.stdout.take().unwrap());
        self.wait_until_stopped();
        let before = memory(self.0.id());
        self.go_on();
        self.wait_until_stopped();
        let mut line = String::new();
        pipe.read_line(&mut line).unwrap();
        self.0.stdout = Some(pipe.into_inner()); // open as long as the tool lives
        (before, line)
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        let _ = self.0.kill(); // it ended
        let _ = self.0.wait();
    }
}

#[test]
#[ignore = "needs root and the release build"]
fn after_a_reveal_to_a_pipe() {
    for output in ["table", "json"] {
        let env = signed_in(release_with_fail_points());
        let reset = ["-vv", "-o", output, "reset", "C-1001", "--yes", "--reveal", "stdout"];
        let mut command = env.command(&reset);
        command.env("TELLONCE_FAIL_POINT", "reveal:before:stop,reveal:after:stop");
        let mut stopped = Stopped(command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
        let (before, line) = stopped.reveals();
        let password = serde_json::from_str::<serde_json::Value>(&line).map_or_else(
            |_| line.trim_end().to_owned(),
            |object| object["temporary_password"].as_str().unwrap().to_owned(),
        );
        let found = places(&before, password.as_bytes());
        assert_eq!(found.len(), 1, "before the reveal there is one copy: {}", found.join("\n"));
        is_gone(stopped.0.id(), &password);
        stopped.go_on();
        assert!(stopped.0.wait().unwrap().success(), "{output}");
    }
}
