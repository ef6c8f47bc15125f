//! Who the agent is, by AWS's own answer.

use super::action::Action;
use super::call::Api;
use super::errors;
use super::settings::{CognitoSettings, Service};
use crate::domain::{Error, Kind, Reason, Result};

/// The identity that AWS sees in a call (STS API, `GetCallerIdentity`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Caller {
    pub(super) arn: String,
    pub(super) account: String,
}

impl Caller {
    /// Asks AWS who the agent is, and checks that it is in the account that the profile names.
    ///
    /// # Errors
    /// Exit 4: AWS refuses the credentials, or they are of another account. Exit 8: no answer.
    pub(super) async fn ask(api: &Api) -> Result<Self> {
        let client = aws_sdk_sts::Client::new(&api.sdk_config(Service::Sts));
        let answer = api.call(Action::GetCallerIdentity, || client.get_caller_identity().send()).await?;
        let answer = answer.map_err(|refusal| errors::unexpected(Action::GetCallerIdentity, &refusal.code))?;
        let (Some(arn), Some(account)) = (answer.arn, answer.account) else {
            return Err(Error::unavailable("AWS does not say who you are.")
                .hint("`aws sts get-caller-identity` tries it apart from tellonce."));
        };
        if let Some(expected) = api.settings.account.as_ref().filter(|expected| **expected != account) {
            let message = format!("You are {arn}, of the AWS account {account}; the profile is for {expected}.");
            return Err(Error::new(Kind::NotAllowed, Reason::SignInRefused, message)
                .hint("Use credentials of that account: AWS_PROFILE, or `aws_profile` in the profile."));
        }
        Ok(Self { arn, account })
    }

    /// Returns the ARN of the pool, which is in the caller's account (Service Authorization Reference, "Resource types
    /// defined by Amazon Cognito User Pools").
    pub(super) fn pool_arn(&self, settings: &CognitoSettings) -> Option<String> {
        let partition = self.arn.split(':').nth(1)?;
        let CognitoSettings { region, user_pool, .. } = settings;
        Some(format!("arn:{partition}:cognito-idp:{region}:{}:userpool/{user_pool}", self.account))
    }

    /// Returns the ARN whose policies decide: that of the user, or of the role behind an assumed one. `None` for the root
    /// user and for a federated one.
    ///
    /// A role that was assumed is named without its path, so that the ARN is right only for roles without one (IAM User
    /// Guide, "IAM identifiers").
    pub(super) fn principal(&self) -> Option<String> {
        let mut parts = self.arn.splitn(6, ':');
        let (partition, service) = (parts.nth(1)?, parts.next()?);
        let resource = parts.nth(2)?;
        match (service, resource.split_once('/')?) {
            ("iam", ("user", _)) => Some(self.arn.clone()),
            ("sts", ("assumed-role", rest)) => {
                let role = rest.split_once('/')?.0;
                Some(format!("arn:{partition}:iam::{}:role/{role}", self.account))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_those_of_the_user_or_of_the_role_behind_a_session() {
        for (arn, principal) in [
            ("arn:aws:iam::123456789012:user/support/ada", Some("arn:aws:iam::123456789012:user/support/ada")),
            (
                "arn:aws:sts::123456789012:assumed-role/Support/ada@example.com",
                Some("arn:aws:iam::123456789012:role/Support"),
            ),
            (
                "arn:aws-cn:sts::123456789012:assumed-role/Support/i-0",
                Some("arn:aws-cn:iam::123456789012:role/Support"),
            ),
            ("arn:aws:iam::123456789012:root", None),
            ("arn:aws:sts::123456789012:federated-user/ada", None),
            ("", None),
        ] {
            let caller = Caller { arn: arn.to_owned(), account: "123456789012".to_owned() };
            assert_eq!(caller.principal().as_deref(), principal, "{arn}");
        }
    }
}
