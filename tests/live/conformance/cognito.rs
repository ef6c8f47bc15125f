//! The driver of Amazon Cognito, which emulators play: agents by the keys of an AWS profile, customers by the calls that
//! an app makes for them.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tellonce::auth::SessionStore;
use tellonce::backends::{BackendContext, open};
use tellonce::config::{Configuration, Folders};
use tellonce::domain::ports::{AgentSignIn, Prompter};
use tellonce::domain::{Gap, Particulars, SignInMethod};

use crate::support::cognito::{
    AppClient, Challenge, CustomerSide, CustomerState, Emulator, Entered, FIND, IamAgent, Pool, PoolOptions, RESET,
    Refusal, Server, Tokens, credentials_file, old_password,
};
use crate::support::conformance::{Agent, Cast, Chosen, Difference, Driver, EarlierSession, SignedIn};
use crate::support::conformance::{MovedClock, Player, SharedClock};

const PHONE: &str = "+442079460018";

/// How the profile of a story is made up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setup {
    /// Customers are the pool's users, and one more is entered with `--create`. The pool keeps a history of passwords. No
    /// app client proves a password.
    Pool,
    /// The same, and an app client without a secret proves it.
    PoolWithProof,
    /// Customers come from a CSV file. The pool keeps no history. An app client with a secret proves a password.
    Csv,
}

pub struct CognitoDriver {
    pool: Pool,
    setup: Setup,
    app: AppClient,
    agents: [IamAgent; 2],
    folder: PathBuf,
    clock: Arc<MovedClock>,
    page: RefCell<Option<Challenge>>,
    tokens: RefCell<Option<Tokens>>,
}

impl CognitoDriver {
    pub fn new(emulator: Emulator, setup: Setup, folder: &Path) -> Self {
        let history = if setup == Setup::Csv { 0 } else { 3 };
        let policy = json!({
            "MinimumLength": 14, "RequireUppercase": true, "RequireLowercase": true, "RequireNumbers": true,
            "RequireSymbols": true, "PasswordHistorySize": history, "TemporaryPasswordValidityDays": 1,
        });
        let pool = Pool::with(Server::shared(emulator), &PoolOptions { policy, ..PoolOptions::default() });
        let attributes = [
            ("email", "ada@example.com"),
            ("email_verified", "true"),
            ("phone_number", PHONE),
            ("phone_number_verified", "true"),
            ("given_name", "Ada"),
            ("family_name", "Lovelace"),
        ];
        pool.add("ada", &attributes, CustomerState::Confirmed);
        pool.add("dan", &[("email", "dan@example.com")], CustomerState::Confirmed);
        let app = if setup == Setup::Csv { pool.app_client(true, &json!({})) } else { pool.app().clone() };
        let rows = "id,name,email,username\nC-1,Ada Lovelace,ada@example.com,ada\nC-2,Ben Bitdiddle,ben@example.com,\n";
        std::fs::write(folder.join("customers.csv"), rows).unwrap();
        std::fs::write(folder.join("aws-config"), "").unwrap();
        std::fs::write(folder.join("app-secret"), app.secret.clone().unwrap_or_default()).unwrap();
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(folder.join("app-secret"), private).unwrap();
        let agents = [pool.agent("entitled", &[FIND, RESET].concat()), pool.agent("unentitled", FIND)];
        let (clock, page, tokens) = (Arc::new(MovedClock::default()), RefCell::default(), RefCell::default());
        Self { pool, setup, app, agents, folder: folder.to_owned(), clock, page, tokens }
    }

    fn emulator(&self) -> Emulator {
        self.pool.server().emulator()
    }

    fn customers(&self) -> CustomerSide {
        self.pool.customers_by(&self.app)
    }

    fn agent(&self, agent: Agent) -> &IamAgent {
        &self.agents[agent as usize]
    }

