//! Profiles of a real backend, as far as they can be looked at without a server.

use crate::support::TestEnvironment;

fn with(profile: &str) -> TestEnvironment {
    let env = TestEnvironment::new();
    let text = format!("default = 'acme'\n[profiles.acme]\n{profile}");
    std::fs::write(env.path().join("config.toml"), text).unwrap();
    env
}

/// Nobody listens there: port 9 of this machine is discard's, and is not served.
const NOWHERE: &str = "backend = 'keycloak'\nurl = 'http://127.0.0.1:9'\nrealm = 'x'\nprotected = 'none'\n";

#[test]
fn what_is_wrong_in_a_profile_is_named_with_file_line_and_key_by_every_command() {
    for (profile, line, what) in [
        ("backend = 'fax'\n", "line 3", "there are: practice, keycloak"),
        ("backend = 'practice'\nurl = 'x'\n", "line 4", "url"),
        ("backend = 'practice'\nprotected = { roles = ['x'] }\n", "line 4", "protected.roles"),
        ("backend = 'keycloak'\nurl = 'https://id'\nrealm = 'x'\n", "line 2", "whom agents do not reset"),
        ("backend = 'keycloak'\nrealm = 'x'\nprotected = 'none'\n", "line 2", "url"),
        (
            "backend = 'keycloak'\nurl = 'http://id.example.com'\nrealm = 'x'\nprotected = 'none'\n",
            "line 4",
            "insecure_http",
        ),
        ("backend = 'keycloak'\nurl = 'https://id'\nrealm = 'a/b'\nprotected = 'none'\n", "line 5", "a/b"),
        (
            "backend = 'active-directory'\nurl = 'ldaps://dc'\nbase = 'OU=Sales, North,DC=x'\nprotected = 'none'\n",
            "line 5",
            "base: \"OU=Sales, North,DC=x\" is not a name of an entry (DN): its part \"North\" is not of the form",
        ),
        (
            "backend = 'openldap'\nurl = 'ldaps://x'\nbase = 'o=x'\ndefault_policy = 'default'\nprotected = 'none'\n",
            "line 6",
            "default_policy: \"default\" is not a name",
        ),
    ] {
        let env = with(profile);
        for command in ["whoami", "doctor"] {
            let error = env.run(&["-o", "json", command]).must(2).error();
            let message = error["message"].as_str().unwrap();
            assert!(
                message.contains("config.toml") && message.contains(line) && message.contains(what),
                "{profile}: {message}"
            );
            assert_eq!(error["reason"], "configuration");
        }
    }
}

#[test]
fn a_server_that_is_not_there_is_unavailable_and_nobody_is_signed_in() {
    let env = with(NOWHERE);
    let told = env.run(&["login", "--device", "--store", "file"]).must(8).stderr;
    assert!(told.contains("127.0.0.1 cannot be reached"), "{told}");
    let mut json = env.program("setsid"); // without a controlling terminal, whatever the tests run in
    let ran = json
        .arg("--wait")
        .arg(crate::support::BINARY)
        .args(["-o", "json", "login", "--device", "--store", "file"])
        .output();
    let error = crate::support::CommandOutput::from(ran.unwrap()).must(2).error();
    assert!(error["message"].as_str().unwrap().contains("could not be shown"), "nobody would see the code: {error}");
    assert_eq!(env.run(&["-o", "json", "reset", "ada", "--yes"]).must(4).error()["reason"], "not_signed_in");
    env.run(&["doctor"]).must(11);
}

#[test]
fn a_token_that_is_none_is_refused_before_anything_is_sent() {
    let env = with(NOWHERE);
    let ran = env.command(&["-o", "json", "whoami"]).env("TELLONCE_TOKEN", "no-jwt").output();
    let error = crate::support::CommandOutput::from(ran.unwrap()).must(4).error();
    assert!(error["message"].as_str().unwrap().contains("no JWT"), "{error}");
}

