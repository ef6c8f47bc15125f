//! The ids of backends: one for each server and realm or base, however a profile writes it.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

use std::os::unix::fs::symlink;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::{BackendContext, backend_id, own_sender};
use crate::auth::SessionStore;
use crate::config::{Configuration, Folders};
use crate::domain::Channel;
use crate::platform::SystemClock;

/// Returns the id of a profile with these lines.
fn id_in(folders: &Folders, lines: &str) -> String {
    let text = format!("[profiles.a]\n{lines}\n");
    let configuration = Configuration::parse(&text, &folders.config_file()).unwrap();
    backend_id(&configuration.profile(Some("a")).unwrap(), folders).unwrap()
}

fn id(lines: &str) -> String {
    id_in(&Folders::all_in(Path::new("/nowhere")), lines)
}

#[test]
fn a_realm_has_one_id() {
    let keycloak = |url: &str, realm: &str| id(&format!("backend = 'keycloak'\nurl = '{url}'\nrealm = '{realm}'"));
    let one = "keycloak:https://id.example.com/realms/acme";
    for url in [
        "https://id.example.com",
        "https://ID.Example.COM/",
        "HTTPS://id.example.com:443",
        "https://id.example.com:443//",
    ] {
        assert_eq!(keycloak(url, "acme"), one, "{url}");
    }
    let others = [
        keycloak("https://id.example.com", "Acme"), // names of realms differ by case
        keycloak("https://id.example.com:8443", "acme"),
        keycloak("https://id.example.org", "acme"),
        keycloak("http://127.0.0.1:443", "acme"),
        keycloak("https://id.example.com/auth", "acme"),
    ];
    assert!(others.iter().all(|other| other != one), "{others:?}");
    assert_eq!(keycloak("https://id.example.com/auth//", "acme"), others[4]);
}

#[test]
fn a_directory_server_has_one_id_for_a_base() {
    let openldap = |url: &str, base: &str| {
        id(&format!(
            "backend = 'openldap'\nurl = {url}\nbase = '{base}'\ndefault_policy = 'cn=p'\nstart_tls = {}",
            url.contains("ldap:")
        ))
    };
    let base = "ou=customers,dc=example,dc=com";
    let one = "openldap:ldap.example.com:636/ou=customers,dc=example,dc=com";
    for (url, base) in [
        ("'ldaps://ldap.example.com'", base),
        ("'ldaps://LDAP.example.com:636/'", base),
        ("['ldaps://ldap.example.com', 'ldaps://other.example.com']", base),
        ("'ldaps://ldap.example.com'", "OU=Customers, DC=Example , dc = COM"),
        ("'ldaps://ldap.example.com'", "ou=\\63ustomers,dc=example,dc=com"),
    ] {
        assert_eq!(openldap(url, base), one, "{url} {base}");
    }
    for (url, base) in [
        ("'ldaps://ldap.example.com:1636'", base),
        ("'ldap://ldap.example.com'", base),
        ("'ldaps://ldap2.example.com'", base),
        ("['ldaps://other.example.com', 'ldaps://ldap.example.com']", base),
        ("'ldaps://ldap.example.com'", "ou=staff,dc=example,dc=com"),
        ("'ldaps://ldap.example.com'", "ou=customers\\,dc=example,dc=com"),
    ] {
        assert_ne!(openldap(url, base), one, "{url} {base}");
    }
    assert!(openldap("'ldap://ldap.example.com'", base).contains(":389/"));
    assert!(openldap("'ldaps://[2001:DB8::1]'", base).starts_with("openldap:[2001:db8::1]:636/"));
}

#[test]
fn a_domain_has_one_id_on_every_controller() {
    let domain = |url: &str, base: &str| id(&format!("backend = 'active-directory'\nurl = '{url}'\nbase = '{base}'"));
    let one = "active-directory:dc=example,dc=com";
    for (url, base) in [
        ("ldaps://dc1.example.com", "OU=Customers,DC=example,DC=com"),
        ("ldaps://dc2.example.com:636", "ou=staff, dc=EXAMPLE, dc=com"),
        ("ldaps://dc1.example.com", "DC=example,DC=com"),
    ] {
        assert_eq!(domain(url, base), one);
    }
    for base in ["OU=Customers,DC=example,DC=org", "OU=Customers,DC=sub,DC=example,DC=com", "o=acme"] {
        assert_ne!(domain("ldaps://dc1.example.com", base), one);
    }
}

#[test]
fn a_practice_directory_has_the_id_of_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let [real, link, other] = ["real", "link", "other"].map(|name| folder.path().join(name));
    std::fs::create_dir(&real).unwrap();
    symlink(&real, &link).unwrap();
    let practice = |folder: &Path| id_in(&Folders::all_in(folder), "backend = 'practice'");
    let one = practice(&real);
    assert_eq!(one, format!("practice:{}", real.canonicalize().unwrap().display()));
    assert_eq!(practice(&link), one);
    assert_ne!(practice(&other), one);
    let new = practice(&link.join("new"));
    assert_eq!(new, practice(&real.join("new")), "before the folder is made");
    std::fs::create_dir(real.join("new")).unwrap();
    assert_eq!(practice(&link.join("new")), new, "and afterwards");
}

#[test]
fn the_practice_directory_alone_has_a_sender_of_its_own() {
    let home = tempfile::tempdir().unwrap();
    let folders = Folders::all_in(home.path());
    let channels = |lines: &str| {
        let text = format!("[profiles.a]\n{lines}\n");
        let configuration = Configuration::parse(&text, &folders.config_file()).unwrap();
        let context = BackendContext {
            folders: &folders,
            call_timeout: Duration::from_secs(5),
            clock: Arc::new(SystemClock),
            store: Rc::new(SessionStore::new(&folders, "a", Box::new(|_| {}))),
            interceptor: |request| request,
        };
        let opened = own_sender(&configuration.profile(Some("a")).unwrap(), &context);
        opened.map(|sender| sender.map(|sender| sender.channels()))
    };
    assert_eq!(channels("backend = 'practice'").unwrap(), Some(vec![Channel::Email, Channel::Phone]));
    assert_eq!(channels("backend = 'keycloak'\nurl = 'https://id'\nrealm = 'x'").unwrap(), None);
    assert_eq!(channels("backend = 'active-directory'").unwrap(), None);
    assert!(channels("backend = 'practise'").is_err());
}
