//! Whether an agent could begin to sign in: for `doctor`, which signs nobody in.

use oauth2::{CsrfToken, PkceCodeChallenge, RedirectUrl};

use super::OAuth;
use crate::domain::{Error, Kind, Reason, Result};
use crate::net::https::{Quoting, no_answer};

/// Any port will do: servers take every one there (RFC 8252 section 7.3).
const BACK: &str = "http://127.0.0.1:49152/callback";

impl OAuth {
    /// Asks for a code that nobody will use, and that runs out.
    ///
    /// # Errors
    /// Exit 4: the server does not take the client for it. Exit 8: no answer.
    pub async fn device_begins(&self) -> Result<()> {
        self.device_code(&PkceCodeChallenge::new_random_sha256().0).await.map(drop)
    }

    /// Asks for the sign-in page.
    ///
    /// # Errors
    /// Exit 4: the server does not take the client, or the address to come back to. Exit 8: no answer.
    pub async fn web_begins(&self) -> Result<()> {
        let back = RedirectUrl::new(BACK.to_owned())
            .map_err(|error| Error::bug("The address to come back to is no address.").because(error))?;
        let challenge = PkceCodeChallenge::new_random_sha256().0;
        let client = self.set_up().set_redirect_uri(back);
        let (address, _) = client.authorize_url(CsrfToken::new_random).set_pkce_challenge(challenge).url();
        let sent = self.http.send(self.http.get(address.clone())).await;
        let answer = sent.map_err(|error| no_answer(error, &address, Quoting::Allowed))?;
        if answer.status().is_success() {
            return Ok(());
        }
        let message = format!(
            "The server shows the client \"{}\" no sign-in page for a browser on this machine: it answers {}.",
            self.client_id,
            answer.status()
        );
        Err(Error::new(Kind::NotAllowed, Reason::SignInRefused, message)
            .hint("Switch on the client's standard flow, with the redirect URI http://127.0.0.1/callback."))
    }
}
