//! `find`: lists the customers that match a text.

use anyhow::Result;
use clap::Args;
use serde::Serialize;

use super::context::Context;
use crate::domain::{Customer, CustomerId, Error, ExitCode, Kind, Session, UserProfile, usable};
use crate::ledger::View;

/// Customers that match a text
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tellonce find lovelace")]
pub(super) struct FindArgs {
    /// An id, a username, an e-mail address or part of a name
    text: String,
    /// How many to show at most
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
    limit: u16,
}

#[derive(Serialize)]
struct FoundJson<'a> {
    schema: &'static str,
    backend: &'a str,
    customers: Vec<Customer>,
    shown: usize,
    total: Option<u64>,
    left_out: &'a [String],
    users_not_known: Vec<UserNotKnownJson<'a>>,
}

#[derive(Serialize)]
struct UserNotKnownJson<'a> {
    customer: &'a CustomerId,
    message: &'a str,
}

/// What the backend says of a customer's user.
enum FoundUser {
    /// The directory is the backend: the customer's profile says it.
    AsInProfile,
    /// The backend has this user, or none.
    Read(Option<UserProfile>),
    /// The backend does not say which user is theirs: why.
    Unknown(String),
}

impl FoundUser {
    fn username<'a>(&'a self, customer: &'a Customer) -> Option<&'a str> {
        match self {
            Self::AsInProfile => customer.username.as_deref(),
            Self::Read(user) => user.as_ref().and_then(|user| user.username.as_deref()),
            Self::Unknown(_) => None,
        }
    }

    fn describe(&self, customer: &Customer) -> String {
        match self {
            Self::Unknown(why) => format!("(not known: {why})"),
            _ => self.username(customer).unwrap_or("(no user yet)").to_owned(),
        }
    }

    /// Returns the customer with the username that the backend has.
    fn put_into(&self, customer: &Customer) -> Customer {
        Customer { username: self.username(customer).map(str::to_owned), ..customer.clone() }
    }

    fn why_not_known(&self) -> Option<&str> {
        if let Self::Unknown(why) = self { Some(why) } else { None }
    }
}

/// Asks the backend for each customer's user, if the directory is another.
///
/// # Errors
/// The backend cannot be asked. That of one customer is told in their place.
async fn users_of(session: &Session, customers: &[Customer]) -> Result<Vec<FoundUser>, Error> {
    let mut users = Vec::with_capacity(customers.len());
    for customer in customers {
        users.push(if session.directory().is_beside_backend() {
            match session.backend().find_user(customer).await {
                Ok(user) => FoundUser::Read(user),
                Err(error) if matches!(error.kind, Kind::Ambiguous | Kind::Refused) => {
                    FoundUser::Unknown(error.message)
                }
                Err(error) => return Err(error),
            }
        } else {
            FoundUser::AsInProfile
        });
    }
    Ok(users)
}

/// Searches, and shows one page of results. An empty result is exit 0.
pub(super) async fn run(context: &mut Context, args: FindArgs) -> Result<ExitCode> {
    let text = usable(&args.text)?;
    let session = context.session().await?;
    let found = session.directory().find(text, usize::from(args.limit)).await?;
    let shown = found.customers.len();
    let users = users_of(&session, &found.customers).await?;
    let count = found.total.unwrap_or(shown as u64);
    context.record_view(&session, View::Search { text, found: count }).await?;
    if context.json() {
        let object = FoundJson {
            schema: "tellonce.find/v1",
            backend: &context.profile.backend,
            customers: found.customers.iter().zip(&users).map(|(customer, user)| user.put_into(customer)).collect(),
            shown,
            total: found.total,
            left_out: &found.left_out,
            users_not_known: found
                .customers
                .iter()
                .zip(&users)
                .filter_map(|(customer, user)| Some((&customer.id, user.why_not_known()?)))
                .map(|(customer, message)| UserNotKnownJson { customer, message })
                .collect(),
        };
        return Ok(context.screen.json(&object)?);
    }
    context.screen.practice_banner(&context.profile.backend);
    for left_out in &found.left_out {
        context.screen.warning(&format!("Left out. {left_out}"));
    }
    if found.customers.is_empty() {
        context.screen.notice(&format!("No customer matches \"{text}\"."));
        return Ok(ExitCode::DONE);
    }
    let rows = found.customers.iter().zip(&users).map(|(customer, user)| {
        vec![
            customer.id.to_string(),
            customer.name.clone(),
            customer.email.clone().unwrap_or_default(),
            user.describe(customer),
        ]
    });
    context.screen.table(&["ID", "NAME", "E-MAIL", "USERNAME"], rows.collect());
    let total = found.total.map_or_else(|| "many".to_owned(), |total| total.to_string());
    context.screen.notice(&format!("{shown} of {total} shown."));
    Ok(ExitCode::DONE)
}
