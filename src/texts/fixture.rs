//! Test data: what was issued.

use jiff::Timestamp;

use crate::domain::{
    AttemptId, ChangeScreen, Contacts, Customer, CustomerId, Issuance, Policy, ProfileRef, Proof, SessionsEnded, State,
};

/// Returns an issuance for Ada on the practice directory, with these rules.
pub(crate) fn issuance(rules: Policy) -> Issuance {
    Issuance {
        notified: Vec::new(),
        verification: None,
        customer: Customer {
            contacts: Contacts::default(),
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
        rules_are_all: rules != Policy::default(),
        rules,
        gaps: Vec::new(),
        attempt: AttemptId::known("0123456789abcdef".to_owned()),
    }
}
