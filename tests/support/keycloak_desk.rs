//! A home with a profile for a realm, and an agent's token in the environment.
#![allow(dead_code, reason = "each test program uses its part")]

use std::process::{Command, Stdio};

use super::home::{BINARY, Home, Ran};
use super::rig::{Realm, Rights};

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
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Ran::of(&child.wait_with_output().unwrap())
    }

    pub fn reset(&self, customer: &str) -> Ran {
        self.run(&["-o", "json", "reset", customer, "--yes", "--reveal", "stdout"])
    }
}
