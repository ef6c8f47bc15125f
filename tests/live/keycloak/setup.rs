//! `setup` prepares a realm: what it creates, that it creates it once, and that it touches nothing else.

use serde_json::{Value, json};

use crate::support::CommandOutput;
use crate::support::TestEnvironment;
use crate::support::keycloak::{
    Asked, Entered, PROTECTED, Realm, RealmOptions, Rights, Server, ServerOptions, old_password,
};

const ALL: [&str; 8] = [
    "client",
    "agents_group",
    "required_action",
    "password_history",
    "pending_group",
    "reset_flow",
    "workflow",
    "self_test",
];

/// A realm in which nothing is prepared, the agents' client included.
pub fn bare() -> Realm<'static> {
    let options = RealmOptions { client_id: "other".to_owned(), ..RealmOptions::default() };
    Realm::with(Server::shared(), &options)
}

/// Everything that setup could change: clients, groups, roles, flows, policy, workflows, users.
pub fn snapshot(realm: &Realm<'_>) -> Value {
    let rest = realm.rest();
    let export = rest.post("/partial-export?exportClients=true&exportGroupsAndRoles=true", json!({})).json();
    let workflows = rest.call(crate::support::keycloak::Method::GET, "/workflows", None).text;
    json!([export, workflows, rest.get("/users?max=200&briefRepresentation=true")])
}

/// The state of each step.
pub fn states(ran: &CommandOutput) -> Vec<(String, String)> {
    let plan = ran.json();
    let step = |step: &Value| (step["id"].as_str().unwrap().to_owned(), step["state"].as_str().unwrap().to_owned());
    plan["steps"].as_array().unwrap().iter().map(step).collect()
}

/// Every step with this state. A realm as shipped has the required action already.
fn all(state: &str) -> Vec<(String, String)> {
    let state_of = |id: &str| if id == "required_action" { "already" } else { state }.to_owned();
    ALL.map(|id| (id.to_owned(), state_of(id))).to_vec()
}

/// Creates an agent with no right beyond the group's. Returns a token of theirs.
pub fn agent(realm: &Realm<'_>, name: &str, groups: &[&str]) -> String {
    realm.make_user(json!({ "username": name, "enabled": true, "email": format!("{name}@support.example.com"),
        "emailVerified": true, "firstName": name, "lastName": "Agent", "groups": groups,
        "credentials": [{ "type": "password", "value": old_password(), "temporary": false }] }));
    realm.token_of(name)
}

