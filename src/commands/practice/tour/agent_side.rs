//! The agent's side of the story.

use anyhow::Result;
use zeroize::Zeroizing;

use super::players::{Player, RevealedPasswords, TourReveal};
use super::teller::Teller;
use crate::commands::context::Context;
use crate::domain::{
    Action, Error, Issuance, Kind, Reason, ResetRequest, Services, Session, SignInMethod, Status, WithdrawalRequest,
    reset, withdraw,
};
use crate::ledger::{self, Pages, Query};
use crate::texts::{Localization, PasswordIs};

/// Checks L1: nobody signs in with a wrong password, Lee may not issue passwords, and Sam may.
pub(super) async fn sign_in(stage: &Context, teller: &mut Teller<'_>) -> Result<Session> {
    teller.act("The agent signs in");
    let mut stranger = Player { password: "not-the-password", ..Player::sam() };
    let refused = stage.sign_in()?.sign_in(SignInMethod::Password, Some("sam"), &mut stranger).await;
    let kind = refused.err().map(|error| error.kind);
    teller.check("L1", "with a wrong password nobody gets in", kind == Some(Kind::NotAllowed));
    let (lee, _) = stage.sign_in()?.sign_in(SignInMethod::Password, Some("lee"), &mut Player::sam()).await?;
    let refused = attempt(stage, &lee, "ada@example.com", &mut Player::sam()).await.err();
    let kind = refused.map(|error| error.kind);
    teller.check("L1", "lee, who has no right to issue passwords, is refused", kind == Some(Kind::NotAllowed));
    let (session, _) = stage.sign_in()?.sign_in(SignInMethod::Password, Some("sam"), &mut Player::sam()).await?;
    teller.check("L1", "sam, a support agent, is signed in for 8 hours", session.agent() == "sam");
    Ok(session)
}

/// Checks L2: Sam finds Ada, and sees her status before acting.
pub(super) async fn find(session: &Session, teller: &mut Teller<'_>) -> Result<()> {
    teller.act("Ada Lovelace calls: she cannot sign in, and the e-mail reset does not reach her");
    for text in ["C-1001", "ada.lovelace", "ADA@example.com", "lovelace"] {
        let found = session.directory().find(text, 5).await?;
        let is_ada = found.customers.first().is_some_and(|customer| customer.id.as_str() == "C-1001");
        teller.check("L2", &format!("tellonce find {text}: Ada Lovelace, C-1001"), is_ada);
    }
    let snapshot = user_snapshot(session, "C-1001").await?;
    teller.check("L2", "tellonce show C-1001: Active, her roles, the password rules", snapshot.0 == Status::Active);
    Ok(())
}

async fn user_snapshot(session: &Session, id: &str) -> Result<(Status, bool)> {
    let customer = session.directory().get(&crate::domain::CustomerId::new(id)).await?;
    let customer = customer.ok_or_else(|| Error::bug(format!("{id} is missing from the practice directory.")))?;
    let snapshot = session.backend().user_snapshot(&customer).await?;
    Ok((snapshot.state.status(), snapshot.state.change_required))
}

