//! Who the agent is: an AWS identity, of which the tool keeps nothing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use crate::support::TestEnvironment;
use crate::support::cognito::{CustomerState, Emulator, FIND, Pool, PoolOptions, Server, credentials_file};

#[test]
#[ignore = "needs Cognito's emulators: TELLONCE_LIVE=cognito"]
fn login_says_whose_credentials_there_are_and_stores_nothing() {
    let pool = Pool::with(Server::shared(Emulator::Ministack), &PoolOptions::default());
    let (sam, kim) = (pool.agent("sam", FIND), pool.agent("kim", FIND));
    let profile = format!("{}protected = 'none'\naccount = '{}'\n", pool.profile(), Emulator::Ministack.account());
    let mut environment = TestEnvironment::for_agent_of_pool(&sam, &profile);
    environment.write("aws-credentials", &credentials_file(&[("support", &sam.keys), ("other", &kim.keys)]));
    let files = || {
        let mut names: Vec<_> =
            std::fs::read_dir(environment.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = files();
    environment.run(&["login"]).must_say(0, &sam.name);
    environment.run(&["login", "--agent", "other"]).must_say(0, &kim.name);
    let who = environment.run(&["whoami", "-o", "json"]).must(0).json();
    assert!(who["agent"].as_str().unwrap().ends_with(&sam.name), "the profile's own: {who}");
    assert_eq!(who["kept_in"], "AWS's own configuration");
    environment.run(&["logout"]).must_say(0, "aws sso logout");
    environment.run(&["whoami"]).must_say(0, &sam.name);
    assert_eq!(files(), before, "nothing is stored");
    environment.run(&["login", "--agent", "nobody"]).must_say(4, "aws sso login --profile nobody");
    environment.set_variable("TELLONCE_TOKEN", "a-token");
    environment.run(&["whoami"]).must_say(2, "TELLONCE_TOKEN");
}

#[test]
#[ignore = "needs Cognito's emulators: TELLONCE_LIVE=cognito"]
fn credentials_of_another_account_are_refused() {
    let pool = Pool::with(Server::shared(Emulator::Ministack), &PoolOptions::default());
    let sam = pool.agent("sam", FIND);
    let profile = format!("{}protected = 'none'\naccount = '123456789012'\n", pool.profile());
    let environment = TestEnvironment::for_agent_of_pool(&sam, &profile);
    environment.run(&["whoami"]).must_say(4, "the profile is for 123456789012");
}

/// Creates a role that this principal may assume, with an agent's rights on the pool. Returns its ARN.
fn role(pool: &Pool, name: &str, principal: &serde_json::Value, action: &str) -> String {
    let name = format!("{name}-{}", pool.id().rsplit('_').next().unwrap());
    let statement = |more: serde_json::Value| json!({ "Version": "2012-10-17", "Statement": [more] }).to_string();
    let trust = statement(json!({ "Effect": "Allow", "Principal": principal, "Action": action }));
    let rights = statement(json!({ "Effect": "Allow", "Action": FIND, "Resource": pool.arn() }));
    pool.server().iam("CreateRole", &[("RoleName", &name), ("AssumeRolePolicyDocument", &trust)]);
    let fields = [("RoleName", name.as_str()), ("PolicyName", "rights"), ("PolicyDocument", &rights)];
    pool.server().iam("PutRolePolicy", &fields);
    format!("arn:aws:iam::{}:role/{name}", Emulator::Ministack.account())
}

/// A pool with one customer, an agent without a right, and a home with these lines in AWS's configuration file.
fn with_config(config: impl Fn(&Pool) -> String) -> TestEnvironment {
    let pool = Pool::with(Server::shared(Emulator::Ministack), &PoolOptions::default());
    pool.add("ada", &[("email", "ada@example.com"), ("name", "Ada Lovelace")], CustomerState::Confirmed);
    let sam = pool.agent("sam", &["sts:AssumeRole"]);
    let environment = TestEnvironment::for_agent_of_pool(&sam, &format!("{}protected = 'none'\n", pool.profile()));
    environment.write("aws-credentials", &credentials_file(&[("own", &sam.keys)]));
    let services = format!("[services local]\nsts =\n  endpoint_url = {}\n", pool.server().url());
    environment.write("aws-config", &format!("[profile support]\nservices = local\n{}{services}", config(&pool)));
    environment
}

#[test]
#[ignore = "needs Cognito's emulators: TELLONCE_LIVE=cognito"]
fn an_agent_may_have_the_rights_of_a_role_that_the_aws_profile_assumes() {
    let environment = with_config(|pool| {
        let arn = role(pool, "Support", &json!({ "AWS": "*" }), "sts:AssumeRole");
        format!("role_arn = {arn}\nsource_profile = own\nrole_session_name = sam@example.com\n")
    });
    let who = environment.run(&["whoami", "-o", "json"]).must(0).json();
    let agent = who["agent"].as_str().unwrap();
    assert!(agent.contains(":assumed-role/Support-") && agent.ends_with("/sam@example.com"), "{who}");
    assert!(who["expires_at"].is_string(), "a role's session ends: {who}");
    environment.run(&["find", "ada"]).must_say(0, "Ada Lovelace");
}

#[test]
#[ignore = "needs Cognito's emulators: TELLONCE_LIVE=cognito"]
fn an_agent_may_have_the_rights_of_a_role_by_a_web_identity() {
    let environment = with_config(|pool| {
        let provider = format!("arn:aws:iam::{}:oidc-provider/id.example.com", Emulator::Ministack.account());
        let arn = role(pool, "Runner", &json!({ "Federated": provider }), "sts:AssumeRoleWithWebIdentity");
        format!("role_arn = {arn}\nweb_identity_token_file = TOKEN\nrole_session_name = job-7\n")
    });
    let part = |claims: serde_json::Value| URL_SAFE_NO_PAD.encode(claims.to_string());
    let claims = json!({ "iss": "https://id.example.com", "sub": "job", "aud": "sts.amazonaws.com" });
    let token = format!("{}.{}.c2lnbmVk", part(json!({ "alg": "RS256", "typ": "JWT" })), part(claims));
    environment.write("token", &token);
    let file = environment.file("token").display().to_string();
    environment.write("aws-config", &environment.read("aws-config").replace("TOKEN", &file));
    let who = environment.run(&["whoami", "-o", "json"]).must(0).json();
    assert!(who["agent"].as_str().unwrap().ends_with("/job-7"), "{who}");
    environment.run(&["find", "ada"]).must_say(0, "Ada Lovelace");
}
