//! The story. Where a backend is known not to keep a promise, exactly that difference is asserted.

use std::path::Path;

use tellonce::domain::{
    Action, ChangeScreen, CustomerId, Gap, Guards, Issuance, Kind, ResetRequest, Result, Session, SessionsEnded,
    Status, WithdrawalRequest, withdraw,
};
use tellonce::texts::{Localization, PasswordIs};

use super::difference::Difference;
use super::driver::{Agent, Chosen, Driver, SignedIn, reason};
use super::notices::telling;
use super::services::{Player, guards, with_services};
use crate::support::ledger::{content, intents};

/// Which step asserts what a gap means: a new gap does not compile until one does.
const fn asserted_in(gap: Gap) -> &'static str {
    match gap {
        Gap::StampNamesNoAuthor => "reads_back",
        Gap::TemporaryMayBeKept | Gap::RulesNotListed => "chooses",
        Gap::StampMovesOnEdits => "finds",
        Gap::SelfServiceWhilePending | Gap::SessionsGoOn | Gap::AccessTokensOutlive => "is_locked_out",
        Gap::OpenFormOutlives => "an_open_page_is_void",
        Gap::NeverRunsOut => "runs_out",
        Gap::NoSelfService => "self_service_works",
        Gap::WithdrawnReadsAsPending => "can_be_withdrawn",
        Gap::NotProved => "resets",
        Gap::NotNotified => "hears_of_it",
    }
}

/// The password that the customer chooses after the withdrawal, and keeps until the next reset.
pub(super) const AFTER_WITHDRAWAL: &str = "Chosen-at-last-2026";

/// The withdrawal that names this customer.
pub(super) fn named(customer: &str) -> WithdrawalRequest {
    WithdrawalRequest { customer: customer.into(), ..WithdrawalRequest::default() }
}

/// Plays all of it, in order.
pub async fn play(driver: &dyn Driver, folder: &Path) {
    let story = Story { driver, folder };
    let session = story.signs_in().await;
    let gaps = session.backend().capabilities().await.unwrap().gaps;
    assert_eq!(gaps, driver.known_gaps(), "what the backend says of itself");
    assert!(gaps.iter().all(|gap| !asserted_in(*gap).is_empty()));
    for difference in driver.emulator_differences() {
        assert!(!difference.asserted_in().is_empty());
        assert!(difference.looks_like().is_none_or(|gap| !gaps.contains(&gap)), "{difference:?} is a gap here");
    }
    story.unentitled_agents_change_nothing().await;
    story.finds(&session).await;
    let first = story.resets(&session).await;
    story.is_locked_out(&first);
    let second = story.only_the_newest_works(&session, &first).await;
    story.chooses(&session, &second).await;
    story.self_service_works();
    story.runs_out(&session).await;
    story.can_be_withdrawn(&session).await;
    story.lifts_a_lock_out().await;
    story.callers_are_verified().await;
    story.hears_of_it().await;
    story.an_open_page_is_void().await;
    let third = story.creates_a_user().await;
    story.nothing_was_mailed_or_written(&[&first, &second, &third]);
}

pub(super) struct Story<'a> {
    pub(super) driver: &'a dyn Driver,
    pub(super) folder: &'a Path,
}

