//! `unseal`: reveals one sealed password of a bulk run's output, in the same way as a reset.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use jiff::Timestamp;

use super::context::Context;
use super::reveal_args::RevealArgs;
use crate::bulk::output_reader::{FoundRow, for_each, format_of};
use crate::bulk::sealing;
use crate::domain::{
    AttemptId, ChangeScreen, Customer, CustomerId, Delivery, Error, ExitCode, Gap, Issuance, Kind, Policy, ProfileRef,
    Proof, Reason, SessionsEnded, State, TemporaryPassword,
};
use crate::terminal::RevealTarget;

/// Reveal one sealed password of a bulk run's output
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tellonce unseal sealed.csv --identity key.txt --customer C-1001")]
pub(super) struct UnsealArgs {
    /// The output of a bulk run
    file: PathBuf,
    /// The file with your age identity, as age-keygen writes it
    #[arg(long, value_name = "KEY")]
    identity: PathBuf,
    /// The customer's id, username or (JSON only) e-mail
    #[arg(long, value_name = "C")]
    customer: String,
    /// The one reveal
    #[command(flatten)]
    pub(super) reveal: RevealArgs,
}

/// Opens the newest sealed password of the customer. Needs no session and no backend; leaves an audit record.
pub(super) async fn run(context: &Context, args: UnsealArgs, early: RevealTarget) -> Result<ExitCode> {
    let mut reveal = early.with(context.reveal_options(&args.reveal, context.localization(None)?))?.into_reveal();
    let identities = sealing::identities_of(&args.identity)?;
    let row = newest(&args)?;
    let sealed = row.sealed.clone().unwrap_or_default();
    let password = TemporaryPassword::unsealed(&sealing::open(&identities, &sealed)?);
    let ready = reveal.prepare(password.length())?;
    let issuance = issuance(context, &row);
    let ledger = context.ledger();
    // The record has to exist before anybody sees the password.
    ledger.unsealed(&issuance.profile_ref, &issuance.customer.id, &issuance.attempt).await?;
    let delivery = ready.reveal(password, &issuance).await;
    for warning in ledger.warnings().take() {
        context.screen.warning(&warning);
    }
    if delivery == Delivery::NotDelivered {
        bail!(
            Error::new(Kind::Unavailable, Reason::RevealFailed, "The password could not be shown.")
                .hint("It is still sealed in the file: try again.")
        );
    }
    Ok(ExitCode::DONE)
}

/// Finds the customer's last row that holds a password, because only the newest password works.
fn newest(args: &UnsealArgs) -> Result<FoundRow> {
    let wanted = args.customer.trim();
    let matches_wanted = |text: &Option<String>| text.as_deref().is_some_and(|text| text.eq_ignore_ascii_case(wanted));
    let mut found: Vec<FoundRow> = Vec::new();
    for_each(&args.file, format_of(&args.file)?, &mut |row| {
        if row.sealed.is_some()
            && (matches_wanted(&row.customer) || matches_wanted(&row.username) || matches_wanted(&row.email))
        {
            found.retain(|earlier| earlier.customer != row.customer);
            found.push(row);
        }
        Ok(())
    })?;
    if found.iter().any(|row| row.customer.as_deref() == Some(wanted)) {
        // An exact id takes precedence over another customer's name or address.
        found.retain(|row| row.customer.as_deref() == Some(wanted));
    }
    match found.len() {
        1 => Ok(found.swap_remove(0)),
        0 => Err(Error::new(
            Kind::NotFound,
            Reason::NoSuchCustomer,
            format!("{} has no sealed password of \"{wanted}\".", args.file.display()),
        )
        .hint("Give the id as it stands in the file.")
        .into()),
        _ => Err(Error::new(Kind::Ambiguous, Reason::Ambiguous, format!("\"{wanted}\" is more than one customer."))
            .hint("Give the id of the one you mean.")
            .into()),
    }
}

/// Builds what is shown beside the password, as far as the file knows it.
fn issuance(context: &Context, row: &FoundRow) -> Issuance {
    let id = CustomerId::new(row.customer.clone().unwrap_or_default());
    Issuance {
        customer: Customer {
            contacts: crate::domain::Contacts::default(),
            name: row.name.clone().or_else(|| row.username.clone()).unwrap_or_else(|| id.to_string()),
            id,
            email: row.email.clone(),
            username: row.username.clone(),
            names: None,
            details: Vec::new(),
        },
        user: None,
        differences: Vec::new(),
        profile_ref: ProfileRef {
            profile: context.profile.name.clone(),
            backend: context.profile.backend.clone(),
            backend_id: String::new(),
        },
        user_created: false,
        state: State { has_user: true, change_required: true, ..State::default() },
        issued_at: row.at.unwrap_or(Timestamp::UNIX_EPOCH),
        expires_at: row.expires_at,
        verification: None,
        notified: Vec::new(),
        proof: Proof::of(row.proved, row.proof_reason.as_deref()),
        sessions_ended: SessionsEnded::NotHere,
        change_screen: ChangeScreen::AnyProgram, // the file does not say which backend issued it
        rules: Policy::default(),
        rules_are_all: false,
        gaps: Gap::of_unknown_backend(),
        attempt: AttemptId::known(row.attempt.clone().unwrap_or_default()),
    }
}
