//! A program on a pseudo-terminal, and what its screen shows, read by vt100.

use std::ffi::{OsStr, OsString};
use std::io::{Read, Write};
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use super::{BINARY, TestEnvironment};

/// Long enough for the slowest machine and for strace; only a failing test waits for it.
const PATIENCE: Duration = Duration::from_mins(2);
/// Rows that the terminal keeps above its screen.
const SCROLLBACK: usize = 2000;

struct Seen {
    parser: vt100::Parser,
    /// Every byte that was written.
    written: Vec<u8>,
    closed: bool,
}

type Shared = Arc<(Mutex<Seen>, Condvar)>;

/// A program on a terminal. Dropping it ends the program.
pub struct Terminal {
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    seen: Shared,
}

fn at_least_one(cells: u16) -> NonZero<u16> {
    NonZero::new(cells).unwrap()
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

impl Terminal {
    /// Runs the tool on a terminal of this size.
    pub fn run(environment: &TestEnvironment, arguments: &[&str], columns: u16, rows: u16) -> Self {
        Self::start(environment, environment.command_line(&[], arguments), size(columns, rows))
    }

    /// Runs the tool under another program (`strace ...`), on a terminal with room for all of its screens.
    pub fn run_under(environment: &TestEnvironment, under: &[&OsStr], arguments: &[&str]) -> Self {
        Self::start(environment, environment.command_line(under, arguments), size(120, 40))
    }

    /// Runs a shell script on a terminal; `$T` is the tool.
    pub fn shell(environment: &TestEnvironment, script: &str) -> Self {
        Self::shell_of_size(environment, script, 80, 24)
    }

    /// Runs a shell script on a terminal of this size.
    pub fn shell_of_size(environment: &TestEnvironment, script: &str, columns: u16, rows: u16) -> Self {
        let tool = format!("T={BINARY}");
        let line = ["env", &tool, "sh", "-c", script].map(OsString::from);
        Self::start(environment, line.to_vec(), size(columns, rows))
    }

    fn start(environment: &TestEnvironment, line: Vec<OsString>, size: PtySize) -> Self {
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::from_argv(line);
        command.env_clear();
        for (name, value) in environment.variables() {
            command.env(name, value);
        }
        command.cwd(environment.path());
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let parser = vt100::Parser::new(at_least_one(size.rows), at_least_one(size.cols), SCROLLBACK);
        let seen: Shared = Arc::new((Mutex::new(Seen { parser, written: Vec::new(), closed: false }), Condvar::new()));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let writer = pair.master.take_writer().unwrap();
        let shared = Arc::clone(&seen);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            loop {
                let read = reader.read(&mut bytes).unwrap_or(0);
                let mut seen = shared.0.lock().unwrap();
                seen.parser.process(&bytes[..read]);
                seen.written.extend_from_slice(&bytes[..read]);
                seen.closed |= read == 0;
                shared.1.notify_all();
                if read == 0 {
                    break;
                }
            }
        });
        Self { master: pair.master, writer, child, seen }
    }

    /// Returns what the screen shows now.
    pub fn screen(&self) -> String {
        self.seen.0.lock().unwrap().parser.screen().contents()
    }

    /// Returns the cells of the screen, with their colours.
    pub fn cells(&self) -> vt100::Screen {
        self.seen.0.lock().unwrap().parser.screen().clone()
    }

    /// Returns everything that was written, with its escape sequences.
    pub fn written(&self) -> String {
        String::from_utf8_lossy(&self.seen.0.lock().unwrap().written).into_owned()
    }

    /// Waits until the screen fits, and returns it.
    pub fn wait_until(&self, what: &str, fits: impl Fn(&str) -> bool) -> String {
        let started = Instant::now();
        let (mutex, changed) = &*self.seen;
        let mut seen = mutex.lock().unwrap();
        loop {
            let shown = seen.parser.screen().contents();
            if fits(&shown) {
                return shown;
            }
            assert!(!seen.closed, "it ended before {what}; the screen:\n{shown}");
            assert!(started.elapsed() < PATIENCE, "waited in vain for {what}; the screen:\n{shown}");
            seen = changed.wait_timeout(seen, Duration::from_millis(200)).unwrap().0;
        }
    }

    pub fn wait_for(&self, text: &str) -> String {
        self.wait_until(text, |shown| shown.contains(text))
    }

    pub fn type_(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    /// Presses a key again and again until `done` returns something: for a second the reveal ignores keys.
    pub fn press_until<T>(&mut self, key: &str, mut done: impl FnMut(&mut Self) -> Option<T>) -> T {
        let started = Instant::now();
        loop {
            let _ = self.writer.write_all(key.as_bytes()); // nobody reads after the end
            let _ = self.writer.flush();
            if let Some(found) = done(self) {
                return found;
            }
            assert!(started.elapsed() < PATIENCE, "pressed {key:?} in vain; the screen:\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits for the reveal. Returns the password and the first row of its spelling.
    pub fn revealed(&self) -> (String, String) {
        reveal_on(&self.wait_until("the reveal", |screen| reveal_on(screen).is_some())).unwrap()
    }

    /// Dismisses the reveal and returns the exit code. The password is gone from screen and scrollback.
    pub fn dismissed(mut self, password: &str) -> u32 {
        self.press_until("q", Self::try_end);
        let (code, _) = self.end();
        assert!(!self.everything().0.contains(password));
        code
    }

    pub fn resize(&self, columns: u16, rows: u16) {
        self.seen.0.lock().unwrap().parser.screen_mut().set_size(at_least_one(rows), at_least_one(columns));
        self.master.resize(size(columns, rows)).unwrap();
    }

    /// Returns the id of the process that was started: the tool, or what it runs under.
    pub fn process(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// Sends a signal by name.
    pub fn signal(&self, name: &str) {
        let sent = std::process::Command::new("kill").args(["-s", name, &self.process().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Whether the process is in this state (proc(5): T is stopped).
    pub fn is_in_state(&self, state: char) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process())).unwrap();
        stat.rsplit(')').next().unwrap().trim_start().starts_with(state)
    }

    /// Waits until the process is in this state.
    pub fn wait_for_state(&self, state: char) {
        let started = Instant::now();
        while !self.is_in_state(state) {
            assert!(started.elapsed() < PATIENCE, "never in state {state}; the screen:\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Whether the terminal echoes what is typed.
    pub fn echoes(&self) -> bool {
        let modes = self.master.get_termios().unwrap();
        format!("{:?}", modes.local_flags).contains("ECHO ")
            || format!("{:?}", modes.local_flags).split(" | ").any(|flag| flag.trim_end_matches(')').ends_with("ECHO"))
    }

    /// Waits until the terminal echoes what is typed, or does not.
    pub fn wait_for_echo(&self, wanted: bool) {
        let started = Instant::now();
        while self.echoes() != wanted {
            assert!(started.elapsed() < PATIENCE, "the echo never became {wanted}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Returns where the terminal is in the file system.
    pub fn name(&self) -> PathBuf {
        self.master.tty_name().unwrap()
    }

    /// Returns the exit code if the program has ended.
    pub fn try_end(&mut self) -> Option<u32> {
        self.child.try_wait().unwrap().map(|status| status.exit_code())
    }

    /// Waits for the end. Returns the exit code (128 and more where a signal ended it) and the signal.
    pub fn end(&mut self) -> (u32, Option<String>) {
        let started = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if started.elapsed() > PATIENCE {
                self.child.kill().unwrap();
                panic!("it never ended; the screen:\n{}", self.everything().0);
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        let mut seen = self.seen.0.lock().unwrap();
        while !seen.closed && started.elapsed() < PATIENCE {
            seen = self.seen.1.wait_timeout(seen, Duration::from_millis(100)).unwrap().0;
        }
        (status.exit_code(), status.signal().map(str::to_owned))
    }

    /// Returns everything that the terminal still has, screen and scrollback, and whether the cursor is hidden.
    pub fn everything(&self) -> (String, bool) {
        let mut seen = self.seen.0.lock().unwrap();
        let mut all = seen.parser.screen().contents();
        for back in 1..=SCROLLBACK {
            seen.parser.screen_mut().set_scrollback(back);
            if seen.parser.screen().scrollback() < back {
                break;
            }
            all.push('\n');
            all.push_str(&seen.parser.screen().contents());
        }
        seen.parser.screen_mut().set_scrollback(0);
        (all, seen.parser.screen().hide_cursor())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill(); // it may have ended
        let _ = self.child.wait();
    }
}

/// Returns the temporary password on this screen.
pub fn password_in(screen: &str) -> Option<String> {
    screen.split_whitespace().find(|word| is_password(word)).map(str::to_owned)
}

/// Whether this is three groups of four letters or digits, joined by dashes.
fn is_password(word: &str) -> bool {
    word.len() == 14
        && word.split('-').map(str::len).eq([4, 4, 4])
        && word.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
}

/// Returns the password and the first row of its spelling, once a reveal is painted whole.
fn reveal_on(screen: &str) -> Option<(String, String)> {
    let mut rows = screen.lines().map(str::trim).skip_while(|row| !is_password(row));
    let password = rows.next()?.to_owned();
    let spelling = rows.find(|row| !row.is_empty())?.to_owned();
    screen.contains("Gone in").then_some((password, spelling))
}
