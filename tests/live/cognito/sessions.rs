//! Who the agent is: an AWS identity, of which the tool keeps nothing.

use crate::support::TestEnvironment;
use crate::support::cognito::{Emulator, FIND, Pool, PoolOptions, Server, credentials_file};

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
