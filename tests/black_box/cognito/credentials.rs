//! Where AWS credentials come from, and what is said if they are missing, over, wrong, or would come from a place that the
//! profile does not allow.

use crate::support::fake_cognito::{ACCOUNT, FakeCognito, refusal, secret_access_key};
use crate::support::fault_proxy::{Fault, FaultProxy, Rule};
use crate::support::{CommandOutput, TestEnvironment};

/// The SHA-1 of "corp", by which AWS's tools name the token of the session `corp`.
const TOKEN_OF_CORP: &str = ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json";
const OPEN: &str = "protected = 'none'";

/// A home with these files of AWS's own tools, and a profile with these lines.
fn with_files(pool: &FakeCognito, more: &str, config: &str, credentials: &str) -> TestEnvironment {
    let env = TestEnvironment::for_fake_cognito(pool.address(), &format!("{OPEN}\n{more}"));
    std::fs::create_dir_all(env.file(".aws/sso/cache")).unwrap();
    env.write(".aws/config", config);
    env.write(".aws/credentials", credentials);
    env
}

fn keys(profile: &str) -> String {
    format!("[{profile}]\naws_access_key_id = AKIAFAKE\naws_secret_access_key = {}\n", secret_access_key())
}

/// The message and the hint of an error.
#[track_caller]
fn words(ran: &CommandOutput) -> String {
    let error = ran.error();
    assert_eq!(error["changed"], "no", "{error}");
    format!("{} {}", error["message"].as_str().unwrap(), error["hint"].as_str().unwrap_or_default())
}

#[test]
fn without_credentials_it_says_how_to_get_some() {
    let pool = FakeCognito::start();
    let env = with_files(&pool, "", "", "");
    for command in [&["whoami"][..], &["find", "ada"], &["reset", "ada", "--yes", "--reveal", "stdout"], &["login"]] {
        let said = words(&env.run(&[&["-o", "json"], command].concat()).must(4));
        assert!(said.contains("AWS_PROFILE") && said.contains("aws sso login"), "{command:?}: {said}");
    }
    assert!(pool.inputs("GetCallerIdentity").is_empty());
    for (name, value) in [("AWS_ACCESS_KEY_ID", "AKIAFAKE"), ("AWS_SECRET_ACCESS_KEY", "x")] {
        let half = with_files(&pool, "", "", "").with_variable(name, value);
        half.run(&["-o", "json", "whoami"]).must(4);
    }
}

#[test]
fn a_profile_that_is_not_there_is_named() {
    let pool = FakeCognito::start();
    for by_variable in [false, true] {
        let more = if by_variable { "" } else { "aws_profile = 'suport'" };
        let mut env = with_files(&pool, more, "", &keys("support"));
        if by_variable {
            env.set_variable("AWS_PROFILE", "suport");
        }
        let said = words(&env.run(&["-o", "json", "whoami"]).must(4));
        assert!(by_variable || said.contains("suport") && said.contains("aws configure --profile suport"), "{said}");
        env.set_variable("AWS_PROFILE", "support");
        if by_variable {
            env.run(&["whoami"]).must(0);
        }
    }
}

#[test]
fn the_profile_that_is_named_goes_before_the_environment() {
    let pool = FakeCognito::start();
    let proxy = FaultProxy::before(pool.address());
    let env = with_files(&pool, "aws_profile = 'support'", "", &keys("support")).with_aws_keys();
    env.edit_config(pool.address(), proxy.address());
    env.run(&["whoami"]).must(0);
    let env = env.with_variable("AWS_SESSION_TOKEN", "not-mine");
    env.run(&["-o", "json", "find", "ada"]).must(0);
    assert!(proxy.seen().iter().all(|seen| seen.authorized));
}

#[test]
fn a_session_that_is_over_says_which_command_begins_one() {
    let pool = FakeCognito::start();
    let config = "[profile support]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Support\nregion = eu-central-1\n\
         [sso-session corp]\nsso_region = eu-central-1\nsso_start_url = https://corp.awsapps.example/start\n";
    for (name, token) in [
        (
            "over",
            Some(
                r#"{"accessToken":"an-access-token","expiresAt":"2020-01-01T00:00:00Z","region":"eu-central-1","startUrl":"https://corp.awsapps.example/start"}"#,
            ),
        ),
        ("none", None),
        ("broken", Some("{")),
    ] {
        let env = with_files(&pool, "aws_profile = 'support'", config, "");
        if let Some(token) = token {
            env.write(TOKEN_OF_CORP, token);
        }
        let ran = env.run(&["-o", "json", "find", "ada"]).must(4);
        let said = words(&ran);
        assert!(said.contains("aws sso login --profile support"), "{name}: {said}");
        assert_eq!(said.contains("session is over"), name == "over", "{name}: {said}");
        assert!(!ran.text().contains("an-access-token"), "{name}");
    }
}

