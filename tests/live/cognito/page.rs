//! The page of the backend, followed as a new user would: every block of commands, in order, on an emulator.

use std::os::unix::fs::PermissionsExt as _;

use crate::support::cognito::{CustomerState, Emulator, FIND, Pool, PoolOptions, RESET, Server, credentials_file};
use crate::support::{BINARY, CommandOutput, TestEnvironment};

const PAGE: &str = include_str!("../../../docs/backends/cognito.md");

/// The page's pool is in AWS; here it is on the emulator, and what a person would confirm is a flag.
fn here(script: &str, pool: &Pool) -> String {
    let keys = [
        format!("user_pool={}", pool.id()),
        format!("endpoint={}", pool.server().url()),
        "aws_config_file=aws-config".to_owned(),
        "aws_credentials_file=aws-credentials".to_owned(),
    ];
    script
        .replace("user_pool=eu-central-1_AbCdEfGhI", &keys.join(" --set "))
        .replace("tellonce reset ada", "tellonce reset ada --yes --reveal stdout")
}

#[test]
#[ignore = "needs Cognito's emulators: TELLONCE_LIVE=cognito"]
fn the_page_leads_from_a_pool_to_the_first_reset() {
    let pool = Pool::with(Server::shared(Emulator::Ministack), &PoolOptions::default());
    pool.add("ada", &[("email", "ada@example.com")], CustomerState::Confirmed);
    pool.add("boss", &[], CustomerState::Confirmed);
    pool.put_into_group("boss", "staff-admins");
    let agent = pool.agent("agent", &[FIND, RESET, &["cognito-idp:GetGroup"]].concat());
    let environment = TestEnvironment::new();
    environment.write("aws-config", "");
    let keys = [("support", &agent.keys), ("admin", pool.server().root())];
    environment.write("aws-credentials", &credentials_file(&keys));
    let tools = environment.file("bin");
    std::fs::create_dir(&tools).unwrap();
    let tool = tools.join("tellonce");
    std::fs::write(&tool, format!("#!/bin/sh\nexec {BINARY} \"$@\"\n")).unwrap();
    std::fs::set_permissions(&tool, std::fs::Permissions::from_mode(0o755)).unwrap();
    let blocks: Vec<&str> = PAGE.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(blocks.len() >= 4, "the page has commands");
    for script in blocks {
        let mut shell = environment.program("bash");
        shell.args(["-euo", "pipefail", "-c", &here(script, &pool)]);
        shell.env("PATH", format!("{}:{}", tools.display(), std::env::var("PATH").unwrap()));
        let ended = CommandOutput::from(shell.output().unwrap());
        assert!(ended.is_success(), "{script}\n{}", ended.text());
    }
    assert_eq!(pool.user("ada")["UserStatus"], "FORCE_CHANGE_PASSWORD");
}
