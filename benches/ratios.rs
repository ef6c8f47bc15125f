//! What the tool costs, as ratios measured in one run: see benches/README.md.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark may stop at what it does not expect, and prints what it found"
)]
#![allow(unreachable_pub, reason = "`pub` marks what another file of this program uses")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use argon2::{Argon2, PasswordHasher};
use tellonce::backends::practice::{Practice, PracticeSignIn};
use tellonce::domain::ports::{AgentSignIn, Prompter};
use tellonce::domain::{Customer, Decision, Error, Plan, ProfileRef, Result, Session, SignInMethod};
use tellonce::platform::SystemClock;
use zeroize::Zeroizing;

mod support;
#[path = "../tests/support/tell_nobody.rs"]
mod tell_nobody;

use support::{binary, sign_in};
use tell_nobody::tell_nobody;

/// The variable that names an older build, whose resets are compared with these.
const BEFORE: &str = "TELLONCE_RELEASE_BEFORE";

/// How much is done.
struct Scale {
    runs: usize,
    customers: u64,
    searches: usize,
}

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let scale = if quick {
        Scale { runs: 10, customers: 20_000, searches: 500 }
    } else {
        Scale { runs: 100, customers: 1_000_000, searches: 5_000 }
    };
    let home = tempfile::tempdir().unwrap();
    start_up(&scale, home.path());
    reset(&scale, home.path());
    search(&scale, home.path());
}

fn tool(binary: &Path, home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary);
    command.args(arguments).env("TELLONCE_HOME", home).env("TELLONCE_PROFILE", "practice");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

fn time(work: impl FnOnce()) -> Duration {
    let started = Instant::now();
    work();
    started.elapsed()
}

/// The value below which this part of the samples lies.
fn quantile(samples: &mut [Duration], part: f64) -> Duration {
    samples.sort_unstable();
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index of a short list"
    )]
    let place = ((samples.len() - 1) as f64 * part).round() as usize;
    samples[place]
}

/// Medians of two things done in turns, so that a busy machine is busy for both.
fn against(
    runs: usize,
    mut ours: impl FnMut() -> Duration,
    mut theirs: impl FnMut() -> Duration,
) -> (Duration, Duration) {
    let (mut mine, mut other) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        mine.push(ours());
        other.push(theirs());
    }
    (quantile(&mut mine, 0.5), quantile(&mut other, 0.5))
}

fn run(mut command: Command) -> Duration {
    time(|| assert!(command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()))
}

/// The most memory that a command held, by GNU time; none where that is not installed.
fn memory(command: &Command) -> Option<String> {
    let mut measured = Command::new("/usr/bin/time");
    measured.args(["-f", "%M"]).arg(command.get_program()).args(command.get_args()).stdout(Stdio::piped());
    for (name, value) in command.get_envs() {
        measured.env(name, value.unwrap_or_default());
    }
    let output = measured.stdin(Stdio::null()).output().ok()?;
    String::from_utf8_lossy(&output.stderr).lines().last().map(|kilobytes| format!("{kilobytes} KiB"))
}

fn tell(what: &str, ours: Duration, theirs: Duration, memory: Option<String>) {
    let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
    println!("{what}: {ratio:.2} (memory: {})", memory.unwrap_or_else(|| "not measured".to_owned()));
}

fn start_up(scale: &Scale, home: &Path) {
    let ripgrep = || {
        let mut command = Command::new("rg");
        command.arg("--version");
        command
    };
    if ripgrep().stdout(Stdio::null()).status().is_err() {
        println!("start-up: not measured, rg is not installed");
        return;
    }
    for flag in ["--version", "--help"] {
        let (ours, theirs) = against(scale.runs * 2, || run(tool(&binary(), home, &[flag])), || run(ripgrep()));
        tell(&format!("start-up, {flag} against rg --version"), ours, theirs, memory(&tool(&binary(), home, &[flag])));
    }
    println!("rg --version (memory: {})", memory(&ripgrep()).unwrap_or_else(|| "not measured".to_owned()));
}

/// One reset on the practice directory, by this binary.
fn time_of_a_reset(binary: &Path, home: &Path) -> Duration {
    let mut reset = tool(binary, home, &["reset", "C-1001", "--yes", "--reveal", "stdout"]);
    time(|| assert!(reset.output().unwrap().status.success()))
}

/// The two hashes of a reset: that of its set, and that of its proof.
fn two_hashes() -> Duration {
    let hash = || assert!(Argon2::default().hash_password(b"Kd4m-7XpR-tqWn").is_ok());
    time(|| {
        hash();
        hash();
    })
}

fn reset(scale: &Scale, home: &Path) {
    sign_in(&binary(), home);
    tell_nobody(home); // messages are sent after the reveal, and are no part of a reset
    let (ours, theirs) = against(scale.runs, || time_of_a_reset(&binary(), home), two_hashes);
    tell(
        "a reset, the whole process, against the two Argon2id hashes of its set and its proof",
        ours,
        theirs,
        memory_of_a_reset(home),
    );
    if let Some(before) = std::env::var_os(BEFORE) {
        reset_against(Path::new(&before), scale, home);
    }
}

