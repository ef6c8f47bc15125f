//! `show`: shows a customer's profile, roles and access.

use anyhow::Result;
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use super::ask_missing;
use super::context::{Context, look_up};
use super::view::{StatusFields, moment, valid_until};
use crate::domain::{
    Action, Channel, Contact, ContactChanged, Contacts, CustomerFacts, ExitCode, Obstacle, PolicyRead, ResetTarget,
    UserProfile, refusal,
};

/// A customer's profile, roles and access
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tellonce show C-1001")]
pub(super) struct ShowArgs {
    /// The customer: an id, username or e-mail address; asked for if left out at a terminal
    customer: Option<String>,
}

#[derive(Serialize)]
struct ShowJson<'a> {
    schema: &'static str,
    backend: &'a str,
    #[serde(flatten)]
    status: StatusFields<'a>,
    roles: Option<&'a [String]>,
    groups: Option<&'a [String]>,
    policy: Vec<String>,
    contacts: Vec<ContactJson>,
    contacts_unreadable: Vec<String>,
    action: &'static str,
    obstacles: Vec<ObstacleJson>,
}

/// An address or number on file, masked.
#[derive(Serialize)]
struct ContactJson {
    channel: Channel,
    masked: String,
    /// When it was last changed, where the directory tells.
    changed_at: Option<Timestamp>,
    /// Since when it has not changed, where the directory tells no more.
    unchanged_since: Option<Timestamp>,
}

impl ContactJson {
    fn of(contact: &Contact) -> Self {
        let (changed_at, unchanged_since) = match contact.changed {
            ContactChanged::At(at) => (Some(at), None),
            ContactChanged::NotSince(at) => (None, Some(at)),
            ContactChanged::Unverified | ContactChanged::Unknown => (None, None),
        };
        Self { channel: contact.channel, masked: contact.masked(), changed_at, unchanged_since }
    }
}

#[derive(Serialize)]
struct ObstacleJson {
    reason: crate::domain::Reason,
    words: String,
}

/// Shows everything that is known of one customer.
pub(super) async fn run(context: &mut Context, args: ShowArgs) -> Result<ExitCode> {
    let customer = ask_missing::customer(args.customer, "show", &mut context.prompter(false))?;
    let (_, facts) = look_up(context, "show", &customer).await?;
    let snapshot = &facts.snapshot;
    let status = StatusFields::of(&facts);
    let contacts = facts.contacts();
    if context.json() {
        let object = ShowJson {
            schema: "tellonce.show/v1",
            backend: &context.profile.backend,
            status,
            roles: snapshot.roles.as_deref(),
            groups: snapshot.groups.as_deref(),
            policy: snapshot.policy.describe(),
            contacts: contacts.on_file.iter().map(ContactJson::of).collect(),
            contacts_unreadable: contacts.unreadable,
            action: action(&facts).map_or("none", Action::name),
            obstacles: obstacles(&facts),
        };
        return Ok(context.screen.json(&object)?);
    }
    context.screen.practice_banner(&context.profile.backend);
    context.screen.fields(&fields(&facts, &status, &contacts));
    Ok(ExitCode::DONE)
}

/// Returns the action that a reset would offer, or `None` if an obstacle prevents it. A lock-out can be lifted.
fn action(facts: &CustomerFacts) -> Option<Action> {
    let blocked = facts.snapshot.obstacles.iter().any(|obstacle| !matches!(obstacle, Obstacle::Locked { .. }));
    match facts.snapshot.target {
        _ if blocked => None,
        ResetTarget::NewUser(_) => Some(Action::CreateAndSet),
        ResetTarget::User(_) => Some(Action::Set),
    }
}

fn obstacles(facts: &CustomerFacts) -> Vec<ObstacleJson> {
    let as_json = |obstacle| {
        let error = refusal(obstacle, &facts.customer);
        ObstacleJson { reason: error.reason, words: error.message }
    };
    facts.snapshot.obstacles.iter().map(as_json).collect()
}

fn fields(facts: &CustomerFacts, status: &StatusFields<'_>, contacts: &Contacts) -> Vec<(String, String)> {
    let (customer, snapshot) = (&facts.customer, &facts.snapshot);
    let none = || "none".to_owned();
    let list = |names: &[String]| if names.is_empty() { none() } else { names.join(", ") };
    let mut fields = vec![
        ("Customer".to_owned(), customer.id.to_string()),
        ("Name".to_owned(), customer.name.clone()),
        ("E-mail".to_owned(), customer.email.clone().unwrap_or_else(none)),
    ];
    fields.extend(customer.details.iter().cloned());
    let masked: Vec<String> = contacts.on_file.iter().map(Contact::masked).collect();
    fields.push(("On file".to_owned(), list(&masked)));
    fields.extend(contacts.unreadable.iter().map(|value| ("Not readable".to_owned(), value.clone())));
    let user = snapshot.user.as_ref().map_or_else(|| "none yet".to_owned(), UserProfile::describe);
    fields.push(("User".to_owned(), user));
    fields.extend(status.differences.iter().map(|difference| ("Look out".to_owned(), difference.clone())));
    fields.push(("Status".to_owned(), snapshot.state.describe()));
    if snapshot.state.change_required {
        let by = status
            .issued_by
            .map_or_else(|| "(by whom is not known on this machine)".to_owned(), |by| format!("by {by}"));
        fields.push(("Issued".to_owned(), format!("{} {by}", moment(snapshot.issued_at))));
        fields.push(("Valid until".to_owned(), valid_until(snapshot.expires_at)));
    }
    let read = |names: &Option<Vec<String>>| names.as_deref().map_or_else(|| "cannot be read".to_owned(), list);
    fields.push(("Roles".to_owned(), read(&snapshot.roles)));
    fields.push(("Groups".to_owned(), read(&snapshot.groups)));
    let policy = match &snapshot.policy {
        PolicyRead::Read(policy) => policy.describe().join("\n"),
        PolicyRead::InPart(policy, why) => [policy.describe(), vec![format!("and more: {why}")]].concat().join("\n"),
        PolicyRead::Unreadable(why) => format!("cannot be read: {why}"),
    };
    fields.push(("Password rules".to_owned(), policy));
    let descriptions: Vec<String> = obstacles(facts).into_iter().map(|obstacle| obstacle.words).collect();
    match action(facts) {
        None => fields.push(("Cannot be reset".to_owned(), descriptions.join("\n"))),
        Some(action) => {
            fields.push(("Offered".to_owned(), format!("{}: tellonce reset {}", action.label(), customer.id)));
            fields.extend(descriptions.into_iter().map(|description| ("Note".to_owned(), description)));
        }
    }
    fields
}
