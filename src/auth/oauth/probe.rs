//! Probes for `doctor`: whether an agent could begin to sign in. Nobody is signed in.

use oauth2::{CsrfToken, PkceCodeChallenge, RedirectUrl};

use super::OAuth;
use crate::domain::{Error, Kind, Reason, Result};
use crate::net::https::{Quoting, no_answer};

/// A redirect URI with an arbitrary port: servers accept every port there (RFC 8252 section 7.3).
const REDIRECT_URI: &str = "http://127.0.0.1:49152/callback";

impl OAuth {
    /// Requests a device code, which nobody uses and which expires.
    ///
    /// # Errors
    /// Exit 4: the server does not allow the client the device grant. Exit 8: no answer.
    pub(crate) async fn probe_device_grant(&self) -> Result<()> {
        self.device_code(&PkceCodeChallenge::new_random_sha256().0).await.map(drop)
    }

    /// Requests the sign-in page.
    ///
    /// # Errors
    /// Exit 4: the server rejects the client or the redirect URI. Exit 8: no answer.
    pub(crate) async fn probe_authorization_page(&self) -> Result<()> {
        let redirect_uri = RedirectUrl::new(REDIRECT_URI.to_owned())
            .map_err(|error| Error::bug("The redirect URI is no address.").because(error))?;
        let challenge = PkceCodeChallenge::new_random_sha256().0;
        let client = self.configured_client().set_redirect_uri(redirect_uri);
        let (address, _) = client.authorize_url(CsrfToken::new_random).set_pkce_challenge(challenge).url();
        let sent = self.http.send(self.http.get(address.clone())).await;
        let response = sent.map_err(|error| no_answer(error, &address, Quoting::Allowed))?;
        if response.status().is_success() {
            return Ok(());
        }
        let message = format!(
            "The server shows the client \"{}\" no sign-in page for a browser on this machine: it answers {}.",
            self.client_id,
            response.status()
        );
        Err(Error::new(Kind::NotAllowed, Reason::SignInRefused, message)
            .hint("Switch on the client's standard flow, with the redirect URI http://127.0.0.1/callback."))
    }
}
