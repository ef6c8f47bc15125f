//! A lock-out after failed attempts, and its end by an unlock alone.

use tellonce::domain::{Action, Kind, LockOuts, Result, Session, Status, UnlockRequest, Unlocked, unlock};

use super::driver::{Agent, SignedIn, reason};
use super::services::{Player, with_services};
use super::story::{AFTER_WITHDRAWAL, Story};

impl Story<'_> {
    /// An unlock without a new password: refused for who is not locked, and under the rules of a reset.
    pub(super) async fn lifts_a_lock_out(&self) {
        let session = self.try_sign_in(Agent::Entitled, None).await.unwrap();
        let [_, username, ..] = self.driver.cast().with_user;
        let mut agent = Player::confirming("");
        let refused = self.unlock(&session, &mut agent).await.err().unwrap();
        let by_themselves = self.driver.lock_outs_end_by_themselves();
        let lock_outs = session.backend().capabilities().await.unwrap().lock_outs;
        assert_eq!(lock_outs == LockOuts::EndByThemselves, by_themselves, "what the backend says of itself");
        let why = if by_themselves { "refused_by_backend" } else { "not_locked" };
        assert_eq!((refused.kind, reason(&refused).as_str()), (Kind::Refused, why));
        assert!(agent.shown.is_empty(), "nothing is asked");
        let Some(attempts) = self.driver.attempts_until_locked() else { return };
        self.fail_until_locked(&session, attempts).await;
        assert_eq!(self.driver.customer_signs_in(username, AFTER_WITHDRAWAL), SignedIn::Refused);

        let viewer = self.try_sign_in(Agent::Unentitled, None).await.unwrap();
        let refused = self.unlock(&viewer, &mut agent).await.err().unwrap();
        assert_eq!((refused.kind, reason(&refused).as_str()), (Kind::NotAllowed, "missing_right"), "L1: {refused}");
        viewer.sign_out().await.unwrap();
        let mut hesitant = Player { confirms: false, ..Player::confirming("") };
        assert_eq!(self.unlock(&session, &mut hesitant).await.err().unwrap().kind, Kind::Declined, "L4");
        assert_eq!(self.status(&session).await, (Status::Locked, false), "L4: nothing changed");

        let unlocked = self.unlock(&session, &mut agent).await.unwrap();
        assert_eq!(agent.shown.last().unwrap().action, Action::Unlock);
        assert_eq!(unlocked.state.status(), Status::Active);
        assert_eq!(self.status(&session).await, (Status::Active, false));
        assert_eq!(self.driver.customer_signs_in(username, "not the password"), SignedIn::Refused);
        assert_eq!(self.status(&session).await, (Status::Active, false), "the failed attempts are forgotten");
        assert_eq!(self.driver.customer_signs_in(username, AFTER_WITHDRAWAL), SignedIn::In);
    }

    async fn unlock(&self, session: &Session, player: &mut Player) -> Result<Unlocked> {
        let request = UnlockRequest { customer: self.driver.cast().with_user[0].into(), ..UnlockRequest::default() };
        with_services(self.folder, self.driver.clock(), player, async |desk: &mut _| {
            unlock(desk, session, request).await
        })
        .await
    }

    /// Fails to sign in until the server says that the customer is locked. Attempts of earlier steps may count.
    async fn fail_until_locked(&self, session: &Session, attempts: usize) {
        let [_, username, ..] = self.driver.cast().with_user;
        for _ in 0..attempts {
            assert_eq!(self.driver.customer_signs_in(username, "not the password"), SignedIn::Refused);
            if self.status(session).await.0 == Status::Locked {
                return;
            }
        }
        panic!("{attempts} failed attempts lock nobody out");
    }
}
