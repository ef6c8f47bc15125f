//! `pending`: lists every temporary password that is still pending.

use std::time::Duration;

use anyhow::Result;
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use super::context::Context;
use super::unlisted::{describe_not_found, show_lookup_refusal};
use super::view::{LOCAL_CLOCK, moment};
use crate::config::parse_duration;
use crate::domain::{
    ClockSource, Customer, Error, ExitCode, ListedPassword, Outstanding, PendingList, Services, Unlisted, UserProfile,
    UserSnapshot,
};

/// Every temporary password that is still pending
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tellonce pending\n  tellonce pending --older-than 24h     what a sweep of that age looks at"
)]
pub(super) struct PendingArgs {
    /// Only what has been pending for longer than this
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    older_than: Option<Duration>,
}

#[derive(Serialize)]
struct PendingListJson<'a> {
    schema: &'static str,
    backend: &'a str,
    /// The clock that --older-than was measured by.
    clock: ClockSource,
    pending: &'a [PendingJson],
    /// How many users are left out, because it cannot be read whether anything of theirs is pending.
    left_out: usize,
    not_found: &'a [Outstanding],
    /// Why users were not looked up; `None` if all were.
    lookup_refused: Option<&'a str>,
}

/// One temporary password, with what the backend says of its user.
#[derive(Serialize)]
struct PendingJson {
    customer: Customer,
    user: UserProfile,
    issued_at: Option<Timestamp>,
    issued_by: Option<String>,
    /// Whether this tool issued it.
    by_tellonce: bool,
    expires_at: Option<Timestamp>,
    expired: Option<bool>,
    withdrawn: bool,
    /// Why what stands there is not all; `None` if the user could be read.
    message: Option<String>,
}

impl PendingJson {
    /// Makes the row of a password from what was read of its user. Returns `None` if nothing is pending any more.
    fn of(password: ListedPassword, read: Result<UserSnapshot, Error>) -> Option<Self> {
        let ListedPassword { pending, issued_by, is_ours } = password;
        let mut listed = Self {
            user: pending.user_profile(),
            customer: pending.customer,
            issued_at: pending.issued_at,
            issued_by,
            by_tellonce: is_ours,
            expires_at: None,
            expired: None,
            withdrawn: pending.withdrawn,
            message: pending.unreadable.map(|value| format!("{}.", value.describe())),
        };
        match read {
            Ok(snapshot) if snapshot.state.known_change_required() == Some(false) => return None,
            Ok(snapshot) => {
                listed.issued_at = listed.issued_at.or(snapshot.issued_at);
                listed.issued_by = listed.issued_by.or(snapshot.issued_by);
                (listed.expires_at, listed.expired) = (snapshot.expires_at, snapshot.state.expired);
                listed.withdrawn |= snapshot.state.withdrawn == Some(true);
                listed.user = snapshot.user.unwrap_or(listed.user);
            }
            Err(error) => listed.message = Some(error.message),
        }
        Some(listed)
    }

    fn state(&self) -> &'static str {
        match (self.withdrawn, self.expired, &self.message) {
            (true, ..) => "withdrawn",
            (_, Some(true), _) => "ran out",
            (_, _, Some(_)) => "not all known",
            _ => "pending",
        }
    }

    fn row(&self) -> Vec<String> {
        vec![
            self.customer.id.to_string(),
            self.customer.name.clone(),
            moment(self.issued_at),
            self.issued_by.clone().unwrap_or_else(|| "not known".to_owned()),
            if self.by_tellonce { "yes" } else { "no" }.to_owned(),
            self.state().to_owned(),
        ]
    }
}

/// Lists what is pending. An empty list is exit 0.
pub(super) async fn run(context: &mut Context, args: PendingArgs) -> Result<ExitCode> {
    let session = context.session().await?;
    let mut prompter = context.prompter(false);
    let (list, unlisted) = context
        .with_services(&mut prompter, async |services: &mut Services<'_>| {
            let list = PendingList::read(services, &session, args.older_than).await?;
            let unlisted = list.look_up_unlisted(services, &session).await?;
            Ok((list, unlisted))
        })
        .await?;
    if list.clock == ClockSource::Local && args.older_than.is_some() {
        context.screen.notice(LOCAL_CLOCK);
    }
    // Where an agent may read too little, a directory lists all of its users.
    let is_known = |password: &ListedPassword| password.is_ours || password.pending.unreadable.is_none();
    let (known, left_out): (Vec<_>, Vec<_>) = list.passwords.into_iter().partition(is_known);
    let read = PendingList::read_users(&session, known).await?;
    let mut pending: Vec<_> = read.into_iter().filter_map(|(password, user)| PendingJson::of(password, user)).collect();
    pending.sort_by_key(|password| password.issued_at);
    show_lookup_refusal(context, unlisted.refusal.as_ref());
    if context.json() {
        let object = PendingListJson {
            schema: "tellonce.pending/v1",
            backend: &context.profile.backend,
            clock: list.clock,
            pending: &pending,
            left_out: left_out.len(),
            not_found: &unlisted.not_found,
            lookup_refused: unlisted.refusal.as_ref().map(|error| error.message.as_str()),
        };
        return Ok(context.screen.json(&object)?);
    }
    show(context, &pending, &unlisted);
    if !left_out.is_empty() {
        let count = left_out.len();
        context.screen.warning(&format!(
            "Left out: {count} users of whom it cannot be read whether a temporary password is pending. `tellonce doctor` says which right is missing."
        ));
    }
    Ok(ExitCode::DONE)
}

fn show(context: &Context, pending: &[PendingJson], unlisted: &Unlisted) {
    context.screen.practice_banner(&context.profile.backend);
    if pending.is_empty() {
        context.screen.notice("No temporary password is pending.");
    } else {
        let header = ["ID", "NAME", "SINCE", "ISSUED BY", "BY TELLONCE", "STATE"];
        context.screen.table(&header, pending.iter().map(PendingJson::row).collect());
        let count = pending.len();
        context.screen.notice(&format!("{count} temporary password{} pending.", if count == 1 { "" } else { "s" }));
    }
    for password in pending {
        if let Some(message) = &password.message {
            context.screen.warning(&format!("{}: {message}", password.customer.id));
        }
    }
    for password in &unlisted.not_found {
        context.screen.warning(&describe_not_found(password));
    }
}
