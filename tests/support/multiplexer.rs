//! tmux and GNU screen, each with a server of its own that ends with the test.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use crate::support::{BINARY, TestEnvironment};

const PATIENCE: Duration = Duration::from_mins(1);

/// Looks again and again until what is there fits, and returns it.
pub fn wait_until(what: &str, mut look: impl FnMut() -> String, fits: impl Fn(&str) -> bool) -> String {
    let started = Instant::now();
    loop {
        let shown = look();
        if fits(&shown) {
            return shown;
        }
        assert!(started.elapsed() < PATIENCE, "waited in vain for {what}:\n{shown}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// What both can do.
pub trait Multiplexer {
    fn environment(&self) -> &TestEnvironment;
    fn type_(&self, keys: &str);
    /// The screen and all that was scrolled off it.
    fn everything(&self) -> String;

    fn wait_until(&self, what: &str, fits: impl Fn(&str) -> bool) -> String {
        wait_until(what, || self.everything(), fits)
    }

    fn start_reset(&self, more: &str) {
        self.type_(&format!("TELLONCE_HOME='{}' {BINARY} {more}\r", self.environment().path().display()));
    }
}

/// A tmux of its own.
pub struct Tmux {
    env: TestEnvironment,
    socket: String,
}

impl Tmux {
    pub fn new(alternate_screen: bool) -> Self {
        let env = TestEnvironment::signed_in("sam");
        let socket = env.path().join("tmux").display().to_string();
        let tmux = Self { env, socket };
        let setting = if alternate_screen { "on" } else { "off" };
        std::fs::write(
            tmux.env.path().join("tmux.conf"),
            format!("set -g alternate-screen {setting}\nset -g history-limit 5000\n"),
        )
        .unwrap();
        let conf = tmux.env.path().join("tmux.conf").display().to_string();
        assert!(
            tmux.tmux(&["-f", &conf, "new-session", "-d", "-x", "80", "-y", "24", "env PS1='$ ' sh"]).status.success()
        );
        tmux.wait_until("the shell", |shown| shown.contains('$'));
        tmux
    }

    pub fn tmux(&self, arguments: &[&str]) -> Output {
        Command::new("tmux")
            .args(["-S", &self.socket])
            .args(arguments)
            .env_clear()
            .envs(self.env.variables())
            .output()
            .unwrap()
    }
}

impl Multiplexer for Tmux {
    fn environment(&self) -> &TestEnvironment {
        &self.env
    }

    fn type_(&self, keys: &str) {
        let (text, enter) = keys.strip_suffix('\r').map_or((keys, false), |text| (text, true));
        if !text.is_empty() {
            assert!(self.tmux(&["send-keys", "-l", text]).status.success());
        }
        if enter {
            assert!(self.tmux(&["send-keys", "Enter"]).status.success());
        }
    }

    fn everything(&self) -> String {
        String::from_utf8_lossy(&self.tmux(&["capture-pane", "-p", "-J", "-S", "-"]).stdout).into_owned()
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

/// A GNU screen of its own.
pub struct GnuScreen {
    env: TestEnvironment,
    name: String,
}

impl GnuScreen {
    pub fn new() -> Self {
        let env = TestEnvironment::signed_in("sam");
        let sockets = env.path().join("sockets");
        std::fs::create_dir(&sockets).unwrap();
        std::fs::set_permissions(&sockets, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        std::fs::write(env.path().join("screenrc"), "defscrollback 5000\nstartup_message off\naltscreen off\n")
            .unwrap();
        let name = format!("tellonce-{}", std::process::id());
        let screen = Self { env, name };
        assert!(
            screen.screen(&["-c", "screenrc", "-d", "-m", "-S", &screen.name, "env", "PS1=$ ", "sh"]).status.success()
        );
        screen.wait_until("the shell", |shown| shown.contains('$'));
        screen
    }

    fn screen(&self, arguments: &[&str]) -> Output {
        Command::new("screen")
            .args(arguments)
            .env_clear()
            .envs(self.env.variables())
            .env("SCREENDIR", self.env.path().join("sockets"))
            .current_dir(self.env.path())
            .output()
            .unwrap()
    }

    fn tell(&self, words: &[&str]) {
        self.screen(&[&["-S", &self.name, "-p", "0", "-X"], words].concat());
    }
}

impl Multiplexer for GnuScreen {
    fn environment(&self) -> &TestEnvironment {
        &self.env
    }

    fn type_(&self, keys: &str) {
        self.tell(&["stuff", &keys.replace('$', "\\$")]);
    }

    fn everything(&self) -> String {
        let copy = self.env.path().join("hardcopy");
        let _ = std::fs::remove_file(&copy);
        self.tell(&["hardcopy", "-h", &copy.display().to_string()]);
        std::fs::read(copy).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }
}

impl Drop for GnuScreen {
    fn drop(&mut self) {
        self.tell(&["quit"]);
    }
}
