//! Signs agents in by a bind. The stored session holds the bind password for eight hours.

use async_trait::async_trait;
use jiff::Timestamp;

use super::bind::{LdapSignIn, SESSION_LIFETIME};
use super::probe;
use crate::backends::CsvCustomers;
use crate::domain::ports::{AgentSignIn, Prompter};
use crate::domain::{Check, Error, Kind, Result, Session, SignInMethod, StoredSession};

#[async_trait(?Send)]
impl AgentSignIn for LdapSignIn {
    fn methods(&self) -> &'static [SignInMethod] {
        &[SignInMethod::Password]
    }

    async fn sign_in(
        &self,
        method: SignInMethod,
        agent: Option<&str>,
        prompter: &mut dyn Prompter,
    ) -> Result<(Session, Option<StoredSession>)> {
        if method != SignInMethod::Password {
            return Err(Error::usage("A directory knows sign-in by name and password only."));
        }
        let name = match agent {
            Some(name) => name.to_owned(),
            None => prompter.needed_line("Agent", "--agent")?,
        };
        let password = prompter.secret("Password", "--password-stdin")?;
        let agent = name.trim().to_owned();
        let expires_at = self.clock.now().checked_add(SESSION_LIFETIME).unwrap_or(Timestamp::MAX);
        let stored = StoredSession { agent: agent.clone(), secret: password.clone(), expires_at };
        let session = self.bind(&agent, password, Some(expires_at)).await?;
        Ok((session, Some(stored)))
    }

    async fn resume(&self, stored: Option<StoredSession>) -> Result<Option<Session>> {
        if let Some(stored) = stored {
            let resumed = self.bind(&stored.agent, stored.secret, Some(stored.expires_at)).await;
            return match resumed {
                Ok(session) => Ok(Some(session)),
                Err(error) if error.kind == Kind::NotAllowed => {
                    self.store.forget(); // retried with every command, a wrong password would lock the agent out
                    Err(error)
                }
                Err(error) => Err(error),
            };
        }
        self.unattended().await
    }

    async fn checks(&self) -> Vec<Check> {
        let mut checks = probe::check_servers(self).await;
        checks.extend(self.settings.customers.clone().map(|source| CsvCustomers::new(source).check()));
        checks
    }
}
