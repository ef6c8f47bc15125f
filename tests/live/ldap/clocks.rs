//! A clock of this machine that is wrong: the sweep goes by the server's, and doctor says how far they are apart.

use std::process::Command;

use super::immutable_ids::agent_session;
use crate::support::conformance::wait_for;
use crate::support::ldap::{Kind, Server};
use crate::support::{CommandOutput, TestEnvironment};

/// A library that moves the clock of a process by three hours.
const AHEAD: &str = "
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
int clock_gettime(clockid_t id, struct timespec *now) {
    int answer = syscall(SYS_clock_gettime, id, now);
    if (answer == 0 && id == CLOCK_REALTIME) now->tv_sec += 3 * 60 * 60;
    return answer;
}
";

/// Builds that library in the environment's folder.
fn build_shim(env: &TestEnvironment) -> std::path::PathBuf {
    env.write("ahead.c", AHEAD);
    let (source, library) = (env.file("ahead.c"), env.file("ahead.so"));
    let built = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(source).output().unwrap();
    CommandOutput::from(built).must(0);
    library
}

/// Runs a command with the clock of its process three hours ahead.
fn run_ahead(env: &TestEnvironment, arguments: &[&str]) -> CommandOutput {
    let mut command = env.command(arguments);
    CommandOutput::from(command.env("LD_PRELOAD", env.file("ahead.so")).output().unwrap())
}

const DRY: [&str; 7] = ["-o", "json", "withdraw", "--older-than", "2h", "--all", "--dry-run"];

/// A fresh password is not older than two hours, though this machine's clock says so.
fn a_fresh_password_stays(server: &Server, env: &TestEnvironment) {
    build_shim(env);
    let time = run_ahead(env, &["-o", "json", "show", "ada"]);
    time.must(0);
    env.issue("ada");
    let found = run_ahead(env, &DRY).must(0).json();
    assert_eq!((found["total"].as_u64(), found["clock"].as_str()), (Some(0), Some("server")), "{found}");
    let doctor = run_ahead(env, &["doctor"]);
    doctor.must_say(0, "the server's clock is ");
    let text = doctor.text().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains(" behind this machine's: set this machine's right"), "{text}");
    assert!(text.contains("3 h 0 min") || text.contains("2 h 59 min"), "{text}");
    let skew = wait_for(async { agent_session(server, env).await.backend().server_time().await });
    let skew = skew.unwrap().unwrap().duration_since(jiff::Timestamp::now());
    assert!(skew.abs() < jiff::SignedDuration::from_secs(30), "{skew}");
}

#[test]
#[ignore = "needs slapd: TELLONCE_LIVE=openldap"]
fn the_sweep_goes_by_the_clock_of_slapd() {
    let server = Server::start(Kind::OpenLdap);
    let env = server.environment();
    a_fresh_password_stays(&server, &env);
    let doctor = env.run_must_say(&["doctor"], 0, "server clock");
    assert!(!doctor.text().contains("unknown: the server's clock"), "{}", doctor.text());
    // Where slapd does not show it, this machine's clock decides, and every sweep says so.
    for monitor in ["", "database monitor\naccess to * by * none\n"] {
        std::fs::write(server.file("monitor.conf"), monitor).unwrap();
        server.serve_with("", "", "");
        let env = &server.environment();
        build_shim(env);
        env.issue("gus");
        let found = env.run(&DRY).must(0).json();
        assert_eq!((found["total"].as_u64(), found["clock"].as_str()), (Some(0), Some("local")), "{found}");
        let found = run_ahead(env, &DRY).must(0).json();
        assert_eq!((found["total"].as_u64(), found["clock"].as_str()), (Some(1), Some("local")), "{found}");
        env.run_must_say(&DRY[2..], 0, "The server's clock cannot be read");
        env.run_must_say(&["doctor"], 0, "unknown: the server's clock cannot be read");
    }
}

#[test]
#[ignore = "needs Samba as a domain controller, and root: TELLONCE_LIVE=active-directory"]
fn the_sweep_goes_by_the_clock_of_the_domain() {
    let server = Server::start(Kind::ActiveDirectory);
    let env = server.environment();
    a_fresh_password_stays(&server, &env);
}
