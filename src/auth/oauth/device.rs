//! The device grant (RFC 8628): the agent enters a code in a browser, on any device.

use std::time::Duration;

use oauth2::{
    DeviceCodeErrorResponse, DeviceCodeErrorResponseType, PkceCodeChallenge, StandardDeviceAuthorizationResponse,
};

use super::errors::{Refusal, into_refusal, to_error};
use super::{OAuth, Tokens, tokens};
use crate::domain::Result;
use crate::domain::ports::Prompter;

impl OAuth {
    /// Requests a device code.
    ///
    /// # Errors
    /// Exit 4: the client may not sign in like this. Exit 8: no answer.
    pub(super) async fn device_code(
        &self,
        challenge: &PkceCodeChallenge,
    ) -> Result<StandardDeviceAuthorizationResponse> {
        self.configured_client()
            .exchange_device_code()
            .add_extra_param("code_challenge", challenge.as_str())
            .add_extra_param("code_challenge_method", challenge.method().as_str())
            .request_async(&|request| self.send(request))
            .await
            .map_err(|error| to_error(error, &self.endpoints.device, &self.client_id))
    }

    /// Signs in with a device code: shows it, and waits until somebody has entered it.
    ///
    /// # Errors
    /// Exit 4: refused, or the code has expired. Exit 8: no answer.
    pub(crate) async fn sign_in_with_device_code(&self, prompter: &mut dyn Prompter) -> Result<Tokens> {
        let client = self.configured_client();
        let send = |request| self.send(request);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let authorization = self.device_code(&challenge).await?;
        let minutes = authorization.expires_in().as_secs().div_ceil(60);
        prompter.say(&format!(
            "To sign in, open {} in a browser, on any device, and enter the code {} (within {minutes} minutes).",
            authorization.verification_uri().as_str(),
            authorization.user_code().secret(),
        ));
        if let Some(complete) = authorization.verification_uri_complete() {
            prompter.say(&format!("Or open this, which has the code in it: {}", complete.secret()));
        }
        prompter.say("Sign in only with a code that you asked for yourself. Waiting; Ctrl-C gives up.");
        let granted = client
            .exchange_device_access_token(&authorization)
            .add_extra_param("code_verifier", verifier.secret())
            .request_async(&send, tokio::time::sleep, Some(Duration::from_secs(authorization.expires_in().as_secs())))
            .await;
        granted.map(|granted| tokens(&granted)).map_err(|error| {
            let read = |answer: &DeviceCodeErrorResponse| {
                Refusal::from_response(&error_code(answer.error()), answer.error_description().map(String::as_str))
            };
            let error = match into_refusal(error, &self.endpoints.token, read) {
                Ok(refusal) => refusal.to_error(&self.client_id),
                Err(error) => error,
            };
            error.redacted(authorization.device_code().secret()).redacted(verifier.secret())
        })
    }
}

fn error_code(error: &DeviceCodeErrorResponseType) -> String {
    match error {
        DeviceCodeErrorResponseType::ExpiredToken => "expired_token".to_owned(),
        DeviceCodeErrorResponseType::AccessDenied => "access_denied".to_owned(),
        other => other.to_string(),
    }
}
