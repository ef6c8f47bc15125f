//! One sign-in with the temporary password, by the app client that the profile names.

use aws_sdk_cognitoidentityprovider::operation::admin_initiate_auth::AdminInitiateAuthOutput;
use aws_sdk_cognitoidentityprovider::operation::initiate_auth::InitiateAuthOutput;
use aws_sdk_cognitoidentityprovider::types::{AuthFlowType, ChallengeNameType};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::action::Action;
use super::agent::CognitoAgent;
use super::call::{Answer, Repeats};
use super::errors::Refusal;
use super::settings::{AppClient, AuthFlow};
use crate::domain::{Error, Intent, RequestSink, Reset, Result, TemporaryPassword, TrialAnswer, sealed};

/// The parameters of a sign-in (Cognito API, `InitiateAuth`, parameter `AuthParameters`).
type AuthParameters = std::collections::HashMap<String, String>;

/// Writes the temporary password into the parameters of a sign-in.
struct SignIn(AuthParameters);

impl sealed::Sealed for SignIn {}

impl RequestSink for SignIn {
    type Output = AuthParameters;

    fn write(mut self, characters: &str) -> AuthParameters {
        self.0.insert("PASSWORD".to_owned(), characters.to_owned());
        self.0
    }
}

/// What the pool answered to a sign-in: what it asks for next, or that it let the user in.
struct SignInAnswer {
    challenge: Option<ChallengeNameType>,
    has_tokens: bool,
}

impl CognitoAgent {
    /// Signs in once as the intent's user. The session that the pool opens for the change is dropped.
    pub(super) async fn sign_in_as_customer(
        &self,
        intent: &Intent<Reset>,
        temporary: &TemporaryPassword,
    ) -> Result<TrialAnswer> {
        let Some(client) = &self.api().settings.app_client else {
            let why = "the profile names no app client (app_client) to sign in by";
            return Ok(TrialAnswer::NoSignIn(why.to_owned()));
        };
        let username = intent.user()?.as_str();
        let mut parameters = AuthParameters::from([("USERNAME".to_owned(), username.to_owned())]);
        if let Some(secret) = &self.0.app_client_secret {
            parameters.insert("SECRET_HASH".to_owned(), secret_hash(secret, username, &client.id)?);
        }
        let parameters = temporary.request(intent, SignIn(parameters));
        Ok(match self.initiate(client, parameters).await? {
            Ok(answer) => answer.judged(),
            Err(refusal) => refused(&refusal, client),
        })
    }

    async fn initiate(&self, client: &AppClient, parameters: AuthParameters) -> Result<Answer<SignInAnswer>> {
        let cognito = self.api().cognito();
        match client.flow {
            AuthFlow::UserPassword => {
                let call = cognito.initiate_auth().auth_flow(AuthFlowType::UserPasswordAuth).client_id(&client.id);
                let call = call.set_auth_parameters(Some(parameters));
                let answer =
                    self.api().call_repeated(Repeats::Here, Action::InitiateAuth, || call.clone().send()).await?;
                Ok(answer.map(|InitiateAuthOutput { challenge_name, authentication_result, .. }| SignInAnswer {
                    challenge: challenge_name,
                    has_tokens: authentication_result.is_some(),
                }))
            }
            AuthFlow::AdminUserPassword => {
                let call = cognito.admin_initiate_auth().auth_flow(AuthFlowType::AdminUserPasswordAuth);
                let call = call.user_pool_id(self.user_pool()).client_id(&client.id);
                let call = call.set_auth_parameters(Some(parameters));
                let answer =
                    self.api().call_repeated(Repeats::Here, Action::AdminInitiateAuth, || call.clone().send()).await?;
                Ok(answer.map(|AdminInitiateAuthOutput { challenge_name, authentication_result, .. }| SignInAnswer {
                    challenge: challenge_name,
                    has_tokens: authentication_result.is_some(),
                }))
            }
        }
    }
}

impl SignInAnswer {
    fn judged(self) -> TrialAnswer {
        match self.challenge {
            _ if self.has_tokens => TrialAnswer::SignedIn(None),
            Some(ChallengeNameType::NewPasswordRequired) => TrialAnswer::ChangeRequired,
            Some(other) => {
                let known = other.as_str();
                let is_word =
                    known.len() <= 64 && known.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_');
                let known = if is_word { known } else { "something else" };
                TrialAnswer::Restricted(format!("the pool asks for {known} first"))
            }
            None => TrialAnswer::Restricted("the pool neither let the user in nor asked for anything".to_owned()),
        }
    }
}

