//! A realm with many customers behind a proxy, an agent who reaches it by that alone, and what must hold at the end.

use std::collections::HashMap;
use std::process::Child;

use age::secrecy::ExposeSecret as _;
use age::x25519::Identity;
use serde_json::{Value, json};

use crate::support::CommandOutput;
use crate::support::TestEnvironment;
use crate::support::fault_proxy::{FaultProxy, Rule, SET};
use crate::support::keycloak::{Grant, Realm, RealmOptions, Rights, Server, old_password};
use crate::support::ledger::content;

pub const OUT: &str = "out.jsonl";

pub struct Bench {
    pub realm: Realm<'static>,
    pub proxy: FaultProxy,
    pub env: TestEnvironment,
    rows: usize,
    key: Identity,
}

/// The name to sign in with of a customer of the crowd.
pub fn name(number: usize) -> String {
    format!("customer-{number}")
}

/// Enters so many customers, with everybody's old password.
pub fn crowd(realm: &Realm<'_>, customers: usize) {
    let person = |number: usize| {
        json!({ "username": name(number), "email": format!("{}@crowd.example.com", name(number)), "enabled": true,
            "firstName": "Customer", "lastName": number.to_string(),
            "credentials": [{ "type": "password", "value": old_password(), "temporary": false }] })
    };
    let users: Vec<Value> = (0..customers).map(person).collect();
    realm.rest().post("/partialImport", json!({ "ifResourceExists": "FAIL", "users": users }));
}

impl Bench {
    /// An agent with a token, in front of a realm on the shared server.
    pub fn new(rows: usize) -> Self {
        Self::on(Realm::shipped(Server::shared()), rows)
    }

    pub fn on(realm: Realm<'static>, rows: usize) -> Self {
        let proxy = FaultProxy::before(realm.url());
        let env = TestEnvironment::for_agent_with(
            &realm.reached_by(proxy.address()),
            Rights::AndViewRealm,
            "protected = 'none'",
        );
        Self::with(realm, proxy, env, rows)
    }

    /// An agent who signs in with a client's secret: such a session is renewed.
    pub fn of_robot(options: RealmOptions, rows: usize) -> Self {
        let realm = Realm::with(Server::shared(), &RealmOptions { robot: Some(Rights::AndViewRealm), ..options });
        let proxy = FaultProxy::before(realm.url());
        let more = "protected = 'none'\nclient_id = 'robot'\nsign_in = 'client-credentials'";
        let env = TestEnvironment::for_realm(&realm.reached_by(proxy.address()), more);
        let bench = Self::with(realm, proxy, env, rows);
        bench.sign_in();
        bench
    }

    fn with(realm: Realm<'static>, proxy: FaultProxy, env: TestEnvironment, rows: usize) -> Self {
        crowd(&realm, rows);
        let key = Identity::generate();
        std::fs::write(env.path().join("key.txt"), key.to_string().expose_secret()).unwrap();
        let lines: Vec<String> = (0..rows).map(name).collect();
        std::fs::write(env.path().join("in.csv"), format!("customer\n{}\n", lines.join("\n"))).unwrap();
        Self { realm, proxy, env, rows, key }
    }

    pub fn sign_in(&self) {
        let login = ["login", "--client-credentials", "--password-stdin", "--store", "file"];
        self.env.run_with(&login, &format!("{}\n", self.realm.robot_secret())).must(0);
    }

    fn arguments(&self, more: &[&str]) -> Vec<String> {
        let key = self.key.to_public().to_string();
        let rows = self.rows.to_string();
        let all = ["--timeout", "8s", "bulk", "in.csv", "--yes", "--expect", &rows, "--out", OUT, "--seal-to", &key];
        all.iter().chain(&["--progress", "json"]).chain(more).map(|text| (*text).to_owned()).collect()
    }

    /// Starts the run.
    pub fn start(&self, more: &[&str]) -> Child {
        let arguments = self.arguments(more);
        self.env.command(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).spawn().unwrap()
    }

    /// The run, while this is wrong.
    pub fn with_faults(&self, rules: Vec<Rule>, more: &[&str]) -> CommandOutput {
        for rule in rules {
            self.proxy.rule(rule);
        }
        CommandOutput::from(self.start(more).wait_with_output().unwrap())
    }

    /// The one run that there is.
    pub fn run_id(&self) -> String {
        let listed = self.env.run(&["bulk", "list", "-o", "json"]).must(0).json();
        listed["runs"][0]["run"].as_str().unwrap().to_owned()
    }

