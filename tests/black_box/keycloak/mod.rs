//! What no real Keycloak does, seen from outside: values that are hidden, proxies that answer in its place, proxy
//! variables, lists without an end. Needs no server.

mod bounds;
mod clocks;
mod contacts;
mod proxies;
mod sessions;
mod unlock;
mod unreadable;

use crate::support::TestEnvironment;
use crate::support::fake_keycloak::{FakeKeycloak, token};

const PROTECTED: &str = "protected = { groups = ['staff-admins'] }";
const RESET: [&str; 7] = ["-o", "json", "reset", "ada", "--yes", "--reveal", "stdout"];

/// An agent of this server, whose profile has the protected groups.
fn agent_of(server: &FakeKeycloak) -> TestEnvironment {
    agent_at(server.address(), PROTECTED)
}

/// An agent with a token, whose profile names this address and has these lines.
fn agent_at(address: &str, more: &str) -> TestEnvironment {
    TestEnvironment::for_keycloak(address, "echo", more).with_token(token())
}
