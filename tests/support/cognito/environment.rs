//! The environment of an agent of a pool: the profile, and the AWS files that it names.

use super::agent::{IamAgent, credentials_file};
use super::pool::Pool;
use crate::support::TestEnvironment;

impl Pool {
    /// The keys of a profile, with the AWS files beside it.
    pub fn profile(&self) -> String {
        self.profile_at(self.server().url())
    }

    /// The same, reached by another address, such as a proxy's.
    pub fn profile_at(&self, endpoint: &str) -> String {
        format!(
            "backend = 'cognito'\nuser_pool = '{}'\nregion = '{}'\nendpoint = '{endpoint}'\naws_config_file = 'aws-config'\n\
             aws_credentials_file = 'aws-credentials'\n",
            self.id(),
            self.region(),
        )
    }

    /// The same with the proof by the pool's own app client.
    pub fn proof(&self) -> String {
        format!("app_client = {{ id = '{}', flow = 'user-password' }}\n", self.app().id)
    }
}

impl TestEnvironment {
    /// Creates a home with this profile, in which the AWS profile `support` is this agent. Nobody is signed in.
    pub fn for_agent_of_pool(agent: &IamAgent, profile: &str) -> Self {
        let environment = Self::with_profile(&format!("aws_profile = 'support'\n{profile}"));
        environment.write("aws-config", "");
        environment.write("aws-credentials", &credentials_file(&[("support", &agent.keys)]));
        environment
    }
}
