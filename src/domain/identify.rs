//! Finds the one customer that a text names.

use std::collections::HashSet;

use super::customer::{Customer, CustomerId};
use super::error::{Error, Kind, Reason, Result};
use super::ports::Prompter;
use super::secret_key::{WORDS as SECRET_KEY_WORDS, is_secret_key};
use super::session::Session;

/// How many candidates an ambiguous name lists.
pub(super) const CANDIDATES: usize = 20;

/// The longest text that names a customer, in bytes: longer than any address (RFC 5321 section 4.5.3.1).
pub(super) const LONGEST_NAME: usize = 512;

/// The customer, or the customers, that a text names.
pub(super) enum Match {
    /// One customer.
    One(Box<Customer>),
    /// Several customers, or customers with the text as a part of their name. The agent may choose one of them.
    Choice {
        /// The question.
        question: String,
        /// The customers who may be meant.
        customers: Vec<Customer>,
        /// The error if the agent cannot choose: exit 3 or 5, with the candidates.
        otherwise: Box<Error>,
    },
}

/// Finds the customer with this exact id, username or e-mail, or the customers among whom the agent has to choose.
///
/// An id that equals the text to the letter wins over another customer's username or e-mail.
///
/// # Errors
/// Exit 2: not a usable text. Exit 3: nobody. Exit 5: several customers have one id.
pub(super) async fn match_customer(text: &str, session: &Session) -> Result<Match> {
    let text = usable(text)?;
    let mut exact = id_first(text, session.directory().exact(text).await?);
    if let Some(id) = shared_id(&exact) {
        return Err(several_with(&id, exact));
    }
    match exact.len() {
        1 => {
            let customer = exact.swap_remove(0);
            if customer.id.as_str().to_lowercase() != text.to_lowercase() {
                // A customer whose id is the text was found together with all others who have that id.
                check_id_is_unique(&customer, session).await?;
            }
            Ok(Match::One(Box::new(customer)))
        }
        0 => by_name(text, session).await,
        _ => {
            let error =
                Error::new(Kind::Ambiguous, Reason::Ambiguous, format!("\"{text}\" is more than one customer."))
                    .hint("Give the id of the one you mean.")
                    .candidates(distinguish(exact.clone()));
            Ok(Match::Choice {
                question: format!("\"{text}\" is more than one customer. Which one?"),
                customers: exact,
                otherwise: Box::new(error),
            })
        }
    }
}

/// Checks that no other customer has the id of this one.
///
/// # Errors
/// Exit 5, with the candidates.
pub(super) async fn check_id_is_unique(customer: &Customer, session: &Session) -> Result<()> {
    let same = distinct(session.directory().of_same_id(customer).await?);
    if same.len() > 1 { Err(several_with(&customer.id, same)) } else { Ok(()) }
}

/// Finds the one customer whom `text` names. If it names several, the agent chooses.
///
/// # Errors
/// Those of [`match_customer`], and those of a choice that the agent cannot make: exit 3 and 5, with the candidates.
pub(crate) async fn identify(text: &str, session: &Session, prompter: &mut dyn Prompter) -> Result<Customer> {
    match match_customer(text, session).await? {
        Match::One(customer) => Ok(*customer),
        Match::Choice { question, customers, otherwise } => {
            let customer = choose(&question, customers, *otherwise, prompter)?;
            check_id_is_unique(&customer, session).await?;
            Ok(customer)
        }
    }
}

/// Has the agent choose one of these customers.
///
/// # Errors
/// Returns `otherwise` if the agent cannot choose.
pub(super) fn choose(
    question: &str,
    mut customers: Vec<Customer>,
    otherwise: Error,
    prompter: &mut dyn Prompter,
) -> Result<Customer> {
    if !prompter.can_choose() {
        return Err(otherwise);
    }
    let chosen = prompter.choose(question, &customers)?;
    if chosen < customers.len() {
        Ok(customers.swap_remove(chosen))
    } else {
        Err(Error::bug("The list of customers has no such row."))
    }
}

/// Returns each customer once: only those whose id is the text itself, if there are any.
pub(crate) fn id_first(text: &str, found: Vec<Customer>) -> Vec<Customer> {
    let mut found = distinct(found);
    if found.iter().any(|customer| customer.id.as_str() == text) {
        found.retain(|customer| customer.id.as_str() == text);
    }
    found
}

/// Returns each customer once. Customers with the same id who differ in anything else are different customers.
fn distinct(customers: Vec<Customer>) -> Vec<Customer> {
    let mut distinct: Vec<Customer> = Vec::with_capacity(customers.len());
    for customer in customers {
        if !distinct.contains(&customer) {
            distinct.push(customer);
        }
    }
    distinct
}

/// Returns an id that more than one of the customers has.
fn shared_id(customers: &[Customer]) -> Option<CustomerId> {
    let mut seen = HashSet::new();
    customers.iter().find(|customer| !seen.insert(&customer.id)).map(|customer| customer.id.clone())
}

