//! A person at the server's own pages: the customer, and the agent who signs in.

use std::time::Duration;

use super::page::{Form, links, said, text, title};
use super::realm::{CALLBACK, Realm};
use super::smtp::Mail;
use super::web::{Body, Jar, Method, Reply};

/// What signing in led to.
#[derive(Debug)]
pub enum Entered {
    /// In: the code that the application gets.
    SignedIn(String),
    /// A new password is asked for on this form.
    ChangeRequired(UpdateForm),
    /// Refused, in the server's words.
    Refused(String),
}

impl Entered {
    /// In.
    #[track_caller]
    pub fn signed_in(self) -> String {
        match self {
            Self::SignedIn(code) => code,
            other => panic!("not signed in: {other:?}"),
        }
    }

    /// The form for a new password.
    #[track_caller]
    pub fn change_required(self) -> UpdateForm {
        match self {
            Self::ChangeRequired(form) => form,
            other => panic!("no change is asked for: {other:?}"),
        }
    }

    /// The words of refusal.
    #[track_caller]
    pub fn refused(self) -> String {
        match self {
            Self::Refused(words) => words,
            other => panic!("not refused: {other:?}"),
        }
    }
}

/// The page that asks for a new password, as it was when it was opened.
#[derive(Clone, Debug)]
pub struct UpdateForm {
    form: Form,
    /// Everything that the page says: whether it lists rules.
    pub says: String,
}

/// What choosing a new password led to.
#[derive(Debug)]
pub enum Chosen {
    /// In: the code that the application gets; empty where the page ends by itself, as after a mailed link.
    SignedIn(String),
    /// Refused, in the server's words.
    Refused(String),
}

impl Chosen {
    /// In.
    #[track_caller]
    pub fn signed_in(self) -> String {
        match self {
            Self::SignedIn(code) => code,
            Self::Refused(words) => panic!("refused: {words}"),
        }
    }

    /// The words of refusal.
    #[track_caller]
    pub fn refused(self) -> String {
        match self {
            Self::Refused(words) => words,
            Self::SignedIn(_) => panic!("not refused"),
        }
    }
}

/// What asking for a reset by mail led to.
#[derive(Debug)]
pub enum Asked {
    /// The mail that came.
    Mailed(Mail),
    /// No mail came; what the page said.
    NotMailed(String),
}

impl Asked {
    /// The link in the mail.
    #[track_caller]
    pub fn link(self) -> String {
        match self {
            Self::Mailed(mail) => mail.link().unwrap_or_else(|| panic!("no link: {}", mail.raw)),
            Self::NotMailed(said) => panic!("no mail: {said}"),
        }
    }
}

/// One browser with its cookies.
pub struct Browser<'a> {
    realm: Realm<'a>,
    jar: Jar,
}

impl<'a> Browser<'a> {
    /// With no cookies.
    pub fn new(realm: Realm<'a>) -> Self {
        let jar = Jar::new(realm.client().clone());
        Self { realm, jar }
    }

    /// The cookies and requests themselves, for what is not here.
    pub fn jar(&self) -> &Jar {
        &self.jar
    }

    fn follow(&self, method: Method, url: &str, body: Body) -> Reply {
        self.jar.follow(method, url, body, self.realm.url())
    }

    fn submit(&self, form: Form) -> Reply {
        let action = reqwest::Url::parse(self.realm.url()).unwrap().join(&form.action).unwrap();
        self.follow(Method::POST, action.as_str(), Body::Form(form.fields))
    }

    fn shop(&self, more: &[(&str, &str)]) -> Reply {
        let query = [("client_id", "shop"), ("response_type", "code"), ("scope", "openid"), ("redirect_uri", CALLBACK)];
        let address = format!("{}/protocol/openid-connect/auth", self.realm.issuer());
        let url = reqwest::Url::parse_with_params(&address, query.iter().chain(more)).unwrap();
        self.follow(Method::GET, url.as_str(), Body::Nothing)
    }