/// Makes one reset as the real command does, with a reveal that the tour reads.
pub(super) async fn attempt(
    stage: &Context,
    session: &Session,
    customer: &str,
    player: &mut Player<'_>,
) -> Result<(Issuance, Zeroizing<String>), Error> {
    let passwords = RevealedPasswords::default();
    let request = ResetRequest { customer: customer.into(), ..ResetRequest::default() };
    let mut reveal = TourReveal { passwords: std::rc::Rc::clone(&passwords) };
    let issuance = stage
        .with_services(player, async |services: &mut Services<'_>| reset(services, session, &mut reveal, request).await)
        .await?;
    let password = passwords.borrow_mut().pop().ok_or_else(|| Error::bug("The tour saw no reveal."))?;
    Ok((issuance, password))
}

/// Checks L3, L4, L7 and L14: Sam declines, then confirms, and the password is revealed.
pub(super) async fn reset_ada(
    stage: &Context,
    session: &Session,
    teller: &mut Teller<'_>,
) -> Result<Zeroizing<String>> {
    teller.act("tellonce reset ada@example.com");
    let mut hesitates = Player { confirms: false, ..Player::sam() };
    let declined = attempt(stage, session, "ada@example.com", &mut hesitates).await.err().map(|error| error.kind);
    let untouched = user_snapshot(session, "C-1001").await? == (Status::Active, false);
    teller.check("L4", "sam answers no: nothing changes, exit 6", declined == Some(Kind::Declined) && untouched);
    let mut sam = Player::sam();
    let (issuance, password) = attempt(stage, session, "ada@example.com", &mut sam).await?;
    let label = sam.shown.map(|plan| plan.action);
    teller.check("L3", "sam answers yes to \"Set Temporary Password\"", label == Some(Action::Set));
    reveal(teller, &issuance, &password);
    let read_back = user_snapshot(session, "C-1001").await? == (Status::ForcePasswordReset, true);
    teller.check("L7", "the status, read back, is Force Password Reset", read_back);
    Ok(password)
}

fn reveal(teller: &mut Teller<'_>, issuance: &Issuance, password: &str) {
    teller.say("The reveal, the only one (a real one has a screen of its own, and leaves no trace on it):");
    teller.show(password);
    teller.say("Sam says to the customer:");
    let steps = Localization::english().next_steps(issuance, PasswordIs::Shown);
    for step in &steps {
        teller.say(&format!("- {step}"));
    }
    teller.check("L14", "the agent was told what to say", steps.iter().any(|step| step.contains("Update Password")));
}

/// Resets Ada again because her note got lost, and checks L5.
pub(super) async fn reset_again(
    stage: &Context,
    session: &Session,
    teller: &mut Teller<'_>,
) -> Result<Zeroizing<String>> {
    teller.act("Ada's note got wet. Nobody can show it again, so sam issues another");
    let mut sam = Player::sam();
    let (issuance, password) = attempt(stage, session, "C-1001", &mut sam).await?;
    let names_pending = sam.shown.is_some_and(|plan| plan.pending_since.is_some() && plan.recent.len() == 1);
    teller.check("L5", "the confirmation says that one is pending and will be replaced", names_pending);
    reveal(teller, &issuance, &password);
    Ok(password)
}

/// Checks L8: the status after Ada has chosen a password.
pub(super) async fn read_status(session: &Session, teller: &mut Teller<'_>) -> Result<()> {
    let back = user_snapshot(session, "C-1001").await? == (Status::Active, false);
    teller.check("L8", "tellonce status C-1001 --watch ends: Active, back in", back);
    Ok(())
}

/// Checks L3 for a customer without a user.
pub(super) async fn reset_grace(
    stage: &Context,
    session: &Session,
    teller: &mut Teller<'_>,
) -> Result<Zeroizing<String>> {
    teller.act("Grace Hopper calls. She is a customer, but has no user yet: tellonce reset grace@example.com");
    let mut sam = Player::sam();
    let (issuance, password) = attempt(stage, session, "grace@example.com", &mut sam).await?;
    let label = sam.shown.map(|plan| plan.action);
    let created = issuance.user_created && label == Some(Action::CreateAndSet);
    teller.check("L3", "\"Create User and Set Temporary Password\": it ends the same way", created);
    reveal(teller, &issuance, &password);
    Ok(password)
}

/// Checks L1 and L9: refusals that no flag overrides, and a withdrawal.
pub(super) async fn withdraw_and_refusals(stage: &Context, session: &Session, teller: &mut Teller<'_>) -> Result<()> {
    teller.act("Meanwhile: what is refused, and one that was given to the wrong person");
    let refusals = [
        ("alan@example.com", Reason::Disabled, "Alan Turing is disabled"),
        ("C-1007", Reason::External, "Hedy Lamarr's password is kept by another system"),
        ("C-1008", Reason::Protected, "Annie Easley is in the protected group staff-admins"),
        ("sam@example.com", Reason::OwnUser, "sam's own user"),
        ("mary@example.com", Reason::Ambiguous, "two Marys share mary@example.com"),
    ];
    for (customer, reason, words) in refusals {
        let refused = attempt(stage, session, customer, &mut Player::sam()).await.err().map(|error| error.reason);
        teller.check("L1", &format!("refused: {words}"), refused == Some(reason));
    }
    let (_, password) = attempt(stage, session, "C-1004", &mut Player::sam()).await?;
    let withdrawn = stage
        .with_services(&mut Player::sam(), async |services: &mut Services<'_>| {
            let request = WithdrawalRequest { customer: "C-1004".into(), ..WithdrawalRequest::default() };
            withdraw(services, session, request).await
        })
        .await?;
    let refused = super::customer_side::is_refused(stage, "mary.jackson", &password)?;
    let still_locked_out = user_snapshot(session, "C-1004").await?.1;
    teller.check(
        "L9",
        "tellonce withdraw C-1004: that password has been withdrawn, Mary stays locked out",
        withdrawn.state.change_required && refused && still_locked_out,
    );
    Ok(())
}

/// Checks L6: the ledger is whole, and holds none of the passwords that the tour saw.
pub(super) async fn audit(stage: &Context, passwords: &[&str], teller: &mut Teller<'_>) -> Result<()> {
    teller.act("The team lead reads the ledger");
    let ledger = stage.ledger();
    let store = ledger.store().await?;
    let verified = ledger::verify(store, None).await?;
    let (mut pages, mut is_clean) = (Pages::new(store, Query::default()), true);
    loop {
        let page = pages.next().await?;
        if page.is_empty() {
            break;
        }
        let is_in = |password: &str| page.iter().any(|record| record.line().contains(password));
        is_clean &= !passwords.iter().any(|password| is_in(password));
    }
    let message = format!("tellonce audit verify: {} records, the chain is whole, no password in it", verified.records);
    teller.check("L6", &message, verified.records > 0 && is_clean);
    Ok(())
}