/// Says what the refusal of a sign-in means. Only what AWS documents of it gets into the words.
fn refused(refusal: &Refusal, client: &AppClient) -> TrialAnswer {
    let restricted = |words: &str| TrialAnswer::Restricted(words.to_owned());
    match refusal.code.as_str() {
        "NotAuthorizedException" if refusal.says("attempts exceeded") => {
            restricted("the user is locked after failed attempts, for 15 minutes at most")
        }
        "NotAuthorizedException" if refusal.says("expired") => restricted("the temporary password has run out"),
        "NotAuthorizedException" if refusal.says("disabled") => restricted("the user is disabled"),
        "NotAuthorizedException" if refusal.says("secret") => {
            restricted("the secret of the app client is wrong, or missing")
        }
        "NotAuthorizedException" => TrialAnswer::WrongPassword,
        "UserNotFoundException" => restricted("the app client knows no such user"),
        "UserNotConfirmedException" => restricted("the user's registration is not confirmed"),
        "PasswordResetRequiredException" => restricted("an administrator asks for a change by a mailed code"),
        "UserLambdaValidationException" | "UnexpectedLambdaException" | "InvalidLambdaResponseException" => {
            restricted("a Lambda trigger of the pool refuses the sign-in")
        }
        "ResourceNotFoundException" => restricted("the pool has no such app client"),
        "InvalidParameterException" | "InvalidUserPoolConfigurationException" => {
            TrialAnswer::NoSignIn(match client.flow {
                AuthFlow::UserPassword => "the app client does not allow ALLOW_USER_PASSWORD_AUTH".to_owned(),
                AuthFlow::AdminUserPassword => {
                    "the app client does not allow ALLOW_ADMIN_USER_PASSWORD_AUTH".to_owned()
                }
            })
        }
        _ => restricted("the pool refuses the sign-in"),
    }
}

/// Computes the secret hash (Cognito Developer Guide, "Computing secret hash values").
fn secret_hash(secret: &str, username: &str, client_id: &str) -> Result<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())
        .map_err(|_| Error::bug("The secret of the app client cannot be used."))?;
    mac.update(username.as_bytes());
    mac.update(client_id.as_bytes());
    Ok(STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;

    fn said(code: &str, message: &str) -> TrialAnswer {
        let client = AppClient { id: "a".to_owned(), secret: None, flow: AuthFlow::UserPassword };
        refused(&Refusal { code: code.to_owned(), message: message.to_owned() }, &client)
    }

    #[test]
    fn the_hash_is_that_of_the_name_and_the_client() {
        // Taken with `openssl dgst -sha256 -hmac secret -binary | base64` of "adaclient".
        assert_eq!(secret_hash("secret", "ada", "client").unwrap(), "FEW6rzXVdy2RLJp0KqkU9A6/pxQBq5FgsxTWe/Ot+CI=");
    }

    #[test]
    fn only_the_demand_for_a_new_password_proves_it() {
        let judged = |challenge, has_tokens| SignInAnswer { challenge, has_tokens }.judged();
        assert_eq!(judged(Some(ChallengeNameType::NewPasswordRequired), false), TrialAnswer::ChangeRequired);
        assert_eq!(judged(None, true), TrialAnswer::SignedIn(None));
        assert_eq!(judged(Some(ChallengeNameType::NewPasswordRequired), true), TrialAnswer::SignedIn(None));
        assert!(
            matches!(judged(Some(ChallengeNameType::SmsMfa), false), TrialAnswer::Restricted(words) if words.contains("SMS_MFA"))
        );
        assert!(
            matches!(judged(Some("Sesame-1".into()), false), TrialAnswer::Restricted(words) if !words.contains("Sesame"))
        );
        assert!(matches!(judged(None, false), TrialAnswer::Restricted(_)));
    }

    #[test]
    fn a_refusal_is_about_the_password_only_if_nothing_else_is_said() {
        assert_eq!(said("NotAuthorizedException", "Incorrect username or password."), TrialAnswer::WrongPassword);
        for (code, message) in [
            ("NotAuthorizedException", "Password attempts exceeded"),
            ("NotAuthorizedException", "Temporary password has expired and must be reset by an administrator."),
            ("NotAuthorizedException", "User is disabled."),
            ("NotAuthorizedException", "Unable to verify secret hash for client a"),
            ("UserNotConfirmedException", ""),
            ("Sesame", "Sesame"),
        ] {
            let TrialAnswer::Restricted(words) = said(code, message) else { panic!("{code} {message}") };
            assert!(!words.contains("Sesame"), "{words}");
        }
        assert!(matches!(
            said("InvalidParameterException", "USER_PASSWORD_AUTH flow not enabled"),
            TrialAnswer::NoSignIn(_)
        ));
    }
}
