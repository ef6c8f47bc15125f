//! The customer's browser in the self-test: it signs in on the realm's pages, and asks for a reset by e-mail there.

use std::cell::RefCell;
use std::collections::BTreeMap;

use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Method, Response, StatusCode, Url};

use crate::auth::oauth::known_description;
use crate::backends::keycloak::settings::KeycloakSettings;
use crate::domain::{Error, Result};
use crate::net::https::{HttpClient, Quoting, no_answer, read_body};

/// The address that the test user's client is sent back to. Nobody goes there.
pub(super) const CALLBACK: &str = "http://127.0.0.1/callback";
/// The most redirects and pages of one sign-in.
const MAX_STEPS: usize = 12;
/// How often the name and the password are entered: some realms ask for each on a page of its own.
const MAX_ENTRIES: usize = 3;

/// Where a visit to the realm's pages ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Page {
    /// The browser is signed in.
    SignedIn,
    /// The realm asks for a required action, on this form.
    RequiredAction { name: String, form: Url },
    /// Anything else, in words that quote nothing of the page.
    Other(String),
}

impl Page {
    /// Describes the page after "the realm".
    pub(super) fn words(&self) -> String {
        match self {
            Self::SignedIn => "signs it in".to_owned(),
            Self::RequiredAction { name, .. } => format!("asks for {name}"),
            Self::Other(words) => words.clone(),
        }
    }
}

/// A customer's visit to the realm's pages, with its cookies.
pub(super) struct BrowserSession<'a> {
    http: &'a HttpClient,
    settings: &'a KeycloakSettings,
    client_id: &'a str,
    cookies: RefCell<BTreeMap<String, String>>,
}

impl<'a> BrowserSession<'a> {
    pub(super) const fn new(http: &'a HttpClient, settings: &'a KeycloakSettings, client_id: &'a str) -> Self {
        Self { http, settings, client_id, cookies: RefCell::new(BTreeMap::new()) }
    }

    fn url(&self, path: &[&str]) -> Url {
        self.settings.url_at(&[&["realms", self.settings.realm.as_str()], path].concat())
    }

    /// Signs in on the realm's pages, as a customer does.
    ///
    /// # Errors
    /// Exit 8: no answer.
    pub(super) async fn sign_in(&self, name: &str, password: &str) -> Result<Page> {
        let mut url = self.url(&["protocol", "openid-connect", "auth"]);
        let query = [("client_id", self.client_id), ("response_type", "code"), ("scope", "openid")];
        url.query_pairs_mut().extend_pairs(query).append_pair("redirect_uri", CALLBACK);
        self.follow(Method::GET, url, &[], &[("username", name), ("password", password), ("credentialId", "")]).await
    }

    /// Sends the form of the required action "Update Password".
    ///
    /// # Errors
    /// Exit 8: no answer.
    pub(super) async fn choose_password(&self, form: Url, password: &str) -> Result<Page> {
        self.follow(Method::POST, form, &[("password-new", password), ("password-confirm", password)], &[]).await
    }

    /// Follows redirects, and fills in each page for signing in, up to a page of another kind.
    async fn follow(&self, method: Method, url: Url, fields: &[(&str, &str)], login: &[(&str, &str)]) -> Result<Page> {
        let (mut method, mut url, mut fields, mut entries) = (method, url, fields, 0);
        for _ in 0..MAX_STEPS {
            let response = self.send(&method, &url, fields).await?;
            let status = response.status();
            if status.is_redirection() {
                let to = response.headers().get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
                if to.starts_with(CALLBACK) {
                    let is_in = Url::parse(to).is_ok_and(|to| to.query_pairs().any(|(name, _)| name == "code"));
                    return Ok(if is_in { Page::SignedIn } else { other("sends the browser back without a code") });
                }
                let Some(next) = self.here(&url, to) else { return Ok(other("sends the browser to another system")) };
                (method, url, fields) = (Method::GET, next, &[]);
                continue;
            }
            let page = text(response).await?;
            let Some(form) = form_action(&page).and_then(|action| self.here(&url, &action)) else {
                return Ok(other(&format!("shows a page without a form ({status})")));
            };
            if form.path().ends_with("/login-actions/required-action") {
                let name = form.query_pairs().find(|(name, _)| name == "execution").map(|(_, name)| name.into_owned());
                return Ok(match name.filter(|name| is_plain(name)) {
                    Some(name) => Page::RequiredAction { name, form },
                    None => other("asks for something else"),
                });
            }
            if !form.path().ends_with("/login-actions/authenticate") || login.is_empty() {
                return Ok(other("asks for something else"));
            }
            if entries == MAX_ENTRIES {
                return Ok(other("does not take the name and the password, or asks for more"));
            }
            entries += 1;
            (method, url, fields) = (Method::POST, form, login);
        }
        Ok(other("sends the browser from page to page"))
    }