    fn profile(&self) -> String {
        let app = &self.app.id;
        let more = match self.setup {
            Setup::Pool => "new_users = { email_verified = true }".to_owned(),
            Setup::PoolWithProof => {
                format!(
                    "new_users = {{ email_verified = true }}\napp_client = {{ id = '{app}', flow = 'admin-user-password' }}"
                )
            }
            Setup::Csv => format!(
                "new_users = {{ email_verified = true }}\ncustomers = {{ csv = 'customers.csv' }}\n\
                 app_client = {{ id = '{app}', secret = {{ file = 'app-secret' }}, flow = 'user-password' }}"
            ),
        };
        format!("[profiles.live]\n{}protected = 'none'\n{more}\n", self.pool.profile())
    }

    /// The username of whoever has this address.
    fn username_of(&self, email: &str) -> String {
        let found = self.pool.call("ListUsers", json!({ "Filter": format!("email = \"{}\"", email.to_lowercase()) }));
        found["Users"][0]["Username"].as_str().unwrap_or_else(|| panic!("{email}: {found}")).to_owned()
    }
}

impl Driver for CognitoDriver {
    fn known_gaps(&self) -> BTreeSet<Gap> {
        let mut gaps = BTreeSet::from([
            Gap::StampNamesNoAuthor,
            Gap::StampMovesOnEdits,
            Gap::RulesNotListed,
            Gap::AccessTokensOutlive,
            Gap::OpenFormOutlives,
            Gap::WithdrawnReadsAsPending,
        ]);
        match self.setup {
            Setup::Pool => drop(gaps.insert(Gap::NotProved)),
            Setup::PoolWithProof => {}
            Setup::Csv => drop(gaps.insert(Gap::TemporaryMayBeKept)),
        }
        gaps
    }

    fn emulator_differences(&self) -> BTreeSet<Difference> {
        let mut differences = BTreeSet::from([Difference::SelfServiceWhilePending, Difference::NeverRunsOut]);
        if self.setup != Setup::Csv {
            differences.insert(Difference::TemporaryMayBeKept);
        }
        differences.extend(match self.emulator() {
            Emulator::Ministack => vec![Difference::WeakPasswordTaken, Difference::MadeUpSessionTaken],
            Emulator::Moto => vec![
                Difference::SecretNotChecked,
                Difference::RightsNotChecked,
                Difference::SetLeavesStamp,
                Difference::RuleNotNamed,
            ],
        });
        differences
    }

    fn clock(&self) -> SharedClock {
        Arc::<MovedClock>::clone(&self.clock)
    }

    fn cast(&self) -> Cast {
        let ben = || Particulars {
            email: "ben@example.com".to_owned(),
            first_name: "Ben".to_owned(),
            last_name: "Bitdiddle".to_owned(),
        };
        let (id, create) = match self.setup {
            Setup::Csv => ("C-1", None),
            Setup::Pool | Setup::PoolWithProof => {
                let id: &'static str = self.pool.attributes("ada").remove("sub").unwrap().leak();
                (id, Some(ben()))
            }
        };
        Cast {
            with_user: [id, "ada", "ADA@example.com", "ad"],
            old_password: old_password(),
            without_user: "ben@example.com",
            phones: [Some(PHONE), None],
            create,
        }
    }

    fn sign_in(&self) -> Box<dyn AgentSignIn> {
        let folders = Folders::all_in(&self.folder);
        let configuration = Configuration::parse(&self.profile(), &folders.config_file()).unwrap();
        let context = BackendContext {
            folders: &folders,
            call_timeout: Duration::from_secs(30),
            clock: Arc::<MovedClock>::clone(&self.clock),
            store: Rc::new(SessionStore::new(&folders, "live", Box::new(|_| {}))),
            interceptor: |request| request,
        };
        open(&configuration.profile(Some("live")).unwrap(), &context).unwrap()
    }

    fn sign_in_method(&self) -> SignInMethod {
        SignInMethod::ExternalCredentials
    }

    /// The name is that of the AWS profile.
    fn credentials(&self, agent: Agent) -> (&'static str, &'static str) {
        let name = match agent {
            Agent::Entitled => "entitled",
            Agent::Unentitled => "unentitled",
        };
        (name, self.agent(agent).keys.secret.clone().leak())
    }

