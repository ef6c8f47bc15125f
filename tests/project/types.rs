//! What the types leave to convention inside the crate: who takes the characters of a temporary password, and who makes
//! what permits a change.

use std::collections::BTreeSet;

use super::sources::{code, root, sources};

/// The files that take the characters of a temporary password, and what each does with them.
const SINKS: [(&str, &str); 14] = [
    ("RequestSink for RequestBytes", "src/domain/temporary_password.rs"),
    ("RequestSink for SecretBody", "src/backends/keycloak/backend.rs"),
    ("RequestSink for UnicodePwd", "src/backends/ldap/active_directory/values.rs"),
    ("RequestSink for BindRequest", "src/backends/ldap/trial.rs"),
    ("RequestSink for Creation", "src/backends/cognito/new_user.rs"),
    ("RequestSink for SignIn", "src/backends/cognito/proof.rs"),
    ("RequestSink for TemporarySet", "src/backends/cognito/set.rs"),
    ("RequestSink for HashInPool", "src/backends/practice/hash.rs"),
    ("RequestSink for VerifyInPool", "src/backends/practice/hash.rs"),
    ("RevealSink for OnTerminal", "src/terminal/reveal/terminal.rs"),
    ("RevealSink for OnDescriptor", "src/terminal/reveal/stream.rs"),
    ("RevealSink for InRow", "src/bulk/output_writer.rs"),
    ("RevealSink for TourCustomer", "src/commands/practice/tour/players.rs"),
    ("RevealSink for SelfTestUser", "src/backends/keycloak/setup/test_user.rs"),
];

#[test]
fn the_temporary_password_goes_to_the_listed_sinks_only() {
    let mut found = BTreeSet::new();
    for path in sources("src") {
        let name = path.strip_prefix(root()).expect("a source of the project").display().to_string();
        for line in code(&path).lines() {
            let implemented = line.trim_start().strip_prefix("impl").and_then(|rest| rest.split_once("Sink for "));
            if let Some((kind, sink)) = implemented {
                let kind = kind.rsplit([' ', '>']).next().unwrap_or_default();
                let sink: String = sink.chars().take_while(|letter| letter.is_alphanumeric()).collect();
                found.insert((format!("{kind}Sink for {sink}"), name.clone()));
            }
        }
    }
    let listed = SINKS.iter().map(|(sink, file)| ((*sink).to_owned(), (*file).to_owned())).collect();
    assert_eq!(found, listed);
}

/// The files that make what permits a change. Everywhere else it is only handed on.
#[test]
fn consent_and_intent_are_made_by_authorize_alone() {
    for path in sources("src") {
        let name = path.strip_prefix(root()).expect("a source of the project").display().to_string();
        let text = code(&path);
        for made in ["Consent::to(", "Intent::new("] {
            assert!(!text.contains(made) || name == "src/domain/authorize.rs", "{name} has {made}");
        }
    }
    assert!(code(&root().join("src/domain/authorize.rs")).contains("Consent::to("));
}
