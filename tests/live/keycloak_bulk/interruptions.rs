//! The session, the server, or the tool itself ends in the middle of a run.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use super::bench::{Bench, crowd, name};
use crate::support::TestEnvironment;
use crate::support::fault_proxy::{Fault, Rule};
use crate::support::keycloak::{Entered, Realm, RealmOptions, Server, ServerOptions, old_password};
use crate::support::{BINARY, CommandOutput};

fn end(child: std::process::Child) -> CommandOutput {
    CommandOutput::from(child.wait_with_output().unwrap())
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_token_that_runs_out_is_renewed_on_the_way_and_not_at_every_row() {
    let more = serde_json::json!({ "accessTokenLifespan": 14 }); // seconds; the last ten are not used
    let bench = Bench::of_robot(RealmOptions { more, ..RealmOptions::default() }, 30);
    bench.proxy.mend();
    bench.with_faults(Vec::new(), &["--rate", "3"]).must(0);
    let renewed = bench.proxy.count("POST", "/token");
    assert!((2..15).contains(&renewed), "{renewed} times");
    bench.settled();
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_session_that_cannot_be_renewed_stops_it_and_it_goes_on_after_a_new_sign_in() {
    let bench = Bench::of_robot(RealmOptions::default(), 20);
    let mut child = bench.start(&["--rate", "10"]);
    bench.wait_for(3, &mut child);
    bench.proxy.rule(Rule::on("*", "/admin/realms/", Fault::status(401)));
    bench.proxy.rule(Rule::on(
        "POST",
        "/token",
        Fault::Answer(
            401,
            vec!["content-type: application/json".to_owned()],
            br#"{"error":"invalid_client","error_description":"Invalid client or Invalid client credentials"}"#
                .to_vec(),
        ),
    ));
    let ran = end(child);
    assert!([8, 9].contains(&ran.code), "{ran:?}");
    assert!(ran.stderr.contains("bulk --resume"), "{ran:?}");
    assert!(bench.delivered() < 20);
    bench.proxy.heal();
    bench.sign_in();
    bench.until_done();
    bench.settled();
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_server_that_is_restarted_is_waited_for() {
    let server: &'static Server = Box::leak(Box::new(Server::start(ServerOptions::default())));
    let bench = Bench::on(Realm::shipped(server), 20);
    let mut child = bench.start(&["--rate", "4"]);
    bench.wait_for(3, &mut child);
    server.stop();
    server.start_again();
    let ran = end(child);
    assert!([0, 9].contains(&ran.code), "what was in flight may be unknown: {ran:?}");
    assert!(ran.stderr.contains("\"waiting\":\""), "it says that it waits: {ran:?}");
    if ran.code == 9 {
        bench.until_done();
    }
    bench.settled();
    server.stop();
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn killed_again_and_again_and_resumed_until_done() {
    let bench = Bench::new(40);
    let mut child = bench.start(&[]);
    for delivered in [1, 6, 17, 29] {
        bench.wait_for(delivered, &mut child);
        child.kill().unwrap();
        child.wait().unwrap();
        child = bench.env.command(&["bulk", "--resume", &bench.run_id(), "--yes"]).spawn().unwrap();
    }
    let ran = end(child);
    if ran.code != 0 {
        bench.until_done();
    }
    bench.settled();
}

/// Refresh tokens are good once here, and an access token for seconds: eight at once must not end each other's session.
#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn single_resets_eight_at_once_share_one_session_and_one_audit_chain() {
    let more = serde_json::json!({ "accessTokenLifespan": 13 });
    let options = RealmOptions { refresh_rotation: true, more, ..RealmOptions::default() };
    let realm = Realm::with(Server::shared(), &options);
    crowd(&realm, 16);
    let env = TestEnvironment::for_realm(&realm, "protected = 'none'");
    let mut login = env.command(&["login", "--device", "--store", "file"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(login.stderr.take().unwrap()).lines();
    let line = lines.by_ref().map(Result::unwrap).find(|line| line.contains("which has the code in it")).unwrap();
    realm.browser().approve_device(line[line.find("http").unwrap()..].trim(), "robin", old_password()).unwrap();
    assert!(lines.all(|line| line.is_ok()) && login.wait().unwrap().success());
    let names: String = (0..16).map(|number| name(number) + "\n").collect();
    std::fs::write(env.path().join("names"), names).unwrap();
    let script =
        "xargs -P 8 -I ID sh -c '\"$T\" reset ID --yes --reveal stdout | cat > ID.told' < names; grep . *.told";
    let mut shell = env.program("bash");
    let ran = CommandOutput::from(shell.args(["-c", script]).env("T", BINARY).output().unwrap()).must(0);
    assert_eq!(ran.stdout.lines().count(), 16, "{ran:?}");
    for line in ran.stdout.lines() {
        let (username, password) = line.split_once(".told:").unwrap();
        let entered = realm.browser().sign_in(username, password);
        assert!(matches!(entered, Entered::ChangeRequired(_)), "{username}: {entered:?}; {ran:?}");
    }
    env.run(&["whoami"]).must(0);
    assert_eq!(env.run(&["audit", "verify", "-o", "json"]).must(0).json()["records"], 48);
}
