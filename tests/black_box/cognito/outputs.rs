//! No secret of AWS's, of the app client, or of a customer is in what the tool writes, whatever is asked of it.

use std::sync::Arc;

use serde_json::Value;

use crate::support::fake_cognito::{APP, FakeCognito, STAFF, secret_access_key};
use crate::support::fault_proxy::{Fault, FaultProxy, Rule};
use crate::support::{CommandOutput, TestEnvironment};

const SESSION_TOKEN: &str = "FwoGZXIvYXdzE-session-token-77c1";
const APP_SECRET: &str = "app-client-secret-2b9d4f";

/// An agent with a session token, whose app client has a secret in a file.
fn agent_with_secrets(address: &str) -> TestEnvironment {
    let more = format!(
        "protected = {{ groups = ['{STAFF}'] }}\naccount = '123456789012'\n\
         app_client = {{ id = '{APP}', secret = {{ file = 'app-secret' }}, flow = 'admin-user-password' }}"
    );
    let env = TestEnvironment::for_fake_cognito(address, &more).with_aws_keys();
    let file = env.file("app-secret");
    std::fs::write(&file, APP_SECRET).unwrap();
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    env.with_variable("AWS_SESSION_TOKEN", SESSION_TOKEN)
}

#[track_caller]
fn tells_no_secret(ran: &CommandOutput, what: &str) {
    for secret in [secret_access_key(), SESSION_TOKEN, APP_SECRET] {
        assert!(!ran.text().contains(secret), "{what}: {ran:?}");
    }
}

const COMMANDS: [&[&str]; 11] = [
    &["whoami"],
    &["login"],
    &["logout"],
    &["doctor"],
    &["profile", "show"],
    &["profile", "list"],
    &["find", "ada"],
    &["show", "ada"],
    &["pending"],
    &["reset", "ada", "--yes", "--reveal", "stdout"],
    &["withdraw", "ada", "--yes", "--reason", "lost"],
];
const OUTPUTS: [&[&str]; 3] = [&[], &["-o", "json"], &["-vv"]];

#[test]
fn no_command_tells_a_secret() {
    let pool = FakeCognito::start();
    let proxy = FaultProxy::before(pool.address());
    let env = agent_with_secrets(proxy.address());
    for command in COMMANDS {
        for output in OUTPUTS {
            let ran = env.run(&[output, command].concat());
            assert!(matches!(ran.code, 0 | 10), "{command:?}: {ran:?}");
            tells_no_secret(&ran, &format!("{command:?} {output:?}"));
            let of_the_sdk = ["aws_", "aws-sdk", "x-amz-", "AWS4-HMAC"].iter().find(|word| ran.stderr.contains(**word));
            assert_eq!(of_the_sdk, None, "{command:?}: the SDK's own log is not written: {ran:?}");
        }
    }
    assert!(!pool.inputs("AdminInitiateAuth").is_empty());
    let hashed = |input: &Value| input["AuthParameters"]["SECRET_HASH"].is_string();
    assert!(pool.inputs("AdminInitiateAuth").iter().all(hashed), "the secret was used");
    let secret_in_files = std::process::Command::new("grep")
        .args(["-rlF", "-e", secret_access_key(), "-e", SESSION_TOKEN, "."])
        .current_dir(env.path())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(secret_in_files.stdout).unwrap(), "", "nothing is kept");
}

/// A server that repeats the head of the request, with its signature and its session token, wherever an answer has room.
#[test]
fn an_answer_that_repeats_the_head_of_the_request_tells_no_secret() {
    let pool = FakeCognito::start();
    for call in ["GetCallerIdentity", "AdminGetUser", "DescribeUserPool", "AdminUserGlobalSignOut"] {
        for status in [400, 403, 500] {
            let proxy = FaultProxy::before(pool.address());
            let repeat = move |request: &[u8]| {
                let said = String::from_utf8_lossy(request).into_owned();
                let json = serde_json::json!({ "__type": said, "message": said, "code": said }).to_string();
                let xml = format!(
                    "<ErrorResponse><Error><Code>{said}</Code><Message>{said}</Message></Error></ErrorResponse>"
                );
                if call == "GetCallerIdentity" { xml.into_bytes() } else { json.into_bytes() }
            };
            proxy.rule(Rule::on("POST", call, Fault::Repeat(status, Arc::new(repeat))));
            let env = agent_with_secrets(proxy.address());
            for output in [&["-vv"][..], &["-vv", "-o", "json"]] {
                let ran =
                    env.run(&[output, &["--timeout", "1s", "reset", "ada", "--yes", "--reveal", "stdout"]].concat());
                assert_ne!(ran.code, 0, "{call} {status}");
                tells_no_secret(&ran, &format!("{call} {status} {output:?}"));
                assert!(!ran.text().to_lowercase().contains("aws4-hmac"), "{call} {status}: {ran:?}");
            }
        }
    }
}

/// A secret in a file that others may read is refused, by its name alone.
#[test]
fn a_secret_that_others_may_read_is_refused() {
    let pool = FakeCognito::start();
    let env = agent_with_secrets(pool.address());
    std::fs::set_permissions(env.file("app-secret"), std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let ran = env.run(&["-o", "json", "whoami"]).must(2);
    assert!(ran.stderr.contains("app-secret"), "{ran:?}");
    tells_no_secret(&ran, "whoami");
}
