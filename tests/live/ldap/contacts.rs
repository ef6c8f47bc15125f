//! The addresses and numbers that a real directory has of a customer, and what it tells of their changes.

use serde_json::Value;

use crate::support::ldap::{Kind, Server};
use crate::support::{TestEnvironment, wait_until};

/// How far the server's clock and the test's may be apart, in seconds. Both are this machine's.
const NEAR: i64 = 5;

fn shown(env: &TestEnvironment, customer: &str) -> Value {
    env.run(&["-o", "json", "show", customer]).must(0).json()
}

/// The time in this field of the contact that is masked like this.
#[track_caller]
fn time(shown: &Value, masked: &str, field: &str) -> jiff::Timestamp {
    let contacts = shown["contacts"].as_array().unwrap();
    let found =
        contacts.iter().find(|contact| contact["masked"] == masked).unwrap_or_else(|| panic!("{masked}: {shown}"));
    found[field].as_str().unwrap_or_else(|| panic!("{field} of {masked}: {shown}")).parse().unwrap()
}

#[track_caller]
fn is_now(time: jiff::Timestamp) {
    let apart = (jiff::Timestamp::now().as_second() - time.as_second()).abs();
    assert!(apart <= NEAR, "{apart} seconds");
}

/// Gives the customer two addresses (on a domain mail has one value) and two numbers.
fn give(server: &Server, customer: &str) {
    let dn = server.dn(customer);
    server.replace(&dn, "mail", "ada@example.org");
    server.replace(&dn, "mobile", "+44 20 7946 0018");
    server.replace(&dn, "telephoneNumber", "+44 20 7946 0019");
    server.replace(&dn, "preferredLanguage", "de");
}

#[test]
#[ignore = "needs a directory server: TELLONCE_LIVE=active-directory"]
fn a_domain_shows_each_address_with_the_time_of_its_change() {
    let server = Server::start(Kind::ActiveDirectory);
    let env = server.environment();
    give(&server, "ada");
    let now = shown(&env, "ada");
    assert_eq!(now["contacts_unreadable"], serde_json::json!([]));
    for masked in ["a***@example.org", "***18", "***19"] {
        is_now(time(&now, masked, "changed_at"));
    }
    let before = time(&now, "***19", "changed_at");
    let second = || jiff::Timestamp::now().as_second().to_string();
    wait_until("another second than that of the change", second, |now| now > before.as_second().to_string().as_str());
    server.replace(&server.dn("ada"), "mobile", "+44 20 7946 0020");
    env.issue("ada"); // a reset changes the entry, and none of its addresses
    let later = shown(&env, "ada");
    assert_eq!(time(&later, "***19", "changed_at"), before);
    assert!(time(&later, "***20", "changed_at") > before);
    is_now(time(&later, "***20", "changed_at"));
    // The other attributes that a profile may name have the ids of the schema that every domain is made with.
    let all = ["otherTelephone", "otherMobile", "homePhone", "otherHomePhone", "ipPhone"];
    for (number, attribute) in all.iter().enumerate() {
        server.replace(&server.dn("ada"), attribute, &format!("+44 20 7946 003{number}"));
    }
    server.replace(&server.dn("ada"), "otherMailbox", "box@example.org");
    server.replace(&server.dn("ada"), "proxyAddresses", "SMTP:proxy@example.org");
    let more = format!(
        "protected = \"none\"\ncontact_attributes = {{ email = ['otherMailbox', 'proxyAddresses'], phone = {all:?} }}\n"
    );
    let named = shown(&server.environment_with("", &more), "ada");
    for masked in ["b***@example.org", "p***@example.org", "***30", "***31", "***32", "***33", "***34"] {
        is_now(time(&named, masked, "changed_at"));
    }
    // Denied to everybody, it is hidden from the agent and named.
    let denied = "(OD;;RP;f0f8ffa3-1191-11d0-a060-00aa006c33ed;;AU)";
    server.samba_tool(&["dsacl", "set", "--objectdn", &server.dn("ada"), "--sddl", denied]);
    let hidden = shown(&env, "ada");
    assert_eq!(hidden["contacts_unreadable"], serde_json::json!(["the attribute mobile"]), "{hidden}");
}

#[test]
#[ignore = "needs a directory server: TELLONCE_LIVE=openldap"]
fn slapd_shows_each_address_and_since_when_nothing_changed() {
    let server = Server::start(Kind::OpenLdap);
    let env = server.environment();
    give(&server, "ada");
    let dn = server.dn("ada");
    server.change(&format!("dn: {dn}\nchangetype: modify\nadd: mail\nmail: ada@example.net\n"));
    let now = shown(&env, "ada");
    assert_eq!(now["contacts_unreadable"], serde_json::json!([]));
    for masked in ["a***@example.org", "a***@example.net", "***18", "***19"] {
        let since = time(&now, masked, "unchanged_since");
        is_now(since);
        assert_eq!(server.value_of(&dn, "modifyTimestamp"), since.strftime("%Y%m%d%H%M%SZ").to_string());
    }
    server.serve_with(&server.rule(&dn, "mobile", "none"), "", "");
    let hidden = shown(&server.environment(), "ada");
    assert_eq!(hidden["contacts_unreadable"], serde_json::json!(["the attribute mobile"]), "{hidden}");
    let masked = |shown: &Value| shown["contacts"].as_array().unwrap().len();
    assert_eq!((masked(&now), masked(&hidden)), (4, 3));
    let gus = shown(&server.environment(), "gus");
    assert_eq!(gus["contacts_unreadable"], serde_json::json!([]), "an entry without a number has none");
}
