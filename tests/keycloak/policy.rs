//! Policies that the agent sees in part, or not at all: met, and told as far as they are known.

use super::desk::{Desk, PROTECTED};
use super::rig::{Entered, Realm, RealmOptions, Rights, Server};

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_policy_with_a_pattern_is_met_by_what_else_it_says_and_a_hidden_one_by_its_refusals() {
    let policy = "maxLength(14) and upperCase(3) and digits(2) and regexPattern(^[^ ]+$)";
    let realm = Realm::with(Server::shared(), &RealmOptions { policy: String::new(), ..RealmOptions::default() });
    let cheap = "hashAlgorithm(pbkdf2-sha512) and hashIterations(1)";
    realm.change(serde_json::json!({ "passwordPolicy": format!("{policy} and {cheap}") }));
    for (rights, customer, known) in [
        (
            Rights::AndViewRealm,
            "ada.lovelace",
            &["at most 14 characters", "at least 3 capital letters", "at least 2 digits"][..],
        ),
        (Rights::ManageUsers, "mary.jackson", &["at most 14 characters"]),
    ] {
        let desk = Desk::of_with(&realm, rights, PROTECTED);
        let told = desk.reset(customer).must(0).json();
        assert_eq!(told["rules_are_all"], false, "{told}");
        let rules: Vec<&str> = told["rules"].as_array().unwrap().iter().map(|rule| rule.as_str().unwrap()).collect();
        assert!(known.iter().all(|rule| rules.contains(rule)), "{rules:?}");
        assert!(told["next_steps"].to_string().contains("The rules, at least these: at most 14 characters"), "{told}");
        let password = told["temporary_password"].as_str().unwrap();
        assert!(password.len() <= 14);
        assert!(matches!(realm.browser().sign_in(customer, password), Entered::ChangeRequired(_)));
    }
}
