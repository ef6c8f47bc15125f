//! Keycloak's driver: agents sign in by device code in a real browser's place, customers by the real sign-in pages.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tellonce::auth::SessionStore;
use tellonce::backends::{BackendContext, open};
use tellonce::config::{Configuration, Folders};
use tellonce::domain::ports::{AgentSignIn, Prompter};
use tellonce::domain::{Customer, Decision, Gap, Particulars, Plan, Result, SignInMethod};
use zeroize::Zeroizing;

use crate::support::TestEnvironment;
use crate::support::conformance::{Agent, Cast, Chosen, Driver, SignedIn};
use crate::support::conformance::{MovedClock, Player, SharedClock};
use crate::support::keycloak::{
    self, Asked, Browser, Entered, Mail, Realm, Rights, UpdateForm, WITHOUT_USER, old_password,
};

/// Where customers come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Customers {
    /// The realm itself; Grace is entered with `--create`.
    Realm,
    /// A CSV file beside it, which has Grace.
    Csv,
}

pub struct KeycloakDriver {
    realm: Realm<'static>,
    folder: PathBuf,
    customers: Customers,
    gaps: BTreeSet<Gap>,
    /// How many failed sign-ins lock a customer out, if any do.
    attempts_until_locked: Option<usize>,
    clock: Arc<MovedClock>,
    page: RefCell<Option<(Browser<'static>, UpdateForm)>>,
}

impl KeycloakDriver {
    pub fn new(realm: Realm<'static>, folder: &Path, customers: Customers, gaps: BTreeSet<Gap>) -> Self {
        let rows = "id,name,email,username\nC-1,Ada Lovelace,ada@example.com,ada.lovelace\nC-2,Grace Hopper,grace@example.com,\n";
        std::fs::write(folder.join("customers.csv"), rows).unwrap();
        let clock = Arc::new(MovedClock::default());
        let page = RefCell::default();
        Self { realm, folder: folder.to_owned(), customers, gaps, attempts_until_locked: None, clock, page }
    }

    /// Tells that this realm locks customers out after so many failed sign-ins.
    pub fn locking_after(self, attempts: usize) -> Self {
        Self { attempts_until_locked: Some(attempts), ..self }
    }

    fn browser(&self) -> Browser<'static> {
        self.realm.browser()
    }
}

/// An agent who reads the code and signs in with it in a browser.
struct DevicePlayer {
    realm: Realm<'static>,
    username: &'static str,
    password: String,
    inner: Player,
}

impl Prompter for DevicePlayer {
    fn can_ask(&self) -> bool {
        true
    }

    fn choose(&mut self, question: &str, customers: &[Customer]) -> Result<usize> {
        self.inner.choose(question, customers)
    }

    fn confirm(&mut self, plan: &Plan) -> Result<Decision> {
        self.inner.confirm(plan)
    }

    fn line(&mut self, question: &str, flag: &str) -> Result<String> {
        self.inner.line(question, flag)
    }

    fn secret(&mut self, question: &str, flag: &str) -> Result<Zeroizing<String>> {
        self.inner.secret(question, flag)
    }

    fn yes(&mut self, question: &str, default: bool) -> Result<bool> {
        self.inner.yes(question, default)
    }

    fn say(&mut self, words: &str) {
        let Some((_, address)) = words.split_once("Or open this, which has the code in it: ") else { return };
        let browser = self.realm.browser();
        if browser.approve_device(address, self.username, &self.password).is_err() {
            // The server let nobody in; somebody who may get in says no, so that nobody waits until the code runs out.
            self.realm.browser().refuse_device(address, self.username, old_password()).unwrap();
        }
    }
}

impl Driver for KeycloakDriver {
    fn known_gaps(&self) -> BTreeSet<Gap> {
        self.gaps.clone()
    }

    fn clock(&self) -> SharedClock {
        Arc::<MovedClock>::clone(&self.clock)
    }

    fn cast(&self) -> Cast {
        let (id, create) = match self.customers {
            Customers::Csv => ("C-1", None),
            Customers::Realm => {
                let [first, last, email] = WITHOUT_USER.map(str::to_owned);
                let id: &'static str = self.realm.user_id("ada.lovelace").leak();
                (id, Some(Particulars { email, first_name: first, last_name: last }))
            }
        };
        Cast {
            with_user: [id, "ada.lovelace", "ADA@example.com", "ovelac"],
            old_password: old_password(),
            without_user: WITHOUT_USER[2],
            phones: [None, None],
            create,
        }
    }

