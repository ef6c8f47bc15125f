//! The environment of one test: a home folder of its own, a cleared process environment, and the tool run in it.

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{CommandOutput, PRACTICE};

pub const BINARY: &str = env!("CARGO_BIN_EXE_tellonce");

/// A home folder that is removed at the end, and everything that runs in it.
pub struct TestEnvironment {
    folder: tempfile::TempDir,
    binary: PathBuf,
    variables: Vec<(String, OsString)>,
    /// Names the profile where the configuration has no default.
    pub(super) profile: &'static [&'static str],
}

impl TestEnvironment {
    /// Creates an empty home. Nobody is signed in.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder, binary: BINARY.into(), variables: Vec::new(), profile: &PRACTICE }
    }

    /// Creates a home with this configuration file.
    pub fn with_config(text: &str) -> Self {
        let environment = Self::new();
        environment.write("config.toml", text);
        environment
    }

    /// Creates a home whose configuration has one profile, `live`, with these lines.
    pub fn with_profile(lines: &str) -> Self {
        let text = format!("default = 'live'\n[profiles.live]\n{lines}\n");
        Self { profile: &[], ..Self::with_config(&text) }
    }

    /// Creates a home for another build of the tool.
    pub fn with_binary(binary: &Path) -> Self {
        Self { binary: binary.to_owned(), ..Self::new() }
    }

    /// Creates a home with a copy of another build of the tool in it.
    pub fn with_copy_of(binary: &Path) -> Self {
        let mut environment = Self::new();
        environment.binary = environment.file("tellonce-binary");
        std::fs::copy(binary, &environment.binary).unwrap();
        environment
    }

    /// Adds a variable to the environment of every command.
    #[must_use]
    pub fn with_variable(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.set_variable(name, value);
        self
    }

    /// Sets a variable for every command from now on.
    pub fn set_variable(&mut self, name: &str, value: impl Into<OsString>) {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.into()));
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the path of a file in the home.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// Reads a file of the home.
    #[track_caller]
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.file(name)).unwrap()
    }

    /// Writes a file in the home.
    #[track_caller]
    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.file(name), text).unwrap();
    }

    /// Replaces a part of the configuration, which must be there.
    #[track_caller]
    pub fn edit_config(&self, from: &str, to: &str) {
        let text = self.read("config.toml");
        assert!(text.contains(from), "{text}");
        self.write("config.toml", &text.replace(from, to));
    }

    /// Returns the whole environment of a command.
    pub fn variables(&self) -> Vec<(String, OsString)> {
        let home = self.path().as_os_str();
        let base = [
            ("PATH", std::env::var_os("PATH").unwrap_or_default()),
            ("HOME", home.to_owned()),
            ("TELLONCE_HOME", home.to_owned()),
            ("TERM", "xterm-256color".into()),
            ("LANG", "C.UTF-8".into()),
            ("TZ", "UTC".into()),
        ];
        base.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(self.variables.iter().cloned()).collect()
    }

    /// Builds the command line of the tool, after the words that it is run under (`strace ...`).
    pub fn command_line(&self, under: &[&OsStr], arguments: &[&str]) -> Vec<OsString> {
        let under = under.iter().map(|word| (*word).to_owned());
        under.chain([self.binary.clone().into_os_string()]).chain(arguments.iter().map(OsString::from)).collect()
    }

    /// Prepares any program. It has no input, and its output is kept.
    pub fn program(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(self.variables()).current_dir(self.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Prepares the tool.
    pub fn command(&self, arguments: &[&str]) -> Command {
        self.command_under(&[], arguments)
    }

    /// Prepares the tool, run under another program.
    pub fn command_under(&self, under: &[&OsStr], arguments: &[&str]) -> Command {
        let line = self.command_line(under, arguments);
        let mut command = self.program(&line[0]);
        command.args(&line[1..]);
        command
    }

    /// Runs the tool without a terminal and without input.
    pub fn run(&self, arguments: &[&str]) -> CommandOutput {
        self.command(arguments).output().unwrap().into()
    }

    /// Runs the tool with this text on standard input.
    pub fn run_with(&self, arguments: &[&str], input: &str) -> CommandOutput {
        feed(&mut self.command(arguments), input)
    }

    /// Runs the tool and asserts its exit code and words that it writes.
    #[track_caller]
    pub fn run_must_say(&self, arguments: &[&str], code: i32, words: &str) -> CommandOutput {
        let output = self.run(arguments);
        output.must_say(code, words);
        output
    }

    /// Runs a shell script. `$T` is the tool with the practice profile.
    pub fn shell(&self, script: &str) -> CommandOutput {
        let mut shell = self.program("bash");
        shell.args(["-o", "pipefail", "-c", script]).env("T", &self.binary).env("TELLONCE_PROFILE", "practice");
        shell.output().unwrap().into()
    }
}

/// Runs a command with this text on standard input.
pub fn feed(command: &mut Command, input: &str) -> CommandOutput {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes()); // a command that refuses does not read
    child.wait_with_output().unwrap().into()
}
