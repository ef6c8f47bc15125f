//! The environment of an agent of a directory.

use std::ops::Deref;

use crate::support::{CommandOutput, TestEnvironment};

/// An environment in which the agent of every server has signed in, or was refused.
pub struct AgentEnvironment {
    pub(super) env: TestEnvironment,
    /// How the sign-in ended.
    pub login: CommandOutput,
}

impl Deref for AgentEnvironment {
    type Target = TestEnvironment;

    fn deref(&self) -> &TestEnvironment {
        &self.env
    }
}