impl Story<'_> {
    pub(super) fn has(&self, gap: Gap) -> bool {
        self.driver.known_gaps().contains(&gap)
    }

    pub(super) fn differs(&self, difference: Difference) -> bool {
        self.driver.emulator_differences().contains(&difference)
    }

    /// Whether a promise is not kept here: by the backend, or by an emulator alone.
    pub(super) fn departs(&self, gap: Gap, difference: Difference) -> bool {
        self.has(gap) || self.differs(difference)
    }

    pub(super) async fn try_sign_in(&self, agent: Agent, password: Option<&str>) -> Result<Session> {
        let (name, _) = self.driver.credentials(agent);
        let mut player = self.driver.player(agent, password);
        self.driver
            .sign_in()
            .sign_in(self.driver.sign_in_method(), Some(name), &mut *player)
            .await
            .map(|(session, _)| session)
    }

    /// A reset as the command does it; the password that was revealed, exactly once.
    pub(super) async fn reset(
        &self,
        session: &Session,
        customer: &str,
        player: &mut Player,
    ) -> Result<(Issuance, String)> {
        self.reset_as(session, Self::request(customer), player).await
    }

    pub(super) fn request(customer: &str) -> ResetRequest {
        ResetRequest { customer: customer.into(), ..ResetRequest::default() }
    }

    async fn reset_as(
        &self,
        session: &Session,
        request: ResetRequest,
        player: &mut Player,
    ) -> Result<(Issuance, String)> {
        self.reset_under(session, request, (&guards(), None), player).await
    }

    pub(super) async fn status(&self, session: &Session) -> (Status, bool) {
        let id = CustomerId::new(self.driver.cast().with_user[0]);
        let customer = session.directory().get(&id).await.unwrap().unwrap();
        let state = session.backend().user_snapshot(&customer).await.unwrap().state;
        (state.status(), state.change_required)
    }

    /// L1.
    async fn signs_in(&self) -> Session {
        let wrong = self.try_sign_in(Agent::Entitled, Some("not the password")).await;
        assert_eq!(wrong.is_ok(), self.differs(Difference::SecretNotChecked), "L1");
        assert!(wrong.err().is_none_or(|refused| refused.kind == Kind::NotAllowed), "L1");
        assert!(self.driver.sign_in().resume(None).await.unwrap().is_none(), "nobody is signed in by default");
        self.try_sign_in(Agent::Entitled, None).await.unwrap()
    }

    /// L1.
    async fn unentitled_agents_change_nothing(&self) {
        let session = self.try_sign_in(Agent::Unentitled, None).await.unwrap();
        let before = self.status(&session).await;
        self.is_refused_without_the_right(&session, &guards()).await;
        assert_eq!(self.status(&session).await, before);
        session.sign_out().await.unwrap();
    }

    /// L1. Where an emulator checks no rights, the agent comes as far as the confirmation.
    pub(super) async fn is_refused_without_the_right(&self, viewer: &Session, rules: &Guards) {
        let is_checked = !self.differs(Difference::RightsNotChecked);
        let mut agent = Player { confirms: is_checked, ..Player::confirming("") };
        let request = Self::request(self.driver.cast().with_user[0]);
        let refused = self.reset_under(viewer, request, (rules, None), &mut agent).await.err().unwrap();
        let kind = if is_checked { Kind::NotAllowed } else { Kind::Declined };
        assert_eq!((refused.kind, reason(&refused) == "missing_right"), (kind, is_checked), "L1: {refused}");
    }

    /// L2.
    async fn finds(&self, session: &Session) {
        for text in self.driver.cast().with_user {
            let found = session.directory().find(text, 5).await.unwrap();
            assert_eq!(found.customers[0].id.as_str(), self.driver.cast().with_user[0], "{text}");
        }
        assert_eq!(self.status(session).await, (Status::Active, false));
        let id = CustomerId::new(self.driver.cast().with_user[0]);
        let customer = session.directory().get(&id).await.unwrap().unwrap();
        let user = session.backend().find_user(&customer).await.unwrap().unwrap();
        let find = async |id: &str| session.backend().find_by_immutable_id(id).await.unwrap();
        assert_eq!(find(user.immutable_id.as_deref().unwrap()).await, Some(user));
        let theirs = session.backend().server_time().await.unwrap().unwrap();
        let apart = theirs.duration_since(self.driver.clock().now()).abs();
        assert!(apart < jiff::SignedDuration::from_secs(30), "the server's clock: {theirs}");
        let before = self.facts(session).await.1;
        self.driver.edit_customer(self.driver.cast().with_user[1]);
        let moved = self.facts(session).await.1 != before;
        assert_eq!(moved, self.has(Gap::StampMovesOnEdits), "L7: an edit moves the stamp");
        for nobody in ["00000000-0000-4000-8000-000000000000", "9999999", "*", "ada)(uid=*", "../users", ""] {
            assert_eq!(find(nobody).await, None, "{nobody}");
        }
    }

    /// L3, L4, L5, L7, L14, and the end of sessions of L9.
    async fn resets(&self, session: &Session) -> String {
        let cast = self.driver.cast();
        let [id, username, ..] = cast.with_user;
        assert_eq!(self.driver.customer_signs_in(username, cast.old_password), SignedIn::In, "a session is open");
        let mut hesitant = Player { confirms: false, ..Player::confirming("") };
        let declined = self.reset(session, id, &mut hesitant).await.err().unwrap();
        assert_eq!(declined.kind, Kind::Declined, "L4");
        assert_eq!(self.driver.customer_signs_in(username, cast.old_password), SignedIn::In, "L4: nothing changed");
        let mut agent = Player::confirming("");
        let before = self.facts(session).await;
        let (issuance, password) = self.reset(session, id, &mut agent).await.unwrap();
        assert_eq!(agent.shown[0].action, Action::Set, "L3");
        assert!(!issuance.user_created);
        let moved = self.facts(session).await.1 != before.1;
        assert_eq!(moved, !self.differs(Difference::SetLeavesStamp), "L7");
        assert_eq!(self.status(session).await, (Status::ForcePasswordReset, true), "L7");
        match issuance.sessions_ended {
            SessionsEnded::Count(count) => assert_eq!(count, 2, "L9: both sessions ended"),
            SessionsEnded::All => {}
            SessionsEnded::NotHere => assert!(self.has(Gap::SessionsGoOn)),
            left @ (SessionsEnded::AllBut(_) | SessionsEnded::LeftOpen) => panic!("L9: {left:?}"),
        }
        let proved = (!self.has(Gap::NotProved)).then_some(true);
        assert_eq!(issuance.proof.proved(), proved, "L7: {:?}", issuance.proof.reason());
        let said = Localization::english().next_steps(&issuance, PasswordIs::Shown).join("\n");
        for words in ["cannot be shown again", "not e-mailed", "must not tell you", "only the newest"] {
            assert!(said.contains(words), "L14: {words}");
        }
        let has_page = issuance.change_screen == ChangeScreen::UpdatePasswordPage;
        assert_eq!(said.contains("Update Password"), has_page, "L14: no button that is not there");
        let mail_is_refused = !self.has(Gap::NoSelfService) && !self.has(Gap::SelfServiceWhilePending);
        assert_eq!(said.contains("e-mail resets do not work"), mail_is_refused, "L14");
        password
    }

    /// L9.
    fn is_locked_out(&self, temporary: &str) {
        let cast = self.driver.cast();
        let [_, username, email, _] = cast.with_user;
        assert_eq!(self.driver.customer_signs_in(username, cast.old_password), SignedIn::Refused, "L9");
        let mailed = self.driver.customer_asks_for_mail(email);
        let is_mailed = self.departs(Gap::SelfServiceWhilePending, Difference::SelfServiceWhilePending);
        assert_eq!(mailed.is_some(), is_mailed, "L9");
        let earlier = self.driver.earlier_session();
        let outlives = earlier.as_ref().is_some_and(|earlier| earlier.access_token_lasts);
        assert_eq!(outlives, self.has(Gap::AccessTokensOutlive), "L9");
        assert!(earlier.is_none_or(|earlier| earlier.goes_on == self.has(Gap::SessionsGoOn)), "L9");
        assert_eq!(self.driver.customer_signs_in(username, temporary), SignedIn::ChangeRequired);
    }

    /// L10, L12.
    async fn only_the_newest_works(&self, session: &Session, first: &str) -> String {
        let [id, username, ..] = self.driver.cast().with_user;
        let mut agent = Player::confirming("");
        let (_, second) = self.reset(session, id, &mut agent).await.unwrap();
        assert!(agent.shown[0].pending_since.is_some(), "a re-issue is said as such");
        assert_eq!(agent.shown[0].recent.len(), 1, "and the earlier one is known");
        assert_ne!(first, second);
        assert_eq!(self.driver.customer_signs_in(username, first), SignedIn::Refused, "L10");
        let other_case: String =
            second
                .chars()
                .map(|letter| {
                    if letter.is_ascii_uppercase() { letter.to_ascii_lowercase() } else { letter.to_ascii_uppercase() }
                })
                .collect();
        assert_eq!(self.driver.customer_signs_in(username, &other_case), SignedIn::Refused, "L12");
        second
    }

    /// L13.
    fn self_service_works(&self) {
        let [_, username, email, _] = self.driver.cast().with_user;
        let token = self.driver.customer_asks_for_mail(email);
        assert_eq!(token.is_none(), self.has(Gap::NoSelfService), "L13");
        if let Some(token) = token {
            self.driver.customer_redeems(&token, "Chosen-by-mail-2026").unwrap();
            assert!(self.driver.customer_redeems(&token, "Chosen-by-mail-2027").is_err(), "a link works once");
            assert_eq!(self.driver.customer_signs_in(username, "Chosen-by-mail-2026"), SignedIn::In);
        }
    }

    /// L11 and L10: after its time it is refused, and another can be issued.
    async fn runs_out(&self, session: &Session) {
        let [id, username, ..] = self.driver.cast().with_user;
        let (_, temporary) = self.reset(session, id, &mut Player::confirming("")).await.unwrap();
        assert_eq!(self.driver.customer_signs_in(username, &temporary), SignedIn::ChangeRequired);
        self.driver.let_it_run_out();
        let now = self.driver.customer_signs_in(username, &temporary);
        assert_eq!(now != SignedIn::Refused, self.departs(Gap::NeverRunsOut, Difference::NeverRunsOut), "L11");
        let session = self.try_sign_in(Agent::Entitled, None).await.unwrap(); // its own session ran out as well
        let (_, newer) = self.reset(&session, id, &mut Player::confirming("")).await.unwrap();
        assert_eq!(self.driver.customer_signs_in(username, &temporary), SignedIn::Refused, "L10");
        assert_eq!(self.driver.customer_signs_in(username, &newer), SignedIn::ChangeRequired, "L10");
    }

    /// A withdrawal is dead at once, the customer stays locked out, and another can be issued.
    async fn can_be_withdrawn(&self, _: &Session) {
        let session = self.try_sign_in(Agent::Entitled, None).await.unwrap();
        let [id, username, ..] = self.driver.cast().with_user;
        let (_, temporary) = self.reset(&session, id, &mut Player::confirming("")).await.unwrap();
        let mut agent = Player::confirming("");
        let withdrawn = with_services(self.folder, self.driver.clock(), &mut agent, async |desk: &mut _| {
            withdraw(desk, &session, named(id)).await
        })
        .await
        .unwrap();
        assert_eq!(withdrawn.state.withdrawn, Some(true));
        assert_eq!(self.driver.customer_signs_in(username, &temporary), SignedIn::Refused);
        assert_eq!(self.status(&session).await, (Status::ForcePasswordReset, true));
        let again = with_services(self.folder, self.driver.clock(), &mut agent, async |desk: &mut _| {
            withdraw(desk, &session, named(id)).await
        })
        .await;
        assert_eq!(again.is_ok(), self.has(Gap::WithdrawnReadsAsPending));
        if let Err(refused) = again {
            assert_eq!(reason(&refused), "nothing_pending");
        }
        let (_, newer) = self.reset(&session, id, &mut Player::confirming("")).await.unwrap();
        assert_eq!(self.driver.customer_chooses(username, &newer, AFTER_WITHDRAWAL), Chosen::In);
        let late = with_services(self.folder, self.driver.clock(), &mut agent, async |desk: &mut _| {
            withdraw(desk, &session, named(id)).await
        })
        .await;
        assert_eq!(reason(&late.err().unwrap()), "already_used");
    }

    /// L3, L16: a customer without a user ends the same way.
    async fn creates_a_user(&self) -> String {
        let session = self.try_sign_in(Agent::Entitled, None).await.unwrap();
        self.send_notices(&session).await; // those of the steps before
        let mut agent = Player::confirming("");
        let cast = self.driver.cast();
        let create = || ResetRequest { create: cast.create.clone(), ..Self::request(cast.without_user) };
        let (issuance, password) = self.reset_under(&session, create(), (&telling(), None), &mut agent).await.unwrap();
        assert_eq!(agent.shown[0].action, Action::CreateAndSet);
        self.is_told(&session, Action::CreateAndSet, &[Some(cast.without_user), cast.phones[1]], &password).await;
        assert!(issuance.user_created);
        let username = issuance.customer.username.unwrap();
        assert_eq!(self.driver.customer_signs_in(&username, &password), SignedIn::ChangeRequired);
        assert_eq!(self.driver.customer_chooses(&username, &password, "Brand-new-user-1"), Chosen::In);
        let (again, _) = self.reset_as(&session, create(), &mut agent).await.unwrap();
        assert!(!again.user_created, "the second time there is a user");
        let (created, found) = (issuance.user.unwrap().immutable_id, again.user.unwrap().immutable_id);
        assert_eq!((created.is_some(), &created), (true, &found), "the id is known from the creation on");
        password
    }

    /// L6.
    fn nothing_was_mailed_or_written(&self, passwords: &[&str]) {
        let ledger = content(self.folder);
        for password in passwords {
            assert!(self.driver.mails().iter().all(|mail| !mail.contains(password)), "L6");
            assert!(memchr::memmem::find(&ledger, password.as_bytes()).is_none(), "L6");
        }
        assert!(intents(&self.folder.join("ledger.db")) > 3);
    }
}