    /// Signs in by password at the token endpoint (direct grant). Returns the status of a refusal, and the description if
    /// it is a known one: an unknown one may repeat the password.
    ///
    /// # Errors
    /// Exit 8: no answer.
    pub(super) async fn sign_in_directly(&self, name: &str, password: &str) -> Result<Result<(), String>> {
        let url = self.url(&["protocol", "openid-connect", "token"]);
        let form =
            [("grant_type", "password"), ("client_id", self.client_id), ("username", name), ("password", password)];
        let response = self.send(&Method::POST, &url, &form).await?;
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
        let page = text(self.send(&Method::GET, &url, &[]).await?).await?;
        let form = form_action(&page).and_then(|action| self.here(&url, &action));
        let form = form.ok_or_else(|| Error::unavailable("The realm's page for a reset by e-mail has no form."))?;
        Ok(self.send(&Method::POST, &form, &[("username", name)]).await?.status())
    }

    /// Sends a request with the session's cookies, and keeps those of the response.
    async fn send(&self, method: &Method, url: &Url, fields: &[(&str, &str)]) -> Result<Response> {
        let mut request = self.http.request(method.clone(), url.clone());
        let cookies: Vec<String> =
            self.cookies.borrow().iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request = request.header(COOKIE, cookies.join("; "));
        }
        if *method == Method::POST {
            request = request.form(fields);
        }
        let quoting = if fields.is_empty() { Quoting::Allowed } else { Quoting::Forbidden };
        let response = self.http.send(request).await.map_err(|error| no_answer(error, url, quoting))?;
        for set in response.headers().get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok()) {
            if let Some((name, value)) = set.split(';').next().and_then(|cookie| cookie.split_once('=')) {
                self.cookies.borrow_mut().insert(name.to_owned(), value.to_owned());
            }
        }
        Ok(response)
    }

    /// Returns an address of the realm's pages at the server's address in the profile.
    ///
    /// The pages name the server's public address (its option `hostname`), which may differ from the one that
    /// administrators use. `None` if the address is none of this realm.
    fn here(&self, from: &Url, address: &str) -> Option<Url> {
        let to = from.join(address).ok()?;
        let realm = self.url(&[]);
        let marker = format!("/realms/{}/", realm.path_segments()?.next_back()?);
        let (_, rest) = to.path().split_once(&marker)?;
        let mut here = realm.clone();
        here.set_path(&format!("{}/{rest}", realm.path())); // encoded already
        here.set_query(to.query());
        Some(here)
    }
}

fn other(words: &str) -> Page {
    Page::Other(words.to_owned())
}

/// Reports whether a required action's name may be shown: the letters that the server's own names have.
fn is_plain(name: &str) -> bool {
    name.len() <= 64 && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-".contains(letter))
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
    use super::{form_action, is_plain};

    #[test]
    fn the_form_with_the_session_code_is_found_on_any_page() {
        let page = r#"<form action="/search"><form class="x" action="https://id/r?session_code=7&amp;tab_id=9" method="post">"#;
        assert_eq!(form_action(page).as_deref(), Some("https://id/r?session_code=7&tab_id=9"));
        assert_eq!(form_action("<form action=\"/search\">"), None);
    }

    #[test]
    fn a_required_action_is_named_only_if_its_name_is_plain() {
        assert!(is_plain("UPDATE_PASSWORD") && is_plain("webauthn-register"));
        assert!(!is_plain("<b>") && !is_plain(&"X".repeat(65)));
    }
}
