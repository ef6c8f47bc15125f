//! The customer's browser in the self-test: it signs in, and asks for a reset by e-mail on the realm's page.

use reqwest::header::{COOKIE, SET_COOKIE};
use reqwest::{Response, StatusCode, Url};

use crate::auth::oauth::known_description;
use crate::backends::keycloak::settings::KeycloakSettings;
use crate::domain::{Error, Result};
use crate::net::https::{HttpClient, Quoting, no_answer, read_body};

/// A customer's visit to the realm's pages.
pub(super) struct BrowserSession<'a> {
    pub(super) http: &'a HttpClient,
    pub(super) settings: &'a KeycloakSettings,
    pub(super) client_id: &'a str,
}

impl BrowserSession<'_> {
    fn url(&self, path: &[&str]) -> Url {
        self.settings.url_at(&[&["realms", self.settings.realm.as_str()], path].concat())
    }

    /// Signs in with a name and a password. Returns the status of a refusal, and the description if it is a known one: an
    /// unknown one may repeat the password.
    ///
    /// # Errors
    /// Exit 8: no answer.
    pub(super) async fn sign_in(&self, name: &str, password: &str) -> Result<Result<(), String>> {
        let url = self.url(&["protocol", "openid-connect", "token"]);
        let form =
            [("grant_type", "password"), ("client_id", self.client_id), ("username", name), ("password", password)];
        let sent = self.http.send(self.http.post(url.clone()).form(&form)).await;
        let response = sent.map_err(|error| no_answer(error, &url, Quoting::Forbidden))?;
        let status = response.status();
        if status.is_success() {
            return Ok(Ok(()));
        }
        let refusal: serde_json::Value = serde_json::from_str(&text(response).await?).unwrap_or_default();
        let description = refusal["error_description"].as_str().and_then(known_description);
        Ok(Err(description.map_or_else(|| status.to_string(), |description| format!("{status}: {description}"))))
    }

    /// Asks for a reset by e-mail, as "Forgot Password?" does. Returns the status of the answer.
    ///
    /// # Errors
    /// Exit 8: no answer, or a page without a form.
    pub(super) async fn forgot_password(&self, name: &str) -> Result<StatusCode> {
        let mut url = self.url(&["login-actions", "reset-credentials"]);
        url.query_pairs_mut().append_pair("client_id", self.client_id);
        let sent = self.http.send(self.http.get(url.clone())).await;
        let response = sent.map_err(|error| no_answer(error, &url, Quoting::Allowed))?;
        let cookies = cookies(&response);
        let page = text(response).await?;
        let form = form_action(&page).and_then(|action| url.join(&action).ok());
        let form = form.ok_or_else(|| Error::unavailable("The realm's page for a reset by e-mail has no form."))?;
        let request = self.http.post(form).header(COOKIE, cookies).form(&[("username", name)]);
        let sent = self.http.send(request).await;
        sent.map(|response| response.status()).map_err(|error| no_answer(error, &url, Quoting::Allowed))
    }
}

/// Returns the cookies that a page sets, as its form sends them back.
fn cookies(response: &Response) -> String {
    let set = response.headers().get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
    set.filter_map(|value| value.split(';').next()).collect::<Vec<_>>().join("; ")
}

async fn text(response: Response) -> Result<String> {
    let body = read_body(response).await.map_err(|_| Error::unavailable("The realm's answer broke off."))?;
    Ok(String::from_utf8_lossy(&body).into_owned())
}

/// Finds the action of the page's form in any theme: the address that has the session code.
fn form_action(page: &str) -> Option<String> {
    let actions = page.split("action=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let mut ours = actions.filter(|action| action.contains("session_code="));
    ours.next().map(|action| action.replace("&amp;", "&").replace("&#x3D;", "=").replace("&#61;", "="))
}

#[cfg(test)]
mod tests {
    use super::form_action;

    #[test]
    fn the_form_with_the_session_code_is_found_on_any_page() {
        let page = r#"<form action="/search"><form class="x" action="https://id/r?session_code=7&amp;tab_id=9" method="post">"#;
        assert_eq!(form_action(page).as_deref(), Some("https://id/r?session_code=7&tab_id=9"));
        assert_eq!(form_action("<form action=\"/search\">"), None);
    }
}
