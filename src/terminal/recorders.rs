//! What records this terminal, as far as it can be recognised. docs/security.md lists what cannot.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::platform::child;

/// Programs that write down what a terminal shows, by the name of their process.
const KNOWN: [&str; 9] =
    ["script", "asciinema", "ttyrec", "termrec", "tlog-rec", "tlog-rec-sessio", "rec", "t-rec", "terminalizer"];
/// What recorders leave in the environment, where their process cannot be seen: script(1) of BSD and macOS, asciinema.
const LEFT_BEHIND: [(&str, &str); 2] = [("SCRIPT", "script"), ("ASCIINEMA_REC", "asciinema")];
/// tmux answers at once, or not at all.
const PATIENCE: Duration = Duration::from_millis(500);
/// No chain of parents is longer.
const PARENTS: usize = 64;

/// The names of what was recognised.
pub(crate) fn recorders() -> Vec<String> {
    recognised(&parents(), |name| std::env::var_os(name).is_some(), tmux_pipes_the_pane())
}

/// Each name once, nearest first.
fn recognised(parents: &[String], is_set: impl Fn(&str) -> bool, pane_is_piped: bool) -> Vec<String> {
    let running = parents.iter().map(String::as_str).filter(|name| KNOWN.contains(name));
    let left_behind = LEFT_BEHIND.iter().filter(|(variable, _)| is_set(variable)).map(|(_, name)| *name);
    let mut found: Vec<String> = Vec::new();
    for name in running.chain(left_behind).chain(pane_is_piped.then_some("tmux pipe-pane")) {
        if !found.iter().any(|known| known == name) {
            found.push(name.to_owned());
        }
    }
    found
}

/// The names of the processes above this one, nearest first (proc(5): `/proc/PID/stat`).
fn parents() -> Vec<String> {
    let mut names = Vec::new();
    let mut process = "self".to_owned();
    for _ in 0..PARENTS {
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

/// Asks tmux, if we are in one, whether this pane is piped to a program.
fn tmux_pipes_the_pane() -> bool {
    let Some(pane) = std::env::var_os("TMUX_PANE").filter(|_| std::env::var_os("TMUX").is_some()) else { return false };
    let tmux = ["TMUX", "TMUX_TMPDIR"].into_iter().filter_map(|name| std::env::var_os(name).map(|value| (name, value)));
    let asked = child::command("tmux")
        .envs(tmux)
        .args(["display-message", "-p", "-t"])
        .arg(pane)
        .arg("#{pane_pipe}")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = asked else { return false };
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        if matches!(child.try_wait(), Ok(Some(_))) {
            return child.wait_with_output().is_ok_and(|output| output.stdout.starts_with(b"1"));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let _ = child.kill(); // it may have ended just now
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
