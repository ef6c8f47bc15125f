//! Runs a command that gets its input on standard input, and has a time limit.

use std::fmt;
use std::io::{self, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use zeroize::Zeroizing;

use super::{child, threads};

/// How often to look whether the command has ended.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Why it is not known how a command ended.
#[derive(Debug)]
pub(crate) enum CommandError {
    /// It cannot be started.
    NotStarted(io::Error),
    /// It was started, and no thread can write to it. It was ended.
    NotFed(io::Error),
    /// It cannot be waited for.
    Lost(io::Error),
    /// It took longer than this. It was ended, with every process that it started.
    TimedOut(Duration),
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStarted(error) => write!(f, "cannot be started ({error})"),
            Self::NotFed(error) => write!(f, "cannot be written to ({error})"),
            Self::Lost(error) => write!(f, "cannot be waited for ({error})"),
            Self::TimedOut(limit) => write!(f, "took longer than {} seconds", limit.as_secs()),
        }
    }
}

/// Runs a program with its arguments, hands it the input, and waits for its end. What it writes is not read.
///
/// # Errors
/// It is not known how it ended.
pub(crate) fn run_with_input(
    program: &str,
    arguments: &[String],
    input: Zeroizing<Vec<u8>>,
    limit: Duration,
) -> Result<ExitStatus, CommandError> {
    let mut child = start(program, arguments).map_err(CommandError::NotStarted)?;
    if let Some(pipe) = child.stdin.take() {
        hand_over(pipe, input).map_err(|error| {
            give_up(&mut child);
            CommandError::NotFed(error)
        })?;
    }
    let started = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(ended)) => return Ok(ended),
            Err(error) => return Err(CommandError::Lost(error)),
            Ok(None) if started.elapsed() > limit => {
                give_up(&mut child);
                return Err(CommandError::TimedOut(limit));
            }
            Ok(None) => std::thread::sleep(LOOK_EVERY),
        }
    }
}

/// Starts the command with a clean environment and in a new process group: Ctrl-C at the terminal must not end it while
/// a reset is going on.
fn start(program: &str, arguments: &[String]) -> io::Result<Child> {
    child::command(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
}

/// Writes the input in another thread: a command that does not read it must not block its caller.
fn hand_over(mut pipe: ChildStdin, input: Zeroizing<Vec<u8>>) -> io::Result<()> {
    threads::start("command input", move || {
        if let Err(error) = pipe.write_all(&input) {
            tracing::debug!(%error, "the command did not read all of its input; its exit code tells");
        }
    })?;
    Ok(())
}

/// Ends the command and every process that it started.
fn give_up(child: &mut Child) {
    let _ = kill_process_group(Pid::from_child(child), Signal::KILL); // it may have ended just now
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use std::io::{BufRead, BufReader};
    use std::process::Command;

    use super::*;

    const LIMIT: Duration = Duration::from_mins(1);

    fn run(script: &str, input: &str, limit: Duration) -> Result<ExitStatus, CommandError> {
        let input = Zeroizing::new(input.as_bytes().to_vec());
        run_with_input("sh", &["-c".to_owned(), script.to_owned()], input, limit)
    }

    #[test]
    fn it_gets_its_input_and_its_exit_code_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("taken");
        assert!(run(&format!("cat > {}", taken.display()), "one\ntwo\n", LIMIT).unwrap().success());
        assert_eq!(std::fs::read_to_string(taken).unwrap(), "one\ntwo\n");
        assert_eq!(run("exit 75", "", LIMIT).unwrap().code(), Some(75));
        assert_eq!(run("kill -9 $$", "", LIMIT).unwrap().code(), None);
    }

    #[test]
    fn one_that_reads_or_writes_nothing_or_everything_is_not_waited_for() {
        let long = "x".repeat(1_000_000); // more than a pipe holds
        assert!(run("exit 0", &long, LIMIT).unwrap().success());
        assert!(run("yes | head -c 1000000; yes | head -c 1000000 >&2", "", LIMIT).unwrap().success());
        let short = Duration::from_millis(50);
        assert!(matches!(run("exec sleep 600", &long, short), Err(CommandError::TimedOut(_))));
        let missing = run_with_input("/no/such/program", &[], Zeroizing::default(), LIMIT);
        assert!(missing.unwrap_err().to_string().contains("cannot be started"));
    }

    #[test]
    fn what_a_command_that_is_given_up_had_started_ends_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let script = format!("(echo here; exec sleep 600) > '{}' & wait", pipe.display());
        let mut child = start("sh", &["-c".to_owned(), script]).unwrap();
        let (told, what) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let mut lines = BufReader::new(std::fs::File::open(pipe).unwrap()).lines();
            told.send(lines.next().unwrap().unwrap()).unwrap();
            assert!(lines.next().is_none()); // the pipe ends when the last process that holds it does
            told.send("ended".to_owned()).unwrap();
        });
        assert_eq!(what.recv_timeout(LIMIT).unwrap(), "here");
        give_up(&mut child);
        assert_eq!(what.recv_timeout(LIMIT).unwrap(), "ended");
    }
}
