//! Every command of the page is run in its order: from a bare realm to the first reset.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::home::{BINARY, Home, Ran};
use super::rig::{Entered, Realm, RealmOptions, Server, old_password};

const PAGE: &str = "docs/backends/keycloak.md";

/// The lines of the page's `sh` blocks.
fn commands() -> Vec<String> {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE)).unwrap();
    let mut inside = false;
    let mut found = Vec::new();
    for line in page.lines() {
        if let Some(kind) = line.trim_start().strip_prefix("```") {
            inside = !inside && kind == "sh";
        } else if inside {
            found.push(line.trim().to_owned());
        }
    }
    found
}

/// A realm with people in it, and nothing else: no client, no group, no policy.
fn bare(server: &'static Server) -> Realm<'static> {
    let person = |username: &str, email: &str| {
        json!({ "username": username, "email": email, "emailVerified": true, "enabled": true, "firstName": username,
            "lastName": "Person", "credentials": [{ "type": "password", "value": old_password() }] })
    };
    // The customers' own application is what they sign in to.
    let shop = json!({ "clientId": "shop", "publicClient": true, "redirectUris": ["http://127.0.0.1/callback"] });
    let more = json!({ "clients": [shop], "groups": [], "roles": {}, "identityProviders": [], "passwordPolicy": "",
        "users": [person("sam", "sam@support.example.com"), person("ada", "ada@example.com")] });
    Realm::with(server, &RealmOptions { more, ..RealmOptions::default() })
}

/// A home in which the page is followed.
struct Reader {
    home: Home,
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
        ];
        Self { home: Home::new(), realm, instead, kept: String::new() }
    }

    fn shell(&self, script: &str) -> Command {
        let mut command = self.home.command("bash");
        let tool = Path::new(BINARY).parent().unwrap();
        let programs = self.realm.server().programs();
        let path = format!("{}:{}:{}", tool.display(), programs.display(), std::env::var("PATH").unwrap());
        command.args(["-o", "pipefail", "-e", "-c", script]).env("PATH", path);
        command.env("KC_CLI_PASSWORD", self.realm.server().administrator().1);
        command.env("KC_OPTS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"); // many short programs
        command
    }

    fn run(&mut self, line: &str) -> Ran {
        let line = self.instead.iter().fold(line.to_owned(), |line, (page, test)| line.replace(page, test));
        let ran = Ran::of(&self.shell(&format!("{}{line}", self.kept)).output().unwrap());
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

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn every_command_of_the_page_works_from_a_bare_realm_to_the_first_reset() {
    let mut reader = Reader::new(bare(Server::shared()));
    let mut password = None;
    for line in commands() {
        match line.as_str() {
            // What `setup` does is tried by its own tests; here the realm is prepared by hand.
            setup if setup.starts_with("tellonce setup") => {}
            login if login.starts_with("tellonce login") => reader.sign_in(login),
            reset if reset.starts_with("tellonce reset") => {
                assert!(password.is_none(), "the page resets once");
                // A terminal is what `tests/terminal` has.
                let ran = reader.run(&format!("{reset} -o json --yes --reveal stdout")).must(0);
                password = ran.json()["temporary_password"].as_str().map(str::to_owned);
            }
            _ => {
                let ran = reader.run(&line);
                assert_eq!(ran.code, 0, "{line}: {ran:?}");
            }
        }
    }
    let entered = reader.realm.browser().sign_in("ada@example.com", &password.expect("the page resets"));
    assert!(matches!(entered, Entered::ChangeRequired(_)), "{entered:?}");
    let doctor: Value = reader.run("tellonce doctor -o json").must(0).json();
    let state = |id: &str| {
        doctor["checks"].as_array().unwrap().iter().find(|check| check["id"] == id).unwrap()["state"].clone()
    };
    for id in ["rights", "least rights", "policy", "password history", "sign-in client", "clock", "protection"] {
        assert_eq!(state(id), "ok", "{id}: the page leaves nothing out");
    }
}
