//! One run of the customer's side in a real browser: what the form posts of the other live tests stand for.
//!
//! Live: `TELLONCE_LIVE=keycloak cargo test --test live -- --ignored keycloak_chromium::`; needs `chromium` (Debian's package).

use crate::support::TestEnvironment;
use crate::support::chromium::Chromium;
use crate::support::fault_proxy::FaultProxy;
use crate::support::keycloak::{Realm, Rights, Server};

#[test]
#[ignore = "needs a Keycloak server and chromium: TELLONCE_LIVE=keycloak"]
fn a_customer_gets_back_in() {
    let realm = Realm::shipped(Server::shared());
    let env = TestEnvironment::for_agent_with(&realm, Rights::AndViewRealm, "protected = 'none'");
    let ran = env.run(&["reset", "ada.lovelace", "--yes", "--reveal", "stdout"]).must(0);
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
