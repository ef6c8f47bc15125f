//! What the customer hears of a change.

use tellonce::domain::find_link;
use tellonce::domain::{
    Action, Channel, Guards, Kind, MessageKind, Requirement, ResetRequest, Session, VerificationRules, withdraw,
};
use tellonce::messages::deliver;

use super::driver::Agent;
use super::post::{Post, Sent};
use super::services::{Player, guards, log, with_services_of};
use super::story::{Story, named};

/// Customers are told by everything that is on file.
pub(super) fn telling() -> Guards {
    Guards { notify_by: vec![Channel::Email, Channel::Phone], ..guards() }
}

impl Story<'_> {
    /// L16.
    pub(super) async fn hears_of_it(&self) {
        let session = self.try_sign_in(Agent::Entitled, None).await.unwrap();
        let cast = self.driver.cast();
        let request = || Self::request(cast.with_user[0]);
        self.send_notices(&session).await; // those of the steps before
        self.hears_of_no_refusal(&session).await;
        let silent = Guards { notify_by: Vec::new(), ..guards() };
        self.reset_under(&session, request(), (&silent, None), &mut Player::confirming("")).await.unwrap();
        assert!(self.waiting(&session).await.is_empty(), "L16: a profile that tells nobody");

        let rules = telling();
        let on_file = [Some(cast.with_user[2]), cast.phones[0]];
        let mut agent = Player::confirming("");
        let (issuance, password) = self.reset_under(&session, request(), (&rules, None), &mut agent).await.unwrap();
        assert_eq!(agent.shown[0].notified, issuance.notified, "L16: the agent sees who is told");
        self.is_told(&session, Action::Set, &on_file, &password).await;
        with_services_of(self.folder, self.driver.clock(), &rules, &mut agent, async |desk: &mut _| {
            withdraw(desk, &session, named(cast.with_user[0])).await
        })
        .await
        .unwrap();
        self.is_told(&session, Action::Withdraw, &on_file, &password).await;
    }

    /// Nothing is queued where nothing was changed.
    async fn hears_of_no_refusal(&self, session: &Session) {
        let id = self.driver.cast().with_user[0];
        let mut hesitant = Player { confirms: false, ..Player::confirming("") };
        let declined =
            self.reset_under(session, Self::request(id), (&telling(), None), &mut hesitant).await.err().unwrap();
        assert_eq!(declined.kind, Kind::Declined);
        let verification = VerificationRules { attested: false, ..VerificationRules::default() };
        let strict = Guards { require: vec![Requirement::Verified], verification, ..telling() };
        let mut agent = Player::confirming("");
        let refused = self.reset_under(session, Self::request(id), (&strict, None), &mut agent).await.err().unwrap();
        assert_eq!(refused.kind, Kind::Refused);
        let viewer = self.try_sign_in(Agent::Unentitled, None).await.unwrap();
        self.is_refused_without_the_right(&viewer, &telling()).await;
        viewer.sign_out().await.unwrap();
        assert!(self.waiting(session).await.is_empty(), "L16: nothing was changed, and nobody is told");
    }

    /// Every address on file has a notice, which is sent as a command sends it, and has neither password nor link.
    pub(super) async fn is_told(&self, session: &Session, action: Action, on_file: &[Option<&str>], password: &str) {
        let mut addresses: Vec<_> = on_file.iter().flatten().map(|address| address.to_lowercase()).collect();
        addresses.sort();
        assert_eq!(self.waiting(session).await, addresses, "L16: everything on file");
        let sent = self.send_notices(session).await;
        assert_eq!(sent.len(), addresses.len());
        assert!(self.waiting(session).await.is_empty(), "L16: it is sent once");
        let did = match action {
            Action::Set => "set a temporary password for you",
            Action::CreateAndSet => "created a user",
            Action::Withdraw => "withdrew your temporary password",
            Action::Unlock => "lifted",
        };
        let mut told: Vec<String> = Vec::new();
        for Sent { kind, address, content } in sent {
            assert_eq!(kind, MessageKind::Notice);
            assert!(content.contains("Story Support") && content.contains("extension 100"), "L16: {content}");
            assert!(content.contains(did), "L16: {content}");
            assert!(!content.contains(password), "L16: the password is in no notice");
            assert_eq!(find_link(&content), None, "L16: {content}");
            told.push(address.to_lowercase());
        }
        told.sort();
        assert_eq!(told, addresses, "L16");
    }

    /// Sends what is due as a command does, and returns it.
    pub(super) async fn send_notices(&self, session: &Session) -> Vec<Sent> {
        let (post, ledger) = (Post::default(), log(self.folder, self.driver.clock()));
        let delivered = deliver(&ledger, &session.profile_ref().profile, &post.messages(), None).await.unwrap();
        assert_eq!((delivered.sent, delivered.problems.as_slice()), (post.sent().len(), [].as_slice()));
        post.sent()
    }

    /// The addresses and numbers of the notices that wait.
    async fn waiting(&self, session: &Session) -> Vec<String> {
        let waiting = log(self.folder, self.driver.clock()).waiting_notices().await.unwrap();
        assert!(waiting.iter().all(|waiting| waiting.notice.profile == session.profile_ref().profile));
        let mut addresses: Vec<_> = waiting.into_iter().map(|waiting| waiting.notice.address.to_lowercase()).collect();
        addresses.sort();
        addresses
    }
}
