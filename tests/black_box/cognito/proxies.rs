//! AWS's own addresses are asked over https alone, and a proxy of the environment is asked for a tunnel and for nothing else.

use crate::support::TestEnvironment;
use crate::support::fake_cognito::{FakeCognito, POOL, secret_access_key};
use crate::support::fault_proxy::FaultProxy;

const VARIABLES: [&str; 6] = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy"];

fn behind(env: TestEnvironment, proxy: &FaultProxy) -> TestEnvironment {
    VARIABLES.iter().fold(env, |env, name| env.with_variable(name, proxy.address()))
}

#[test]
fn awss_own_addresses_are_those_of_the_pools_region() {
    let proxy = FaultProxy::witness();
    let profile = format!("backend = 'cognito'\nuser_pool = '{POOL}'\nprotected = 'none'");
    let env = behind(TestEnvironment::with_profile(&profile).with_aws_keys(), &proxy);
    // Another region in the environment is not the pool's.
    let env = env.with_variable("AWS_REGION", "eu-west-1").with_variable("AWS_DEFAULT_REGION", "eu-west-1");
    let ran = env.run(&["-o", "json", "--timeout", "2s", "whoami"]).must(8);
    assert_eq!(ran.error()["changed"], "no");
    let seen = proxy.seen();
    assert!(!seen.is_empty());
    for seen in seen {
        assert_eq!((seen.method.as_str(), seen.path.as_str()), ("CONNECT", "sts.eu-central-1.amazonaws.com:443"));
        assert!(!seen.authorized && seen.body.is_empty());
    }
}

#[test]
fn plain_http_on_this_machine_goes_past_every_proxy() {
    let pool = FakeCognito::start();
    let proxy = FaultProxy::witness();
    let env = behind(TestEnvironment::for_agent_of_fake_cognito(pool.address()), &proxy);
    let issued = env.run(&super::RESET).must(0);
    assert_eq!(pool.user("ada").password, Some(issued.password()));
    assert!(proxy.seen().is_empty() && !issued.text().contains(secret_access_key()));
}