    /// Goes to the customers' shop and signs in there. A browser that is signed in already comes straight back.
    #[track_caller]
    pub fn sign_in(&self, username: &str, password: &str) -> Entered {
        let page = self.shop(&[]);
        if page.location.is_some() {
            return entered(&page);
        }
        entered(&self.log_in(&page, username, password))
    }

    /// Goes to the shop with what the browser remembers: in without being asked, or not at all.
    pub fn is_signed_in(&self) -> bool {
        self.shop(&[("prompt", "none")]).location.is_some_and(|to| code(&to).is_some())
    }

    /// Signs in with a temporary password and chooses a new one.
    #[track_caller]
    pub fn sign_in_and_choose(&self, username: &str, temporary: &str, new: &str) -> Chosen {
        match self.sign_in(username, temporary) {
            Entered::ChangeRequired(form) => self.choose(&form, new),
            Entered::Refused(words) => Chosen::Refused(words),
            Entered::SignedIn(_) => panic!("signed in without a change"),
        }
    }

    /// Sends the form with this new password. The form may have been opened long before.
    #[track_caller]
    pub fn choose(&self, form: &UpdateForm, new: &str) -> Chosen {
        let filled = form.form.clone().with("password-new", new).with("password-confirm", new);
        let page = self.submit(filled);
        if let Some(code) = page.location.as_deref().and_then(code) {
            return Chosen::SignedIn(code);
        }
        // After a mailed link in another browser it ends on a page of its own.
        if Form::all(&page.text).is_empty() && page.status == 200 && title(&page.text).contains("updated") {
            return Chosen::SignedIn(String::new());
        }
        Chosen::Refused(words(&page))
    }

    /// In a session that is signed in: goes to the page for a new password, as an application may send it there
    /// (`kc_action`). None if the server asks for the password first.
    #[track_caller]
    pub fn open_update(&self) -> Option<UpdateForm> {
        match entered(&self.shop(&[("kc_action", "UPDATE_PASSWORD")])) {
            Entered::ChangeRequired(form) => Some(form),
            Entered::Refused(_) | Entered::SignedIn(_) => None,
        }
    }

    /// "Forgot Password?" for this name or e-mail; `email` is where the mail is expected.
    #[track_caller]
    pub fn forgot_password(&self, username_or_email: &str, email: &str) -> Asked {
        let before = self.realm.sink().mails().len();
        let page = self.shop(&[]);
        let link = links(&page.text, "reset-credentials");
        let link = reqwest::Url::parse(&page.url).unwrap().join(&link[0]).unwrap();
        let page = self.follow(Method::GET, link.as_str(), Body::Nothing);
        let form = Form::by_id(&page.text, "kc-reset-password-form").unwrap_or_else(|| panic!("{}", text(&page.text)));
        let page = self.submit(form.with("username", username_or_email));
        let told = words(&page);
        // The server promises a mail in the same words for unknown names: only waiting tells the two apart. It hands the
        // mail over before it answers; the wait is for a busy machine.
        let longest = Duration::from_secs(if told.contains("receive an email") { 5 } else { 0 });
        match self.realm.sink().wait_for(email, before, longest) {
            Some(mail) => Asked::Mailed(mail),
            None => Asked::NotMailed(told),
        }
    }

    /// Follows a mailed link, in this browser, up to the page for a new password; else what the page says.
    #[track_caller]
    pub fn open_mailed(&self, link: &str) -> Result<UpdateForm, String> {
        let mut page = self.follow(Method::GET, link, Body::Nothing);
        // In another browser than the one that asked the server wants one more click.
        if let Some(on) = links(&page.text, "action-token").first() {
            let on = reqwest::Url::parse(&page.url).unwrap().join(on).unwrap();
            page = self.follow(Method::GET, on.as_str(), Body::Nothing);
        }
        match entered(&page) {
            Entered::ChangeRequired(form) => Ok(form),
            Entered::Refused(words) => Err(words),
            Entered::SignedIn(_) => panic!("a mailed link signed in without a new password"),
        }
    }

