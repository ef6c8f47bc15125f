//! The environment of an agent of the pool.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::OnceLock;

use super::{APP, POOL, STAFF};
use crate::support::TestEnvironment;

/// The agent's secret access key: made anew in each run.
pub fn secret_access_key() -> &'static str {
    static MADE: OnceLock<String> = OnceLock::new();
    MADE.get_or_init(|| {
        let word = || format!("{:016x}", RandomState::new().build_hasher().finish());
        format!("Sk/{}+{}", word(), word())
    })
}

impl TestEnvironment {
    /// Creates a home with a profile for the pool at this address, with these further lines. There are no AWS credentials.
    pub fn for_fake_cognito(address: &str, more: &str) -> Self {
        Self::with_profile(&format!("backend = 'cognito'\nuser_pool = '{POOL}'\nendpoint = '{address}'\n{more}"))
    }

    /// Creates the same with keys in the environment, a protected group, and an app client for the proof.
    pub fn for_agent_of_fake_cognito(address: &str) -> Self {
        let more = format!("protected = {{ groups = ['{STAFF}'] }}\napp_client = {{ id = '{APP}' }}");
        Self::for_fake_cognito(address, &more).with_aws_keys()
    }

    /// The same with the agent's AWS keys in the environment.
    #[must_use]
    pub fn with_aws_keys(self) -> Self {
        self.with_variable("AWS_ACCESS_KEY_ID", "AKIAFAKEFAKEFAKEFAKE")
            .with_variable("AWS_SECRET_ACCESS_KEY", secret_access_key())
    }
}
