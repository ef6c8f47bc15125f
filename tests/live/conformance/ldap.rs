//! The drivers of Active Directory and `OpenLDAP`: customers by the servers' own tools (kpasswd, ldapwhoami, ldappasswd).

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tellonce::auth::SessionStore;
use tellonce::backends::{BackendContext, open};
use tellonce::config::{Configuration, Folders};
use tellonce::domain::Gap;
use tellonce::domain::ports::AgentSignIn;

use crate::support::conformance::{Agent, Cast, Chosen, Driver, SignedIn};
use crate::support::conformance::{MovedClock, SharedClock};

/// Ada's number.
const PHONE: &str = "+44 20 7946 0018";

/// Which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    ActiveDirectory,
    OpenLdap,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::ActiveDirectory => "active-directory",
            Self::OpenLdap => "openldap",
        }
    }
}

/// A server of a test's own: it ends with the test.
pub struct Server {
    kind: Kind,
    script: PathBuf,
    folder: PathBuf,
    values: HashMap<String, String>,
}

impl Server {
    /// Starts one in a folder. If `TELLONCE_LIVE` does not name it, or it does not start, that is a failure, never a skip.
    pub fn start(kind: Kind, folder: &Path) -> Self {
        let live = std::env::var("TELLONCE_LIVE").unwrap_or_default();
        assert!(live.split(',').any(|name| name == kind.name()), "this test needs TELLONCE_LIVE={}", kind.name());
        let script = if kind == Kind::OpenLdap { "slapd.sh" } else { "samba-ad.sh" };
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers").join(script);
        let folder = folder.join("server");
        let started = Command::new(&script).arg("start").arg(&folder).output().unwrap();
        let told = String::from_utf8_lossy(&started.stdout).into_owned();
        assert!(started.status.success(), "{} starts: {}", kind.name(), String::from_utf8_lossy(&started.stderr));
        let values = told.lines().filter_map(|line| line.strip_prefix("export ")?.split_once('='));
        let values = values.map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned())).collect();
        Self { kind, script, folder, values }
    }

    /// A value of the server's environment.
    pub fn value(&self, name: &str) -> &str {
        let prefix = if self.kind == Kind::OpenLdap { "TELLONCE_OPENLDAP" } else { "TELLONCE_AD" };
        let name = if name == "KRB5_CONFIG" { name.to_owned() } else { format!("{prefix}_{name}") };
        self.values.get(&name).unwrap_or_else(|| panic!("the server's {name}"))
    }

    /// The profile of the story.
    pub fn profile(&self) -> String {
        let value = |name| self.value(name);
        let own = match self.kind {
            Kind::OpenLdap => format!(
                "contacts = \"ou=contacts,{0}\"\ndefault_policy = \"cn=default,ou=policies,{0}\"\nagents = \"ou=agents,{0}\"\n",
                value("BASE")
            ),
            Kind::ActiveDirectory => format!("contacts = \"{}\"\n", value("OU")),
        };
        format!(
            "[profiles.live]\nbackend = \"{}\"\nurl = \"{}\"\nca_cert = \"{}\"\nbase = \"{}\"\nprotected = \"none\"\n{own}",
            self.kind.name(),
            value("URL"),
            value("CA"),
            value("OU"),
        )
    }

    fn customer_dn(&self, name: &str) -> String {
        let attribute = if self.kind == Kind::OpenLdap { "uid" } else { "CN" };
        format!("{attribute}={name},{}", self.value("OU"))
    }

    /// Runs a tool of the server's, with these lines on standard input.
    pub fn tool(&self, program: &str, arguments: &[&str], input: &str) -> Output {
        let mut command = Command::new(program);
        command.args(arguments).env("LDAPTLS_CACERT", self.value("CA")).env("LC_ALL", "C");
        if self.kind == Kind::ActiveDirectory {
            command.env("KRB5_CONFIG", self.value("KRB5_CONFIG"));
            command.env("KRB5CCNAME", self.folder.join("tickets"));
        }
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = Command::new(&self.script).arg("stop").arg(&self.folder).status();
    }
}

