//! The customer's side of the story.

use anyhow::Result;
use zeroize::Zeroizing;

use super::teller::Teller;
use crate::backends::practice::{Change, Practice, Redeem, SignIn};
use crate::commands::context::Context;
use crate::commands::practice::directory;
use crate::domain::{Error, Rule};

/// The password that sample customers start with.
const OLD_PASSWORD: &str = "Practice-makes-1";
/// Ada's first own password.
const CHOSEN_PASSWORD: &str = "Poetical-Science-1843";
/// The password that Ada chooses later, by e-mail.
const LATER_PASSWORD: &str = "Analytical-Engine-1837";

/// Tells whether the app refuses this password.
pub(super) fn is_refused(stage: &Context, name: &str, password: &str) -> Result<bool> {
    Ok(matches!(directory(stage)?.sign_in(name, password)?, SignIn::Refused(_)))
}

fn mails(practice: &Practice) -> Result<usize> {
    Ok(practice.outbox()?.iter().filter(|mail| mail.token().is_some()).count())
}

/// Checks L6 and L9: what does not work until Ada has chosen a password.
pub(super) fn locked_out(stage: &Context, teller: &mut Teller<'_>) -> Result<()> {
    teller.act("Until Ada has chosen a password of her own, she is locked out");
    let practice = directory(stage)?;
    teller.check("L9", "her old password is refused", is_refused(stage, "ada@example.com", OLD_PASSWORD)?);
    let before = mails(&practice)?;
    practice.forgot_password("ada@example.com")?;
    teller.check("L9", "\"Forgot your password?\" mails her no link", mails(&practice)? == before);
    teller.check(
        "L6",
        "and the temporary password was never mailed",
        practice.outbox()?.iter().all(|mail| mail.token().is_none()),
    );
    Ok(())
}

/// Checks L10 and L12: only the newest password works, exactly as it was shown.
pub(super) fn only_the_newest(stage: &Context, first: &str, second: &str, teller: &mut Teller<'_>) -> Result<()> {
    teller.act("Ada signs in");
    teller.check("L10", "the first temporary password is refused", is_refused(stage, "ada@example.com", first)?);
    let other_case: Zeroizing<String> =
        Zeroizing::new(
            second
                .chars()
                .map(|letter| {
                    if letter.is_ascii_uppercase() { letter.to_ascii_lowercase() } else { letter.to_ascii_uppercase() }
                })
                .collect(),
        );
    teller.check(
        "L12",
        "the second one in the other case is refused",
        is_refused(stage, "ada@example.com", &other_case)?,
    );
    Ok(())
}

/// Checks L8 and L11: Ada must choose a password under the rules, and the temporary password works once.
pub(super) fn chooses(stage: &Context, temporary: &str, teller: &mut Teller<'_>) -> Result<()> {
    let practice = directory(stage)?;
    let SignIn::ChangeRequired(ticket) = practice.sign_in("ada@example.com", temporary)? else {
        teller.check("L8", "with the newest one she is asked for a new password", false);
        return Ok(());
    };
    teller.check("L8", "with the newest one she is asked for a new password, under these rules:", true);
    for rule in practice.policy()?.describe() {
        teller.say(&format!("    - {rule}"));
    }
    let broken = |answer: Change| if let Change::Broken(rules) = answer { rules } else { Vec::new() };
    let broken_by_short = broken(practice.change_password(&ticket, "Short-1")?);
    teller.check(
        "L8",
        "\"Short-1\" is refused: at least 12 characters",
        broken_by_short.contains(&Rule::MinLength(12)),
    );
    let broken_by_username = broken(practice.change_password(&ticket, "Ada.Lovelace-1843")?);
    teller.check(
        "L8",
        "\"Ada.Lovelace-1843\" is refused: it contains her username",
        broken_by_username.contains(&Rule::NotContainsUsername),
    );
    let broken_by_reuse = broken(practice.change_password(&ticket, temporary)?);
    teller.check(
        "L8",
        "the temporary one again is refused",
        broken_by_reuse.iter().any(|rule| matches!(rule, Rule::History(_))),
    );
    let is_changed = matches!(practice.change_password(&ticket, CHOSEN_PASSWORD)?, Change::Done(_));
    teller.check("L8", "a good one, \"Update Password\", and she is in", is_changed);
    teller.check("L11", "the temporary password is refused now", is_refused(stage, "ada@example.com", temporary)?);
    let in_again = matches!(practice.sign_in("ada@example.com", CHOSEN_PASSWORD)?, SignIn::SignedIn(_));
    teller.check("L8", "her own password works", in_again);
    Ok(())
}

/// Checks L13: self-service works again when no temporary password is pending.
pub(super) fn self_service(stage: &Context, teller: &mut Teller<'_>) -> Result<()> {
    let practice = directory(stage)?;
    practice.forgot_password("ada@example.com")?;
    let mails = practice.outbox()?;
    let token = mails
        .iter()
        .rev()
        .find_map(|mail| mail.token())
        .ok_or_else(|| Error::bug("The practice directory mailed no link."))?;
    let redeemed = matches!(practice.redeem(token, LATER_PASSWORD)?, Redeem::Done);
    teller.check("L13", "\"Forgot your password?\" works for her again", redeemed);
    let once = matches!(practice.redeem(token, CHOSEN_PASSWORD)?, Redeem::Refused(_));
    teller.check("L13", "and its link works once", once);
    Ok(())
}

/// Checks L8 for a user who was just created.
pub(super) fn grace_comes_in(stage: &Context, temporary: &str, teller: &mut Teller<'_>) -> Result<()> {
    let practice = directory(stage)?;
    let SignIn::ChangeRequired(ticket) = practice.sign_in("grace@example.com", temporary)? else {
        teller.check("L8", "Grace signs in with it and is asked for a new password", false);
        return Ok(());
    };
    let is_changed = matches!(practice.change_password(&ticket, "Nanoseconds-in-1ft")?, Change::Done(_));
    teller.check("L8", "Grace signs in with it, chooses her own, and is in", is_changed);
    Ok(())
}
