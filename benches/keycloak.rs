//! The cost of a reset on a real Keycloak, as ratios that are measured in one run: see benches/README.md.
//!
//! `TELLONCE_LIVE=keycloak cargo bench --bench keycloak`; without it nothing is measured.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark may stop at what it does not expect, and prints what it found"
)]
#![allow(unreachable_pub, reason = "`pub` marks what another file of this program uses")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use reqwest::{Client, Method};
use support::keycloak::{Realm, RealmOptions, Rights, Server};

#[path = "support/mod.rs"]
mod benches_support;
#[path = "../tests/support/mod.rs"]
mod support;

use benches_support::binary;

const CUSTOMER: &str = "ada.lovelace";

fn main() {
    if !std::env::var("TELLONCE_LIVE").unwrap_or_default().split(',').any(|name| name == "keycloak") {
        println!("nothing is measured without TELLONCE_LIVE=keycloak");
        return;
    }
    let quick = std::env::args().any(|argument| argument == "--quick");
    let turns = if quick { 10 } else { 60 };
    // The hashing is Keycloak's default, as in a realm whose policy does not set it.
    let options = RealmOptions { default_hashing: true, ..RealmOptions::default() };
    let desk = Desk::new(Realm::with(Server::shared(), &options));
    for _ in 0..10 {
        desk.reset().status().unwrap(); // warms up the server's JIT compiler
        desk.bare();
    }
    let (ours, bare) = measure_alternately(turns, || time(|| desk.resets()), || desk.bare());
    report("a reset, the whole process, against the same 13 calls made bare", ours, bare);
    let (ours, theirs) =
        measure_alternately(if quick { 1 } else { 5 }, || time(|| desk.resets()), || time(|| desk.kcadm()));
    report(
        "a reset against `kcadm.sh set-password --temporary`, which ends no sessions and reads nothing back",
        ours,
        theirs,
    );
    println!("memory: a reset {}, kcadm.sh {}", peak_memory(&desk.reset()), peak_memory(&desk.kcadm_command()));
    let version = |program: &Path| {
        let mut command = Command::new(program);
        command.arg("--version").env("TELLONCE_HOME", desk.home.path()).stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    if version(Path::new("rg")).status().is_ok() {
        let run = |program: &Path| time(|| assert!(version(program).status().unwrap().success()));
        let (ours, theirs) = measure_alternately(turns * 4, || run(&binary()), || run(Path::new("rg")));
        report("start-up, --version, against rg --version (before this backend: 1.15)", ours, theirs);
    }
}

/// An agent with a profile for the realm, and a token for making the same calls without tellonce.
struct Desk {
    realm: Realm<'static>,
    home: tempfile::TempDir,
    token: String,
    id: String,
    runtime: tokio::runtime::Runtime,
}

impl Desk {
    fn new(realm: Realm<'static>) -> Self {
        // One token lasts for the whole benchmark.
        realm.change(serde_json::json!({ "accessTokenLifespan": 3600 }));
        let home = tempfile::tempdir().unwrap();
        let text = format!(
            "default = 'live'\n[profiles.live]\nbackend = 'keycloak'\nurl = '{}'\nrealm = '{}'\nprotected = {{ groups = ['staff-admins'], roles = ['treasurer'] }}\n",
            realm.url(),
            realm.name()
        );
        std::fs::write(home.path().join("config.toml"), text).unwrap();
        let token = realm.token_of(Rights::AndViewRealm.agent());
        let id = realm.user_id(CUSTOMER);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let desk = Self { realm, home, token, id, runtime };
        let server = desk.realm.server();
        let (name, password) = server.administrator();
        let mut login = desk.kcadm_of(&["config", "credentials", "--realm", "master", "--user", name]);
        login.args(["--server", server.url()]).env("KC_CLI_PASSWORD", password);
        assert!(login.status().unwrap().success());
        desk
    }

    fn reset(&self) -> Command {
        let mut command = Command::new(binary());
        command.args(["-q", "reset", CUSTOMER, "--yes", "--reveal", "stdout"]).env_clear();
        command.env("HOME", self.home.path()).env("TELLONCE_HOME", self.home.path()).env("TELLONCE_TOKEN", &self.token);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        command
    }

    fn resets(&self) {
        let output = self.reset().output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    /// Makes the calls of a reset with a new HTTP client, concurrently where a reset does. Returns the time.
    fn bare(&self) -> Duration {
        let started = Instant::now();
        let client = Client::builder().no_proxy().build().unwrap();
        let base = format!("{}/admin/realms/{}", self.realm.url(), self.realm.name());
        let user = format!("/users/{}", self.id);
        let of = |path: &str| (Method::GET, format!("{base}{user}{path}"), None);
        let get = |path: &str| (Method::GET, format!("{base}{path}"), None);
        let body = r#"{"type":"password","value":"Kd4m-7XpR-tqWn","temporary":true}"#;
        let steps = [
            vec![get(&format!("/users?username={CUSTOMER}&exact=true")), get(&format!("/users/{CUSTOMER}"))],
            vec![
                of(""),
                of("/credentials"),
                of("/groups"),
                of("/role-mappings/realm/composite"),
                get(""),
                get("/authentication/required-actions"),
                get("/groups?search=temp-issued&exact=true&briefRepresentation=false&subGroupsCount=false"),
            ],
            vec![(Method::PUT, format!("{base}{user}/reset-password"), Some(body))],
            vec![of("/credentials")],
            vec![(Method::POST, format!("{base}{user}/logout"), None)],
            vec![of("/consents")],
            vec![of(""), of("/credentials")],
        ];
        self.runtime.block_on(async {
            for step in steps {
                let calls = step.into_iter().map(|(method, url, body)| {
                    let mut request = client.request(method, url).bearer_auth(&self.token);
                    if let Some(body) = body {
                        request = request.header("content-type", "application/json").body(body);
                    }
                    async move { request.send().await?.bytes().await }
                });
                try_join_all(calls).await.unwrap();
            }
        });
        started.elapsed()
    }

    fn kcadm_of(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.realm.server().programs().join("kcadm.sh"));
        command.args(arguments).env("HOME", self.home.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn kcadm_command(&self) -> Command {
        let set = ["set-password", "-r", self.realm.name(), "--username", CUSTOMER, "--temporary"];
        let mut command = self.kcadm_of(&set);
        command.args(["--new-password", "Kd4m-7XpR-tqWn"]);
        command
    }

    fn kcadm(&self) {
        assert!(self.kcadm_command().status().unwrap().success());
    }
}

fn time(work: impl FnOnce()) -> Duration {
    let started = Instant::now();
    work();
    started.elapsed()
}

/// Measures two things in turns, so that load on the machine affects both. Returns the medians.
fn measure_alternately(
    turns: usize,
    mut ours: impl FnMut() -> Duration,
    mut theirs: impl FnMut() -> Duration,
) -> (Duration, Duration) {
    let (mut mine, mut other) = (Vec::new(), Vec::new());
    for _ in 0..turns {
        mine.push(ours());
        other.push(theirs());
    }
    mine.sort_unstable();
    other.sort_unstable();
    (mine[turns / 2], other[turns / 2])
}

/// Prints a ratio and both times.
fn report(what: &str, ours: Duration, theirs: Duration) {
    let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
    let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
    println!("{what}: {ratio:.2} ({:.1} ms, {:.1} ms)", milliseconds(ours), milliseconds(theirs));
}

/// Returns a command's peak memory, as measured by GNU time.
fn peak_memory(command: &Command) -> String {
    let mut measured = Command::new("/usr/bin/time");
    let file = tempfile::NamedTempFile::new().unwrap();
    measured.arg("-o").arg(file.path()).args(["-f", "%M"]).arg(command.get_program()).args(command.get_args());
    measured.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    for (name, value) in command.get_envs() {
        measured.env(name, value.unwrap_or_default());
    }
    let output = measured.stdin(Stdio::null()).output();
    let measured = output.ok().and_then(|_| std::fs::read_to_string(Path::new(file.path())).ok()).unwrap_or_default();
    match measured.trim().parse::<u64>() {
        Ok(kilobytes) => format!("{:.1} MiB", f64::from(u32::try_from(kilobytes).unwrap()) / 1024.0),
        Err(_) => "not measured".to_owned(),
    }
}