fn words(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

pub struct LdapDriver {
    server: Server,
    folder: PathBuf,
    clock: Arc<MovedClock>,
    page: RefCell<Option<Page>>,
}

/// A connection that was bound with a temporary password, or, where that binds nobody, the password.
struct Page {
    runtime: tokio::runtime::Runtime,
    connection: Option<ldap3::Ldap>,
    name: String,
    temporary: String,
}

impl LdapDriver {
    pub fn new(server: Server, folder: &Path) -> Self {
        let (url, dn) = (server.value("URL"), server.customer_dn("ada"));
        let change = format!("dn: {dn}\nchangetype: modify\nreplace: mobile\nmobile: {PHONE}\n");
        let arguments = ["-x", "-H", url, "-D", server.value("ADMIN"), "-w", server.value("ADMIN_PW")];
        let changed = server.tool("ldapmodify", &arguments, &change);
        assert!(changed.status.success(), "{}", words(&changed));
        Self { server, folder: folder.to_owned(), clock: Arc::new(MovedClock::default()), page: RefCell::default() }
    }

    fn dn(&self, name: &str) -> String {
        match self.server.kind {
            Kind::OpenLdap => self.server.customer_dn(name),
            Kind::ActiveDirectory => format!("{name}@tellonce.test"),
        }
    }
}

impl Driver for LdapDriver {
    fn known_gaps(&self) -> BTreeSet<Gap> {
        let one = match self.server.kind {
            Kind::OpenLdap => Gap::OpenFormOutlives,
            Kind::ActiveDirectory => Gap::StampNamesNoAuthor,
        };
        BTreeSet::from([
            one,
            Gap::RulesNotListed,
            Gap::SessionsGoOn,
            Gap::NeverRunsOut,
            Gap::NoSelfService,
            Gap::WithdrawnReadsAsPending,
        ])
    }

    fn clock(&self) -> SharedClock {
        Arc::<MovedClock>::clone(&self.clock)
    }

    fn cast(&self) -> Cast {
        Cast {
            with_user: ["ada", "ada", "ADA@example.com", "ad"],
            old_password: "Cust0mer-Start-1!".split_at(if self.server.kind == Kind::OpenLdap { 16 } else { 17 }).0,
            without_user: "ben@example.com",
            phones: [Some(PHONE), None],
            create: None,
        }
    }

    fn sign_in(&self) -> Box<dyn AgentSignIn> {
        let text = self.server.profile();
        let configuration = Configuration::parse(&text, &self.folder.join("config.toml")).unwrap();
        let folders = Folders::all_in(&self.folder);
        let surroundings = BackendContext {
            folders: &folders,
            call_timeout: Duration::from_secs(30),
            clock: Arc::<MovedClock>::clone(&self.clock),
            store: Rc::new(SessionStore::new(&folders, "live", Box::new(|_| {}))),
            interceptor: |request| request,
        };
        open(&configuration.profile(Some("live")).unwrap(), &surroundings).unwrap()
    }

    fn credentials(&self, agent: Agent) -> (&'static str, &'static str) {
        match (self.server.kind, agent) {
            (Kind::OpenLdap, Agent::Entitled) => ("agent", "Ag3nt-Local-Only"),
            (Kind::OpenLdap, Agent::Unentitled) => ("noright", "N0right-Local-Only"),
            (Kind::ActiveDirectory, Agent::Entitled) => ("agent", "Ag3nt-Local-Only!"),
            (Kind::ActiveDirectory, Agent::Unentitled) => ("TELLONCE\\noright", "N0right-Local-Only!"),
        }
    }

    fn customer_signs_in(&self, name: &str, password: &str) -> SignedIn {
        let url = self.server.value("URL");
        let dn = self.dn(name);
        let base = if self.server.kind == Kind::OpenLdap { dn.as_str() } else { "" };
        let arguments = ["-x", "-e", "ppolicy", "-H", url, "-D", &dn, "-w", password, "-s", "base", "-b", base, "1.1"];
        let output = self.server.tool("ldapsearch", &arguments, "");
        let told = words(&output);
        if told.contains("Password must be changed") || told.contains("data 773") {
            SignedIn::ChangeRequired
        } else if output.status.success() {
            SignedIn::In
        } else {
            assert_eq!(output.status.code(), Some(49), "refused, and nothing else: {told}");
            SignedIn::Refused
        }
    }

    fn customer_chooses(&self, name: &str, temporary: &str, new: &str) -> Chosen {
        let output = match self.server.kind {
            Kind::OpenLdap => {
                let url = self.server.value("URL");
                let dn = self.dn(name);
                let arguments =
                    ["-x", "-e", "ppolicy", "-H", url, "-D", &dn, "-w", temporary, "-a", temporary, "-s", new];
                self.server.tool("ldappasswd", &arguments, "")
            }
            Kind::ActiveDirectory => {
                let principal = format!("{name}@TELLONCE.TEST");
                self.server.tool("kpasswd", &[&principal], &format!("{temporary}\n{new}\n{new}\n"))
            }
        };
        if output.status.success() {
            Chosen::In
        } else {
            Chosen::Refused(words(&output).replace("too short", "too short: its length"))
        }
    }

    fn customer_opens_page(&self, name: &str, temporary: &str) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut connection = None;
        if self.server.kind == Kind::OpenLdap {
            let url = self.server.value("STARTTLS_URL").to_owned();
            let (dn, password) = (self.dn(name), temporary.to_owned());
            let bound = std::thread::scope(|scope| {
                scope
                    .spawn(|| {
                        runtime.block_on(async {
                            let settings = ldap3::LdapConnSettings::new().set_starttls(true).set_no_tls_verify(true);
                            let (driver, mut ldap) = ldap3::LdapConnAsync::with_settings(settings, &url).await.unwrap();
                            tokio::spawn(driver.drive());
                            ldap.simple_bind(&dn, &password).await.unwrap().success().unwrap();
                            ldap
                        })
                    })
                    .join()
                    .unwrap()
            });
            connection = Some(bound);
        }
        let page = Page { runtime, connection, name: name.to_owned(), temporary: temporary.to_owned() };
        *self.page.borrow_mut() = Some(page);
    }

    fn customer_sends_page(&self, new: &str) -> Chosen {
        let Page { runtime, connection, name, temporary } = self.page.take().unwrap();
        let Some(mut ldap) = connection else {
            let sent = self.customer_chooses(&name, &temporary, new);
            runtime.shutdown_background();
            return sent;
        };
        let dn = self.dn(&name);
        let new = new.to_owned();
        let answer = std::thread::scope(|scope| {
            let change = ldap3::Mod::Replace("userPassword".to_owned(), [new].into());
            scope.spawn(|| runtime.block_on(ldap.modify(&dn, vec![change])).unwrap()).join().unwrap()
        });
        runtime.shutdown_background();
        if answer.rc == 0 { Chosen::In } else { Chosen::Refused(answer.to_string()) }
    }

    fn rules_listed(&self) -> Vec<String> {
        Vec::new()
    }

    fn customer_asks_for_mail(&self, _: &str) -> Option<String> {
        None
    }

    fn customer_redeems(&self, _: &str, _: &str) -> Result<(), String> {
        Err("a directory mails nothing".to_owned())
    }

    fn let_it_run_out(&self) {}

    fn attempts_until_locked(&self) -> Option<usize> {
        Some(if self.server.kind == Kind::OpenLdap { 3 } else { 10 })
    }

    fn mails(&self) -> Vec<String> {
        Vec::new()
    }
}
