//! One run of the customer's side in a real browser: what the form posts of the other live tests stand for.
//!
//! Live: `TELLONCE_LIVE=keycloak cargo test --test keycloak_chromium -- --ignored`; needs `chromium` (Debian's package).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop at what it does not expect"
)]

use chromium::Chromium;
use fault_proxy::FaultProxy;
use home::{BINARY, Home, Ran};
use rig::{Realm, Rights, Server};

mod chromium;
#[path = "../support/fault_proxy.rs"]
mod fault_proxy;
#[path = "../support/home.rs"]
mod home;
#[path = "../support/keycloak/mod.rs"]
mod rig;

#[test]
#[ignore = "needs a Keycloak server and chromium: TELLONCE_LIVE=keycloak"]
fn a_customer_gets_back_in() {
    let realm = Realm::shipped(Server::shared());
    let home = Home::new();
    let text = format!(
        "default = 'live'\n[profiles.live]\nbackend = 'keycloak'\nurl = '{}'\nrealm = '{}'\nprotected = 'none'\n",
        realm.url(),
        realm.name(),
    );
    std::fs::write(home.path().join("config.toml"), text).unwrap();
    let token = realm.token_of(Rights::AndViewRealm.agent());
    let mut reset = home.command(BINARY);
    reset.args(["reset", "ada.lovelace", "--yes", "--reveal", "stdout"]).env("TELLONCE_TOKEN", token);
    let ran = Ran::of(&reset.output().unwrap()).must(0);
    let temporary = ran.stdout.trim_end();

    let shop = FaultProxy::witness();
    let callback = format!("{}/callback", shop.address());
    let query = [("client_id", "shop"), ("response_type", "code"), ("scope", "openid"), ("redirect_uri", &callback)];
    let address = format!("{}/protocol/openid-connect/auth", realm.issuer());
    let address = reqwest::Url::parse_with_params(&address, query).unwrap();

    let mut browser = Chromium::start();
    browser.go(address.as_str());
    browser.type_into("username", "ada.lovelace");
    browser.type_into("password", temporary);
    browser.enter();
    assert!(browser.text().contains("Update password"), "{}", browser.text());

    browser.type_into("password-new", "short");
    browser.type_into("password-confirm", "short");
    browser.enter();
    assert!(browser.text().contains("minimum length 12"), "{}", browser.text());
    assert_eq!(shop.count("GET", "/callback"), 0, "not in yet");

    browser.type_into("password-new", "Chosen-by-me-2026");
    browser.type_into("password-confirm", "Chosen-by-me-2026");
    browser.enter();
    assert_eq!(shop.count("GET", "code="), 1, "in: the shop got its code");
    assert_eq!(realm.required_actions("ada.lovelace"), Vec::<String>::new());
    realm.password_grant("ada.lovelace", "Chosen-by-me-2026").given();
    realm.password_grant("ada.lovelace", temporary).refusal();
}
