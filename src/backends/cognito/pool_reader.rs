//! Reads the user pool's own settings, once a command.

use super::action::Action;
use super::agent::CognitoAgent;
use super::errors;
use super::pool::Pool;
use crate::domain::{PolicyRead, Reason, Result};

impl CognitoAgent {
    /// Reads the pool's settings; `None` if the agent may not.
    pub(super) async fn pool(&self) -> Result<Option<&Pool>> {
        let read = async || {
            let describe = self.api().cognito().describe_user_pool().user_pool_id(self.user_pool());
            match self.api().call(Action::DescribeUserPool, || describe.clone().send()).await {
                Ok(Ok(answer)) => Ok(answer.user_pool.map(Pool)),
                Ok(Err(refusal)) => Err(errors::unexpected(Action::DescribeUserPool, &refusal.code)),
                Err(error) if error.reason == Reason::MissingRight => Ok(None),
                Err(error) => Err(error),
            }
        };
        Ok(self.0.pool.get_or_try_init(read).await?.as_ref())
    }

    /// Reads the password policy.
    pub(super) async fn policy(&self) -> Result<PolicyRead> {
        Ok(match self.pool().await? {
            Some(pool) => pool.policy(),
            None => PolicyRead::Unreadable(format!(
                "your rights do not show it (it takes {})",
                Action::DescribeUserPool.name()
            )),
        })
    }
}