    /// Takes the run up again until it is done.
    pub fn until_done(&self) {
        for _ in 0..5 {
            let ran = self.env.run(&["bulk", "--resume", &self.run_id(), "--yes"]);
            if ran.code == 0 {
                return;
            }
            assert!([8, 9].contains(&ran.code), "{ran:?}");
        }
        panic!("it never ends");
    }

    /// The rows of the output.
    pub fn rows(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.env.path().join(OUT)).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// How many rows are delivered so far.
    pub fn delivered(&self) -> usize {
        self.rows().iter().filter(|row| row["outcome"] == "delivered").count()
    }

    /// Waits until so many are.
    pub fn wait_for(&self, delivered: usize, child: &mut Child) {
        while self.delivered() < delivered {
            assert!(child.try_wait().unwrap().is_none(), "it ended before: {:?}", self.rows().last());
            std::thread::yield_now();
        }
    }

    /// The last password delivered to each customer, by username.
    pub fn last(&self) -> HashMap<String, String> {
        let opened = |row: &Value| {
            let sealed = row["sealed"].as_str().unwrap();
            String::from_utf8(age::decrypt(&self.key, sealed.as_bytes()).unwrap()).unwrap()
        };
        let rows = self.rows();
        let delivered = rows.iter().filter(|row| row["outcome"] == "delivered");
        delivered.map(|row| (row["customer"]["username"].as_str().unwrap().to_owned(), opened(row))).collect()
    }

    /// Every customer has exactly one working temporary password, the one delivered last; the audit log verifies.
    pub fn settled(&self) {
        let last = self.last();
        assert_eq!(last.len(), self.rows, "none is lost");
        let mut sent: HashMap<String, Vec<String>> = HashMap::new();
        for seen in self.proxy.seen().iter().filter(|seen| seen.method == "PUT" && seen.path.ends_with(SET)) {
            let id = seen.path.rsplit('/').nth(1).unwrap().to_owned();
            let body: Value = serde_json::from_slice(&seen.body).unwrap();
            sent.entry(id).or_default().push(body["value"].as_str().unwrap().to_owned());
        }
        for row in self.rows().iter().filter(|row| row["outcome"] == "delivered") {
            let customer = &row["customer"];
            let (id, username) = (customer["id"].as_str().unwrap(), customer["username"].as_str().unwrap());
            let mut tried: Vec<&str> = sent.get(id).into_iter().flatten().map(String::as_str).collect();
            tried.push(old_password());
            tried.push(&last[username]);
            tried.dedup();
            let works = |password: &&str| self.asks_for_a_change(username, password);
            let working: Vec<&str> = tried.into_iter().filter(works).collect();
            assert!(!working.is_empty() && working.iter().all(|one| *one == last[username]), "{username}: one works");
        }
        self.env.run(&["audit", "verify"]).must(0);
        let shown = self.env.run(&["bulk", "show", &self.run_id(), "-o", "json"]).must(0).json();
        assert_eq!((&shown["state"], &shown["delivered"]), (&"finished".into(), &self.rows.into()), "{shown}");
        self.said_no_password(&sent);
    }

    /// The password is right, and a new one has to be chosen.
    fn asks_for_a_change(&self, username: &str, password: &str) -> bool {
        match self.realm.password_grant(username, password) {
            Grant::Refused(_, _, words) if words.contains("not fully set up") => true,
            Grant::Refused(_, _, words) if words.contains("Invalid user credentials") => false,
            other => panic!("{username}: {other:?}"),
        }
    }

    /// Neither the ledger nor the journal has one of the passwords that went by.
    fn said_no_password(&self, sent: &HashMap<String, Vec<String>>) {
        let home = self.env.path();
        let run = home.join("bulk").join(self.run_id());
        let files = [run.join("journal.db"), home.join(OUT)].map(|path| std::fs::read(path).unwrap());
        let texts: Vec<Vec<u8>> = files.into_iter().chain([content(home)]).collect();
        for password in sent.values().flatten() {
            let inside = |text: &Vec<u8>| memchr::memmem::find(text, password.as_bytes()).is_some();
            assert!(!texts.iter().any(inside), "a password is in a file");
        }
    }

    /// The fewest calls at once that the run's events tell of.
    pub fn slowest(ran: &CommandOutput) -> u64 {
        let events = ran.stderr.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        events.filter_map(|event| event["concurrency"].as_u64()).min().unwrap()
    }
}