    fn sign_in(&self) -> Box<dyn AgentSignIn> {
        let realm = &self.realm;
        let customers = match self.customers {
            Customers::Csv => "customers = { csv = 'customers.csv' }",
            Customers::Realm => "",
        };
        let text = format!(
            "[profiles.live]\nbackend = 'keycloak'\nurl = '{}'\nrealm = '{}'\nclient_id = '{}'\nprotected = {{ groups = ['staff-admins'], roles = ['treasurer'] }}\n{customers}\n",
            realm.url(),
            realm.name(),
            realm.client_id(),
        );
        let folders = Folders::all_in(&self.folder);
        let profile = Configuration::parse(&text, &folders.config_file()).unwrap().profile(Some("live")).unwrap();
        let store = Rc::new(SessionStore::new(&folders, "live", Box::new(|_| {})));
        let around = BackendContext {
            folders: &folders,
            call_timeout: Duration::from_mins(1),
            clock: Arc::<MovedClock>::clone(&self.clock),
            store,
            interceptor: |request| request,
        };
        open(&profile, &around).unwrap()
    }

    fn sign_in_method(&self) -> SignInMethod {
        SignInMethod::Device
    }

    fn credentials(&self, agent: Agent) -> (&'static str, &'static str) {
        let rights = match agent {
            Agent::Entitled => Rights::AndViewRealm,
            Agent::Unentitled => Rights::ViewUsers,
        };
        (rights.agent(), old_password())
    }

    fn player(&self, agent: Agent, password: Option<&str>) -> Box<dyn Prompter + '_> {
        let (username, right) = self.credentials(agent);
        Box::new(DevicePlayer {
            realm: self.realm.clone(),
            username,
            password: password.unwrap_or(right).to_owned(),
            inner: Player::confirming(""),
        })
    }

    fn customer_signs_in(&self, name: &str, password: &str) -> SignedIn {
        match self.browser().sign_in(name, password) {
            Entered::SignedIn(_) => SignedIn::In,
            Entered::ChangeRequired(_) => SignedIn::ChangeRequired,
            Entered::Refused(_) => SignedIn::Refused,
        }
    }

    fn customer_chooses(&self, name: &str, temporary: &str, new: &str) -> Chosen {
        let browser = self.browser();
        match browser.sign_in(name, temporary) {
            Entered::ChangeRequired(form) => chosen(browser.choose(&form, new)),
            Entered::SignedIn(_) => panic!("signed in without a change"),
            Entered::Refused(why) => Chosen::Refused(why),
        }
    }

    fn customer_opens_page(&self, name: &str, temporary: &str) {
        let browser = self.browser();
        let form = browser.sign_in(name, temporary).change_required();
        *self.page.borrow_mut() = Some((browser, form));
    }

    fn customer_sends_page(&self, new: &str) -> Chosen {
        let (browser, form) = self.page.borrow_mut().take().unwrap();
        chosen(browser.choose(&form, new))
    }

    fn rules_listed(&self) -> Vec<String> {
        Vec::new() // the page says none: tests/live/keycloak looks at it
    }

    fn customer_asks_for_mail(&self, email: &str) -> Option<String> {
        match self.browser().forgot_password(email, &email.to_lowercase()) {
            Asked::Mailed(mail) => mail.link(),
            Asked::NotMailed(_) => None,
        }
    }

    fn customer_redeems(&self, token: &str, new: &str) -> Result<(), String> {
        match chosen(self.browser().redeem_mailed(token, new)) {
            Chosen::In => Ok(()),
            Chosen::Refused(why) => Err(why),
        }
    }

    fn let_it_run_out(&self) {
        // Nothing on the server ends it, however long one waits: that is the gap that the story asserts.
    }

    fn attempts_until_locked(&self) -> Option<usize> {
        self.attempts_until_locked
    }

    fn mails(&self) -> Vec<String> {
        self.realm.sink().mails().iter().map(Mail::text).collect()
    }
}

fn chosen(chosen: keycloak::Chosen) -> Chosen {
    match chosen {
        keycloak::Chosen::SignedIn(_) => Chosen::In,
        keycloak::Chosen::Refused(why) => Chosen::Refused(why),
    }
}

/// Prepares the realm as its administrator does: by `setup`.
pub fn prepare(realm: &Realm<'_>) {
    let env = TestEnvironment::for_realm(realm, "protected = 'none'");
    env.setup(realm, &["--profile", "live", "--password-history", "--yes", "-q"]).must(0);
}
