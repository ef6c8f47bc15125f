//! The operations of a reset made bare, by an LDAP client that does nothing else.

use std::cell::Cell;
use std::collections::HashSet;
use std::process::Command;

use futures_util::future::join_all;
use ldap3::controls::{PagedResults, RawControl};
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, Mod, Scope, StdStream};

use super::attributes::{ACTIVE_DIRECTORY, CUSTOMER, OPENLDAP, WRITABLE};
use super::support::ldap::{Kind, Server};

/// The filter that every entry fits.
const ANY: &str = "(objectClass=*)";
/// Fits an entry that has neither attribute: it tells an absent value from a hidden one.
const HAS_NONE: &str = "(&(!(pwdAccountLockedTime=*))(!(pwdMaxIdle=*)))";
/// The argument of a process that makes the bare operations alone.
pub(crate) const BARE: &str = "--bare";

/// What the bare operations need to know of a server. A process of its own reads it from its environment.
pub(crate) struct BareClient {
    active_directory: bool,
    url: String,
    agent: String,
    password: String,
    users: String,
    base: String,
}

impl BareClient {
    const NAMES: [&str; 5] = ["BARE_URL", "BARE_AGENT", "BARE_PASSWORD", "BARE_USERS", "BARE_BASE"];

    pub(crate) fn of(server: &Server) -> Self {
        let value = |name: &str| server.value(name).to_owned();
        Self {
            active_directory: server.kind == Kind::ActiveDirectory,
            url: server.url().to_owned(),
            agent: value("AGENT"),
            password: value("AGENT_PW"),
            users: value("OU"),
            base: value("BASE"),
        }
    }

    pub(crate) fn of_environment() -> Self {
        let [url, agent, password, users, base] = Self::NAMES.map(|name| std::env::var(name).unwrap());
        Self { active_directory: base.starts_with("DC="), url, agent, password, users, base }
    }

    /// Runs a process that does nothing but connect, bind and make the bare operations for one customer.
    pub(crate) fn process(&self, number: usize) {
        let values = [&self.url, &self.agent, &self.password, &self.users, &self.base];
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.arg(BARE).arg(number.to_string()).env_clear().envs(Self::NAMES.into_iter().zip(values));
        assert!(child.status().unwrap().success(), "customer {number}");
    }

    async fn connect(&self) -> Ldap {
        connect(&self.url, &self.agent, &self.password).await
    }

    fn dn(&self, name: &str) -> String {
        let attribute = if self.active_directory { "CN" } else { "uid" };
        format!("{attribute}={name},{}", self.users)
    }
}

/// Opens a bound connection without Nagle's delay.
async fn connect(url: &str, name: &str, password: &str) -> Ldap {
    let mut ldap = open(url).await;
    ldap.simple_bind(name, password).await.unwrap().success().unwrap();
    ldap
}

/// Opens a connection without a bind.
async fn open(url: &str) -> Ldap {
    let address = url.trim_start_matches("ldaps://");
    let address = if address.contains(':') { address.to_owned() } else { format!("{address}:636") };
    let stream = std::net::TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    let settings = LdapConnSettings::new().set_no_tls_verify(true).set_std_stream(StdStream::Tcp(stream));
    let (connection, ldap) = LdapConnAsync::with_settings(settings, url).await.unwrap();
    tokio::spawn(connection.drive());
    ldap
}

/// Signs in once as the customer, on a connection of its own. A domain answers 49 with data 773.
async fn prove(client: &BareClient, dn: &str, password: &str) {
    let mut ldap = open(&client.url).await;
    let answer = ldap.simple_bind(dn, password).await.unwrap();
    assert!(if client.active_directory { answer.text.contains("data 773") } else { answer.rc == 0 }, "{answer}");
    ldap.unbind().await.unwrap();
}

/// Connects, binds and makes the bare operations for one customer.
pub(crate) async fn reset_alone(client: &BareClient, number: usize) {
    let mut ldap = client.connect().await;
    bare_reset(client, &mut ldap, number, Row::Single).await;
}

/// Adds so many customers to a domain.
pub(crate) async fn populate(server: &Server, many: usize) {
    let mut ldap = connect(server.url(), server.value("ADMIN"), server.value("ADMIN_PW")).await;
    let password = unicode("Cust0mer-Start-1!");
    for number in 1..=many {
        let name = customer(number);
        let mail = format!("{name}@example.com");
        let attributes: Vec<(&[u8], HashSet<&[u8]>)> = vec![
            (b"objectClass", [&b"user"[..]].into()),
            (b"sAMAccountName", [name.as_bytes()].into()),
            (b"mail", [mail.as_bytes()].into()),
            (b"unicodePwd", [password.as_slice()].into()),
            (b"userAccountControl", [&b"512"[..]].into()),
        ];
        ldap.add(&server.dn(&name), attributes).await.unwrap().success().unwrap();
    }
}

