//! A reveal on a terminal of its own.

use std::ffi::{OsStr, OsString};
use std::io::{Read, Write};
use std::num::NonZero;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::home::Home;

/// Far longer than anything here takes, also under strace.
pub const DEADLINE: Duration = Duration::from_mins(2);
const SIZE: PtySize = PtySize { rows: 40, cols: 120, pixel_width: 0, pixel_height: 0 };
const A_MOMENT: Duration = Duration::from_millis(20);

/// The tool on a terminal.
pub struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    _master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    came: Receiver<Vec<u8>>,
    screen: vt100::Parser,
}

impl Terminal {
    /// Runs the tool there, under something else or nothing.
    pub fn run(home: &Home, under: &[&OsStr], arguments: &[&str], point: Option<&str>) -> Self {
        let pair = native_pty_system().openpty(SIZE).unwrap();
        let line: Vec<OsString> = under.iter().map(|one| (*one).to_owned()).chain(home.line(arguments)).collect();
        let mut command = CommandBuilder::from_argv(line);
        command.env_clear();
        command.cwd(home.path());
        for (name, value) in home.environment() {
            command.env(name, value);
        }
        if let Some(point) = point {
            command.env("TELLONCE_FAIL_POINT", point);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (send, came) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(read @ 1..) = reader.read(&mut bytes) {
                if send.send(bytes[..read].to_vec()).is_err() {
                    break;
                }
            }
        });
        let keys = pair.master.take_writer().unwrap();
        Self { child, _master: pair.master, keys, came, screen: screen() }
    }

    /// The process that was started: the tool, or what it runs under.
    pub fn process(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// Reads what comes until `done` says so.
    fn until<T>(&mut self, what: &str, mut done: impl FnMut(&mut Self) -> Option<T>) -> T {
        let started = Instant::now();
        loop {
            if let Ok(bytes) = self.came.recv_timeout(A_MOMENT) {
                self.screen.process(&bytes);
            }
            if let Some(found) = done(self) {
                return found;
            }
            assert!(started.elapsed() < DEADLINE, "{what}: never; the screen: {}", self.screen.screen().contents());
        }
    }

    /// Waits for the reveal; gives the password and the first row of its spelling.
    pub fn revealed(&mut self) -> (String, String) {
        self.until("the reveal", |terminal| {
            let contents = terminal.screen.screen().contents();
            let mut rows = contents.lines().map(str::trim).skip_while(|row| !is_password(row));
            let password = rows.next()?.to_owned();
            let spelling = rows.find(|row| !row.is_empty())?.to_owned();
            contents.contains("Gone in").then_some((password, spelling))
        })
    }

    /// Presses the key that dismisses, until the tool took it: for a second it is deaf.
    pub fn dismissed<T>(&mut self, mut done: impl FnMut(u32) -> Option<T>) -> T {
        self.until("the dismissal", |terminal| {
            let _ = terminal.keys.write_all(b"q"); // nobody reads any more: it ended
            done(terminal.process())
        })
    }

    /// Dismisses it, waits for the end, and gives the exit code; the screen does not hold the password.
    pub fn ended(mut self, password: &str) -> u32 {
        let code = self.until("the end", |terminal| {
            let _ = terminal.keys.write_all(b"q"); // nobody reads any more: it ended
            terminal.child.try_wait().unwrap().map(|status| status.exit_code())
        });
        while let Ok(bytes) = self.came.recv_timeout(A_MOMENT) {
            self.screen.process(&bytes);
        }
        assert!(!self.screen.screen().contents().contains(password));
        code
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill(); // it ended
        let _ = self.child.wait();
    }
}

fn screen() -> vt100::Parser {
    let [rows, columns] = [SIZE.rows, SIZE.cols].map(|number| NonZero::new(number).unwrap());
    vt100::Parser::new(rows, columns, 1000)
}

/// Groups of four, joined by dashes.
fn is_password(row: &str) -> bool {
    let groups: Vec<&str> = row.split('-').collect();
    let is_group = |group: &&str| group.len() == 4 && group.bytes().all(|byte| byte.is_ascii_alphanumeric());
    groups.len() > 2 && groups.iter().all(is_group)
}
