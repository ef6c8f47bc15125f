//! A desk whose sender is a script of the test, which writes down what it was given.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;

use rusqlite::Connection;
use serde_json::Value;

use crate::support::verification::desk;
use crate::support::{CommandOutput, TestEnvironment};

/// Does what the file `how` says: `hang`, `lost` (it sends and is killed), or end with that code. Writes the message down if it ends with 0.
///
/// With a file `hold` it ends only once that is gone, after it has written the message down.
const SENDER: &str = r#"#!/bin/sh
cd "$(dirname "$0")"
how=$(cat how)
message=$(cat)
case "$message" in *'"kind":"check"'*) exit 0;; esac
if [ "$how" = hang ]; then exec sleep 600; fi
if [ "$how" = lost ]; then printf '%s\n' "$message" >> sent; kill -9 $$; fi
if [ "$how" != 0 ]; then exit "$how"; fi
printf '%s\n' "$message" >> sent
while [ -e hold ]; do sleep 0.02; done
"#;

/// Signs an agent in under a profile whose script sends by these channels, and has it end like this.
pub fn desk_with_sender(agent: &str, channels: &[&str], how: &str) -> TestEnvironment {
    let messages = "[profiles.practice.messages]\ndesk = 'Acme Support'\ncall = '100'\n";
    let sender = |channel| format!("[profiles.practice.senders.{channel}]\ncommand = ['SCRIPT']\n");
    let lines = channels.iter().map(sender).fold(messages.to_owned(), |lines, sender| lines + &sender);
    let env = desk(agent, "");
    let script = env.file("send");
    std::fs::write(&script, SENDER).unwrap();
    std::fs::set_permissions(&script, Permissions::from_mode(0o755)).unwrap();
    let text = env.read("config.toml") + &lines.replace("SCRIPT", script.to_str().unwrap());
    env.write("config.toml", &text);
    sender_ends(&env, how);
    env
}

/// Has the sender end like this from now on.
pub fn sender_ends(env: &TestEnvironment, how: &str) {
    env.write("how", how);
}

/// Returns the messages that the sender sent.
pub fn sent(env: &TestEnvironment) -> Vec<Value> {
    let text = std::fs::read_to_string(env.file("sent")).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Opens the ledger's file, beside the tool.
pub fn ledger(env: &TestEnvironment) -> Connection {
    Connection::open(env.ledger()).unwrap()
}

/// Has every notice that waits be due now, as it is after a while.
pub fn let_time_pass(env: &TestEnvironment) {
    ledger(env).execute("UPDATE outbox SET next_at = 0", []).unwrap();
}

/// Returns the notices that wait.
#[track_caller]
pub fn waiting(env: &TestEnvironment) -> Vec<Value> {
    env.run(&["-o", "json", "outbox"]).must(0).json()["notices"].as_array().unwrap().clone()
}

/// Sends what is due, and returns the object.
#[track_caller]
pub fn send(env: &TestEnvironment, code: i32) -> Value {
    env.run(&["-o", "json", "outbox", "send"]).must(code).json()
}

/// Counts the records of an event.
#[track_caller]
pub fn count(env: &TestEnvironment, event: &str) -> usize {
    env.all_records().iter().filter(|record| record["event"] == event).count()
}

/// Resets a customer and returns what was written, and the password.
#[track_caller]
pub fn reset(env: &TestEnvironment, customer: &str) -> (CommandOutput, String) {
    let output = env.reset(customer, &[]).must(0);
    let password = output.stdout.trim().to_owned();
    (output, password)
}
