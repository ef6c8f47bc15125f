//! A desk on the practice directory with rules for callers, and the code that a customer reads from their inbox.

use std::io::Write as _;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::Value;

use super::{CommandOutput, TestEnvironment};

/// Takes no verification but one that the tool made.
pub const STRICT: &str = "require = ['verified']\n[profiles.practice.verification]\nattested = false\n";
/// A profile of the same directory with the same rules, for a second agent beside the first.
pub const KIMS_PROFILE: &str =
    "[profiles.kims]\nbackend = 'practice'\nrequire = ['verified']\n[profiles.kims.verification]\nattested = false\n";
/// Far more than a step needs; only a failing test waits for it.
const PATIENCE: Duration = Duration::from_mins(1);

/// Signs an agent in to the practice directory under a profile with these lines.
pub fn desk(agent: &str, lines: &str) -> TestEnvironment {
    let env = TestEnvironment::signed_in(agent);
    env.write("config.toml", &format!("default = 'practice'\n[profiles.practice]\nbackend = 'practice'\n{lines}"));
    env
}

/// Waits until something is there.
#[track_caller]
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5)); // nothing tells when another process has written
    }
}

/// A message in the outbox of the practice directory.
#[derive(Clone, Debug)]
pub struct Mail {
    pub to: String,
    pub subject: String,
    pub body: String,
    pub id: String,
}

/// Returns the messages of this kind, `code` or `notice`, in the order in which they were sent.
pub fn mails(env: &TestEnvironment, kind: &str) -> Vec<Mail> {
    let directory = Connection::open(env.file("practice.db")).unwrap();
    directory.busy_timeout(PATIENCE).unwrap();
    let select = "SELECT recipient, subject, body, coalesce(message_id, '') FROM mail WHERE kind = ?1 ORDER BY number";
    let mut statement = directory.prepare(select).unwrap();
    let rows = statement.query_map([kind], |row| {
        Ok(Mail { to: row.get(0)?, subject: row.get(1)?, body: row.get(2)?, id: row.get(3)? })
    });
    rows.unwrap().map(Result::unwrap).collect()
}

/// Returns the eight digits of the code in a message.
#[track_caller]
pub fn code_in(body: &str) -> String {
    let words: Vec<&str> = body.split(|letter: char| !letter.is_ascii_digit()).collect();
    let pair = words.windows(2).find(|pair| pair[0].len() == 4 && pair[1].len() == 4);
    pair.unwrap_or_else(|| panic!("{body}")).concat()
}

/// Returns a code that is another one.
pub fn wrong(code: &str) -> String {
    let first = code.as_bytes()[0];
    format!("{}{}", (first - b'0' + 1) % 10, &code[1..])
}

/// A `tellonce verify` that reads codes from standard input.
pub struct Verifying {
    child: Child,
    /// How many codes were sent before.
    before: usize,
}

impl Verifying {
    /// Starts `verify` with these arguments.
    pub fn start(env: &TestEnvironment, arguments: &[&str]) -> Self {
        let before = mails(env, "code").len();
        let line = [arguments, &["--by", "code", "--code-stdin"]].concat();
        let mut command = env.command(&line);
        let child = command.stdin(Stdio::piped()).spawn().unwrap();
        Self { child, before }
    }

    /// Waits for the code in the customer's inbox. No other code is sent meanwhile.
    #[track_caller]
    pub fn code(&mut self, env: &TestEnvironment) -> String {
        let mail = wait_for("the code", || {
            let mail = mails(env, "code").get(self.before).cloned();
            assert!(mail.is_some() || self.child.try_wait().unwrap().is_none(), "it ended without a code");
            mail
        });
        code_in(&mail.body)
    }

    /// Types what the customer reads.
    pub fn type_(&mut self, line: &str) {
        let _ = writeln!(self.child.stdin.as_ref().unwrap(), "{line}"); // one that has ended does not read
    }

    /// Kills it.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ends the input, and waits for the end.
    pub fn end(mut self) -> CommandOutput {
        drop(self.child.stdin.take());
        self.child.wait_with_output().unwrap().into()
    }
}

/// Verifies a caller by a code to the first address on file, for a kind of change.
#[track_caller]
pub fn verify(env: &TestEnvironment, customer: &str, purpose: &str) -> Value {
    let mut verifying = Verifying::start(env, &["-o", "json", "verify", customer, "--to", "1", "--for", purpose]);
    let code = verifying.code(env);
    verifying.type_(&code);
    verifying.end().must(0).json()
}

/// Tries codes that are wrong for a customer, each in turn.
#[track_caller]
pub fn guess(env: &TestEnvironment, customer: &str, times: usize) -> CommandOutput {
    let mut verifying = Verifying::start(env, &["-o", "json", "verify", customer, "--to", "1"]);
    let code = verifying.code(env);
    for _ in 0..times {
        verifying.type_(&wrong(&code));
    }
    verifying.end()
}

/// Resets a customer, as a script does.
pub fn reset(env: &TestEnvironment, customer: &str, more: &[&str]) -> CommandOutput {
    env.run(&[&["reset", customer, "--yes", "--reveal", "stdout", "-o", "json"], more].concat())
}

/// Expects that a reset gets no password for this reason, and that nothing was intended for the customer.
#[track_caller]
pub fn refused(env: &TestEnvironment, customer: &str, more: &[&str], reason: &str) -> Value {
    let intents = |env: &TestEnvironment| env.records().iter().filter(|record| record["event"] == "intent").count();
    let before = (intents(env), env.status(customer));
    let error = reset(env, customer, more).must(7).error();
    assert_eq!((&error["reason"], &error["changed"]), (&reason.into(), &"no".into()), "{error}");
    assert_eq!((intents(env), env.status(customer)), before, "{customer}");
    error
}

/// Fails to sign in as a customer until they are locked out.
#[track_caller]
pub fn lock_out(env: &TestEnvironment, customer: &str) {
    let username = env.status(customer)["user"]["username"].as_str().unwrap().to_owned();
    for _ in 0..5 {
        assert_eq!(env.sign_in(&username, "wrong"), "refused");
    }
    assert_eq!(env.status(customer)["locked"], true);
}

/// Signs the agent kim in under a profile of her own.
pub fn sign_kim_in(env: &TestEnvironment) {
    let login = ["--profile", "kims", "login", "--agent", "kim", "--password-stdin", "--store", "file"];
    env.run_with(&login, "practice\n").must(0);
}
