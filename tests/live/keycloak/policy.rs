//! Policies that the agent can read, can read in part, or cannot read: they are met, and shown as far as they are known.

use crate::support::TestEnvironment;
use crate::support::keycloak::{Entered, PROTECTED, Realm, RealmOptions, Rights, Server};

/// Makes hashing cheap.
const CHEAP: &str = "hashAlgorithm(pbkdf2-sha512) and hashIterations(1)";
/// The pattern of a realm that takes no dash: only letters, digits and these special characters.
const NO_DASH: &str = r"^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[@$!%*?&])[A-Za-z\d@$!%*?&]{8,}$";

/// Returns a realm with this policy. Its users have passwords already, which need not meet it.
fn realm_with(policy: &str) -> Realm<'static> {
    let realm = Realm::with(Server::shared(), &RealmOptions { policy: String::new(), ..RealmOptions::default() });
    realm.change(serde_json::json!({ "passwordPolicy": format!("{policy} and {CHEAP}") }));
    realm
}

fn texts(value: &serde_json::Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

/// Resets, signs in with the temporary password, and returns the JSON of the reset.
fn reset(realm: &Realm<'_>, rights: Rights, customer: &str) -> serde_json::Value {
    let told =
        TestEnvironment::for_agent_with(realm, rights, PROTECTED).reset(customer, &["-o", "json"]).must(0).json();
    let password = told["temporary_password"].as_str().unwrap();
    assert!(matches!(realm.browser().sign_in(customer, password), Entered::ChangeRequired(_)));
    told
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_policy_is_met_by_what_it_says_and_a_hidden_one_by_its_refusals() {
    let realm = realm_with("maxLength(14) and upperCase(3) and digits(2) and regexPattern(^[^ ]+$)");
    let told = reset(&realm, Rights::AndViewRealm, "ada.lovelace");
    assert_eq!(told["rules_are_all"], true, "{told}");
    let rules = texts(&told["rules"]);
    for rule in
        ["at most 14 characters", "at least 3 capital letters", "at least 2 digits", "must match the pattern ^[^ ]+$"]
    {
        assert!(rules.contains(&rule), "{rules:?}");
    }
    let told = reset(&realm, Rights::ManageUsers, "mary.jackson");
    assert_eq!(told["rules_are_all"], false, "{told}");
    assert!(texts(&told["rules"]).contains(&"at most 14 characters"), "{told}");
    assert!(told["next_steps"].to_string().contains("The rules, at least these: at most 14 characters"), "{told}");
    assert!(told["temporary_password"].as_str().unwrap().len() <= 14);
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_pattern_is_met_at_once_where_it_is_shown_and_in_other_styles_where_it_is_not() {
    for pattern in [NO_DASH, "^[A-Za-z0-9]{12,}$", "^.{8,12}$", r"^[\p{Alnum}]++$", r"^\p{Upper}?[A-Za-z\d]{16,}$"] {
        let realm = realm_with(&format!("regexPattern({pattern})"));
        let told = reset(&realm, Rights::AndViewRealm, "ada.lovelace");
        assert_eq!(texts(&told["rules"]), [format!("must match the pattern {pattern}")]);
        assert_eq!(told["rules_are_all"], true);
        let told = reset(&realm, Rights::ManageUsers, "mary.jackson");
        assert_eq!(told["rules_are_all"], false);
        assert!(texts(&told["rules"]).iter().all(|rule| *rule == "must match a pattern that the server does not name"));
    }
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_pattern_with_parentheses_and_one_that_only_java_reads_are_met() {
    let nested = realm_with("regexPattern(^(([A-Z])|[a-z]|(?:[0-9]|[.@]))+$) and digits(2)");
    let told = reset(&nested, Rights::AndViewRealm, "ada.lovelace");
    assert_eq!(texts(&told["rules"]).len(), 2, "{told}");
    let java = realm_with("regexPattern(^[a-zA-Z0-9!@$&&[^oO]]{10,}$)");
    let told = reset(&java, Rights::AndViewRealm, "ada.lovelace");
    assert_eq!(told["rules_are_all"], false, "{told}");
    let shown = TestEnvironment::for_agent_with(&java, Rights::AndViewRealm, PROTECTED).run(&["doctor"]);
    assert!(shown.stdout.contains("which tellonce cannot evaluate"), "{}", shown.stdout);
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_pattern_that_cannot_be_met_is_named_and_nothing_was_changed() {
    let realm = realm_with(r"regexPattern(^\d{6}$)");
    let before = realm.password_set_at("ada.lovelace");
    let shown = TestEnvironment::for_agent_with(&realm, Rights::AndViewRealm, PROTECTED)
        .reset("ada.lovelace", &["-o", "json"])
        .must(7)
        .error();
    assert_eq!((&shown["reason"], &shown["changed"]), (&"policy".into(), &"no".into()), "{shown}");
    assert!(shown["message"].as_str().unwrap().contains(r"must match the pattern ^\d{6}$"), "{shown}");
    let hidden = TestEnvironment::for_agent_with(&realm, Rights::ManageUsers, PROTECTED)
        .reset("ada.lovelace", &["-o", "json"])
        .must(7)
        .error();
    assert_eq!((&hidden["reason"], &hidden["changed"]), (&"policy".into(), &"no".into()), "{hidden}");
    assert!(hidden["message"].as_str().unwrap().contains("must match a pattern"), "{hidden}");
    assert_eq!(realm.password_set_at("ada.lovelace"), before);
    assert!(realm.required_actions("ada.lovelace").is_empty());
}
