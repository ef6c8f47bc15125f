//! What a reset and a bulk run over LDAP cost beside the bare operations on the same server: see benches/README.md.
//!
//! `TELLONCE_LIVE=openldap,active-directory cargo bench --bench ldap`; a server that is not named is left out.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a benchmark may stop at what it does not expect, and prints what it found"
)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::cell::Cell;
use std::collections::HashSet;
use std::process::Command;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use ldap3::controls::{PagedResults, RawControl};
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, Mod, Scope, StdStream};
use support::TestEnvironment;
use support::ldap::{Kind, Server};

const KEY: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
/// How much is done.
#[derive(Clone, Copy)]
struct Size {
    /// Single resets of each sort.
    single: usize,
    /// Customers reset by the usual tool.
    usual: usize,
    /// Rows of a bulk run.
    rows: usize,
    /// Bulk runs, each with customers of its own, between two runs of the bare operations.
    turns: usize,
}

/// The filter that every entry fits.
const ANY: &str = "(objectClass=*)";
const HAS_NONE: &str = "(&(!(pwdAccountLockedTime=*))(!(pwdMaxIdle=*)))";
/// The argument of a process that does the bare operations alone.
const BARE: &str = "--bare";
const FULL: Size = Size { single: 25, usual: 5, rows: 1000, turns: 5 };
const QUICK: Size = Size { single: 5, usual: 3, rows: 20, turns: 1 };

/// What a look-up reads of every customer.
const CUSTOMER: [&str; 8] =
    ["objectClass", "cn", "displayName", "givenName", "sn", "mail", "telephoneNumber", "description"];
/// How customers are named, what a reset reads of the user besides, and what it reads back after the set.
struct Reads {
    names: &'static [&'static str],
    facts: &'static [&'static str],
    set: &'static [&'static str],
}
const DOMAIN: Reads = Reads {
    names: &["sAMAccountName", "userPrincipalName", "employeeID"],
    facts: &[
        "objectSid",
        "userAccountControl",
        "msDS-User-Account-Control-Computed",
        "pwdLastSet",
        "accountExpires",
        "lockoutTime",
        "adminCount",
        "memberOf",
        "tokenGroups",
        "msDS-ResultantPSO",
        "replPropertyMetaData",
        "distinguishedName",
        "nTSecurityDescriptor",
    ],
    set: &["pwdLastSet", "userAccountControl", "msDS-User-Account-Control-Computed", "replPropertyMetaData"],
};
/// What the agent may write: a single reset reads it, the rows of a run share it.
const RIGHTS: &str = "allowedAttributesEffective";
const OPENLDAP: Reads = Reads {
    names: &["uid"],
    facts: &[
        "gidNumber",
        "pwdReset",
        "pwdChangedTime",
        "pwdAccountLockedTime",
        "pwdStartTime",
        "pwdEndTime",
        "pwdPolicySubentry",
        "modifiersName",
        "entryCSN",
        "pwdHistory",
        "pwdFailureTime",
    ],
    set: &["pwdReset", "pwdChangedTime", "entryCSN", "modifiersName", "pwdFailureTime", "pwdPolicySubentry"],
};

/// What the bare operations need to know of a server; a process of its own is told by its environment.
struct Place {
    active_directory: bool,
    url: String,
    agent: String,
    password: String,
    users: String,
    base: String,
}

impl Place {
    const NAMES: [&str; 5] = ["BARE_URL", "BARE_AGENT", "BARE_PASSWORD", "BARE_USERS", "BARE_BASE"];

