//! What no emulator of Amazon Cognito does, seen from outside: faults on the way, missing credentials, states and settings
//! of a pool, lists without an end. Needs no server.

mod bulk;
mod creating;
mod credentials;
mod faults;
mod outputs;
mod pages;
mod profiles;
mod proxies;
mod refusals;
mod users;

use crate::support::TestEnvironment;
use crate::support::fake_cognito::FakeCognito;

const RESET: [&str; 7] = ["-o", "json", "reset", "ada", "--yes", "--reveal", "stdout"];

/// An agent of this pool, whose keys are in the environment.
fn agent_of(pool: &FakeCognito) -> TestEnvironment {
    TestEnvironment::for_agent_of_fake_cognito(pool.address())
}
