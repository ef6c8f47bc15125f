//! The customer's choice of a password of their own.

use tellonce::domain::{Gap, Session, Status};

use super::difference::Difference;
use super::driver::{Agent, Chosen, SignedIn};
use super::services::Player;
use super::story::Story;

impl Story<'_> {
    /// L8, L11.
    pub(super) async fn chooses(&self, session: &Session, temporary: &str) {
        let [_, username, ..] = self.driver.cast().with_user;
        let policy = self.driver.rules_listed();
        assert_eq!(policy.is_empty(), self.has(Gap::RulesNotListed), "L8: the rules are listed");
        let made_up = self.driver.customer_makes_page_up(username, "Chosen-by-nobody-2026");
        assert_eq!(made_up == Some(Chosen::In), self.differs(Difference::MadeUpSessionTaken), "L8: {made_up:?}");
        let temporary = self.pending_after(session, made_up.as_ref(), temporary.to_owned()).await;

        let weak = self.driver.customer_chooses(username, &temporary, "short");
        assert_eq!(weak == Chosen::In, self.differs(Difference::WeakPasswordTaken), "L8: too short");
        if let Chosen::Refused(why) = &weak {
            let is_named = why.contains("characters") || why.contains("length");
            assert_eq!(is_named, !self.differs(Difference::RuleNotNamed), "L8: the rule is named: {why}");
        }
        let temporary = self.pending_after(session, Some(&weak), temporary).await;

        let kept = self.driver.customer_chooses(username, &temporary, &temporary);
        let may_be_kept = self.departs(Gap::TemporaryMayBeKept, Difference::TemporaryMayBeKept);
        assert_eq!(kept == Chosen::In, may_be_kept, "L8: {kept:?}");
        let temporary = self.pending_after(session, Some(&kept), temporary).await;

        assert_eq!(self.driver.customer_chooses(username, &temporary, "Chosen-by-me-2026"), Chosen::In, "L8");
        assert_eq!(self.status(session).await, (Status::Active, false), "L8");
        assert_eq!(self.driver.customer_signs_in(username, &temporary), SignedIn::Refused, "L11: it works once");
        assert_eq!(self.driver.customer_signs_in(username, "Chosen-by-me-2026"), SignedIn::In);
    }

    /// Returns the temporary password that is pending now: another one if the last was used up.
    async fn pending_after(&self, session: &Session, chosen: Option<&Chosen>, temporary: String) -> String {
        if chosen != Some(&Chosen::In) {
            return temporary;
        }
        let id = self.driver.cast().with_user[0];
        self.reset(session, id, &mut Player::confirming("")).await.unwrap().1
    }

    /// L10: what was opened with an earlier temporary password cannot be sent any more.
    pub(super) async fn an_open_page_is_void(&self) {
        let session = self.try_sign_in(Agent::Entitled, None).await.unwrap();
        let [id, username, ..] = self.driver.cast().with_user;
        let (_, first) = self.reset(&session, id, &mut Player::confirming("")).await.unwrap();
        self.driver.customer_opens_page(username, &first);
        let (_, second) = self.reset(&session, id, &mut Player::confirming("")).await.unwrap();
        let sent = self.driver.customer_sends_page("Chosen-too-late-2026");
        assert_eq!(sent == Chosen::In, self.has(Gap::OpenFormOutlives), "L10: {sent:?}");
        let now = self.driver.customer_signs_in(username, &second);
        assert_eq!(now == SignedIn::ChangeRequired, sent != Chosen::In, "L10: {now:?}");
    }
}
