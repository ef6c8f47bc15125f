//! The customer's side of the self-test: signs in, and asks for a reset by e-mail on the realm's own page.

use reqwest::header::{COOKIE, SET_COOKIE};
use reqwest::{Response, StatusCode, Url};

use crate::auth::oauth::known_description;
use crate::backends::keycloak::settings::KeycloakSettings;
use crate::domain::{Error, Result};
use crate::net::https::{HttpClient, Quoting, body, no_answer};

/// Somebody who goes to the realm's pages by this client.
pub(super) struct BrowserSession<'a> {
    pub(super) http: &'a HttpClient,
    pub(super) settings: &'a KeycloakSettings,
    pub(super) client_id: &'a str,
}

impl BrowserSession<'_> {
    fn at(&self, path: &[&str]) -> Url {
        self.settings.at(&[&["realms", self.settings.realm.as_str()], path].concat())
    }

    /// Whether this name and password get in; if not, the status, and the server's words where they are known: the
    /// request has a password in it, which an answer may repeat.
    ///
    /// # Errors
    /// Exit 8: no answer.
    pub(super) async fn sign_in(&self, name: &str, password: &str) -> Result<Result<(), String>> {
        let url = self.at(&["protocol", "openid-connect", "token"]);
        let form =
            [("grant_type", "password"), ("client_id", self.client_id), ("username", name), ("password", password)];
        let sent = self.http.send(self.http.post(url.clone()).form(&form)).await;
        let response = sent.map_err(|error| no_answer(error, &url, Quoting::Forbidden))?;
        let status = response.status();
        if status.is_success() {
            return Ok(Ok(()));
        }
        let refusal: serde_json::Value = serde_json::from_str(&text(response).await?).unwrap_or_default();
        let words = refusal["error_description"].as_str().and_then(known_description);
        Ok(Err(words.map_or_else(|| status.to_string(), |words| format!("{status}: {words}"))))
    }

    /// Asks for a reset by e-mail, as "Forgot Password?" does; the status of the page that answers.
    ///
    /// # Errors
    /// Exit 8: no answer, or a page without a form.
    pub(super) async fn forgot_password(&self, name: &str) -> Result<StatusCode> {
        let mut url = self.at(&["login-actions", "reset-credentials"]);
        url.query_pairs_mut().append_pair("client_id", self.client_id);
        let sent = self.http.send(self.http.get(url.clone())).await;
        let response = sent.map_err(|error| no_answer(error, &url, Quoting::Allowed))?;
        let cookies = cookies(&response);
        let page = text(response).await?;
        let form = form(&page).and_then(|action| url.join(&action).ok());
        let form = form.ok_or_else(|| Error::unavailable("The realm's page for a reset by e-mail has no form."))?;
        let request = self.http.post(form).header(COOKIE, cookies).form(&[("username", name)]);
        let sent = self.http.send(request).await;
        sent.map(|response| response.status()).map_err(|error| no_answer(error, &url, Quoting::Allowed))
    }
}

/// The cookies that a page sets, to be sent back with its form.
fn cookies(response: &Response) -> String {
    let set = response.headers().get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
    set.filter_map(|value| value.split(';').next()).collect::<Vec<_>>().join("; ")
}

async fn text(response: Response) -> Result<String> {
    let read = body(response).await.map_err(|_| Error::unavailable("The realm's answer broke off."))?;
    Ok(String::from_utf8_lossy(&read).into_owned())
}

/// Where the page's form goes: the address with the session code in it, whatever theme it is in.
fn form(page: &str) -> Option<String> {
    let actions = page.split("action=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let mut ours = actions.filter(|action| action.contains("session_code="));
    ours.next().map(|action| action.replace("&amp;", "&").replace("&#x3D;", "=").replace("&#61;", "="))
}

#[cfg(test)]
mod tests {
    use super::form;

    #[test]
    fn the_form_with_the_session_code_is_taken_whatever_stands_around_it() {
        let page = r#"<form action="/search"><form class="x" action="https://id/r?session_code=7&amp;tab_id=9" method="post">"#;
        assert_eq!(form(page).as_deref(), Some("https://id/r?session_code=7&tab_id=9"));
        assert_eq!(form("<form action=\"/search\">"), None);
    }
}