/// Makes the error of several customers with one id, to whom no record under that id can be assigned.
pub(crate) fn several_with(id: &CustomerId, customers: Vec<Customer>) -> Error {
    let (same, others): (Vec<_>, Vec<_>) = customers.into_iter().partition(|customer| customer.id == *id);
    let message = format!("{} customers have the id {id}; which one is meant cannot be told.", same.len().max(2));
    Error::new(Kind::Ambiguous, Reason::Ambiguous, message)
        .hint("Have the customer directory give each customer an id of their own.")
        .candidates(distinguish([same, others].concat()))
}

/// Adds to the name what else is known, for candidates who would look the same.
fn distinguish(customers: Vec<Customer>) -> Vec<Customer> {
    let shown = |customer: &Customer| (customer.id.clone(), customer.name.clone(), customer.masked_email());
    let all_shown: Vec<_> = customers.iter().map(shown).collect();
    let mut distinguished = Vec::with_capacity(customers.len());
    for (number, mut customer) in (1..).zip(customers) {
        if all_shown.iter().filter(|other| **other == shown(&customer)).count() > 1 {
            let details = customer.details.iter().map(|(name, value)| format!("{name} {value}"));
            let known_besides: Vec<String> = customer.username.clone().into_iter().chain(details).collect();
            customer.name = format!("{} (number {number}: {})", customer.name, known_besides.join(", "));
        }
        distinguished.push(customer);
    }
    distinguished
}

/// Finds the customers who have the text as a part of their name, after no exact match.
async fn by_name(text: &str, session: &Session) -> Result<Match> {
    let found = session.directory().find(text, CANDIDATES).await?;
    if found.customers.is_empty() {
        return Err(Error::new(
            Kind::NotFound,
            Reason::NoSuchCustomer,
            format!("No customer has the id, username, e-mail or name \"{text}\"."),
        )
        .hint("Look for a part of the name: `tellonce find TEXT`."));
    }
    let error =
        Error::new(Kind::NotFound, Reason::NameOnly, "A name is not enough. Use the id of one of these:".to_owned())
            .hint(format!(
                "Only an id, a username or an e-mail address names a customer; \"{text}\" is part of a name."
            ))
            .candidates(found.customers.clone());
    Ok(Match::Choice {
        question: format!("Nobody is called exactly \"{text}\". Which customer do you mean?"),
        customers: found.customers,
        otherwise: Box::new(error),
    })
}

/// Checks a text to search for, and returns it trimmed.
///
/// # Errors
/// Exit 2: the text is empty or too long, or has a control character or a secret key in it.
pub(crate) fn usable(text: &str) -> Result<&str> {
    if is_secret_key(text) {
        return Err(Error::usage(format!("The name of the customer {SECRET_KEY_WORDS}.")));
    }
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::usage("The customer's id, username, e-mail or name is empty."));
    }
    if text.len() > LONGEST_NAME {
        return Err(Error::usage(format!(
            "That is {} bytes long; an id, username, e-mail or name has at most {LONGEST_NAME}.",
            text.len()
        )));
    }
    if text.chars().any(char::is_control) {
        return Err(Error::usage("That has a control character in it; an id, username, e-mail or name has none."));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn customer(id: &str, name: &str, email: &str, username: &str) -> Customer {
        Customer {
            contacts: crate::domain::Contacts::default(),
            id: CustomerId::new(id),
            name: name.to_owned(),
            email: Some(email.to_owned()),
            username: Some(username.to_owned()),
            names: None,
            details: Vec::new(),
        }
    }

    #[test]
    fn an_id_wins_to_the_letter_only() {
        let (ada, eve) =
            (customer("C-1", "Ada", "ada@a.example", "ada"), customer("C-2", "Eve", "eve@a.example", "C-1"));
        assert_eq!(id_first("C-1", vec![eve.clone(), ada.clone(), ada.clone()]), std::slice::from_ref(&ada));
        assert_eq!(id_first("c-1", vec![eve.clone(), ada.clone()]), [eve, ada]);
    }

    #[test]
    fn those_with_one_id_are_all_candidates_and_can_be_distinguished() {
        let one = customer("C-1", "Ada", "ada@a.example", "ada");
        let two = customer("C-1", "Ada", "anna@a.example", "anna");
        let found = id_first("C-1", vec![one.clone(), two.clone(), one.clone()]);
        assert_eq!(shared_id(&found), Some(CustomerId::new("C-1")));
        let failure = several_with(&one.id, found);
        assert_eq!((failure.kind, failure.candidates.len()), (Kind::Ambiguous, 2));
        assert!(failure.message.contains("2 customers have the id C-1"), "{}", failure.message);
        let names: HashSet<&str> = failure.candidates.iter().map(|customer| customer.name.as_str()).collect();
        assert_eq!(names.len(), 2, "{names:?}");
    }
}