    /// Follows a mailed link and chooses a new password.
    #[track_caller]
    pub fn redeem_mailed(&self, link: &str, new: &str) -> Chosen {
        match self.open_mailed(link) {
            Ok(form) => self.choose(&form, new),
            Err(words) => Chosen::Refused(words),
        }
    }

    /// The agent opens `verification_uri_complete`, signs in and agrees; the page's title at the end, or the refusal.
    #[track_caller]
    pub fn approve_device(
        &self,
        verification_uri_complete: &str,
        username: &str,
        password: &str,
    ) -> Result<String, String> {
        self.device(verification_uri_complete, username, password, true)
    }

    /// The same, but the agent says no at the end.
    #[track_caller]
    pub fn refuse_device(
        &self,
        verification_uri_complete: &str,
        username: &str,
        password: &str,
    ) -> Result<String, String> {
        self.device(verification_uri_complete, username, password, false)
    }

    fn device(&self, address: &str, username: &str, password: &str, agree: bool) -> Result<String, String> {
        let mut page = self.follow(Method::GET, address, Body::Nothing);
        if Form::by_id(&page.text, "kc-form-login").is_some() {
            page = self.log_in(&page, username, password);
        }
        let Some((_, consent)) = Form::all(&page.text).into_iter().find(|(_, form)| form.action.contains("consent"))
        else {
            return Err(words(&page));
        };
        let button = if agree { "accept" } else { "cancel" };
        let page = self.submit(consent.with(button, "x"));
        Ok(title(&page.text))
    }

    /// The agent opens an authorization request (of `--web`), signs in, and is sent to the tool's own listener, which is
    /// visited as a browser would; what it answered, or the server's refusal.
    #[track_caller]
    pub fn approve_web(&self, address: &str, username: &str, password: &str) -> Result<Reply, String> {
        let mut page = self.follow(Method::GET, address, Body::Nothing);
        if page.location.is_none() {
            if Form::by_id(&page.text, "kc-form-login").is_none() {
                return Err(words(&page));
            }
            page = self.log_in(&page, username, password);
        }
        let Some(to) = page.location.clone() else { return Err(words(&page)) };
        self.realm.client().try_send(Method::GET, &to, &[], Body::Nothing)
    }

    /// Where an authorization request leads after signing in, without going there: for tests that deliver it themselves.
    #[track_caller]
    pub fn redirect_of_web(&self, address: &str, username: &str, password: &str) -> String {
        let page = self.follow(Method::GET, address, Body::Nothing);
        let page = if page.location.is_none() { self.log_in(&page, username, password) } else { page };
        page.location.clone().unwrap_or_else(|| panic!("{}", words(&page)))
    }

    #[track_caller]
    fn log_in(&self, page: &Reply, username: &str, password: &str) -> Reply {
        let form = Form::by_id(&page.text, "kc-form-login")
            .unwrap_or_else(|| panic!("no sign-in form: {} {}", page.status, text(&page.text)));
        self.submit(form.with("username", username).with("password", password))
    }
}

fn code(address: &str) -> Option<String> {
    let url = reqwest::Url::parse(address).unwrap();
    url.query_pairs().find(|(key, _)| key == "code").map(|(_, code)| code.into_owned())
}

fn entered(page: &Reply) -> Entered {
    if let Some(code) = page.location.as_deref().and_then(code) {
        return Entered::SignedIn(code);
    }
    match Form::by_id(&page.text, "kc-passwd-update-form") {
        Some(form) => Entered::ChangeRequired(UpdateForm { form, says: text(&page.text) }),
        None => Entered::Refused(words(page)),
    }
}

/// What a page tells; where it tells nothing in particular, all of it.
fn words(page: &Reply) -> String {
    let told = said(&page.text);
    if told.is_empty() { format!("{} {}", page.status, text(&page.text)) } else { told.join("\n") }
}