    fn of(server: &Server) -> Self {
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

    fn of_environment() -> Self {
        let [url, agent, password, users, base] = Self::NAMES.map(|name| std::env::var(name).unwrap());
        Self { active_directory: base.starts_with("DC="), url, agent, password, users, base }
    }

    /// A process that does nothing but connect, bind and the bare operations for one customer.
    fn process(&self, number: usize) {
        let values = [&self.url, &self.agent, &self.password, &self.users, &self.base];
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.arg(BARE).arg(number.to_string()).env_clear().envs(Self::NAMES.into_iter().zip(values));
        assert!(child.status().unwrap().success(), "customer {number}");
    }

    async fn agent(&self) -> Ldap {
        bare(&self.url, &self.agent, &self.password).await
    }

    fn dn(&self, name: &str) -> String {
        let attribute = if self.active_directory { "CN" } else { "uid" };
        format!("{attribute}={name},{}", self.users)
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, bare, number] = &arguments[..]
        && bare == BARE
    {
        return run(lone(&Place::of_environment(), number.parse().unwrap()));
    }
    let live = std::env::var("TELLONCE_LIVE").unwrap_or_default();
    let size = if arguments.iter().any(|argument| argument == "--quick") { QUICK } else { FULL };
    if live.contains("openldap") {
        for hash in ["{ARGON2}", "{SSHA}"] {
            let settings = [("SLAPD_CROWD", "11100"), ("SLAPD_HASH", hash), ("SLAPD_LIMITS", "size=unlimited")];
            measure(&Server::start_with(Kind::OpenLdap, &settings), &format!("slapd {hash}"), 8, size);
        }
    }
    if live.contains("active-directory") {
        let domain = Server::start(Kind::ActiveDirectory);
        let size = Size { rows: size.rows / 2, ..size }; // a domain takes longer for each
        run(populate(&domain, 3 * size.single + size.usual + (2 * size.turns + 1) * size.rows));
        measure(&domain, "Samba", 4, size);
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// A bound connection without delay, as bare as it gets.
async fn bare(url: &str, name: &str, password: &str) -> Ldap {
    let address = url.trim_start_matches("ldaps://");
    let address = if address.contains(':') { address.to_owned() } else { format!("{address}:636") };
    let stream = std::net::TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    let settings = LdapConnSettings::new().set_no_tls_verify(true).set_std_stream(StdStream::Tcp(stream));
    let (connection, mut ldap) = LdapConnAsync::with_settings(settings, url).await.unwrap();
    tokio::spawn(connection.drive());
    ldap.simple_bind(name, password).await.unwrap().success().unwrap();
    ldap
}

/// Connect, bind and the bare operations for one customer.
async fn lone(place: &Place, number: usize) {
    let mut ldap = place.agent().await;
    bare_reset(place, &mut ldap, number, false).await;
}

async fn populate(server: &Server, many: usize) {
    let mut ldap = bare(server.url(), server.value("ADMIN"), server.value("ADMIN_PW")).await;
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

fn customer(number: usize) -> String {
    format!("crowd{number:05}")
}

fn unicode(password: &str) -> Vec<u8> {
    format!("\"{password}\"").encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// The operations of a reset, bare: find, read with the policy, set, read back. In a run on a domain, what the agent may
/// write and the policy are shared by the rows of a second: there they are left out.
async fn bare_reset(place: &Place, ldap: &mut Ldap, number: usize, in_a_run: bool) {
    let (name, password) = (customer(number), format!("Kd4m-7XpR-tqWn-{number:05}"));
    // By every name that a customer is looked up by at first.
    let (reads, names) = if place.active_directory {
        (DOMAIN, format!("(sAMAccountName={name})(mail={name})(userPrincipalName={name})"))
    } else {
        (OPENLDAP, format!("(uid={name})(mail={name})"))
    };
    let filter = format!("(&(objectClass=person)(|{names}))");
    let customer = [&CUSTOMER[..], reads.names].concat();
    ldap.with_controls(PagedResults { size: 500, cookie: Vec::new() });
    let found = ldap.search(&place.users, Scope::Subtree, &filter, &customer).await.unwrap();
    assert_eq!(found.0.len(), 1, "{name}");
    let dn = place.dn(&name);
    let shares = in_a_run && place.active_directory;
    let rights = [RIGHTS];
    let rights = if place.active_directory && !shares { &rights[..] } else { &[] };
    let user = [&customer, reads.facts, rights].concat();
    if place.active_directory {
        // Of the permissions, who may do what: all that an agent may read.
        let list = vec![0x30, 3, 2, 1, 4];
        ldap.with_controls(RawControl { ctype: "1.2.840.113556.1.4.801".to_owned(), crit: true, val: Some(list) });
    }
    ldap.search(&dn, Scope::Base, ANY, user).await.unwrap().success().unwrap();
    let (policy, changes) = if place.active_directory {
        (
            place.base.clone(),
            vec![
                Mod::Replace(b"unicodePwd".to_vec(), HashSet::from([unicode(&password)])),
                Mod::Replace(b"pwdLastSet".to_vec(), HashSet::from([b"0".to_vec()])),
            ],
        )
    } else {
        (
            format!("cn=default,ou=policies,{}", place.base),
            vec![
                Mod::Replace(b"userPassword".to_vec(), HashSet::from([password.into_bytes()])),
                Mod::Replace(b"pwdReset".to_vec(), HashSet::from([b"TRUE".to_vec()])),
            ],
        )
    };
    if !shares {
        ldap.search(&policy, Scope::Base, ANY, ["*", "+"]).await.unwrap().success().unwrap();
    }
    if !place.active_directory {
        // What neither has is told from what the agent may not read.
        ldap.search(&dn, Scope::Base, HAS_NONE, ["1.1"]).await.unwrap().success().unwrap();
        ldap.search(&policy, Scope::Base, HAS_NONE, ["1.1"]).await.unwrap().success().unwrap();
    }
    ldap.modify(&dn, changes).await.unwrap().success().unwrap();
    ldap.search(&dn, Scope::Base, ANY, reads.set).await.unwrap().success().unwrap();
}

fn measure(server: &Server, name: &str, at_once: usize, size: Size) {
    let next = Cell::new(0);
    let fresh = || {
        next.set(next.get() + 1);
        next.get()
    };
    let env = server.environment();
    assert!(env.login.is_success(), "{}", env.login.text());
    let place = Place::of(server);
    let (mut tool, mut process, mut within) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..size.single {
        let (one, other, who) = (fresh(), fresh(), customer(fresh()));
        process.push(timed(|| place.process(one)));
        tool.push(timed(|| assert!(env.reset(&who, &[]).is_success())));
        within.push(timed(|| run(lone(&place, other))));
    }
    let (tool, process, within) = (median(tool), median(process), median(within));
    println!(
        "{name}: a reset {tool:.1?}; a process that connects, binds and does the bare operations {process:.1?}: {:.2}; \
         the same within a process {within:.1?}: {:.2}",
        ratio(tool, process),
        ratio(tool, within)
    );
    let usual: Vec<Duration> = (0..size.usual).map(|_| usual_tool(server, &customer(fresh()))).collect();
    let usual = median(usual);
    println!("{name}: the usual tool per customer {usual:.1?}: {:.1} times as long as a reset", ratio(usual, tool));
    let load = || {
        let numbers: Vec<usize> = (0..size.rows).map(|_| fresh()).collect();
        timed(|| run(loaded(&place, &numbers, at_once)))
    };
    let mut before = load();
    let mut ratios: Vec<f64> = (0..size.turns)
        .map(|turn| {
            let customers: Vec<String> = (0..size.rows).map(|_| customer(fresh())).collect();
            let bulk = bulk(&env, &customers, turn);
            let after = load();
            let reached = ratio(before + after, 2 * bulk);
            println!(
                "{name}: {} rows, bare {before:.2?}, in bulk {bulk:.2?}, bare {after:.2?}: {reached:.2}",
                size.rows
            );
            before = after;
            reached
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    println!(
        "{name}: in bulk {:.2} of the pace of the bare operations, {at_once} at once (median; {:.2} to {:.2})",
        ratios[ratios.len() / 2],
        ratios[0],
        ratios[ratios.len() - 1]
    );
}

/// One bulk run for these customers, its passwords sealed.
fn bulk(env: &TestEnvironment, customers: &[String], turn: usize) -> Duration {
    let (input, out) = (env.file("in.csv"), env.file(&format!("out-{turn}.jsonl")));
    std::fs::write(&input, format!("customer\n{}\n", customers.join("\n"))).unwrap();
    let (input, out, rows) = (input.to_str().unwrap(), out.to_str().unwrap(), customers.len().to_string());
    let all = ["bulk", input, "--yes", "--expect", &rows, "--out", out, "--seal-to", KEY];
    timed(|| {
        let ended = env.run(&all);
        assert!(ended.is_success(), "{}", ended.text());
    })
}

/// The bare operations, so many at once over one connection.
async fn loaded(place: &Place, numbers: &[usize], at_once: usize) {
    let ldap = place.agent().await;
    let next = Cell::new(0);
    let worker = || {
        let mut ldap = ldap.clone();
        let next = &next;
        async move {
            while let Some(number) = numbers.get(next.get()) {
                next.set(next.get() + 1);
                bare_reset(place, &mut ldap, *number, true).await;
            }
        }
    };
    join_all((0..at_once).map(|_| worker())).await;
}

/// What people do today, a process per customer: `ldappasswd` and `ldapmodify`, or `samba-tool user setpassword`.
fn usual_tool(server: &Server, who: &str) -> Duration {
    let dn = server.dn(who);
    timed(|| match server.kind {
        Kind::OpenLdap => {
            let (agent, password) = (server.value("AGENT"), server.value("AGENT_PW"));
            let set = server.tool("ldappasswd", agent, password, &["-s", "Kd4m-7XpR-tqWn-again", &dn], "");
            assert!(set.is_success(), "{set:?}");
            let mark = format!("dn: {dn}\nchangetype: modify\nreplace: pwdReset\npwdReset: TRUE\n");
            let marked = server.tool("ldapmodify", agent, password, &[], &mark);
            assert!(marked.is_success(), "{}", marked.text());
        }
        Kind::ActiveDirectory => {
            let set = Command::new("samba-tool")
                .args(["user", "setpassword", who, "--newpassword=Kd4m-7XpR-tqWn-again", "--must-change-at-next-login"])
                .args(["-s", server.value("SMBCONF")]) // as root on the local database: the fastest that it can be
                .output()
                .unwrap();
            assert!(set.status.success(), "{set:?}");
        }
    })
}

fn timed(work: impl FnOnce()) -> Duration {
    let started = Instant::now();
    work();
    started.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}
