//! A program on a pseudo-terminal, and what its screen shows, read by vt100.

use std::io::{Read, Write};
use std::num::NonZero;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use super::home::{BINARY, Home};

/// Long enough for the slowest machine; only a failing test waits for it.
const PATIENCE: Duration = Duration::from_mins(1);
/// Rows that the terminal keeps above its screen.
const SCROLLBACK: usize = 2000;

struct Seen {
    parser: vt100::Parser,
    closed: bool,
}

type Shared = Arc<(Mutex<Seen>, Condvar)>;

/// A program on a terminal.
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
    pub fn run(home: &Home, arguments: &[&str], columns: u16, rows: u16) -> Self {
        let mut command = CommandBuilder::new(BINARY);
        command.args(arguments);
        Self::start(home, command, columns, rows)
    }

    /// Runs a shell script on a terminal; `$T` is the tool.
    pub fn shell(home: &Home, script: &str) -> Self {
        let mut command = CommandBuilder::new("sh");
        command.args(["-c", script]);
        command.env("T", BINARY);
        Self::start(home, command, 80, 24)
    }

    fn start(home: &Home, mut command: CommandBuilder, columns: u16, rows: u16) -> Self {
        let pair = native_pty_system().openpty(size(columns, rows)).unwrap();
        let tool = command.get_env("T").map(ToOwned::to_owned);
        command.env_clear();
        for (name, value) in home.environment() {
            command.env(name, value);
        }
        if let Some(tool) = tool {
            command.env("T", tool);
        }
        command.cwd(home.path());
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let seen: Shared = Arc::new((
            Mutex::new(Seen {
                parser: vt100::Parser::new(at_least_one(rows), at_least_one(columns), SCROLLBACK),
                closed: false,
            }),
            Condvar::new(),
        ));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let writer = pair.master.take_writer().unwrap();
        let shared = Arc::clone(&seen);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            loop {
                let read = reader.read(&mut bytes).unwrap_or(0);
                let mut seen = shared.0.lock().unwrap();
                seen.parser.process(&bytes[..read]);
                seen.closed |= read == 0;
                shared.1.notify_all();
                if read == 0 {
                    break;
                }
            }
        });
        Self { master: pair.master, writer, child, seen }
    }

    /// Waits until what is shown fits, and gives it.
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

    pub fn resize(&self, columns: u16, rows: u16) {
        self.seen.0.lock().unwrap().parser.screen_mut().set_size(at_least_one(rows), at_least_one(columns));
        self.master.resize(size(columns, rows)).unwrap();
    }

    pub fn process(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// Sends a signal by name.
    pub fn signal(&self, name: &str) {
        let sent = std::process::Command::new("kill").args(["-s", name, &self.process().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits until the process is in this state (proc(5): T is stopped).
    pub fn wait_for_state(&self, state: char) {
        let started = Instant::now();
        loop {
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process())).unwrap();
            if stat.rsplit(')').next().unwrap().trim_start().starts_with(state) {
                return;
            }
            assert!(started.elapsed() < PATIENCE, "never in state {state}: {stat}");
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

    /// Where the terminal is in the file system.
    pub fn name(&self) -> std::path::PathBuf {
        self.master.tty_name().unwrap()
    }

    /// The exit code; 128 and more where a signal ended it.
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

    /// Everything that the terminal still has: screen, scrollback, and whether the cursor is hidden.
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

/// The temporary password on this screen.
pub fn password_in(screen: &str) -> Option<String> {
    let is_password = |word: &&str| {
        word.len() == 14
            && word.split('-').map(str::len).eq([4, 4, 4])
            && word.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
    };
    screen.split_whitespace().find(is_password).map(str::to_owned)
}