/// Nobody listens at a metadata service's own address here. What the AWS profile names in its place is seen by a witness.
#[test]
fn metadata_is_not_asked_for_unless_the_profile_says_so() {
    let pool = FakeCognito::start();
    let config = "[profile machine]\nrole_arn = arn:aws:iam::123456789012:role/Support\ncredential_source = Ec2InstanceMetadata\n\
         [profile container]\nrole_arn = arn:aws:iam::123456789012:role/Support\ncredential_source = EcsContainer\n";
    let witness = FaultProxy::witness();
    for profile in ["machine", "container"] {
        for elsewhere in [false, true] {
            let mut env = with_files(&pool, &format!("aws_profile = '{profile}'"), config, "");
            if elsewhere {
                env.set_variable("AWS_EC2_METADATA_SERVICE_ENDPOINT", witness.address());
                env.set_variable("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("{}/role", witness.address()));
            } else {
                env.set_variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/role");
            }
            let said = words(&env.run(&["-o", "json", "whoami"]).must(2));
            assert!(said.contains("instance_metadata = true"), "{profile}: {said}");
        }
    }
    let env = with_files(&pool, "", "", "")
        .with_variable("AWS_EC2_METADATA_SERVICE_ENDPOINT", witness.address())
        .with_variable("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("{}/role", witness.address()));
    env.run(&["-o", "json", "whoami"]).must(4);
    assert!(witness.seen().is_empty(), "{:?}", witness.seen());
    let allowed = with_files(&pool, "aws_profile = 'machine'\ninstance_metadata = true", config, "")
        .with_variable("AWS_EC2_METADATA_SERVICE_ENDPOINT", witness.address());
    let ran = allowed.run(&["-o", "json", "--timeout", "2s", "whoami"]);
    assert!(matches!(ran.code, 4 | 8) && !witness.seen().is_empty(), "the control: {ran:?}");
}

#[test]
fn what_aws_refuses_of_the_agent_is_told_apart() {
    for (name, status, headers, body, wanted) in [
        (
            "a deleted key",
            400,
            "",
            refusal("UnrecognizedClientException", "The security token included in the request is invalid."),
            "AWS does not know your access key",
        ),
        (
            "a wrong secret",
            400,
            "",
            refusal(
                "InvalidSignatureException",
                "The request signature we calculated does not match the signature you provided.",
            ),
            "AWS refuses your secret access key",
        ),
        (
            "a clock behind",
            400,
            "date: Fri, 01 Jan 2100 00:00:00 GMT",
            refusal(
                "InvalidSignatureException",
                "Signature expired: 20990101T000000Z is now earlier than 20991231T235500Z",
            ),
            "behind AWS's",
        ),
        (
            "a clock ahead",
            400,
            "date: Sat, 01 Jan 2000 00:00:00 GMT",
            refusal(
                "InvalidSignatureException",
                "Signature not yet current: 20990101T000000Z is still later than 20000101T000500Z",
            ),
            "ahead of AWS's",
        ),
        (
            "a session that is over",
            400,
            "",
            refusal("ExpiredTokenException", "The security token included in the request is expired"),
            "Your AWS session is over",
        ),
        (
            "a missing right",
            400,
            "",
            refusal(
                "AccessDeniedException",
                "User: arn:aws:iam::1:user/sam is not authorized to perform: cognito-idp:ListUsers",
            ),
            "it takes cognito-idp:ListUsers",
        ),
    ] {
        let pool = FakeCognito::start();
        let proxy = FaultProxy::before(pool.address());
        let headers = if headers.is_empty() { Vec::new() } else { vec![headers.to_owned()] };
        proxy.rule(Rule::on("POST", "ListUsers", Fault::Answer(status, headers, body)));
        let env = TestEnvironment::for_agent_of_fake_cognito(proxy.address());
        let said = words(&env.run(&["-o", "json", "find", "ada"]).must(4));
        assert!(said.contains(wanted), "{name}: {said}");
        assert!(!name.contains("clock") || said.contains("clock"), "{name}: {said}");
        assert!(!said.contains("arn:aws:iam::1:"), "{name}: {said}");
    }
}

/// STS answers in XML, and calls the same things differently (STS API, "Common Errors").
#[test]
fn what_sts_refuses_of_the_agent_is_told_apart() {
    for (code, message, wanted) in [
        (
            "InvalidClientTokenId",
            "The security token included in the request is invalid.",
            "AWS does not know your access key",
        ),
        (
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match",
            "AWS refuses your secret access key",
        ),
        ("SignatureDoesNotMatch", "Signature expired: 2099 is now earlier than 2100", "clock"),
        ("ExpiredToken", "The security token included in the request is expired", "Your AWS session is over"),
    ] {
        let body = format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
        );
        let pool = FakeCognito::start();
        let proxy = FaultProxy::before(pool.address());
        proxy.rule(Rule::on("POST", "GetCallerIdentity", Fault::Answer(403, Vec::new(), body.into_bytes())));
        let env = TestEnvironment::for_agent_of_fake_cognito(proxy.address());
        let said = words(&env.run(&["-o", "json", "login"]).must(4));
        assert!(said.contains(wanted), "{code}: {said}");
    }
}

#[test]
fn an_agent_of_another_account_is_refused_before_anything_is_read() {
    let pool = FakeCognito::start();
    let env = with_files(&pool, "account = '000000000001'", "", "").with_aws_keys();
    let said = words(&env.run(&["-o", "json", "find", "ada"]).must(4));
    assert!(said.contains(ACCOUNT) && said.contains("000000000001"), "{said}");
    assert!(pool.inputs("ListUsers").is_empty() && pool.inputs("AdminGetUser").is_empty());
}

#[test]
fn files_that_cannot_be_parsed_are_refused_without_their_secrets() {
    let pool = FakeCognito::start();
    for (name, config, credentials) in [
        ("no equals sign", String::new(), keys("support").replace("key = ", "key ")),
        ("no bracket", String::new(), keys("support").replace(']', "")),
        ("outside", String::new(), keys("support").replace("[support]\n", "")),
        ("a wrong source", "[profile support]\ncredential_source = Nowhere\nrole_arn = x\n".to_owned(), String::new()),
        ("a circle", "[profile support]\nsource_profile = support\nrole_arn = x\n".to_owned(), String::new()),
        ("a process", format!("[profile support]\ncredential_process = echo {}\n", secret_access_key()), String::new()),
    ] {
        let env = with_files(&pool, "aws_profile = 'support'", &config, &credentials);
        for more in [&[][..], &["-vv"]] {
            let ran = env.run(&[more, &["whoami"]].concat());
            assert!(matches!(ran.code, 2 | 4), "{name}: {ran:?}");
            assert!(!ran.text().contains(secret_access_key()), "{name}: {ran:?}");
            assert!(ran.stderr.contains("support"), "{name}: {ran:?}");
        }
    }
}

#[test]
fn a_token_in_the_environment_is_refused_and_named() {
    let pool = FakeCognito::start();
    let env = with_files(&pool, "", "", "").with_aws_keys().with_variable("TELLONCE_TOKEN", "t0ken-of-another");
    for command in [&["whoami"][..], &["login"], &["find", "ada"]] {
        let ran = env.run(&[&["-o", "json"], command].concat()).must(2);
        let said = words(&ran);
        assert!(said.contains("TELLONCE_TOKEN") && said.contains("AWS_PROFILE"), "{command:?}: {said}");
        assert!(!ran.text().contains("t0ken-of-another"), "{command:?}");
    }
}

#[test]
fn login_says_who_one_is_and_keeps_nothing() {
    let pool = FakeCognito::start();
    let env = with_files(&pool, "", "", &keys("other")).with_aws_keys();
    let ran = env.run(&["login"]).must(0);
    assert!(ran.text().contains("arn:aws:iam::123456789012:user/sam"), "{ran:?}");
    env.run(&["login", "--agent", "other"]).must(0);
    let ran = env.run(&["-o", "json", "login", "--agent", "another"]).must(4);
    assert!(words(&ran).contains("another"), "{ran:?}");
    assert!(!env.file("sessions").exists(), "AWS's own tools keep the session");
    for refused in [&["login", "--password-stdin"][..], &["login", "--web"], &["login", "--device"]] {
        let ran = env.run_with(&[&["-o", "json"], refused].concat(), "secret-word\n").must(2);
        assert!(!ran.text().contains("secret-word"), "{refused:?}: {ran:?}");
    }
    let who = env.run(&["-o", "json", "whoami"]).must(0);
    assert!(who.stdout.contains("user/sam"), "{who:?}");
    let out = env.run(&["logout"]).must(0);
    assert!(out.text().contains("aws sso logout"), "{out:?}");
}
