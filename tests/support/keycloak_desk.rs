//! A home with a profile for a realm, and an agent's token in the environment.
#![allow(dead_code, reason = "each test program uses its part")]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use super::home::{BINARY, Home, Ran};
use super::rig::{Realm, Rights, old_password};

/// What the profile says unless a test says otherwise.
pub const PROTECTED: &str = "protected = { groups = ['staff-admins'], roles = ['treasurer'] }";

pub struct Desk {
    pub home: Home,
    token: Option<String>,
}

impl Desk {
    /// Nobody is signed in; `more` are further lines of the profile.
    pub fn new(realm: &Realm<'_>, more: &str) -> Self {
        let home = Home::new();
        let ca = realm.ca().map(|path| format!("ca_cert = '{}'\n", path.display())).unwrap_or_default();
        let text = format!(
            "default = 'live'\n[profiles.live]\nbackend = 'keycloak'\nurl = '{}'\nrealm = '{}'\n{ca}{more}\n",
            realm.url(),
            realm.name(),
        );
        std::fs::write(home.path().join("config.toml"), text).unwrap();
        Self { home, token: None }
    }

    /// An agent of these rights, by a token in the environment.
    pub fn of(realm: &Realm<'_>, rights: Rights) -> Self {
        Self { token: Some(realm.token_of(rights.agent())), ..Self::new(realm, PROTECTED) }
    }

    /// The same with other lines of the profile.
    pub fn of_with(realm: &Realm<'_>, rights: Rights, more: &str) -> Self {
        Self { token: Some(realm.token_of(rights.agent())), ..Self::new(realm, more) }
    }

    /// Whoever has this name.
    pub fn of_agent(realm: &Realm<'_>, name: &str, more: &str) -> Self {
        Self { token: Some(realm.token_of(name)), ..Self::new(realm, more) }
    }

    /// Nobody is signed in; whoever owns this token is, in the environment.
    #[must_use]
    pub fn with_token(self, token: String) -> Self {
        Self { token: Some(token), ..self }
    }

    /// `setup` as the administrator of the whole server, with these words more.
    pub fn setup(&self, realm: &Realm<'_>, more: &[&str]) -> Ran {
        let (name, password) = realm.server().administrator();
        let who = ["--administrator", name, "--realm-of-administrator", "master", "--password-stdin"];
        self.run_with(&[&["-o", "json", "setup"], &who[..], more].concat(), &format!("{password}\n"))
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.home.command(BINARY);
        command.args(arguments);
        if let Some(token) = &self.token {
            command.env("TELLONCE_TOKEN", token);
        }
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(&self.command(arguments).output().unwrap())
    }

    pub fn run_with(&self, arguments: &[&str], input: &str) -> Ran {
        use std::io::Write as _;
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes()); // one that refuses does not read
        Ran::of(&child.wait_with_output().unwrap())
    }

    pub fn reset(&self, customer: &str) -> Ran {
        self.run(&["-o", "json", "reset", customer, "--yes", "--reveal", "stdout"])
    }

    /// Starts a sign-in and reads on standard error up to the line with this in it; the address in that line.
    pub fn begin_sign_in(&self, way: &str, until: &str) -> (Child, String) {
        let mut child = self
            .command(&["login", way, "--store", "file"])
            .env("BROWSER", "true") // none opens
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains(until) {
            line.clear();
            assert!(lines.read_line(&mut line).unwrap() > 0, "it ended without \"{until}\"");
        }
        let address = line[line.find("http").unwrap()..].trim().to_owned();
        std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink())); // nobody blocks on a full pipe
        (child, address)
    }

    /// Signs the agent of these rights in by device code, with the session in a file.
    pub fn sign_in_by_device(&self, realm: &Realm<'_>, rights: Rights) {
        let (child, address) = self.begin_sign_in("--device", "which has the code in it");
        realm.browser().approve_device(&address, rights.agent(), old_password()).unwrap();
        Ran::of(&child.wait_with_output().unwrap()).must(0);
    }
}
