//! The environment of an agent of a realm: a profile for it, and the agent's token.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use super::{Realm, Rights, old_password};
use crate::support::{CommandOutput, TestEnvironment};

/// What the profile says unless a test says otherwise.
pub const PROTECTED: &str = "protected = { groups = ['staff-admins'], roles = ['treasurer'] }";

impl TestEnvironment {
    /// Creates a profile for a server that speaks as Keycloak does, with these further lines.
    pub fn for_keycloak(url: &str, realm: &str, more: &str) -> Self {
        Self::with_profile(&format!("backend = 'keycloak'\nurl = '{url}'\nrealm = '{realm}'\n{more}"))
    }

    /// Creates a profile for this realm, with these further lines. Nobody is signed in.
    pub fn for_realm(realm: &Realm<'_>, more: &str) -> Self {
        let ca = realm.ca().map(|path| format!("ca_cert = '{}'\n", path.display())).unwrap_or_default();
        Self::for_keycloak(realm.url(), realm.name(), &format!("{ca}{more}"))
    }

    /// Creates the environment of an agent with these rights.
    pub fn for_agent(realm: &Realm<'_>, rights: Rights) -> Self {
        Self::for_agent_with(realm, rights, PROTECTED)
    }

    /// Creates the same with other lines in the profile.
    pub fn for_agent_with(realm: &Realm<'_>, rights: Rights, more: &str) -> Self {
        Self::for_named_agent(realm, rights.agent(), more)
    }

    /// Creates the environment of the agent with this name.
    pub fn for_named_agent(realm: &Realm<'_>, name: &str, more: &str) -> Self {
        Self::for_realm(realm, more).with_token(realm.token_of(name))
    }

    /// Signs in whoever owns this token.
    #[must_use]
    pub fn with_token(self, token: String) -> Self {
        self.with_variable("TELLONCE_TOKEN", token)
    }

    /// Runs `setup` as the administrator of the whole server, with these further words.
    pub fn setup(&self, realm: &Realm<'_>, more: &[&str]) -> CommandOutput {
        let (name, password) = realm.server().administrator();
        let who = ["--administrator", name, "--realm-of-administrator", "master", "--password-stdin"];
        self.run_with(&[&["-o", "json", "setup"], &who[..], more].concat(), &format!("{password}\n"))
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
        CommandOutput::from(child.wait_with_output().unwrap()).must(0);
    }
}
