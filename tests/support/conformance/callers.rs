//! A verification of the caller, where the profile requires one and takes nobody's word for it.

use std::time::Duration;

use tellonce::domain::ports::Messenger;
use tellonce::domain::{
    Case, ChangeKind, CustomerId, Guards, Issuance, Kind, MessageKind, Requirement, ResetRequest, Result, Session,
    Stamp, State, Verification, VerificationRules, VerificationWay, VerifyRequest, reset, verify,
};

use super::driver::{Agent, SignedIn, reason};
use super::post::Post;
use super::services::{Player, Revealed, guards, with_services_and};
use super::story::{AFTER_WITHDRAWAL, Story};

/// Requires a verification by this tool, of the usual rules.
fn strict() -> Guards {
    let verification = VerificationRules { attested: false, ..VerificationRules::default() };
    Guards { require: vec![Requirement::Verified], verification, ..guards() }
}

/// An agent on the line with the customer, who reads each code as it was sent.
fn with_the_customer(post: &Post) -> Player {
    let post = post.clone();
    Player { reads: Some(Box::new(move || post.newest_code())), ..Player::confirming("") }
}

/// An agent on the line with somebody who has not got the code.
fn with_a_stranger(post: &Post) -> Player {
    let post = post.clone();
    let guess = move || {
        let code = post.newest_code();
        let last = code.chars().last().and_then(|digit| digit.to_digit(10)).unwrap();
        format!("{}{}", &code[..code.len() - 1], (last + 1) % 10)
    };
    Player { reads: Some(Box::new(guess)), ..Player::confirming("") }
}

impl Story<'_> {
    /// A reset under these rules; with a messenger, callers can be verified.
    pub(super) async fn reset_under(
        &self,
        session: &Session,
        request: ResetRequest,
        rules: (&Guards, Option<&dyn Messenger>),
        player: &mut Player,
    ) -> Result<(Issuance, String)> {
        let mut reveal = Revealed::default();
        let issuance = with_services_and(self.folder, self.driver.clock(), rules, player, async |desk: &mut _| {
            reset(desk, session, &mut reveal, request).await
        })
        .await;
        let revealed = reveal.0.take();
        assert_eq!(revealed.len(), usize::from(issuance.is_ok()), "L5: revealed exactly once, or not at all");
        issuance.map(|issuance| (issuance, revealed.into_iter().next().unwrap()))
    }

    /// L15.
    pub(super) async fn callers_are_verified(&self) {
        let session = self.try_sign_in(Agent::Entitled, None).await.unwrap();
        let [id, username, email, _] = self.driver.cast().with_user;
        let (post, mut rules) = (Post::default(), strict());
        let before = self.facts(&session).await;
        self.is_refused_unverified(&session, &rules).await;
        self.refuses_what_changed_lately(&session, &mut rules).await;

        let guessed = self.verify(&session, &rules, &post, &mut with_a_stranger(&post)).await.err().unwrap();
        assert_eq!((guessed.kind, reason(&guessed).as_str()), (Kind::Refused, "code_wrong"), "L15: {guessed}");
        self.is_refused_unverified(&session, &rules).await;
        assert_eq!(self.facts(&session).await, before, "L15: nothing changed");
        assert_eq!(self.driver.customer_signs_in(username, AFTER_WITHDRAWAL), SignedIn::In, "L15: nothing changed");

        let verification = self.verify(&session, &rules, &post, &mut with_the_customer(&post)).await.unwrap();
        assert_eq!((verification.way, verification.purpose), (VerificationWay::Code, ChangeKind::Reset));
        let sent: Vec<_> = post.sent().into_iter().map(|sent| (sent.kind, sent.address)).collect();
        let to_the_address = (MessageKind::Code, email.to_lowercase());
        assert_eq!(sent, [to_the_address.clone(), to_the_address], "L15: codes go to the address on file");
        let mut agent = Player::confirming("");
        let (issuance, password) =
            self.reset_under(&session, Self::request(id), (&rules, None), &mut agent).await.unwrap();
        assert_eq!(agent.shown[0].verification.as_ref(), Some(&verification), "L15: the agent sees it");
        assert_eq!(issuance.verification, Some(verification), "L15");
        assert_eq!(self.driver.customer_signs_in(username, &password), SignedIn::ChangeRequired);

        self.is_refused_unverified(&session, &rules).await; // it served once
        assert_eq!(self.driver.customer_signs_in(username, &password), SignedIn::ChangeRequired, "L15: it still works");
        let messages = post.messages();
        let mut agent = with_the_customer(&post);
        let inline = (&rules, Some(&messages as &dyn Messenger));
        let (issuance, _) = self.reset_under(&session, Self::request(id), inline, &mut agent).await.unwrap();
        assert!(issuance.verification.is_some(), "L15: a reset asks for the code by itself");
        assert_eq!(post.sent().len(), 3);
    }

    /// Neither without a word nor with the agent's own words is anybody reset, nor asked about a plan.
    async fn is_refused_unverified(&self, session: &Session, rules: &Guards) {
        let case = Case { verified: Some("knew the number of an order".to_owned()), ..Case::default() };
        for case in [Case::default(), case] {
            let request = ResetRequest { case, ..Self::request(self.driver.cast().with_user[0]) };
            let mut agent = Player::confirming("");
            let refused = self.reset_under(session, request, (rules, None), &mut agent).await.err().unwrap();
            assert_eq!((refused.kind, reason(&refused).as_str()), (Kind::Refused, "not_verified"), "L15: {refused}");
            assert!(agent.shown.is_empty(), "L15: nothing is planned");
        }
    }

    /// A server that was made a moment ago, and tells so of its addresses, has none that the usual rules trust. The story
    /// goes on without that rule.
    async fn refuses_what_changed_lately(&self, session: &Session, rules: &mut Guards) {
        let customer =
            session.directory().get(&CustomerId::new(self.driver.cast().with_user[0])).await.unwrap().unwrap();
        let contacts = session.backend().user_snapshot(&customer).await.unwrap().contacts.with(customer.contacts);
        let now = self.driver.clock().now();
        if !rules.verification.is_too_new(&contacts.on_file[0], now) {
            return;
        }
        let post = Post::default();
        let refused = self.verify(session, rules, &post, &mut Player::confirming("")).await.err().unwrap();
        assert_eq!((refused.kind, reason(&refused).as_str()), (Kind::Refused, "no_contact"), "L15: {refused}");
        assert!(post.sent().is_empty(), "L15: no code is sent to it");
        rules.verification.contact_changed_within = Duration::ZERO;
    }

    async fn verify(
        &self,
        session: &Session,
        rules: &Guards,
        post: &Post,
        player: &mut Player,
    ) -> Result<Verification> {
        let request = VerifyRequest {
            customer: self.driver.cast().with_user[0].into(),
            purpose: ChangeKind::Reset,
            by: Some(VerificationWay::Code),
            to: Some(1),
        };
        let messages = post.messages();
        let rules = (rules, Some(&messages as &dyn Messenger));
        let verified = with_services_and(self.folder, self.driver.clock(), rules, player, async |desk: &mut _| {
            verify(desk, session, request).await
        });
        verified.await.map(|(_, verification)| verification)
    }

    /// What a change moves: the status, and when the password was set.
    pub(super) async fn facts(&self, session: &Session) -> (State, Option<Stamp>) {
        let customer =
            session.directory().get(&CustomerId::new(self.driver.cast().with_user[0])).await.unwrap().unwrap();
        let snapshot = session.backend().user_snapshot(&customer).await.unwrap();
        (snapshot.state, snapshot.stamp)
    }
}
