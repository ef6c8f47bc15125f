//! What no real Keycloak does, seen from outside: values that are hidden, proxies that answer in its place, proxy
//! variables, lists without an end. Needs no server.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop at what it does not expect"
)]

#[path = "../support/fake_keycloak.rs"]
mod fake_keycloak;
#[path = "../support/home.rs"]
mod home;

mod between;
mod bounds;
mod hidden;

use fake_keycloak::{FakeKeycloak, token};
use home::{BINARY, Home, Ran};

const PROTECTED: &str = "protected = { groups = ['staff-admins'] }";
const RESET: [&str; 7] = ["-o", "json", "reset", "ada", "--yes", "--reveal", "stdout"];

/// A home with a profile for the server at this address, and an agent's token.
struct Desk(Home);

impl Desk {
    fn at(address: &str, more: &str) -> Self {
        let home = Home::new();
        let text = format!(
            "default = 'live'\n[profiles.live]\nbackend = 'keycloak'\nurl = '{address}'\nrealm = 'echo'\n{more}\n"
        );
        std::fs::write(home.path().join("config.toml"), text).unwrap();
        Self(home)
    }

    fn of(server: &FakeKeycloak) -> Self {
        Self::at(server.address(), PROTECTED)
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.run_in(arguments, &[])
    }

    fn run_in(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
        let mut command = self.0.command(BINARY);
        command.args(arguments).env("TELLONCE_TOKEN", token()).envs(environment.iter().copied());
        Ran::of(&command.output().unwrap())
    }
}