pub(crate) fn customer(number: usize) -> String {
    format!("crowd{number:05}")
}

fn unicode(password: &str) -> Vec<u8> {
    format!("\"{password}\"").encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// Whether a reset is one of many.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Row {
    Single,
    OfARun,
}

/// Finds, reads with the policy, sets, reads back and proves by a sign-in. The rows of a run on a domain share the policy and what the agent may
/// write for a second, so that both are left out there.
async fn bare_reset(client: &BareClient, ldap: &mut Ldap, number: usize, row: Row) {
    let (name, password) = (customer(number), format!("Kd4m-7XpR-tqWn-{number:05}"));
    // By every name that a customer is looked up by at first.
    let (attributes, names) = if client.active_directory {
        (ACTIVE_DIRECTORY, format!("(sAMAccountName={name})(mail={name})(userPrincipalName={name})"))
    } else {
        (OPENLDAP, format!("(uid={name})(mail={name})"))
    };
    let filter = format!("(&(objectClass=person)(|{names}))");
    let customer = [&CUSTOMER[..], attributes.names].concat();
    ldap.with_controls(PagedResults { size: 500, cookie: Vec::new() });
    let found = ldap.search(&client.users, Scope::Subtree, &filter, &customer).await.unwrap();
    assert_eq!(found.0.len(), 1, "{name}");
    let dn = client.dn(&name);
    let shares = row == Row::OfARun && client.active_directory;
    let rights = [WRITABLE];
    let rights = if client.active_directory && !shares { &rights[..] } else { &[] };
    let user = [&customer, attributes.stamp, attributes.facts, rights].concat();
    if client.active_directory {
        // Of the permissions, who may do what: all that an agent may read.
        let list = vec![0x30, 3, 2, 1, 4];
        ldap.with_controls(RawControl { ctype: "1.2.840.113556.1.4.801".to_owned(), crit: true, val: Some(list) });
    }
    ldap.search(&dn, Scope::Base, ANY, user).await.unwrap().success().unwrap();
    let (policy, changes) = if client.active_directory {
        (
            client.base.clone(),
            vec![
                Mod::Replace(b"unicodePwd".to_vec(), HashSet::from([unicode(&password)])),
                Mod::Replace(b"pwdLastSet".to_vec(), HashSet::from([b"0".to_vec()])),
            ],
        )
    } else {
        (
            format!("cn=default,ou=policies,{}", client.base),
            vec![
                Mod::Replace(b"userPassword".to_vec(), HashSet::from([password.clone().into_bytes()])),
                Mod::Replace(b"pwdReset".to_vec(), HashSet::from([b"TRUE".to_vec()])),
            ],
        )
    };
    if !shares {
        ldap.search(&policy, Scope::Base, ANY, ["*", "+"]).await.unwrap().success().unwrap();
    }
    if !client.active_directory {
        // What neither has is told from what the agent may not read.
        ldap.search(&dn, Scope::Base, HAS_NONE, ["1.1"]).await.unwrap().success().unwrap();
        ldap.search(&policy, Scope::Base, HAS_NONE, ["1.1"]).await.unwrap().success().unwrap();
    }
    ldap.modify(&dn, changes).await.unwrap().success().unwrap();
    ldap.search(&dn, Scope::Base, ANY, attributes.stamp).await.unwrap().success().unwrap();
    prove(client, &dn, &password).await;
    if !client.active_directory {
        // The sign-in may have moved what was read back.
        ldap.search(&dn, Scope::Base, ANY, attributes.stamp).await.unwrap().success().unwrap();
    }
}

/// Makes the bare operations for these customers, so many at once over one connection.
pub(crate) async fn reset_many(client: &BareClient, numbers: &[usize], at_once: usize) {
    let ldap = client.connect().await;
    let next = Cell::new(0);
    let worker = || {
        let mut ldap = ldap.clone();
        let next = &next;
        async move {
            while let Some(number) = numbers.get(next.get()) {
                next.set(next.get() + 1);
                bare_reset(client, &mut ldap, *number, Row::OfARun).await;
            }
        }
    };
    join_all((0..at_once).map(|_| worker())).await;
}