/// Compares what a reset takes beyond its hashes with what an older build takes, which has notices off by itself.
fn reset_against(before: &Path, scale: &Scale, home: &Path) {
    let home_before = tempfile::tempdir().unwrap();
    sign_in(before, home_before.path());
    let (mut now, mut then, mut hashes) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..scale.runs {
        now.push(time_of_a_reset(&binary(), home));
        then.push(time_of_a_reset(before, home_before.path()));
        hashes.push(two_hashes());
    }
    let [now, then, hashes] = [now, then, hashes].map(|mut samples| quantile(&mut samples, 0.5).as_secs_f64() * 1000.0);
    println!(
        "a reset against that of {}: {:.2}; beyond its two hashes {:.2} ({now:.1} ms, {then:.1} ms, of which hashes {hashes:.1} ms)",
        before.display(),
        now / then,
        (now - hashes) / (then - hashes),
    );
}

/// GNU time writes to standard error, and the reveal needs a pipe: a shell gives both.
fn memory_of_a_reset(home: &Path) -> Option<String> {
    let script = "/usr/bin/time -f %M \"$0\" reset C-1001 --yes -q --reveal stdout 2>&1 >&3 3>&- | tail -1";
    let output = Command::new("bash")
        .args(["-c", &format!("{{ {script}; }} 3> >(cat >/dev/null)")])
        .arg(binary())
        .env("TELLONCE_HOME", home)
        .env("TELLONCE_PROFILE", "practice")
        .output()
        .ok()?;
    let kilobytes = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    kilobytes.parse::<u64>().ok().map(|kilobytes| format!("{kilobytes} KiB"))
}

fn search(scale: &Scale, home: &Path) {
    let path = home.join("many.db");
    let made = time(|| assert!(Practice::start_over(&path, Some(scale.customers), &mut |_| {}).is_ok()));
    println!("a directory of {} customers made in {:.0} s on this machine", scale.customers, made.as_secs_f64());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let session = signed_in(&path).await;
        let texts = texts(scale.customers);
        let mut times = Vec::new();
        for text in texts.iter().cycle().take(scale.searches) {
            let started = Instant::now();
            session.directory().find(text, 20).await.unwrap();
            times.push(started.elapsed());
        }
        let [p50, p99] = [0.5, 0.99].map(|part| quantile(&mut times, part).as_secs_f64() * 1000.0);
        println!(
            "search over {} customers, {} texts: p50 {p50:.2} ms, p99 {p99:.2} ms (the bar: p99 10 ms)",
            scale.customers,
            texts.len()
        );
    });
}

/// Texts as agents type them: parts of names, both names, addresses, ids, short ones, rare ones, and none that match.
fn texts(customers: u64) -> Vec<String> {
    let names = [
        "ann",
        "smith",
        "müller",
        "MULLER",
        "son",
        "van den",
        "o'con",
        "garc",
        "zoë",
        "ngu",
        "lovelace",
        "hopper",
        "a",
        "zh",
        "山田",
        "ольга",
        "x",
        "qq",
    ];
    let both =
        ["ada love", "emma smith", "joão silva", "liam nguyen", "sakura tanaka", "ruth evans", "zoë zhang", "jin kim"];
    let none = ["nobody at all", "zzzzzz", "%%%", "'; DROP TABLE customer; --", "\"quoted\"", "xyzzy@example.org"];
    let numbered = (0..40)
        .map(|number| 1001 + number * (customers / 40))
        .flat_map(|number| [format!("C-{number}"), format!("{}@example.net", number - 1001)]);
    names.into_iter().chain(both).chain(none).map(str::to_owned).chain(numbered).collect()
}

async fn signed_in(path: &Path) -> Session {
    let practice = Practice::open(path, Duration::from_secs(15), Arc::new(SystemClock)).unwrap();
    let place = ProfileRef {
        profile: "practice".to_owned(),
        backend: "practice".to_owned(),
        backend_id: "practice:test".to_owned(),
    };
    PracticeSignIn::new(practice, place, Vec::new())
        .sign_in(SignInMethod::Password, Some("sam"), &mut Sam)
        .await
        .unwrap()
        .0
}

/// Answers with the sample password, and to nothing else.
struct Sam;

impl Prompter for Sam {
    fn can_ask(&self) -> bool {
        false
    }

    fn choose(&mut self, _: &str, _: &[Customer]) -> Result<usize> {
        Err(Error::bug("not asked here"))
    }

    fn confirm(&mut self, _: &Plan) -> Result<Decision> {
        Err(Error::bug("not asked here"))
    }

    fn line(&mut self, _: &str, _: &str) -> Result<String> {
        Err(Error::bug("not asked here"))
    }

    fn secret(&mut self, _: &str, _: &str) -> Result<Zeroizing<String>> {
        Ok(Zeroizing::new("practice".to_owned()))
    }

    fn yes(&mut self, _: &str, default: bool) -> Result<bool> {
        Ok(default)
    }

    fn say(&mut self, _: &str) {}
}