    /// Nobody is asked anything: the file has the keys of both agents, or wrong ones.
    fn player(&self, agent: Agent, password: Option<&str>) -> Box<dyn Prompter + '_> {
        let mut keys = [Agent::Entitled, Agent::Unentitled].map(|agent| self.agent(agent).keys.clone());
        if let Some(wrong) = password {
            wrong.clone_into(&mut keys[agent as usize].secret);
        }
        let profiles = [("entitled", &keys[0]), ("unentitled", &keys[1])];
        std::fs::write(self.folder.join("aws-credentials"), credentials_file(&profiles)).unwrap();
        Box::new(Player::confirming(""))
    }

    fn customer_signs_in(&self, name: &str, password: &str) -> SignedIn {
        match self.customers().sign_in(name, password) {
            Entered::In(tokens) => {
                *self.tokens.borrow_mut() = Some(tokens);
                SignedIn::In
            }
            Entered::ChangeRequired(_) => SignedIn::ChangeRequired,
            Entered::Refused(refusal) => {
                assert_eq!(refusal.code, "NotAuthorizedException", "refused, and nothing else: {refusal:?}");
                SignedIn::Refused
            }
        }
    }

    fn customer_chooses(&self, name: &str, temporary: &str, new: &str) -> Chosen {
        match self.customers().sign_in(name, temporary) {
            Entered::ChangeRequired(challenge) => chosen(self.customers().choose(&challenge, new)),
            Entered::In(_) => panic!("signed in without a change"),
            Entered::Refused(refusal) => Chosen::Refused(refusal.message),
        }
    }

    fn customer_opens_page(&self, name: &str, temporary: &str) {
        let Entered::ChangeRequired(challenge) = self.customers().sign_in(name, temporary) else {
            panic!("no new password is asked for")
        };
        *self.page.borrow_mut() = Some(challenge);
    }

    fn customer_sends_page(&self, new: &str) -> Chosen {
        let challenge = self.page.take().unwrap();
        chosen(self.customers().choose(&challenge, new))
    }

    fn customer_makes_page_up(&self, name: &str, new: &str) -> Option<Chosen> {
        let session = "AYABe".repeat(40);
        Some(chosen(self.customers().choose(&Challenge { name: name.to_owned(), session }, new)))
    }

    fn earlier_session(&self) -> Option<EarlierSession> {
        let (tokens, customers) = (self.tokens.borrow(), self.customers());
        let tokens = tokens.as_ref().unwrap();
        let goes_on = customers.is_let_in_by(tokens) || customers.renews("ada", tokens);
        Some(EarlierSession { goes_on, access_token_lasts: tokens.lasts() })
    }

    fn edit_customer(&self, name: &str) {
        self.pool.edit(name, &[("locale", "en-GB")]);
    }

    fn rules_listed(&self) -> Vec<String> {
        Vec::new() // the challenge lists none: an app writes its own page
    }

    fn customer_asks_for_mail(&self, email: &str) -> Option<String> {
        let name = self.username_of(email);
        let code = self.customers().forgot_password(&name).ok()?;
        Some(format!("{name} {code}"))
    }

    fn customer_redeems(&self, token: &str, new: &str) -> Result<(), String> {
        let (name, code) = token.split_once(' ').unwrap();
        self.customers().confirm_forgot_password(name, code, new).map_err(|refusal| refusal.message)
    }

    fn let_it_run_out(&self) {
        // No emulator counts the days: that is the difference that the story asserts.
    }

    fn attempts_until_locked(&self) -> Option<usize> {
        None // no emulator locks
    }

    fn lock_outs_end_by_themselves(&self) -> bool {
        true
    }

    fn mails(&self) -> Vec<String> {
        self.pool.server().mails_to("")
    }
}

/// AWS says "Password not long enough", which names the length.
fn chosen(answer: Result<Tokens, Refusal>) -> Chosen {
    match answer {
        Ok(_) => Chosen::In,
        Err(refusal) => Chosen::Refused(refusal.message.replace("long enough", "long enough: its length")),
    }
}
