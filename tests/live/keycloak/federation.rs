//! Users from a real LDAP federation: a password is set only if the realm itself keeps it.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Command;

use serde_json::json;

use crate::support::TestEnvironment;
use crate::support::keycloak::{Chosen, Entered, Realm, RealmOptions, Rights, Server, ServerOptions};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/slapd.sh");

/// A slapd of the test's own.
struct Slapd {
    folder: tempfile::TempDir,
    values: HashMap<String, String>,
}

impl Slapd {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let started = Command::new(SCRIPT).arg("start").arg(folder.path().join("server")).output().unwrap();
        assert!(started.status.success(), "{started:?}");
        let told = String::from_utf8(started.stdout).unwrap();
        let values = told.lines().filter_map(|line| line.strip_prefix("export TELLONCE_OPENLDAP_")?.split_once('='));
        let values = values.map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned())).collect();
        Self { folder, values }
    }

    fn authority(&self) -> PathBuf {
        PathBuf::from(&self.values["CA"])
    }

    /// The realm takes its users from here.
    fn feed(&self, realm: &Realm<'_>, mode: &str) {
        let value = |name: &str| json!([self.values[name]]);
        let component = json!({
            "name": "head-office", "providerId": "ldap", "providerType": "org.keycloak.storage.UserStorageProvider",
            "config": {
                "editMode": [mode], "vendor": ["other"], "connectionUrl": value("URL"), "authType": ["simple"],
                "bindDn": value("ADMIN"), "bindCredential": value("ADMIN_PW"), "usersDn": value("OU"),
                "usernameLDAPAttribute": ["uid"], "rdnLDAPAttribute": ["uid"], "uuidLDAPAttribute": ["entryUUID"],
                "userObjectClasses": ["inetOrgPerson"], "searchScope": ["1"], "useTruststoreSpi": ["always"],
                "importEnabled": ["true"], "enabled": ["true"], "priority": ["0"], "pagination": ["false"],
            },
        });
        realm.rest().post("/components", component);
    }

    /// Reports whether the directory itself accepts this password.
    fn takes(&self, username: &str, password: &str) -> bool {
        let bound = Command::new("ldapwhoami")
            .args(["-x", "-H", &self.values["URL"], "-w", password, "-D"])
            .arg(format!("uid={username},{}", self.values["OU"]))
            .env("LDAPTLS_CACERT", self.authority())
            .output()
            .unwrap();
        bound.status.success()
    }
}

impl Drop for Slapd {
    fn drop(&mut self) {
        drop(Command::new(SCRIPT).arg("stop").arg(self.folder.path().join("server")).status());
    }
}

#[test]
#[ignore = "needs a Keycloak server and slapd: TELLONCE_LIVE=keycloak,openldap"]
fn a_password_that_another_directory_keeps_is_not_set_and_one_of_the_realms_own_is() {
    let live = std::env::var("TELLONCE_LIVE").unwrap_or_default();
    let is_named = live.split(',').any(|name| name == "openldap");
    assert!(is_named, "this test needs TELLONCE_LIVE=keycloak,openldap");
    let directory = Slapd::start();
    let flags = format!("--truststore-paths={}", directory.authority().display());
    let server = Server::start(ServerOptions { flags, ..ServerOptions::default() });
    let old = &directory.values["CUSTOMER_PW"];
    for mode in ["READ_ONLY", "WRITABLE"] {
        let realm = federated(&server, &directory, mode);
        for (rights, named) in [(Rights::AndViewRealm, "head-office"), (Rights::ManageUsers, "directory")] {
            let env = TestEnvironment::for_agent(&realm, rights);
            let error = env.reset("gus", &["-o", "json"]).must(7).error();
            assert_eq!((&error["reason"], &error["changed"]), (&"external".into(), &"no".into()), "{mode}");
            assert!(error["message"].as_str().unwrap().contains(named), "{mode}: {error}");
            let shown = env.run(&["-o", "json", "show", "gus"]).must(0).json();
            assert_eq!((&shown["status"], &shown["action"]), (&"external".into(), &"none".into()), "{mode}");
        }
        assert!(directory.takes("gus", old), "{mode}: nothing was changed there");
        assert!(matches!(realm.browser().sign_in("gus", old), Entered::SignedIn(_)), "{mode}");
    }
    // Changes stay in the realm: the reset creates a local password, which counts from now on.
    let realm = federated(&server, &directory, "UNSYNCED");
    assert_eq!(
        TestEnvironment::for_agent(&realm, Rights::ManageUsers).reset("gus", &["-o", "json"]).must(7).error()["reason"],
        "external",
        "not readable"
    );
    let env = TestEnvironment::for_agent(&realm, Rights::AndViewRealm);
    let password = env.reset("gus", &["-o", "json"]).must(0).json()["temporary_password"].as_str().unwrap().to_owned();
    assert!(matches!(realm.browser().sign_in("gus", old), Entered::Refused(_)), "the old one is out");
    // Without a password of the realm's own, the directory's would open the form for a new one.
    env.run(&["withdraw", "gus", "--yes"]).must(0);
    for known in [old.as_str(), &password] {
        assert!(
            matches!(realm.browser().sign_in("gus", known), Entered::Refused(_)),
            "withdrawn, and the old one is out"
        );
    }
    assert_eq!(env.run(&["-o", "json", "show", "gus"]).must(0).json()["withdrawn"], true);
    let password = env.reset("gus", &["-o", "json"]).must(0).json()["temporary_password"].as_str().unwrap().to_owned();
    assert!(matches!(realm.browser().sign_in_and_choose("gus", &password, "Chosen-by-me-2026"), Chosen::SignedIn(_)));
    assert!(directory.takes("gus", old) && !directory.takes("gus", &password), "the directory was left alone");
    TestEnvironment::for_agent(&realm, Rights::ManageUsers).reset("gus", &["-o", "json"]).must(0); // there is a password of the realm's own now
}

fn federated<'a>(server: &'a Server, directory: &Slapd, mode: &str) -> Realm<'a> {
    let realm = Realm::with(server, &RealmOptions::default());
    directory.feed(&realm, mode);
    realm
}
