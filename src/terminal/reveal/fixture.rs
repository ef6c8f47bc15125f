//! Test data for the reveal.

use jiff::Timestamp;

use crate::domain::{
    About, AttemptId, ChangeScreen, Customer, CustomerId, Issuance, Policy, ProfileRef, Proof, SessionsEnded, State,
    TemporaryPassword, generate,
};
use crate::platform::SystemRandom;

/// Returns an issuance for Ada on the practice directory, with these rules.
pub(in crate::terminal) fn issuance(rules: &[&str]) -> Issuance {
    Issuance {
        notified: Vec::new(),
        verification: None,
        customer: Customer {
            contacts: crate::domain::Contacts::default(),
            id: CustomerId::new("C-1001"),
            name: "Ada Lovelace".to_owned(),
            email: Some("ada@example.com".to_owned()),
            username: Some("ada.lovelace".to_owned()),
            names: None,
            details: Vec::new(),
        },
        user: None,
        differences: Vec::new(),
        profile_ref: ProfileRef {
            profile: "practice".to_owned(),
            backend: "practice".to_owned(),
            backend_id: "practice:test".to_owned(),
        },
        user_created: false,
        state: State { has_user: true, change_required: true, ..State::default() },
        issued_at: Timestamp::UNIX_EPOCH,
        expires_at: Some(Timestamp::UNIX_EPOCH),
        proof: Proof::Proved,
        sessions_ended: SessionsEnded::All,
        change_screen: ChangeScreen::UpdatePasswordPage,
        rules: rules.iter().map(|rule| (*rule).to_owned()).collect(),
        rules_are_all: !rules.is_empty(),
        gaps: Vec::new(),
        attempt: AttemptId::fresh(&mut SystemRandom).unwrap(),
    }
}

/// Generates a password as it is issued.
pub(super) fn password() -> TemporaryPassword {
    generate(&Policy::default(), &About { username: None, email: None }, &mut SystemRandom).unwrap()
}
