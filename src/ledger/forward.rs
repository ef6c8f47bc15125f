//! Sends each record off the machine: to the system's log, or to a command.

use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::time::Duration;

use syslog::{Facility, Formatter3164};
use zeroize::Zeroizing;

use crate::config::Forward;
use crate::platform::{child, run_with_input};

/// The socket of the system's log.
const SYSLOG: &str = "/dev/log";
/// How long a command may take.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(10);

/// Sends one record.
///
/// # Errors
/// Why the record was not accepted, in words.
pub(super) fn send(to: &Forward, line: &str) -> Result<(), String> {
    match to {
        Forward::Syslog => to_syslog(Path::new(SYSLOG), line),
        Forward::Command(words) => to_command(words, line, COMMAND_TIMEOUT),
    }
}

/// Checks whether records could be sent, and sends none. Returns where they go, in words.
///
/// # Errors
/// Why they could not, in words.
pub(crate) fn try_out(to: &Forward) -> Result<String, String> {
    match to {
        Forward::Syslog => UnixDatagram::unbound()
            .and_then(|socket| socket.connect(SYSLOG))
            .map(|()| "the system's log".to_owned())
            .map_err(|error| format!("the system's log at {SYSLOG} does not answer ({error})")),
        Forward::Command(words) => match words.first() {
            None => Err("no command is configured".to_owned()),
            Some(program) => child::find(program)
                .map(|path| format!("the command {}", path.display()))
                .ok_or_else(|| format!("there is no program {program}, or it may not be run")),
        },
    }
}

fn to_syslog(socket: &Path, line: &str) -> Result<(), String> {
    let formatter = Formatter3164 {
        facility: Facility::LOG_AUTHPRIV,
        hostname: None,
        process: "tellonce".to_owned(),
        pid: std::process::id(),
    };
    let shown = socket.display();
    let mut logger = syslog::unix_custom(formatter, socket)
        .map_err(|error| format!("the system's log at {shown} does not answer ({error})"))?;
    logger.notice(line).map_err(|error| format!("the system's log at {shown} does not take it ({error})"))
}

fn to_command(words: &[String], line: &str, timeout: Duration) -> Result<(), String> {
    let [program, arguments @ ..] = words else { return Err("no command is configured".to_owned()) };
    let record = Zeroizing::new(format!("{line}\n").into_bytes());
    match run_with_input(program, arguments, record, timeout) {
        Ok(ended) if ended.success() => Ok(()),
        Ok(ended) => Err(format!("{program} ended with {ended}")),
        Err(error) => Err(format!("{program} {error}")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;

    fn shell(script: &str) -> Vec<String> {
        ["sh", "-c", script].map(str::to_owned).to_vec()
    }

    #[test]
    fn a_command_gets_the_record_on_standard_input() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("taken");
        to_command(&shell(&format!("cat > {}", taken.display())), "{\"v\":1}", COMMAND_TIMEOUT).unwrap();
        assert_eq!(std::fs::read_to_string(taken).unwrap(), "{\"v\":1}\n");
    }

    #[test]
    fn a_command_is_looked_for_and_not_run() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ship");
        std::fs::write(&file, "#!/bin/sh\ntouch \"$0.ran\"\n").unwrap();
        let words = [file.display().to_string()];
        assert!(try_out(&Forward::Command(words.to_vec())).unwrap_err().contains("may not be run"));
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        assert!(try_out(&Forward::Command(words.to_vec())).unwrap().contains("ship"));
        assert!(!folder.path().join("ship.ran").exists());
        assert!(try_out(&Forward::Command(vec!["sh".to_owned()])).is_ok());
        for missing in ["no-such-program", "/no/such/program", "/tmp", ""] {
            assert!(try_out(&Forward::Command(vec![missing.to_owned()])).is_err(), "{missing}");
        }
    }

    #[test]
    fn a_command_that_fails_hangs_or_is_missing_has_not_taken_it() {
        assert!(to_command(&shell("exit 3"), "x", COMMAND_TIMEOUT).unwrap_err().contains('3'));
        assert!(to_command(&shell("exec sleep 60"), "x", Duration::from_millis(50)).unwrap_err().contains("longer"));
        let long = "x".repeat(1_000_000); // more than a pipe holds
        assert!(to_command(&shell("exec sleep 5"), &long, Duration::from_millis(50)).unwrap_err().contains("longer"));
        assert!(to_command(&["/no/such/program".to_owned()], "x", COMMAND_TIMEOUT).unwrap_err().contains("started"));
    }

    #[test]
    fn the_systems_log_gets_it_with_facility_and_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let socket = UnixDatagram::bind(&path).unwrap();
        to_syslog(&path, "{\"v\":1}").unwrap();
        let mut buffer = [0; 512];
        let length = socket.recv(&mut buffer).unwrap();
        let text = std::str::from_utf8(&buffer[..length]).unwrap();
        assert!(text.starts_with("<85>") && text.contains("tellonce") && text.ends_with("{\"v\":1}"), "{text}");
        assert!(to_syslog(&folder.path().join("missing"), "x").is_err());
    }
}