#[test]
fn setup_prints_its_steps_without_a_server_and_asks_for_what_it_needs() {
    let env = with(NOWHERE);
    let plan = env.run(&["-o", "json", "setup", "--print"]).must(0).json();
    assert_eq!((&plan["schema"], plan["steps"].as_array().unwrap().len()), (&"tellonce.setup/v1".into(), 8));
    assert!(
        plan["administrator"].is_null()
            && plan["steps"].as_array().unwrap().iter().all(|step| step["state"] == "to_do")
    );
    let printed = env.run(&["setup", "--print", "--agents", "helpers"]).must(0).stdout;
    assert!(printed.contains("7. ") && printed.contains("Groups, Create group: helpers."), "{printed}");
    let error = env.run(&["-o", "json", "setup"]).must(2).error();
    assert!(error["hint"].as_str().unwrap().contains("--yes"), "{error}");
    let error = env.run(&["-o", "json", "setup", "--yes"]).must(2).error();
    assert!(error["hint"].as_str().unwrap().contains("--administrator NAME"), "{error}");
    let error = env.run(&["-o", "json", "setup", "--yes", "--administrator", "root"]).must(2).error();
    assert!(error["hint"].as_str().unwrap().contains("--password-stdin"), "{error}");
    let brief = ["-o", "json", "--timeout", "1s"];
    let setup = ["setup", "--dry-run", "--administrator", "root", "--password-stdin"];
    let nobody_answers = [&brief[..], &setup].concat();
    assert_eq!(env.run_with(&nobody_answers, "x\n").must(8).error()["changed"], "no");
    for wrong in
        [&["--print", "--yes"][..], &["--dry-run", "--yes"], &["--password-stdin"], &["--print", "--agents", "a/b"]]
    {
        env.run(&[&["setup"][..], wrong].concat()).must(2);
    }
}

#[test]
fn setup_of_a_user_pool_prints_the_policy_without_credentials_and_has_nothing_to_confirm() {
    let env = with(
        "backend = 'cognito'\nuser_pool = 'eu-central-1_AbC'\nendpoint = 'http://127.0.0.1:9'\nprotected = 'none'\n",
    );
    let plan = env.run(&["-o", "json", "setup", "--print"]).must(0).json();
    let steps = plan["steps"].as_array().unwrap();
    assert!(plan["administrator"].is_null() && steps.iter().all(|step| step["state"] == "by_hand"), "{plan}");
    let policy: serde_json::Value = serde_json::from_str(steps[0]["document"].as_str().unwrap()).unwrap();
    assert!(policy["Statement"][0]["Resource"][0].as_str().unwrap().contains("ACCOUNT_ID"), "{policy}");
    assert!(steps[1].get("document").is_none(), "{plan}");
    let printed = env.run(&["setup", "--print"]).must(0).stdout;
    let copied = printed.split_once("\n{\n").unwrap().1.split_once("\n}\n").unwrap().0;
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&format!("{{{copied}}}")).unwrap(),
        policy,
        "as it is to copy"
    );
    env.run(&["setup"]).must_say(4, "no AWS credentials");
}

#[test]
fn setup_of_a_backend_that_is_prepared_by_hand_names_the_page() {
    let env = with(
        "backend = 'openldap'\nurl = 'ldaps://127.0.0.1:9'\nbase = 'dc=x'\ndefault_policy = 'cn=p'\nprotected = 'none'\n",
    );
    let error = env.run(&["-o", "json", "setup"]).must(2).error();
    assert!(error["hint"].as_str().unwrap().contains("docs/backends/openldap.md"), "{error}");
}

#[test]
fn a_profile_is_added_only_if_its_server_answers() {
    let env = TestEnvironment::new();
    let error = env.run(&["-o", "json", "profile", "add", "acme", "--backend", "keycloak"]).must(2).error();
    assert!(error["hint"].as_str().unwrap().contains("--set url="), "{error}");
    let error = env.run(&["-o", "json", "profile", "add", "acme", "--backend", "fax"]).must(2).error();
    assert!(error["hint"].as_str().unwrap().contains("practice, keycloak"), "{error}");
    let add = ["-o", "json", "profile", "add", "acme", "--backend", "keycloak", "--set", "url=http://127.0.0.1:9"];
    let rest = ["--set", "realm=x", "--protect", "staff-admins"];
    let error = env.run(&[&add[..], &rest[..]].concat()).must(2).error();
    assert!(error["message"].as_str().unwrap().contains("cannot be reached"), "{error}");
    let listed = env.run(&["-o", "json", "profile", "list"]).must(0).json();
    assert_eq!(listed["profiles"].as_array().unwrap().len(), 1, "nothing was written: {listed}");
}
