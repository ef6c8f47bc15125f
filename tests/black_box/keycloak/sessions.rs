//! Offline sessions that the server does not end are reported, and never taken for ended.

use super::{RESET, agent_of};
use crate::support::fake_keycloak::{FakeKeycloak, Told};

#[test]
fn an_offline_session_that_stays_is_reported_in_words_json_and_record() {
    let server = FakeKeycloak::start();
    let env = agent_of(&server);
    let told = |method, path: &str, status, body: &str| Told {
        method,
        path: path.to_owned(),
        status,
        headers: "",
        body: body.to_owned(),
    };
    let consents = r#"[{"clientId":"shop","additionalGrants":[{"client":"s","key":"Offline Token"}]}]"#;
    for (status, body) in [(403, r#"{"error":"HTTP 403 Forbidden"}"#), (404, r#"{"error":"Session not found"}"#)] {
        server.tell(&[
            told("GET", "/consents", 200, consents),
            told("GET", "/offline-sessions/s", 200, r#"[{"id":"one"},{"id":"two"}]"#),
            told("DELETE", "/sessions/one", status, body),
            told("DELETE", "/sessions/two", status, body),
        ]);
        let issued = env.run(&RESET).must(0).json();
        assert_eq!(issued["sessions_ended"], serde_json::json!({ "all_but": 2 }), "{issued}");
        assert!(issued["next_steps"].to_string().contains("2 of their sessions could not be ended"), "{issued}");
        let ended: Vec<String> = server.seen().into_iter().filter(|seen| seen.starts_with("DELETE")).collect();
        assert!(ended.iter().all(|seen| seen.ends_with("?isOffline=true")) && ended.len() == 4, "{ended:?}");
    }
    let records = env.run(&["-o", "json", "audit", "list"]).must(0).json();
    let set = records["records"].as_array().unwrap().iter().find(|record| record["event"] == "set").unwrap();
    assert_eq!(set["sessions_left"], serde_json::json!({ "all_but": 2 }), "{set}");
}
