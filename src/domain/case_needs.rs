//! What the profile requires of a case and the request lacks: texts, and the verification of the caller.

use super::action::ChangeKind;
use super::assessment::{AssessmentServices, Need};
use super::case::Case;
use super::customer::Customer;
use super::customer_facts::CustomerFacts;
use super::error::{Error, Reason, Result};
use super::guards::Requirement;
use super::session::Session;
use super::verification::Verification;

/// Returns what is missing, and the verification of the caller that this change would use.
///
/// Where the rules take the agent's own words, those or a verification are enough. Where they do not, the words are
/// recorded and count for nothing.
pub(super) async fn case_needs(
    services: &AssessmentServices<'_>,
    session: &Session,
    (facts, case): (&CustomerFacts, &Case),
    kind: ChangeKind,
) -> Result<(Vec<Need>, Option<Verification>)> {
    let (customer, user) = (&facts.customer, facts.snapshot.user.as_ref());
    let verification = services.audit.verification(session, customer, user, kind).await?;
    let mut needs = Vec::new();
    for requirement in case.missing(services.guards) {
        match requirement {
            Requirement::Verified if verification.is_some() => {}
            requirement => needs.push(Need::Text(requirement)),
        }
    }
    if services.guards.takes_no_words() && verification.is_none() {
        needs.retain(|need| !matches!(need, Need::Text(Requirement::Verified)));
        needs.push(Need::Verification {
            customer: Box::new(customer.clone()),
            user: user.cloned().map(Box::new),
            contacts: Box::new(facts.contacts_to_verify_by()),
            otherwise: Box::new(not_verified(customer, case)),
        });
    }
    Ok((needs, verification))
}

fn not_verified(customer: &Customer, case: &Case) -> Error {
    let (name, id) = (&customer.name, &customer.id);
    let message = if case.verified.is_some() {
        format!("This profile does not take `--verified` for a verification, and {name} ({id}) is not verified.")
    } else {
        format!("This profile requires that the caller is verified, and {name} ({id}) is not.")
    };
    Error::refused(Reason::NotVerified, message).hint(format!(
        "Verify them first: `tellonce verify {id}`. In a script: `tellonce verify {id} --by code --to 1 --code-stdin`."
    ))
}
