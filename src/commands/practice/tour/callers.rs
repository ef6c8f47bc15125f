//! The callers: one who is not who they say, and one who is, under rules that ask for a verification.

use anyhow::Result;
use zeroize::Zeroizing;

use super::agent_side::attempt;
use super::players::{Player, RecoveryCodes};
use super::teller::Teller;
use crate::backends::practice::Mail;
use crate::commands::context::Context;
use crate::commands::outbox;
use crate::commands::practice::directory;
use crate::domain::{
    ChangeKind, Error, Reason, Requirement, Services, Session, Verification, VerificationWay, VerifyRequest, verify,
};

/// Where Ada's mail goes.
const ADA: &str = "ada@example.com";

/// Checks L15 and L16: nobody gets a password for a caller who is not verified, and the customer hears of each one.
pub(super) async fn verified_reset(
    stage: &Context,
    session: &Session,
    teller: &mut Teller<'_>,
) -> Result<Zeroizing<String>> {
    teller.act(
        "Another team's profile has require = [\"verified\"] and attested = false: sam's own words are no verification",
    );
    let strict = strict(stage)?;
    let is_refused = async |words: &str, teller: &mut Teller<'_>| {
        let refused = attempt(&strict, session, "C-1001", &mut Player::sam()).await.err().map(|error| error.reason);
        teller.check("L15", words, refused == Some(Reason::NotVerified));
    };
    is_refused("a caller says that she is Ada: nobody has verified her, and sam gets no password", teller).await;
    let guesses = RecoveryCodes::Guessed;
    let failed = verified(&strict, session, guesses).await.err().map(|error| error.reason);
    let words = "tellonce verify C-1001: the code goes to Ada's own address, and the caller guesses wrong three times";
    teller.check("L15", words, failed == Some(Reason::CodeWrong));
    is_refused("so she is not verified, and there is no password for her", teller).await;

    teller.act("The real Ada calls, and reads the code from her mail");
    let used = verified(&strict, session, RecoveryCodes::ReadFromMail(newest_code(stage))).await?;
    let words = "tellonce verify C-1001: she is verified by a code sent to a***@example.com";
    teller.check("L15", words, used.way == VerificationWay::Code && used.to == "a***@example.com");
    let mut sam = Player::sam();
    let (issuance, password) = attempt(&strict, session, "C-1001", &mut sam).await?;
    let is_used = issuance.verification.as_ref().is_some_and(|verification| verification.id == used.id);
    let is_shown = sam.shown.is_some_and(|plan| plan.verification.is_some());
    teller.check("L15", "the confirmation says how she was verified, and sam gets the password", is_used && is_shown);
    is_refused("the verification serves once: the next reset asks for another", teller).await;
    outbox::deliver_now(stage).await;
    let told = mails_of(stage, |mail| mail.to == ADA)?;
    let notice = told.last().filter(|mail| mail.subject.contains("temporary password was set"));
    let is_told = notice.is_some_and(|mail| !mail.body.contains(password.as_str()) && !mail.body.contains("http"));
    teller.check(
        "L16",
        "a mail tells Ada that support set a temporary password, and has neither the password nor a link",
        is_told,
    );
    Ok(password)
}

/// Returns the same stage under rules that ask for a verification by the tool.
fn strict(stage: &Context) -> Result<Context> {
    let mut strict = stage.elsewhere(stage.folders.clone())?;
    strict.profile.guards.require = vec![Requirement::Verified];
    strict.profile.guards.verification.attested = false;
    Ok(strict)
}

async fn verified(stage: &Context, session: &Session, codes: RecoveryCodes<'_>) -> Result<Verification, Error> {
    let request = VerifyRequest {
        customer: "C-1001".into(),
        purpose: ChangeKind::Reset,
        by: Some(VerificationWay::Code),
        to: Some(1),
    };
    let mut sam = Player { codes, ..Player::sam() };
    stage
        .with_services(&mut sam, async |services: &mut Services<'_>| verify(services, session, request).await)
        .await
        .map(|(_, verification)| verification)
}

/// Reads the newest code in Ada's mail, once it is asked for.
fn newest_code(stage: &Context) -> Box<dyn Fn() -> Option<Zeroizing<String>> + '_> {
    Box::new(move || {
        let mails = mails_of(stage, |mail| mail.to == ADA && mail.subject.contains("code")).ok()?;
        let code = mails.last()?.body.lines().find_map(|line| line.trim().strip_prefix("Your recovery code is: "))?;
        Some(Zeroizing::new(code.to_owned()))
    })
}

fn mails_of(stage: &Context, is_wanted: impl Fn(&Mail) -> bool) -> Result<Vec<Mail>> {
    Ok(directory(stage)?.outbox()?.into_iter().filter(is_wanted).collect())
}
