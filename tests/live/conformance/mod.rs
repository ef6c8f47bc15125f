//! The conformance story on real servers. A backend joins with a driver, and by passing.

mod cognito;
mod keycloak;
mod ldap;

use std::collections::BTreeSet;

use crate::support::cognito::Emulator;
use crate::support::keycloak::{Realm, RealmOptions, Server};
use tellonce::domain::Gap;

use self::cognito::{CognitoDriver, Setup};
use self::keycloak::{Customers, KeycloakDriver};
use crate::support::conformance::{play, wait_for};

/// What a realm as shipped does not keep.
fn as_shipped() -> BTreeSet<Gap> {
    BTreeSet::from([
        Gap::StampNamesNoAuthor,
        Gap::NotProved,
        Gap::RulesNotListed,
        Gap::TemporaryMayBeKept,
        Gap::SelfServiceWhilePending,
        Gap::OpenFormOutlives,
        Gap::NeverRunsOut,
    ])
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_keycloak_realm_as_shipped_keeps_what_doctor_says() {
    let folder = tempfile::tempdir().unwrap();
    let realm = Realm::shipped(Server::shared());
    let driver = KeycloakDriver::new(realm, folder.path(), Customers::Realm, as_shipped());
    wait_for(play(&driver, folder.path()));
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_keycloak_realm_hardened_by_setup_keeps_e_mail_resets_out_while_one_is_pending() {
    let folder = tempfile::tempdir().unwrap();
    let realm = Realm::shipped(Server::shared());
    keycloak::prepare(&realm);
    let gaps = &as_shipped() - &BTreeSet::from([Gap::TemporaryMayBeKept, Gap::SelfServiceWhilePending]);
    let driver = KeycloakDriver::new(realm, folder.path(), Customers::Realm, gaps);
    wait_for(play(&driver, folder.path()));
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn with_password_history_the_temporary_one_cannot_be_kept_and_customers_may_come_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let options = RealmOptions {
        policy: "length(12) and upperCase(1) and digits(1) and passwordHistory(3)".to_owned(),
        refresh_rotation: true,
        brute_force: true,
        more: serde_json::json!({ "failureFactor": 30, "quickLoginCheckMilliSeconds": 0 }), // the story itself fails to sign in more often than three times
        ..RealmOptions::default()
    };
    let realm = Realm::with(Server::shared(), &options);
    let gaps = &as_shipped() - &BTreeSet::from([Gap::TemporaryMayBeKept]);
    let driver = KeycloakDriver::new(realm, folder.path(), Customers::Csv, gaps).locking_after(30);
    wait_for(play(&driver, folder.path()));
}

#[test]
#[ignore = "needs slapd: TELLONCE_LIVE=openldap"]
fn openldap_keeps_what_doctor_says() {
    let folder = tempfile::tempdir().unwrap();
    let driver = ldap::LdapDriver::new(ldap::Server::start(ldap::Kind::OpenLdap, folder.path()), folder.path());
    wait_for(play(&driver, folder.path()));
}

#[test]
#[ignore = "needs Samba as a domain controller, and root: TELLONCE_LIVE=active-directory"]
fn active_directory_keeps_what_doctor_says() {
    let folder = tempfile::tempdir().unwrap();
    let driver = ldap::LdapDriver::new(ldap::Server::start(ldap::Kind::ActiveDirectory, folder.path()), folder.path());
    wait_for(play(&driver, folder.path()));
}

fn play_on(emulator: Emulator, setup: Setup) {
    let folder = tempfile::tempdir().unwrap();
    let driver = CognitoDriver::new(emulator, setup, folder.path());
    wait_for(play(&driver, folder.path()));
}

#[test]
#[ignore = "needs Cognito's emulators: TELLONCE_LIVE=cognito"]
fn a_pool_on_ministack_keeps_what_doctor_says() {
    play_on(Emulator::Ministack, Setup::PoolWithProof);
}

#[test]
#[ignore = "needs Cognito's emulators: TELLONCE_LIVE=cognito"]
fn a_pool_on_ministack_without_a_proof_keeps_what_doctor_says() {
    play_on(Emulator::Ministack, Setup::Pool);
}

#[test]
#[ignore = "needs Cognito's emulators: TELLONCE_LIVE=cognito"]
fn a_pool_on_ministack_with_customers_from_a_file_keeps_what_doctor_says() {
    play_on(Emulator::Ministack, Setup::Csv);
}

#[test]
#[ignore = "needs Cognito's emulators: TELLONCE_LIVE=cognito"]
fn a_pool_on_moto_keeps_what_doctor_says() {
    play_on(Emulator::Moto, Setup::PoolWithProof);
}

#[test]
#[ignore = "needs Cognito's emulators: TELLONCE_LIVE=cognito"]
fn a_pool_on_moto_with_customers_from_a_file_keeps_what_doctor_says() {
    play_on(Emulator::Moto, Setup::Csv);
}
