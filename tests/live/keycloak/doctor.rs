//! `doctor` on a server, a realm and an agent: its findings, and what it says to do.

use serde_json::{Value, json};

use crate::support::TestEnvironment;
use crate::support::fault_proxy::{Fault, FaultProxy, Rule};
use crate::support::keycloak::{Entered, PROTECTED, Realm, RealmOptions, Rights, Server, ServerOptions};

/// A report, and its checks by id.
struct Report(Value);

impl Report {
    fn of(env: &TestEnvironment) -> Self {
        let ran = env.run(&["-o", "json", "doctor"]);
        assert!(matches!(ran.code, 0 | 11), "{ran:?}");
        Self(ran.json())
    }

    #[track_caller]
    fn found(&self, id: &str) -> (&str, &str) {
        let checks = self.0["checks"].as_array().unwrap();
        let check = checks.iter().find(|check| check["id"] == id).unwrap_or_else(|| panic!("no {id}: {checks:#?}"));
        (check["state"].as_str().unwrap(), check["words"].as_str().unwrap())
    }

    fn has(&self, id: &str) -> bool {
        self.0["checks"].as_array().unwrap().iter().any(|check| check["id"] == id)
    }
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn each_promise_is_kept_kept_by_tellonce_or_not_kept_with_what_to_do() {
    let realm = Realm::shipped(Server::shared());
    let seeing = Report::of(&TestEnvironment::for_agent(&realm, Rights::AndViewRealm));
    for (number, state) in (1..=14).zip([
        "kept",
        "kept",
        "kept",
        "kept",
        "kept",
        "kept",
        "limit",
        "not_kept",
        "not_kept",
        "limit",
        "kept_by_tellonce",
        "kept",
        "kept",
        "kept",
    ]) {
        assert_eq!(seeing.found(&format!("promise_l{number}")).0, state, "L{number}");
    }
    assert!(seeing.found("promise_l11").1.contains("tellonce withdraw --older-than"));
    assert!(seeing.found("promise_l9").1.contains("tellonce setup"), "{}", seeing.found("promise_l9").1);
    assert_eq!(seeing.found("pending group").0, "warning");
    // With a password history, and the policy shown to the agent, tellonce does the rest.
    realm.change(json!({ "passwordPolicy": "length(12) and passwordHistory(3)", "resetPasswordAllowed": false }));
    let better = Report::of(&TestEnvironment::for_agent(&realm, Rights::AndViewRealm));
    assert_eq!(better.found("password history").0, "ok");
    let (state, words) = better.found("promise_l8");
    assert!(state == "kept_by_tellonce" && words.contains("reveal"), "{words}");
    let (state, words) = better.found("promise_l9");
    assert!(state == "kept_by_tellonce" && words.contains("each reset ends them"), "{words}");
    let (state, words) = better.found("pending group");
    assert!(state == "ok" && words.contains("no reset by e-mail"), "{words}");
    let blind = Report::of(&TestEnvironment::for_agent(&realm, Rights::ManageUsers));
    assert_eq!(blind.found("pending group").0, "warning", "what the agent cannot read is not taken for off");
    assert_eq!(blind.found("promise_l8").0, "not_kept", "what the agent cannot read is not told");
    assert_eq!(blind.found("policy").0, "warning");
    assert_eq!(blind.found("password history").0, "unknown");
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn settings_of_the_realm_and_rights_that_are_too_wide_are_reported() {
    let options = RealmOptions { brute_force: true, admin_events: true, ..RealmOptions::default() };
    let realm = Realm::with(Server::shared(), &options);
    let agent = Report::of(&TestEnvironment::for_agent(&realm, Rights::AndViewRealm));
    for (id, state) in [("brute force", "ok"), ("admin events", "ok"), ("locks", "ok"), ("least rights", "ok")] {
        assert_eq!(agent.found(id).0, state, "{id}");
    }
    let (state, words) = agent.found("version");
    assert!(state == "unknown" && words.contains("administrator"), "{words}");
    assert!(agent.found("administrators").1.contains("realm-management/realm-admin"));
    let barbara = TestEnvironment::for_named_agent(&realm, "barbara.liskov", PROTECTED);
    let wide = Report::of(&barbara);
    assert!(wide.found("version").1.contains("Keycloak 26."), "{}", wide.found("version").1);
    let (state, words) = wide.found("least rights");
    assert!(state == "warning" && words.contains("realm-admin"), "{words}");
    let roles = "protected = { roles = ['realm-management/realm-admin'] }";
    let guarded = Report::of(&TestEnvironment::for_agent_with(&realm, Rights::AndViewClients, roles));
    assert!(!guarded.has("administrators"));
    assert_eq!(guarded.found("protection").0, "ok");
    // A misspelt name would protect nobody, so it refuses every reset. Capitals count.
    for (protected, missing) in [
        ("groups = ['staff-admins', '/staff-admins']", None),
        ("groups = ['Staff-Admins']", Some("no group \"Staff-Admins\"")),
        ("groups = ['/it/staff-admins']", Some("group \"/it/staff-admins\"")),
        ("roles = ['realm-management/realm-admins']", Some("role \"realm-management/realm-admins\"")),
        ("roles = ['offline_access', 'Offline_Access']", Some("no role \"Offline_Access\"")),
    ] {
        let protected = format!("protected = {{ {protected} }}");
        let report = Report::of(&TestEnvironment::for_agent_with(&realm, Rights::AndViewClients, &protected));
        let (state, words) = report.found("protection");
        assert_eq!(state, if missing.is_some() { "fault" } else { "ok" }, "{protected}: {words}");
        assert!(words.contains(missing.unwrap_or("can be read")), "{protected}: {words}");
    }
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn locks_are_seen_by_fine_grained_agents_and_who_cannot_read_them_is_told_so() {
    let options = RealmOptions { fine_grained: true, brute_force: true, ..RealmOptions::default() };
    let realm = Realm::with(Server::shared(), &options);
    realm.grant_alone(Rights::FineManage);
    let felix = TestEnvironment::for_agent_with(&realm, Rights::FineManage, "protected = 'none'");
    let fine = Report::of(&felix);
    assert_eq!((fine.found("locks").0, fine.found("rights").0), ("ok", "ok"));
    for _ in 0..3 {
        assert!(matches!(realm.browser().sign_in("ada.lovelace", "wrong"), Entered::Refused(_)));
    }
    assert_eq!(felix.reset("ada.lovelace", &["-o", "json"]).must(7).error()["reason"], "locked");
    let unlocking = felix.run(&["-o", "json", "reset", "ada.lovelace", "--unlock", "--yes", "--reveal", "stdout"]);
    let password = unlocking.must(0).json()["temporary_password"].as_str().unwrap().to_owned();
    assert!(matches!(realm.browser().sign_in("ada.lovelace", &password), Entered::ChangeRequired(_)));
    // Other versions of the server hide locks from such agents.
    let proxy = FaultProxy::before(realm.url());
    let refused = Fault::Answer(403, Vec::new(), br#"{"error":"HTTP 403 Forbidden"}"#.to_vec());
    proxy.rule(Rule::on("GET", "/attack-detection/", refused));
    let blind = Report::of(&TestEnvironment::for_agent(&realm.reached_by(proxy.address()), Rights::ManageUsers));
    let (state, words) = blind.found("locks");
    assert!(state == "warning" && words.contains("view-users") && words.contains("refused"), "{words}");
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn the_client_is_probed_and_the_clocks_are_compared() {
    let options = RealmOptions { robot: Some(Rights::AndViewRealm), ..RealmOptions::default() };
    let realm = Realm::with(Server::shared(), &options);
    let found = |more: &str| {
        let report = Report::of(&TestEnvironment::for_realm(&realm, &format!("{PROTECTED}\n{more}")));
        assert!(report.has("agent"), "nobody is signed in, and that is told");
        let (state, words) = report.found("sign-in client");
        (state.to_owned(), words.to_owned())
    };
    assert_eq!(found("sign_in = 'device'").0, "ok");
    assert_eq!(found("sign_in = 'web'").0, "ok");
    for more in ["client_id = 'nobody'", "client_id = 'shop'", "client_id = 'nobody'\nsign_in = 'web'"] {
        let (state, words) = found(more);
        assert!(state == "fault" && (words.contains("nobody") || words.contains("shop")), "{more}: {words}");
        assert!(words.contains("`tellonce setup`"), "{words}");
    }
    let robot = TestEnvironment::for_realm(
        &realm,
        &format!("{PROTECTED}\nsign_in = 'client-credentials'\nclient_id = 'robot'"),
    );
    let login = ["login", "--client-credentials", "--password-stdin", "--store", "file"];
    robot.run_with(&login, &realm.robot_secret()).must(0);
    assert_eq!(Report::of(&robot).found("clock").0, "ok");
    let session = robot.path().join("sessions/live.json");
    let text = std::fs::read_to_string(&session).unwrap();
    let mut stored: Value = serde_json::from_str(&text).unwrap();
    let mut kept: Value = serde_json::from_str(stored["secret"].as_str().unwrap()).unwrap();
    kept["tokens"]["access_until"] = "2999-01-01T00:00:00Z".into(); // as if this machine's clock had been far ahead
    stored["secret"] = kept.to_string().into();
    std::fs::write(&session, stored.to_string()).unwrap();
    let (state, words) =
        (Report::of(&robot).found("clock").0.to_owned(), Report::of(&robot).found("clock").1.to_owned());
    assert!(state == "warning" && words.contains("seconds off"), "{words}");
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn over_tls_the_certificates_days_are_counted() {
    let server = Server::start(ServerOptions { tls: true, ..ServerOptions::default() });
    let realm = Realm::shipped(&server);
    let report = Report::of(&TestEnvironment::for_agent(&realm, Rights::AndViewRealm));
    let (state, words) = report.found("certificate");
    assert!(state == "ok" && words.contains("good for 29 days"), "{words}"); // the test CA's last 30 days, and begin to
    assert!(!report.found("server").1.contains("without encryption"));
    let plain = Report::of(&TestEnvironment::for_agent(&Realm::shipped(Server::shared()), Rights::AndViewRealm));
    assert!(!plain.has("certificate") && plain.found("server").1.contains("without encryption"));
}
