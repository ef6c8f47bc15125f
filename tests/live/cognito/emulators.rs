//! The rig itself: pools, customers in every state, agents with the rights they are given, and the customer's side.

use serde_json::json;

use crate::support::TestEnvironment;
use crate::support::cognito::{
    CustomerState, Emulator, Entered, FIND, Keys, Pool, PoolOptions, RESET, Server, old_password,
};

const EVERY: [Emulator; 2] = [Emulator::Ministack, Emulator::Moto];

/// A pool with a customer in every state; the state is the name.
fn pool_of_every_state(emulator: Emulator) -> (Pool, Vec<(CustomerState, String, &'static str)>) {
    let pool = Pool::with(Server::shared(emulator), &PoolOptions::default());
    let mut customers = Vec::new();
    for (state, status) in [
        (CustomerState::Confirmed, "CONFIRMED"),
        (CustomerState::Unconfirmed, "UNCONFIRMED"),
        (CustomerState::ForceChangePassword, "FORCE_CHANGE_PASSWORD"),
        (CustomerState::ResetRequired, "RESET_REQUIRED"),
        (CustomerState::Disabled, "CONFIRMED"),
    ] {
        let name = format!("{state:?}").to_lowercase();
        let email = format!("{name}@example.com");
        pool.add(&name, &[("email", &email), ("email_verified", "true")], state);
        customers.push((state, name, status));
    }
    if pool.can_be(CustomerState::ExternalProvider) {
        let name = pool.add_federated("fay", "fay@example.com");
        customers.push((CustomerState::ExternalProvider, name, "EXTERNAL_PROVIDER"));
    }
    (pool, customers)
}

#[test]
#[ignore = "needs Cognito's emulators: TELLONCE_LIVE=cognito"]
fn customers_are_in_the_state_that_a_test_asks_for() {
    for emulator in EVERY {
        let (pool, customers) = pool_of_every_state(emulator);
        for (state, name, status) in customers {
            let user = pool.user(&name);
            assert_eq!(user["UserStatus"], *status, "{emulator:?} {name}: {user}");
            assert_eq!(user["Enabled"], (state != CustomerState::Disabled), "{emulator:?} {name}: {user}");
            let entered = pool.customers().sign_in(&name, old_password());
            match (state, &entered) {
                (CustomerState::Confirmed, Entered::In(_))
                | (CustomerState::ForceChangePassword, Entered::ChangeRequired(_)) => {}
                // moto lets them in all the same.
                (CustomerState::ResetRequired, Entered::In(_)) => assert_ne!(emulator, Emulator::Ministack),
                (CustomerState::ResetRequired, Entered::Refused(why)) => {
                    assert_eq!(why.code, "PasswordResetRequiredException", "{emulator:?}");
                }
                (CustomerState::Unconfirmed, Entered::Refused(why)) => {
                    assert_eq!(why.code, "UserNotConfirmedException", "{emulator:?}");
                }
                (CustomerState::Disabled, Entered::Refused(why)) => {
                    assert_eq!(why.code, "NotAuthorizedException", "{emulator:?}");
                }
                // AWS knows no password of theirs; ministack takes any.
                (CustomerState::ExternalProvider, Entered::In(_)) => assert_eq!(emulator, Emulator::Ministack),
                _ => panic!("{emulator:?} {name}: {entered:?}"),
            }
        }
    }
}

#[test]
#[ignore = "needs Cognito's emulators: TELLONCE_LIVE=cognito"]
fn an_app_client_with_a_secret_needs_its_hash() {
    for emulator in EVERY {
        let pool = Pool::with(Server::shared(emulator), &PoolOptions::default());
        pool.add("ada", &[], CustomerState::Confirmed);
        let mut app = pool.app_client(true, &json!({}));
        assert!(matches!(pool.customers_by(&app).sign_in("ada", old_password()), Entered::In(_)), "{emulator:?}");
        app.secret = None;
        let entered = pool.customers_by(&app).sign_in("ada", old_password());
        // moto looks at the hash of other flows alone.
        assert_eq!(matches!(entered, Entered::In(_)), emulator != Emulator::Ministack, "{emulator:?}: {entered:?}");
    }
}

#[test]
#[ignore = "needs Cognito's emulators: TELLONCE_LIVE=cognito"]
fn agents_have_the_rights_that_they_are_given_and_no_others() {
    for emulator in EVERY {
        let server = Server::shared(emulator);
        let pool = Pool::with(server, &PoolOptions { region: "eu-west-1", ..PoolOptions::default() });
        let sub = pool.add("ada", &[], CustomerState::Confirmed);
        let viewer = pool.agent("viewer", FIND);
        let entitled = pool.agent("agent", &[FIND, RESET].concat());
        let call = |keys: &Keys, action: &str, mut input: serde_json::Value| {
            input["UserPoolId"] = json!(pool.id());
            pool.call_as(keys, action, input).map_err(|refusal| refusal.code)
        };
        let user = call(&viewer.keys, "AdminGetUser", json!({ "Username": "ada" })).unwrap();
        assert!(user.to_string().contains(&sub), "{emulator:?}: {user}");
        let set = json!({ "Username": "ada", "Password": "Another-password-1", "Permanent": false });
        let refused = call(&viewer.keys, "AdminSetUserPassword", set.clone());
        let wrong = call(&entitled.with_wrong_secret().keys, "AdminGetUser", json!({ "Username": "ada" }));
        if emulator == Emulator::Moto {
            assert!(refused.is_ok() && wrong.is_ok(), "moto checks neither rights nor signatures");
        } else {
            assert_eq!(refused.unwrap_err(), "AccessDeniedException", "{emulator:?}");
            assert_eq!(wrong.unwrap_err(), "InvalidSignatureException", "{emulator:?}");
            call(&entitled.keys, "AdminSetUserPassword", set).unwrap();
        }
        pool.grant(&entitled, FIND);
        let taken = call(&entitled.keys, "AdminUserGlobalSignOut", json!({ "Username": "ada" }));
        assert_eq!(taken.is_ok(), emulator == Emulator::Moto, "{emulator:?}: {taken:?}");
    }
}

#[test]
#[ignore = "needs Cognito's emulators: TELLONCE_LIVE=cognito"]
fn a_global_sign_out_ends_tokens_at_the_pool_and_not_in_an_app_that_asks_nobody() {
    for emulator in EVERY {
        let pool = Pool::with(Server::shared(emulator), &PoolOptions::default());
        pool.add("ada", &[], CustomerState::Confirmed);
        let customers = pool.customers();
        let Entered::In(tokens) = customers.sign_in("ada", old_password()) else { panic!("{emulator:?}: not in") };
        assert!(customers.is_let_in_by(&tokens) && customers.renews("ada", &tokens), "{emulator:?}");
        pool.call("AdminUserGlobalSignOut", json!({ "Username": "ada" }));
        assert!(!customers.is_let_in_by(&tokens) && !customers.renews("ada", &tokens), "{emulator:?}");
        assert!(tokens.lasts(), "{emulator:?}");
    }
}

#[test]
#[ignore = "needs Cognito's emulators: TELLONCE_LIVE=cognito"]
fn a_code_by_mail_works_once() {
    for emulator in EVERY {
        let pool = Pool::with(Server::shared(emulator), &PoolOptions::default());
        pool.add("ada", &[("email", "ada@example.com"), ("email_verified", "true")], CustomerState::Confirmed);
        let customers = pool.customers();
        let code = customers.forgot_password("ada").unwrap();
        customers.confirm_forgot_password("ada", &code, "Chosen-by-mail-2026").unwrap();
        assert!(customers.confirm_forgot_password("ada", &code, "Chosen-by-mail-2027").is_err(), "{emulator:?}");
        assert!(matches!(customers.sign_in("ada", "Chosen-by-mail-2026"), Entered::In(_)), "{emulator:?}");
        let mails = pool.server().mails_to("ada@example.com");
        assert_eq!(mails.iter().any(|mail| mail.contains(&code)), emulator == Emulator::Ministack, "{mails:?}");
    }
}

#[test]
#[ignore = "needs Cognito's emulators: TELLONCE_LIVE=cognito"]
fn a_set_moves_the_date_except_on_moto() {
    for emulator in EVERY {
        let pool = Pool::with(Server::shared(emulator), &PoolOptions::default());
        pool.add("ada", &[], CustomerState::Confirmed);
        let date = || pool.user("ada")["UserLastModifiedDate"].as_f64().unwrap();
        let before = date();
        pool.call(
            "AdminSetUserPassword",
            json!({ "Username": "ada", "Password": "Another-password-1", "Permanent": false }),
        );
        let after_set = date();
        assert_eq!(after_set > before, emulator != Emulator::Moto, "{emulator:?}");
        pool.edit("ada", &[("given_name", "Ada")]);
        assert!(date() > after_set, "{emulator:?}: an edit moves it");
    }
}

/// The home of an agent has what the tool needs. Where a set leaves the stamp as it is, the first one is shown by the status
/// that it changed. Without a sign-in that proves the second, the tool cannot tell the server from a copy that does not
/// know it yet.
#[test]
#[ignore = "needs Cognito's emulators: TELLONCE_LIVE=cognito"]
fn another_reset_without_a_proof_is_refused_where_a_set_moves_no_date() {
    for emulator in EVERY {
        let pool = Pool::with(Server::shared(emulator), &PoolOptions::default());
        pool.add("ada", &[("email", "ada@example.com")], CustomerState::Confirmed);
        let agent = pool.agent("agent", &[FIND, RESET].concat());
        let env = TestEnvironment::for_agent_of_pool(&agent, &format!("{}protected = 'none'\n", pool.profile()));
        let reset = || env.run(&["-o", "json", "reset", "ada", "--yes", "--reveal", "stdout"]);
        let works = |json: &serde_json::Value| {
            let temporary = json["temporary_password"].as_str().unwrap();
            assert!(matches!(pool.customers().sign_in("ada", temporary), Entered::ChangeRequired(_)), "{json}");
        };
        works(&reset().must(0).json());
        if emulator == Emulator::Moto {
            assert_eq!(reset().must(9).error()["reason"], "not_replicated");
        } else {
            works(&reset().must(0).json());
        }
    }
}
