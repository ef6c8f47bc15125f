//! Reads everything known of a customer before anything is decided.

use super::contact::{Channel, Contact, Contacts};
use super::customer::Customer;
use super::error::Result;
use super::history::History;
use super::policy::About;
use super::ports::AuditLog;
use super::session::Session;
use super::shared_user::shared_user;
use super::user::{ResetTarget, UserSnapshot};

/// Everything known of a customer before anything is decided.
pub(crate) struct CustomerFacts {
    pub customer: Customer,
    /// The snapshot of the customer's user.
    pub snapshot: UserSnapshot,
    /// What this machine knows of earlier attempts, findings included.
    pub history: History,
    /// What was found out just now about attempts whose end was missing, in words.
    pub recovered: Vec<String>,
}

impl CustomerFacts {
    /// Returns what the rules about names compare a password with: the user's names, as the backend has them.
    pub(super) fn about(&self) -> About {
        let user = self.snapshot.user.as_ref();
        let username = match &self.snapshot.target {
            ResetTarget::NewUser(new) => Some(new.username.clone()),
            ResetTarget::User(_) => {
                user.and_then(|user| user.username.clone()).or_else(|| self.customer.username.clone())
            }
        };
        let email = user.and_then(|user| user.email.clone()).or_else(|| self.customer.email.clone());
        About { username, email }
    }

    /// Returns what is on file for the customer, in the backend and in the customer directory.
    ///
    /// An address or number that no message can go to is named in `unreadable`, without its value.
    pub(crate) fn contacts(&self) -> Contacts {
        let contacts = self.snapshot.contacts.clone().with(self.customer.contacts.clone());
        let profile = self.customer.email.iter().map(|email| Contact::new(Channel::Email, email));
        // The directory's own address adds nothing to what the backend knows of it: they are one.
        let more = profile.filter(|contact| !contacts.lists(contact)).collect();
        contacts.with(Contacts { on_file: more, ..Contacts::default() }).with_usable_alone()
    }

    /// Returns what the customer can be verified by. Of a customer whom the agent enters just now nothing is on file: the
    /// address is what the agent typed.
    pub(super) fn contacts_to_verify_by(&self) -> Contacts {
        match &self.snapshot.target {
            ResetTarget::NewUser(new) if new.new_customer => Contacts::default(),
            ResetTarget::NewUser(_) | ResetTarget::User(_) => self.contacts(),
        }
    }
}

/// Reads the customer's snapshot and history, and writes down what became of attempts whose end is missing.
pub(crate) async fn gather_facts(
    audit: &mut dyn AuditLog,
    session: &Session,
    customer: &Customer,
) -> Result<CustomerFacts> {
    let mut snapshot = session.backend().user_snapshot(customer).await?;
    let mut history = audit.history(session, customer, snapshot.user.as_ref()).await?;
    let mut recovered = Vec::new();
    for finding in history.findings(&snapshot) {
        audit.recovered(session, &customer.id, &finding).await?;
        recovered.push(history.note(&finding));
    }
    if !recovered.is_empty() {
        history = audit.history(session, customer, snapshot.user.as_ref()).await?;
    }
    if let Some(user) = &snapshot.user {
        snapshot.obstacles.extend(shared_user(audit, session, customer, (user, &history)).await?);
    }
    Ok(CustomerFacts { customer: customer.clone(), snapshot, history, recovered })
}