fn state_of(doctor: &Value, id: &str) -> String {
    let checks = doctor["checks"].as_array().unwrap();
    checks.iter().find(|check| check["id"] == id).map(|check| check["state"].as_str().unwrap().to_owned()).unwrap()
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_realm_is_prepared_once_and_an_agent_in_the_group_needs_nothing_else() {
    let realm = bare();
    let env = TestEnvironment::for_realm(&realm, PROTECTED);
    let before = snapshot(&realm);
    assert_eq!(states(&env.setup(&realm, &["--dry-run"]).must(0)), all("to_do"));
    let printed = env.run(&["setup", "--print"]).must(0).stdout;
    for words in ["Create client", "Not Recently Used", "Duplicate", "Deny access", "leave-group"] {
        assert!(printed.contains(words), "{printed}");
    }
    assert_eq!(states(&env.setup(&realm, &["--print"]).must(0)), all("to_do"));
    assert_eq!(snapshot(&realm), before, "neither of them changes anything");

    assert_eq!(states(&env.setup(&realm, &["--yes", "--password-history"]).must(0)), all("done"));
    let prepared = snapshot(&realm);
    assert_eq!(states(&env.setup(&realm, &["--yes", "--password-history"]).must(0)), all("already"));
    assert_eq!(snapshot(&realm), prepared, "there is nothing left to do");
    assert!(!prepared.to_string().contains("tellonce-self-test"), "what was made for the proof is removed");
    assert_eq!(realm.rest().get("")["adminPermissionsEnabled"], false);

    let newcomer =
        TestEnvironment::for_realm(&realm, PROTECTED).with_token(agent(&realm, "newcomer", &["/support-agents"]));
    let outsider = TestEnvironment::for_realm(&realm, PROTECTED).with_token(agent(&realm, "outsider", &[]));
    assert_eq!(outsider.reset("ada.lovelace", &["-o", "json"]).must(4).error()["reason"], "missing_right");
    let temporary = newcomer.reset("ada.lovelace", &["-o", "json"]).must(0).json()["temporary_password"]
        .as_str()
        .unwrap()
        .to_owned();
    let doctor = newcomer.run(&["-o", "json", "doctor"]).must(0).json();
    for (id, state) in [
        ("least rights", "ok"),
        ("rights", "ok"),
        ("protection", "ok"),
        ("password history", "ok"),
        ("pending group", "ok"),
        ("promise_l9", "kept_by_tellonce"), // it ends the sessions
    ] {
        assert_eq!(state_of(&doctor, id), state, "{id}");
    }

    let mail = |name: &str| realm.browser().forgot_password(name, "ada@example.com");
    let Asked::NotMailed(told) = mail("ada.lovelace") else { panic!("a reset by e-mail works while one is pending") };
    assert!(told.contains("Support has issued you a temporary password"), "{told}");
    let Asked::NotMailed(told) = mail("nobody.at.all") else { panic!("nobody gets mail") };
    assert!(told.contains("receive an email"), "an unknown name is answered as any other is: {told}");
    realm.browser().sign_in_and_choose("ada.lovelace", &temporary, "Chosen-by-me-2026").signed_in();
    mail("ada.lovelace").link();
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_flow_of_the_realms_own_is_copied_not_edited_and_one_that_is_bound_later_is_noticed() {
    let realm = bare();
    let rest = realm.rest();
    rest.post("/authentication/flows/reset%20credentials/copy", json!({ "newName": "house rules" }));
    let mut lines = rest.get("/authentication/flows/house%20rules/executions");
    let otp = lines.as_array_mut().unwrap().iter_mut().find(|line| line["providerId"] == "reset-otp").unwrap();
    otp["requirement"] = json!("DISABLED");
    rest.put("/authentication/flows/house%20rules/executions", otp.clone());
    realm.change(json!({ "resetCredentialsFlow": "house rules" }));
    let own = rest.get("/authentication/flows/house%20rules/executions");
    let env = TestEnvironment::for_realm(&realm, PROTECTED);
    let ran = env.setup(&realm, &["--yes"]).must(0);
    assert!(states(&ran).contains(&("password_history".into(), "left_out".into())), "it is asked apart");
    assert!(!rest.get("")["passwordPolicy"].as_str().unwrap().contains("passwordHistory"));
    assert_eq!(rest.get("/authentication/flows/house%20rules/executions"), own, "it stays as it is");
    assert_eq!(rest.get("")["resetCredentialsFlow"], "house rules with tellonce");
    let copy = rest.get("/authentication/flows/house%20rules%20with%20tellonce/executions");
    let otp = copy.as_array().unwrap().iter().find(|line| line["providerId"] == "reset-otp").unwrap();
    assert_eq!(otp["requirement"], "DISABLED", "the copy has the house's rules");

    realm.change(json!({ "resetCredentialsFlow": "reset credentials" }));
    let robin = TestEnvironment::for_agent(&realm, Rights::AndViewRealm);
    let doctor = robin.run(&["-o", "json", "doctor"]).must(11).json();
    assert_eq!(state_of(&doctor, "pending group"), "fault");
    let done = states(&env.setup(&realm, &["--yes"]).must(0));
    let done: Vec<&str> = done.iter().filter(|(_, state)| state == "done").map(|(id, _)| id.as_str()).collect();
    assert_eq!(done, ["pending_group", "reset_flow", "self_test"], "the old proof is taken off, and a new one made");
    assert_eq!(rest.get("")["resetCredentialsFlow"], "reset credentials with tellonce");
    robin.run(&["-o", "json", "doctor"]).must(0);
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_client_and_a_group_that_are_there_get_only_what_they_lack() {
    let realm = Realm::shipped(Server::shared()); // its client tellonce has no PKCE
    let rest = realm.rest();
    let before = realm.rest().get("/clients?clientId=tellonce")[0].clone();
    let group = rest.post("/groups", json!({ "name": "helpers", "attributes": { "floor": ["2"] } })).made();
    let client_role = "protected = { roles = ['realm-management/realm-admin'] }";
    let env = TestEnvironment::for_realm(&realm, client_role);
    let plan = env.setup(&realm, &["--dry-run", "--agents", "helpers"]).must(0).json();
    assert!(plan["steps"][0]["words"].as_str().unwrap().ends_with("it lacks PKCE"), "{plan}");
    assert!(plan["steps"][1]["words"].as_str().unwrap().contains("it lacks manage-users"), "{plan}");
    env.setup(&realm, &["--yes", "--agents", "helpers"]).must(0);
    let mut expected = before;
    expected["attributes"]["pkce.code.challenge.method"] = json!("S256");
    let after = realm.rest().get("/clients?clientId=tellonce")[0].clone();
    for key in ["redirectUris", "publicClient", "directAccessGrantsEnabled", "fullScopeAllowed", "defaultClientScopes"]
    {
        assert_eq!(after[key], expected[key], "{key}");
    }
    assert_eq!(after["attributes"]["pkce.code.challenge.method"], "S256");
    assert_eq!(rest.get(&format!("/groups/{group}"))["attributes"]["floor"], json!(["2"]));
    let helper = TestEnvironment::for_realm(&realm, client_role).with_token(agent(&realm, "helper", &["/helpers"]));
    assert_eq!(
        helper.reset("barbara.liskov", &["-o", "json"]).must(7).error()["reason"],
        "protected",
        "client roles can be read"
    );
    helper.reset("ada.lovelace", &["-o", "json"]).must(0);
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_server_without_workflows_is_reported_and_the_pending_mark_is_not_used() {
    let server = Server::start(ServerOptions { without: "workflows".to_owned(), ..ServerOptions::default() });
    let realm = Realm::shipped(&server);
    let env = TestEnvironment::for_realm(&realm, PROTECTED);
    let ran = env.setup(&realm, &["--yes", "--password-history"]).must(0);
    let expected = [
        ("client", "done"),
        ("agents_group", "done"),
        ("required_action", "already"),
        ("password_history", "done"),
        ("workflow", "not_here"),
    ];
    assert_eq!(states(&ran), expected.map(|(id, state)| (id.to_owned(), state.to_owned())));
    assert!(
        ran.json()["steps"][4]["words"]
            .as_str()
            .unwrap()
            .contains("a reset by e-mail works while a temporary password is pending")
    );
    let rest = realm.rest();
    assert_eq!(rest.get("/groups?search=temp-issued").as_array().unwrap().len(), 0);
    assert_eq!(rest.get("")["resetCredentialsFlow"], "reset credentials");
    let agent = TestEnvironment::for_agent(&realm, Rights::AndViewRealm);
    let doctor = agent.run(&["-o", "json", "doctor"]).must(0).json();
    assert_eq!(state_of(&doctor, "promise_l9"), "not_kept");
    agent.reset("ada.lovelace", &["-o", "json"]).must(0);
    assert_eq!(rest.get(&format!("/users/{}/groups", realm.user_id("ada.lovelace"))), json!([]));

    // The server had workflows before: agents must stop using the group.
    let mark = json!({ "name": "temp-issued", "attributes": { "tellonce-proved": ["reset credentials"] } });
    let group = rest.post("/groups", mark).made();
    let again = states(&env.setup(&realm, &["--yes"]).must(0));
    assert!(again.contains(&("stale_proof".into(), "done".into())), "{again:?}");
    assert!(rest.get(&format!("/groups/{group}"))["attributes"].get("tellonce-proved").is_none());
    let entered = realm.browser().sign_in("mary.jackson", old_password());
    assert!(matches!(entered, Entered::SignedIn(_)));
}
