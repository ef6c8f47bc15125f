//! The own user of an agent, whom a domain does not tell who they are.

use serde_json::Value;

use super::frame_proxy::Frames;
use crate::support::TestEnvironment;
use crate::support::ldap::{Kind, Server};

/// Each of these in a message becomes the other, of the same length.
fn replace(message: &mut [u8], from: &[u8], to: &[u8]) {
    assert_eq!(from.len(), to.len());
    let places: Vec<usize> =
        (0..=message.len().saturating_sub(from.len())).filter(|at| message[*at..].starts_with(from)).collect();
    for at in places {
        message[at..at + from.len()].copy_from_slice(to);
    }
}

fn is_rootdse(message: &[u8]) -> bool {
    message.windows(16).any(|part| part == b"supportedControl")
}

/// Who the agent is, as the domain tells right after the bind, is asked for by a name that it does not know.
fn hides_the_agent(message: &mut [u8]) {
    if is_rootdse(message) {
        replace(message, b"tokenGroups", b"tokenGroupz");
    }
}

/// And the look-up of the agent's own entry by name finds nobody.
fn hides_their_entry_too(message: &mut [u8]) {
    hides_the_agent(message);
    if message.windows(17).any(|part| part == b"userPrincipalName") {
        replace(message, b"\x04\x13agent@tellonce.test", b"\x04\x13nobdy@tellonce.test");
        replace(message, b"\x04\x05agent", b"\x04\x05nobdy");
    }
}

fn reasons(env: &TestEnvironment, customer: &str) -> Vec<String> {
    let shown = env.run_must_say(&["show", customer, "-o", "json"], 0, "");
    let shown: Value = shown.json();
    let obstacles = shown["obstacles"].as_array().unwrap();
    obstacles.iter().map(|obstacle| obstacle["reason"].as_str().unwrap().to_owned()).collect()
}

#[test]
#[ignore = "needs Samba as a domain controller, and root: TELLONCE_LIVE=active-directory"]
fn an_agent_who_is_not_told_who_they_are_resets_nobody_unless_their_entry_tells() {
    let server = Server::start_with(Kind::ActiveDirectory, &[("SAMBA_PLAIN", "1")]);
    let plain = server.value("PLAIN").to_owned();
    let proxy = Frames::start_changing(plain.clone(), |message| hides_the_agent(message));
    let env = server.environment_with(&proxy.url(), "protected = \"none\"\n");
    assert!(reasons(&env, "ada").is_empty(), "known by their entry, and not Ada");
    env.run_must_say(&["doctor"], 0, "you are CN=agent");
    env.edit_config(server.value("OU"), server.value("BASE"));
    assert_eq!(reasons(&env, "agent")[0], "own_user");
    env.refuses("agent", 7, "your own user");
    let proxy = Frames::start_changing(plain, |message| hides_their_entry_too(message));
    let env = server.environment_with(&proxy.url(), "protected = \"none\"\n");
    let ended = env.run(&["reset", "ada", "--yes", "--reveal", "stdout", "-o", "json"]);
    ended.must_say(7, "\"reason\":\"unreadable\"");
    env.refuses("ada", 7, "your own user (tokenGroups of the rootDSE");
    env.run_must_say(&["doctor"], 11, "your own user (tokenGroups of the rootDSE");
    assert!(!env.ledger().exists(), "not even an intent");
}
