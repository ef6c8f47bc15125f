//! A reset in a user pool: what the SDK, HTTP and TLS were given of the password is in no memory after the reveal, while
//! the connection is still there.

use std::process::Stdio;

use crate::memory::{Stopped, is_gone};
use crate::release::release_with_fail_points;
use crate::scan::places;
use crate::support::TestEnvironment;
use crate::support::fake_cognito::FakeCognito;
use crate::support::test_certificates::{Authority, Validity};

/// Resets this customer with this proof, and looks before and after the reveal.
fn leaves_nothing(pool: &FakeCognito, env: &TestEnvironment, customer: &[&str]) {
    let mut command = env.program(release_with_fail_points());
    command.args(["-vv", "-o", "json", "reset"]).args(customer).args(["--yes", "--reveal", "stdout"]);
    command.env("TELLONCE_FAIL_POINT", "reveal:before:stop,reveal:after:stop").stderr(Stdio::null());
    let mut stopped = Stopped(command.spawn().unwrap());
    let (before, line) = stopped.reveals();
    let object: serde_json::Value = serde_json::from_str(&line).unwrap();
    let password = object["temporary_password"].as_str().unwrap();
    assert_eq!(pool.user(customer[0]).password.as_deref(), Some(password));
    assert_eq!(object["proved"], true, "{object}");
    let found = places(&before, password.as_bytes());
    assert_eq!(found.len(), 1, "the one that is to be revealed, and none of the requests: {}", found.join("\n"));
    is_gone(stopped.0.id(), password);
    stopped.go_on();
    assert!(stopped.0.wait().unwrap().success());
}

#[test]
#[ignore = "needs root and the release build"]
fn after_a_reset_in_a_pool_over_tls_and_over_plain_http() {
    let authority = Authority::new("pool");
    let secure = FakeCognito::start_over_tls(authority.server("127.0.0.1", Validity::Long));
    for pool in [secure, FakeCognito::start()] {
        for flow in ["user-password", "admin-user-password"] {
            let env = TestEnvironment::for_agent_of_fake_cognito(pool.address());
            env.edit_config("app_client = {", &format!("ca_cert = 'ca.pem'\napp_client = {{ flow = '{flow}',"));
            authority.write(&env.file("ca.pem"));
            leaves_nothing(&pool, &env, &["ada"]);
            let new = format!("{flow}@example.com");
            let who = [new.as_str(), "--create", "--email", &new, "--first-name", "New", "--last-name", "One"];
            leaves_nothing(&pool, &env, &who);
        }
    }
}
