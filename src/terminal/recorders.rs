//! Recognises programs that record this terminal. docs/security.md lists those it cannot recognise.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::platform::child;

/// The process names of programs that record a terminal.
const RECORDER_NAMES: [&str; 9] =
    ["script", "asciinema", "ttyrec", "termrec", "tlog-rec", "tlog-rec-sessio", "rec", "t-rec", "terminalizer"];
/// The environment variables of recorders whose process may be hidden: script(1) of BSD and macOS, asciinema.
const RECORDER_VARIABLES: [(&str, &str); 2] = [("SCRIPT", "script"), ("ASCIINEMA_REC", "asciinema")];
/// How long tmux may take to answer. It answers at once, or not at all.
const TMUX_TIMEOUT: Duration = Duration::from_millis(500);
/// The most parent processes that are read.
const MAX_PARENTS: usize = 64;

/// Lists the names of the recognised recorders.
pub(crate) fn recorders() -> Vec<String> {
    recognised(&parents(), |name| std::env::var_os(name).is_some(), tmux_pipes_the_pane())
}

/// Lists each recognised name once, nearest first.
fn recognised(parents: &[String], is_set: impl Fn(&str) -> bool, pane_is_piped: bool) -> Vec<String> {
    let running = parents.iter().map(String::as_str).filter(|name| RECORDER_NAMES.contains(name));
    let left_behind = RECORDER_VARIABLES.iter().filter(|(variable, _)| is_set(variable)).map(|(_, name)| *name);
    let mut found: Vec<String> = Vec::new();
    for name in running.chain(left_behind).chain(pane_is_piped.then_some("tmux pipe-pane")) {
        if !found.iter().any(|known| known == name) {
            found.push(name.to_owned());
        }
    }
    found
}

/// Lists the names of the parent processes, nearest first (proc(5): `/proc/PID/stat`).
fn parents() -> Vec<String> {
    let mut names = Vec::new();
    let mut process = "self".to_owned();
    for _ in 0..MAX_PARENTS {
        let Ok(stat) = std::fs::read_to_string(format!("/proc/{process}/stat")) else { break };
        let Some((before, after)) = stat.rsplit_once(')') else { break };
        let name = before.split_once('(').map(|(_, name)| name.to_owned()).unwrap_or_default();
        if process != "self" {
            names.push(name);
        }
        match after.split_whitespace().nth(1) {
            Some(parent) if parent != "0" => parent.clone_into(&mut process),
            _ => break,
        }
    }
    names
}

/// Asks tmux, if it runs this terminal, whether the pane is piped to a program.
fn tmux_pipes_the_pane() -> bool {
    let Some(pane) = std::env::var_os("TMUX_PANE").filter(|_| std::env::var_os("TMUX").is_some()) else { return false };
    let environment =
        ["TMUX", "TMUX_TMPDIR"].into_iter().filter_map(|name| std::env::var_os(name).map(|value| (name, value)));
    let spawned = child::command("tmux")
        .envs(environment)
        .args(["display-message", "-p", "-t"])
        .arg(pane)
        .arg("#{pane_pipe}")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = spawned else { return false };
    let started = Instant::now();
    while started.elapsed() < TMUX_TIMEOUT {
        if matches!(child.try_wait(), Ok(Some(_))) {
            return child.wait_with_output().is_ok_and(|output| output.stdout.starts_with(b"1"));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let _ = child.kill(); // fails if the process has just ended
    let _ = child.wait();
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_recorder_is_named_once_and_nothing_else_is() {
        let parents = ["bash", "script", "bash", "script", "tmux: server"].map(str::to_owned);
        assert_eq!(recognised(&parents, |_| false, false), ["script"]);
        assert_eq!(
            recognised(&parents, |name| name == "SCRIPT" || name == "ASCIINEMA_REC", true),
            ["script", "asciinema", "tmux pipe-pane"]
        );
        assert!(recognised(&parents[..1], |name| name == "TMUX", false).is_empty());
    }
}
