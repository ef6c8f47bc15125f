//! What the Keycloak backend leans on, seen on a real server without the tool: should one of these break, the server
//! has changed, and docs/backends/keycloak.md and the backend with it.
//!
//! Live: `TELLONCE_LIVE=keycloak cargo test --test live -- --ignored keycloak_facts::`.

use crate::support::keycloak::{Entered, Grant, Method, Realm, RealmOptions, Rights, Server, old_password};
use serde_json::json;

const CUSTOMER: &str = "ada.lovelace";
const EMAIL: &str = "ada@example.com";
const TEMPORARY: &str = "Temporary-2026";
const NEW: &str = "Chosen-by-me-2026";

fn shipped() -> Realm<'static> {
    Realm::shipped(Server::shared())
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn what_each_agent_may() {
    let realm = Realm::with(Server::shared(), &RealmOptions { fine_grained: true, ..RealmOptions::default() });
    let id = realm.user_id(CUSTOMER);
    // How many are found; read; credentials; reset; log out; whether the policy is shown.
    let rows = [
        (Rights::ManageUsers, Some(1), 200, 200, 204, 204, false),
        (Rights::AndViewRealm, Some(1), 200, 200, 204, 204, true),
        (Rights::AndViewClients, Some(1), 200, 200, 204, 204, true),
        (Rights::ViewUsers, Some(1), 200, 200, 403, 403, false),
        (Rights::QueryUsers, Some(0), 403, 403, 403, 403, false),
        (Rights::FineBlind, Some(0), 403, 403, 204, 403, false),
        (Rights::FineView, Some(1), 200, 200, 204, 403, false),
        (Rights::FineManage, Some(1), 200, 200, 204, 204, false),
        (Rights::Nothing, None, 403, 403, 403, 403, false),
    ];
    for (rights, found, read, credentials, reset, log_out, policy) in rows {
        if !rights.scopes().is_empty() {
            realm.grant_alone(rights);
        }
        let agent = realm.rest_as(&realm.token_of(rights.agent()));
        let status = |method, path: String, body| agent.call(method, &path, body).status;
        let search = agent.call(Method::GET, &format!("/users?username={CUSTOMER}&exact=true"), None);
        let count = (search.status == 200).then(|| search.json().as_array().unwrap().len());
        assert_eq!(count, found, "{rights:?} searches");
        assert_eq!(status(Method::GET, format!("/users/{id}"), None), read, "{rights:?} reads");
        assert_eq!(status(Method::GET, format!("/users/{id}/credentials"), None), credentials, "{rights:?}");
        let body = json!({ "type": "password", "value": TEMPORARY, "temporary": true });
        assert_eq!(status(Method::PUT, format!("/users/{id}/reset-password"), Some(body)), reset, "{rights:?} sets");
        assert_eq!(status(Method::POST, format!("/users/{id}/logout"), None), log_out, "{rights:?} logs out");
        let shown = agent.call(Method::GET, "", None);
        assert_eq!(shown.status == 200 && shown.json()["passwordPolicy"].is_string(), policy, "{rights:?}");
        if read == 200 {
            let access = agent.get(&format!("/users/{id}"))["access"].clone();
            if rights.scopes().is_empty() {
                assert_eq!(access["manage"] == true, reset == 204, "{rights:?}: {access}");
            } else {
                assert_eq!(access["resetPassword"] == true, reset == 204, "{rights:?}: {access}");
            }
        }
    }
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn what_a_reset_answers() {
    let realm = shipped();
    let refused = realm.set_temporary(CUSTOMER, "short").unwrap_err();
    assert!(refused["error"].as_str().unwrap().starts_with("invalidPassword"), "{refused}");
    assert!(refused["error_description"].as_str().unwrap().contains("12"), "{refused}");
    assert_eq!(realm.required_actions(CUSTOMER), Vec::<String>::new(), "a refusal changes nothing");
    let before = realm.password_set_at(CUSTOMER);
    realm.set_temporary(CUSTOMER, TEMPORARY).unwrap();
    assert_eq!(realm.required_actions(CUSTOMER), ["UPDATE_PASSWORD"]);
    assert!(realm.password_set_at(CUSTOMER) > before);
    let unknown = realm.rest().call(Method::GET, "/users/8d0c4b0e-0000-0000-0000-000000000000", None);
    assert_eq!((unknown.status, unknown.json()["error"].as_str()), (404, Some("User not found")));
    realm.set_temporary("barbara.liskov", TEMPORARY).unwrap(); // even of a realm's administrator
    realm.set_temporary("alan.turing", TEMPORARY).unwrap(); // and of a disabled user, who cannot sign in with it
    assert_eq!(realm.password_grant("alan.turing", TEMPORARY).refusal(), "Account disabled");
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn what_a_customer_is_told() {
    let realm = shipped();
    assert!(matches!(realm.browser().sign_in(CUSTOMER, old_password()), Entered::SignedIn(_)));
    realm.set_temporary(CUSTOMER, TEMPORARY).unwrap();
    let words = |password| match realm.password_grant(CUSTOMER, password) {
        Grant::Refused(400 | 401, _, words) => words,
        other => panic!("{other:?}"),
    };
    assert_eq!(words(TEMPORARY), "Account is not fully set up");
    assert_eq!(words("temporary-2026"), "Invalid user credentials");
    assert_eq!(words(old_password()), "Invalid user credentials");
    assert_eq!(realm.browser().sign_in(CUSTOMER, old_password()).refused(), "Invalid username or password.");
    let customer = realm.browser();
    let form = customer.sign_in(CUSTOMER, TEMPORARY).change_required();
    // The page's title holds the realm's random name, in which any digits may stand.
    let below = form.says.split_once("Update password").expect(&form.says).1;
    assert!(below.contains("New Password") && !below.contains("12"), "the page lists no rules: {below}");
    assert_eq!(customer.choose(&form, "short").refused(), "Invalid password: minimum length 12.");
    let code = realm.browser().sign_in_and_choose(CUSTOMER, TEMPORARY, NEW).signed_in();
    assert!(realm.knows(&realm.redeem(&code).given().access));
    assert_eq!(realm.required_actions(CUSTOMER), Vec::<String>::new());
    assert_eq!(realm.browser().sign_in(CUSTOMER, TEMPORARY).refused(), "Invalid username or password.");
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn the_mail_works_while_a_temporary_password_is_pending_and_clears_it() {
    let realm = shipped();
    let earlier = realm.browser().forgot_password(CUSTOMER, EMAIL).link();
    realm.set_temporary(CUSTOMER, TEMPORARY).unwrap();
    realm.browser().redeem_mailed(&earlier, NEW).signed_in();
    assert_eq!(realm.required_actions(CUSTOMER), Vec::<String>::new(), "by a link mailed earlier");
    realm.set_temporary(CUSTOMER, TEMPORARY).unwrap();
    let later = realm.browser().forgot_password(EMAIL, EMAIL).link();
    realm.browser().redeem_mailed(&later, "Chosen-by-mail-2026").signed_in();
    assert_eq!(realm.required_actions(CUSTOMER), Vec::<String>::new(), "and by one asked for since");
    realm.browser().redeem_mailed(&later, "Chosen-by-mail-2027").refused();
    assert!(realm.sink().mails().iter().all(|mail| !mail.text().contains(TEMPORARY)));
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_live_session_can_choose_without_the_temporary_password_until_it_is_logged_out() {
    let realm = shipped();
    let (thief, other) = (realm.browser(), realm.browser());
    thief.sign_in(CUSTOMER, old_password()).signed_in();
    other.sign_in(CUSTOMER, old_password()).signed_in();
    realm.set_temporary(CUSTOMER, TEMPORARY).unwrap();
    let form = thief.open_update().expect("the session goes on");
    thief.choose(&form, NEW).signed_in();
    realm.set_temporary(CUSTOMER, TEMPORARY).unwrap();
    realm.log_out(CUSTOMER);
    assert_eq!(realm.sessions(CUSTOMER), 0);
    assert!(!thief.is_signed_in() && !other.is_signed_in());
    assert!(other.open_update().is_none());
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_form_opened_earlier_survives_a_newer_password_and_the_log_out() {
    let realm = shipped();
    realm.set_temporary(CUSTOMER, TEMPORARY).unwrap();
    let earlier = realm.browser();
    let form = earlier.sign_in(CUSTOMER, TEMPORARY).change_required();
    realm.set_temporary(CUSTOMER, "Temporary-2027").unwrap();
    realm.log_out(CUSTOMER);
    assert_eq!(realm.browser().sign_in(CUSTOMER, TEMPORARY).refused(), "Invalid username or password.");
    earlier.choose(&form, NEW).signed_in();
    assert_eq!(realm.required_actions(CUSTOMER), Vec::<String>::new());
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn without_a_history_the_temporary_password_may_be_kept() {
    let realm = shipped();
    realm.set_temporary(CUSTOMER, TEMPORARY).unwrap();
    realm.browser().sign_in_and_choose(CUSTOMER, TEMPORARY, TEMPORARY).signed_in();
    let policy = "length(12) and passwordHistory(1)".to_owned();
    let realm = Realm::with(Server::shared(), &RealmOptions { policy, ..RealmOptions::default() });
    realm.set_temporary(CUSTOMER, TEMPORARY).unwrap();
    let words = realm.browser().sign_in_and_choose(CUSTOMER, TEMPORARY, TEMPORARY).refused();
    assert!(words.contains("last 1 passwords"), "{words}");
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_lock_makes_the_right_password_look_wrong_and_a_reset_does_not_lift_it() {
    let realm = Realm::with(Server::shared(), &RealmOptions { brute_force: true, ..RealmOptions::default() });
    let lock = format!("/attack-detection/brute-force/users/{}", realm.user_id(CUSTOMER));
    // One after the other, each counted before the next: what is sent at once may count as one.
    for _ in 0..20 {
        realm.password_grant(CUSTOMER, "wrong").refusal();
        if realm.rest().get(&lock)["disabled"] == true {
            break;
        }
    }
    assert_eq!(realm.rest().get(&lock)["disabled"], true);
    realm.set_temporary(CUSTOMER, TEMPORARY).unwrap();
    assert_eq!(realm.password_grant(CUSTOMER, TEMPORARY).refusal(), "Invalid user credentials");
    realm.rest().delete(&lock);
    assert_eq!(realm.password_grant(CUSTOMER, TEMPORARY).refusal(), "Account is not fully set up");
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_refresh_token_used_twice_ends_the_session_where_rotation_is_on() {
    let options = RealmOptions { refresh_rotation: true, ..RealmOptions::default() };
    let realm = Realm::with(Server::shared(), &options);
    let first = realm.password_grant("sam", old_password()).given().refresh.unwrap();
    let second = realm.refresh("shop", &first).given().refresh.unwrap();
    realm.refresh("shop", &first).refusal();
    realm.refresh("shop", &second).refusal();
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn agents_sign_in_by_device_code_and_scripts_by_secret() {
    let options = RealmOptions { robot: Some(Rights::ManageUsers), ..RealmOptions::default() };
    let realm = Realm::with(Server::shared(), &options);
    let device = realm.begin_device();
    assert!(matches!(realm.poll_device(&device), Grant::Refused(400, error, _) if error == "authorization_pending"));
    realm.browser().approve_device(&device.verification_uri_complete, "sam", old_password()).unwrap();
    let refused = realm.begin_device();
    realm.browser().refuse_device(&refused.verification_uri_complete, "sam", old_password()).unwrap();
    assert!(matches!(realm.poll_device(&refused), Grant::Refused(400, error, _) if error == "access_denied"));
    // The first poll counted: the next one may be told to slow down.
    let tokens = loop {
        match realm.poll_device(&device) {
            Grant::Refused(400, error, _) if error == "slow_down" => {
                std::thread::sleep(std::time::Duration::from_secs(1)); // the interval that the client is set to
            }
            answer => break answer.given(),
        }
    };
    assert!(realm.knows(&tokens.access));
    let robot = realm.client_credentials("robot", &realm.robot_secret()).given();
    let id = realm.user_id(CUSTOMER);
    assert_eq!(realm.rest_as(&robot.access).get(&format!("/users/{id}"))["username"], CUSTOMER);
    assert!(
        matches!(realm.client_credentials("robot", "wrong"), Grant::Refused(401, error, _) if error == "unauthorized_client")
    );
}
