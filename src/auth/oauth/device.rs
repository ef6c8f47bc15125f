//! The device grant (RFC 8628): a code that is entered in a browser, on any device.

use std::time::Duration;

use oauth2::{
    DeviceCodeErrorResponse, DeviceCodeErrorResponseType, PkceCodeChallenge, StandardDeviceAuthorizationResponse,
};

use super::errors::{Refused, refused, to_error};
use super::{OAuth, Tokens, tokens};
use crate::domain::Result;
use crate::domain::ports::Prompter;

impl OAuth {
    /// Asks for a code.
    ///
    /// # Errors
    /// Exit 4: the client may not sign in so. Exit 8: no answer.
    pub(super) async fn device_code(
        &self,
        challenge: &PkceCodeChallenge,
    ) -> Result<StandardDeviceAuthorizationResponse> {
        self.set_up()
            .exchange_device_code()
            .add_extra_param("code_challenge", challenge.as_str())
            .add_extra_param("code_challenge_method", challenge.method().as_str())
            .request_async(&|request| self.send(request))
            .await
            .map_err(|error| to_error(error, &self.endpoints.device, &self.client_id))
    }

    /// Shows code and address, and waits until somebody has signed in with them.
    ///
    /// # Errors
    /// Exit 4: refused, or the code ran out. Exit 8: no answer.
    pub async fn device(&self, prompter: &mut dyn Prompter) -> Result<Tokens> {
        let client = self.set_up();
        let send = |request| self.send(request);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let asked = self.device_code(&challenge).await?;
        let minutes = asked.expires_in().as_secs().div_ceil(60);
        prompter.say(&format!(
            "To sign in, open {} in a browser, on any device, and enter the code {} (within {minutes} minutes).",
            asked.verification_uri().as_str(),
            asked.user_code().secret(),
        ));
        if let Some(complete) = asked.verification_uri_complete() {
            prompter.say(&format!("Or open this, which has the code in it: {}", complete.secret()));
        }
        prompter.say("Sign in only with a code that you asked for yourself. Waiting; Ctrl-C gives up.");
        let granted = client
            .exchange_device_access_token(&asked)
            .add_extra_param("code_verifier", verifier.secret())
            .request_async(&send, tokio::time::sleep, Some(Duration::from_secs(asked.expires_in().as_secs())))
            .await;
        granted.map(|granted| tokens(&granted)).map_err(|error| {
            let read = |answer: &DeviceCodeErrorResponse| {
                Refused::of(&code(answer.error()), answer.error_description().map(String::as_str))
            };
            let told = match refused(error, &self.endpoints.token, read) {
                Ok(refusal) => refusal.failure(&self.client_id),
                Err(failure) => failure,
            };
            told.redacted(asked.device_code().secret()).redacted(verifier.secret())
        })
    }
}

fn code(error: &DeviceCodeErrorResponseType) -> String {
    match error {
        DeviceCodeErrorResponseType::ExpiredToken => "expired_token".to_owned(),
        DeviceCodeErrorResponseType::AccessDenied => "access_denied".to_owned(),
        other => other.to_string(),
    }
}
