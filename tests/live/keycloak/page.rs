//! Every command of the page is run in its order: from a bare realm to the first reset.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::keycloak::{Entered, Realm, RealmOptions, Server, old_password};
use crate::support::{BINARY, CommandOutput, TestEnvironment};

const PAGE: &str = "docs/backends/keycloak.md";

/// The lines of the page's `sh` blocks: those of the way by `setup`, and those of the way by hand.
fn commands() -> (Vec<String>, Vec<String>) {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE)).unwrap();
    let (mut inside, mut by_hand) = (false, false);
    let (mut setup, mut hand) = (Vec::new(), Vec::new());
    for line in page.lines() {
        by_hand |= line == "### By hand";
        if let Some(kind) = line.trim_start().strip_prefix("```") {
            inside = !inside && kind == "sh";
        } else if inside {
            if by_hand { &mut hand } else { &mut setup }.push(line.trim().to_owned());
        }
    }
    (setup, hand)
}

/// A realm with people and a group of theirs in it, and nothing else: no client, nobody's rights, no policy.
fn bare(server: &'static Server) -> Realm<'static> {
    let person = |username: &str, email: &str| {
        json!({ "username": username, "email": email, "emailVerified": true, "enabled": true, "firstName": username,
            "lastName": "Person", "credentials": [{ "type": "password", "value": old_password() }] })
    };
    // The customers' own application is what they sign in to.
    let shop = json!({ "clientId": "shop", "publicClient": true, "redirectUris": ["http://127.0.0.1/callback"] });
    let more = json!({ "clients": [shop], "groups": [{ "name": "staff-admins" }], "roles": {}, "identityProviders": [], "passwordPolicy": "",
        "users": [person("sam", "sam@support.example.com"), person("ada", "ada@example.com"),
            person("root", "root@example.com")] });
    let realm = Realm::with(server, &RealmOptions { more, ..RealmOptions::default() });
    realm.give_roles(&realm.user_id("root"), &["realm-admin"]);
    realm
}

/// A home in which the page is followed.
struct Reader {
    env: TestEnvironment,
    realm: Realm<'static>,
    /// What the page calls by one name, and the test by another.
    instead: Vec<(&'static str, String)>,
    /// What `NAME=$(…)` lines have set.
    kept: String,
}

impl Reader {
    fn new(realm: Realm<'static>) -> Self {
        let name = realm.name();
        let instead = vec![
            ("https://id.example.com", realm.url().to_owned()),
            ("-r customers", format!("-r {name}")),
            ("realms/customers", format!("realms/{name}")),
            ("realm=customers", format!("realm={name}")),
            ("--user admin", format!("--user {}", realm.server().administrator().0)),
            ("root --realm-of", format!("{} --realm-of", realm.server().administrator().0)),
        ];
        Self { env: TestEnvironment::new(), realm, instead, kept: String::new() }
    }

    fn shell(&self, script: &str) -> Command {
        let mut command = self.env.program("bash");
        let tool = Path::new(BINARY).parent().unwrap();
        let programs = self.realm.server().programs();
        let path = format!("{}:{}:{}", tool.display(), programs.display(), std::env::var("PATH").unwrap());
        command.args(["-o", "pipefail", "-e", "-c", script]).env("PATH", path);
        command.env("KC_CLI_PASSWORD", self.realm.server().administrator().1);
        command.env("KC_OPTS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"); // many short programs
        command
    }

    fn run(&mut self, line: &str) -> CommandOutput {
        let line = self.instead.iter().fold(line.to_owned(), |line, (page, test)| line.replace(page, test));
        let ran = CommandOutput::from(self.shell(&format!("{}{line}", self.kept)).output().unwrap());
        if !line.starts_with("tellonce") && line.split_once("=$(").is_some_and(|(name, _)| !name.contains(' ')) {
            self.kept.push_str(&line);
            self.kept.push('\n');
        }
        ran
    }

    /// Signs in as the page has it, with somebody at a browser.
    fn sign_in(&self, line: &str) {
        let script = format!("{line} --store file"); // there is no keyring here
        let mut child = self.shell(&script).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let told = lines.find_map(|line| {
            let line = line.unwrap();
            line.split_once("which has the code in it: ").map(|(_, address)| address.trim().to_owned())
        });
        std::thread::spawn(move || lines.for_each(drop)); // nobody blocks on a full pipe
        self.realm.browser().approve_device(&told.unwrap(), "sam", old_password()).unwrap();
        assert!(child.wait().unwrap().success());
    }
}

/// Everything from the profile to the first reset; the customer's temporary password.
fn follow(reader: &mut Reader, lines: &[String], mut setup: impl FnMut(&mut Reader, &str)) -> String {
    let mut password = None;
    for line in lines {
        match line.as_str() {
            line if line.starts_with("tellonce setup") => setup(reader, line),
            line if line.starts_with("tellonce login") => reader.sign_in(line),
            line if line.starts_with("tellonce reset") => {
                assert!(password.is_none(), "the page resets once");
                // A terminal is what `tests/terminal` has.
                let ran = reader.run(&format!("{line} -o json --yes --reveal stdout")).must(0);
                password = ran.json()["temporary_password"].as_str().map(str::to_owned);
            }
            line => {
                let ran = reader.run(line);
                assert_eq!(ran.code, 0, "{line}: {ran:?}");
            }
        }
    }
    password.expect("the page resets")
}

fn all_is_well(reader: &mut Reader, password: &str, more: &[&str]) {
    let entered = reader.realm.browser().sign_in("ada@example.com", password);
    assert!(matches!(entered, Entered::ChangeRequired(_)), "{entered:?}");
    let doctor: Value = reader.run("tellonce doctor -o json").must(0).json();
    let state = |id: &str| {
        doctor["checks"].as_array().unwrap().iter().find(|check| check["id"] == id).unwrap()["state"].clone()
    };
    let all = ["rights", "least rights", "policy", "password history", "sign-in client", "clock", "protection"];
    for id in all.iter().chain(more) {
        assert_eq!(state(id), "ok", "{id}: the page leaves nothing out");
    }
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn every_command_of_the_page_works_from_a_bare_realm_to_the_first_reset() {
    let mut reader = Reader::new(bare(Server::shared()));
    let mut verdicts = Vec::new();
    let password = follow(&mut reader, &commands().0, |reader, line| {
        let administrator = reader.realm.server().administrator().1;
        let password = if line.contains("--realm-of") { administrator } else { old_password() };
        // What is typed at the questions of a terminal (`tests/live/keycloak/setup_terminal.rs`).
        let line = format!("echo '{password}' | {line} --password-stdin --password-history --yes");
        verdicts.extend(reader.run(&line).must(0).stdout.lines().next().map(str::to_owned));
        let realm = &reader.realm;
        let group = realm.rest().get("/groups?search=support-agents")[0]["id"].as_str().unwrap().to_owned();
        realm.rest().put(&format!("/users/{}/groups/{group}", realm.user_id("sam")), json!({}));
    });
    assert_eq!(verdicts, ["It is prepared.", "Nothing is left to be done."], "either administrator does");
    all_is_well(&mut reader, &password, &["pending group"]);
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn every_command_of_the_way_by_hand_works_in_place_of_setup() {
    let mut reader = Reader::new(bare(Server::shared()));
    let (by_setup, by_hand) = commands();
    for line in &by_hand {
        let ran = reader.run(line);
        assert_eq!(ran.code, 0, "{line}: {ran:?}");
    }
    let password = follow(&mut reader, &by_setup, |_, _| {});
    all_is_well(&mut reader, &password, &[]);
}
