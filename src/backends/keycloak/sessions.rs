//! The end of a user's sessions, offline sessions included.
//!
//! A log-out ends browser sessions, and refuses every token from before its second. An offline session stays, and a client
//! that refreshed its offline token within that second goes on with it (26.0.8 to 26.7.3). So each is ended by itself.

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode};
use serde::Deserialize;

use super::api::Payload;
use super::call::Idempotent;
use super::errors;
use super::user_lookup::KeycloakAgent;
use crate::domain::{Reason, Result, Right, SessionsEnded};

/// How often the offline sessions are ended and looked for again.
const ROUNDS: usize = 2;
/// The server's key of a client that has an offline session, among the grants that it lists.
const OFFLINE: &str = "Offline Token";

/// What a user granted to one client.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Consent {
    #[serde(default)]
    additional_grants: Vec<AdditionalGrant>,
}

/// A grant that is no scope.
#[derive(Debug, Deserialize)]
struct AdditionalGrant {
    key: String,
    /// The server's id of the client.
    client: String,
}

#[derive(Debug, Deserialize)]
struct OfflineSession {
    id: String,
}

impl KeycloakAgent {
    /// Ends the user's offline sessions one by one, and looks again. The caller has logged the user out.
    pub(super) async fn end_offline_sessions(&self, user: &str) -> Result<SessionsEnded> {
        let mut left = self.offline_sessions(user).await?;
        for _ in 0..ROUNDS {
            if left.is_empty() {
                return Ok(SessionsEnded::All);
            }
            for session in &left {
                self.end_offline_session(session).await?;
            }
            left = self.offline_sessions(user).await?;
        }
        Ok(if left.is_empty() { SessionsEnded::All } else { SessionsEnded::AllBut(left.len() as u64) })
    }

    async fn offline_sessions(&self, user: &str) -> Result<BTreeSet<String>> {
        let consents: Vec<Consent> = self.api().get(&["users", user, "consents"], &[], Right::EndSessions).await?;
        let grants = consents.into_iter().flat_map(|consent| consent.additional_grants);
        let clients: BTreeSet<String> = grants.filter(|grant| grant.key == OFFLINE).map(|grant| grant.client).collect();
        let mut sessions = BTreeSet::new();
        for client in &clients {
            let path = ["users", user, "offline-sessions", client];
            let found: Vec<OfflineSession> = self.api().get(&path, &[], Right::EndSessions).await?;
            sessions.extend(found.into_iter().map(|session| session.id));
        }
        Ok(sessions)
    }

    /// Ends one offline session. A refusal is no error: the next look finds the session again.
    async fn end_offline_session(&self, session: &str) -> Result<()> {
        let mut url = self.api().url(&["sessions", session]);
        url.query_pairs_mut().append_pair("isOffline", "true");
        let right = Right::EndSessions;
        match self.api().change_at(Method::DELETE, url, Payload::Nothing, right, Idempotent::Yes).await {
            Err(error) if error.reason == Reason::MissingRight => Ok(()),
            response => response.map(|response| {
                if response.status != StatusCode::NOT_FOUND && !response.status.is_success() {
                    tracing::debug!(status = %response.status, "an offline session is not ended");
                }
            }),
        }
    }

    /// Ends all sessions of a user.
    pub(super) async fn end_all_sessions(&self, user: &str) -> Result<SessionsEnded> {
        let path = ["users", user, "logout"];
        let response =
            self.api().change(Method::POST, &path, Payload::Nothing, Right::EndSessions, Idempotent::Yes).await?;
        match response.status {
            StatusCode::NOT_FOUND => errors::user_gone(),
            status if status.is_success() => self.end_offline_sessions(user).await,
            status => Err(errors::unexpected_status(status)),
        }
    }
}
