//! Lists in pages: of many users, and without an end.

use std::process::Child;
use std::time::Duration;

use super::agent_of;
use crate::support::fake_cognito::{FakeCognito, FakeUser, Pages};
use crate::support::{CommandOutput, TestEnvironment};

const MANY: usize = 50_000;
const PENDING: usize = 100;
/// The most memory, in bytes: the tool takes about 60 MiB in a debug build, and a list of 50,000 some 40 more.
const MEMORY: u64 = 250 * 1024 * 1024;
const SWEEP: [&str; 8] = ["-o", "json", "withdraw", "--older-than", "0s", "--all", "--dry-run", "--yes"];
/// Nobody has the key that belongs to it.
const KEY: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";

/// The most memory that the process has taken so far (proc(5): `VmHWM`).
fn peak(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
    line.map_or(0, |kilobytes| kilobytes.parse::<u64>().unwrap() * 1024)
}

/// Runs it to its end, and returns the most memory that it took.
fn measured(env: &TestEnvironment, arguments: &[&str]) -> (CommandOutput, u64) {
    // What it writes is more than a pipe holds.
    let out = std::fs::File::create(env.file("out")).unwrap();
    let mut child = env.command(arguments).stdout(out).spawn().unwrap();
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        most = most.max(peak(&child));
        std::thread::sleep(Duration::from_millis(2));
    }
    let mut ran = CommandOutput::from(child.wait_with_output().unwrap());
    ran.stdout = env.read("out");
    (ran, most)
}

#[test]
fn a_list_that_begins_again_and_again_is_given_up() {
    for (pages, most) in [(Pages::SameToken, 2), (Pages::InTurns, 3)] {
        let pool = FakeCognito::start();
        pool.add_crowd(200, true);
        pool.page(pages);
        let env = agent_of(&pool);
        for command in [&SWEEP[..], &["-o", "json", "pending"], &["-o", "json", "find", "crowd-9"]] {
            let error = env.run(command).must(8).error();
            assert!(error["message"].as_str().unwrap().contains("again"), "{pages:?} {command:?}: {error}");
        }
        let sweeps = pool.inputs("ListUsers");
        let of_sweep = sweeps.iter().filter(|input| input["Filter"].as_str().unwrap().contains("user_status"));
        assert!(of_sweep.count() <= 2 * most, "{pages:?}");
    }
}

#[test]
fn a_list_that_takes_too_long_ends_at_the_limit() {
    let pool = FakeCognito::start();
    pool.add_crowd(2_000_000, true);
    let env = agent_of(&pool);
    let error = env.run(&[&["--timeout", "1s"], &SWEEP[..]].concat()).must(8).error();
    assert!(error["hint"].as_str().unwrap().contains("--timeout"), "{error}");
}

/// Users who are read one by one, of as many as a large pool has; and as many whose temporary password is pending.
#[test]
#[ignore = "takes half a minute: 50,000 users in pages of 60"]
fn fifty_thousand_users_are_found_listed_and_swept_within_memory() {
    let pool = FakeCognito::start();
    pool.add_crowd(MANY, false);
    for number in 0..PENDING {
        pool.add(FakeUser::new(&format!("late-{number:03}")));
    }
    let env = agent_of(&pool);
    let rows: Vec<String> = (0..PENDING).map(|number| format!("late-{number:03}\n")).collect();
    env.write("in.csv", &format!("customer\n{}", rows.concat()));
    let expected = PENDING.to_string();
    env.run(&["bulk", "in.csv", "--yes", "--expect", &expected, "--out", "out.jsonl", "--seal-to", KEY]).must(0);
    let sweep = ["-o", "json", "withdraw", "--older-than", "0s", "--all", "--yes", "--reason", "expired"];
    for (command, words) in [
        (&["-o", "json", "find", "crowd"][..], "crowd-000000"),
        (&["-o", "json", "find", "late-"], "late-000"),
        (&["-o", "json", "show", "crowd-049999@example.com"], "crowd-049999"),
        (&["-o", "json", "pending"], "late-099"),
        (&SWEEP, "\"total\":100"),
    ] {
        let (ran, most) = measured(&env, command);
        assert!(
            matches!(ran.code, 0 | 10) && ran.stdout.contains(words),
            "{command:?}: {} {}",
            &ran.stdout[..ran.stdout.len().min(900)],
            ran.stderr
        );
        assert!(most < MEMORY, "{command:?}: {most} bytes");
    }
    pool.add_crowd(MANY, true); // and all the others have one of somebody else's
    let (ran, most) = measured(&env, &[&["--timeout", "2m"], &SWEEP[..]].concat());
    assert!(matches!(ran.code, 0 | 10) && ran.stdout.contains("\"total\":100"), "{}", ran.stderr);
    assert!(most < MEMORY, "{most} bytes");
    let (ran, most) = measured(&env, &[&["--timeout", "2m"], &sweep[..]].concat());
    assert!(ran.code == 0 && ran.stdout.contains("late-099"), "{}", ran.stderr);
    assert!(most < MEMORY, "{most} bytes");
    assert_eq!(pool.inputs("AdminSetUserPassword").len(), 2 * PENDING, "each was issued, and withdrawn");
}
