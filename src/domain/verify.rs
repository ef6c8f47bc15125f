//! Verifies a caller, asking the agent: by a code that the customer reads, or by a call to the number on file.

use super::action::ChangeKind;
use super::assessment::CustomerRef;
use super::code_check::{Tried, Verifier};
use super::contact::Contacts;
use super::customer::Customer;
use super::customer_facts::{CustomerFacts, gather_facts};
use super::error::{Error, Reason, Result};
use super::find_customer::find_customer;
use super::obstacle::{Obstacle, Right};
use super::ports::{VerificationSubject, VerifiedBy};
use super::refusals::refusal;
use super::services::Services;
use super::session::{AT_LEAST, Session};
use super::user_profile::UserProfile;
use super::verification::{Verification, VerificationWay};
use super::verification_options::{VerificationOption, VerificationOptions};

/// How often something may be typed that can be no code.
const MISTYPED: usize = 5;

/// What the agent asked for.
#[derive(Clone, Debug)]
pub struct VerifyRequest {
    /// The customer who is on the line.
    pub customer: CustomerRef,
    /// What the verification is for.
    pub purpose: ChangeKind,
    /// The way; `None` lets the agent choose.
    pub by: Option<VerificationWay>,
    /// The place of the address or number in the list of what is on file, from 1; `None` lets the agent choose.
    pub to: Option<usize>,
}

/// The way and the number that the agent gave on the command line.
pub(super) type Wanted = (Option<VerificationWay>, Option<usize>);

/// Verifies the caller. Returns the customer as well.
///
/// # Errors
/// Exit 2: the agent has to choose, and cannot be asked. Exit 4: the agent may not make such a change. Exit 7: nothing on
/// file can be used, or the codes were wrong. Exit 8: the code was not sent. Nobody is changed.
pub async fn verify(
    services: &mut Services<'_>,
    session: &Session,
    request: VerifyRequest,
) -> Result<(Customer, Verification)> {
    session.backend().keep_alive(AT_LEAST).await?;
    let customer = match find_customer(&request.customer, session).await? {
        Ok(customer) => customer,
        Err(need) => match need.ask(services.prompter, services.guards)? {
            super::assessment::Answer::Customer(customer) => *customer,
            _ => return Err(Error::bug("A choice between customers was answered by something else.")),
        },
    };
    let facts = gather_facts(services.audit, session, &customer).await?;
    check_right(&facts, request.purpose)?;
    let about = (facts.snapshot.user.as_ref(), request.purpose);
    let wanted = (request.by, request.to);
    let verification =
        verify_caller(services, session, (&customer, &facts.contacts_to_verify_by()), about, wanted).await?;
    Ok((customer, verification))
}

/// Refuses to write to a customer whom the agent may not change in this way.
fn check_right(facts: &CustomerFacts, purpose: ChangeKind) -> Result<()> {
    let needed = match purpose {
        ChangeKind::Reset | ChangeKind::Withdrawal => Right::IssueTemporaryPasswords,
        ChangeKind::Unlocking => Right::Unlock,
    };
    let is_missing = |obstacle: &&Obstacle| matches!(obstacle, Obstacle::MissingRight(right, _) if *right == needed);
    let missing = facts.snapshot.obstacles.iter().find(is_missing);
    missing.map_or(Ok(()), |missing| Err(refusal(missing, &facts.customer)))
}

/// Verifies the caller for a kind of change, by what is on file.
///
/// # Errors
/// Those of [`verify`].
pub(super) async fn verify_caller(
    services: &mut Services<'_>,
    session: &Session,
    (customer, contacts): (&Customer, &Contacts),
    (user, purpose): (Option<&UserProfile>, ChangeKind),
    wanted: Wanted,
) -> Result<Verification> {
    let Some(verifier) = services.verifier else {
        return Err(Error::bug("A caller is to be verified where nobody can be."));
    };
    let about = VerificationSubject { session, customer, user, purpose };
    let (rules, now) = (&services.guards.verification, services.clock.now());
    let options = VerificationOptions::new(rules, &verifier.messenger.channels(), contacts, now);
    let can_call = options.usable.iter().any(|option| option.way == VerificationWay::Callback);
    let options = options.chosen(customer, contacts.on_file.len(), wanted)?;
    let option = choose(services, customer, options)?;
    match option.way {
        VerificationWay::Code => {
            let result = by_code(services, verifier, about, &option, contacts).await;
            result.map_err(|error| if can_call { or_call(error, customer) } else { error })
        }
        VerificationWay::Callback => by_callback(services, verifier, about, &option).await,
    }
}

fn choose(
    services: &mut Services<'_>,
    customer: &Customer,
    mut options: VerificationOptions,
) -> Result<VerificationOption> {
    for refused in &options.refused {
        services.prompter.say(refused);
    }
    if options.usable.len() == 1 {
        return options.usable.pop().ok_or_else(|| Error::bug("An option was lost."));
    }
    if !services.prompter.can_choose() {
        let list: Vec<String> = options
            .usable
            .iter()
            .map(|option| format!("{} (`--by {} --to {}`)", option.describe(), option.way, option.number))
            .collect();
        return Err(Error::missing_answer(
            format!("There is more than one way to verify {} ({}).", customer.name, customer.id),
            format!("Choose one: {}.", list.join(", ")),
        ));
    }
    let listed: Vec<String> = options.usable.iter().map(VerificationOption::describe).collect();
    let question = format!("How is {} ({}) verified?", customer.name, customer.id);
    let chosen = services.prompter.choose_text(&question, &listed)?;
    let count = options.usable.len();
    if chosen >= count {
        return Err(Error::bug(format!("Option {chosen} of {count} was chosen.")));
    }
    Ok(options.usable.swap_remove(chosen))
}

async fn by_code(
    services: &mut Services<'_>,
    verifier: Verifier<'_>,
    about: VerificationSubject<'_>,
    option: &VerificationOption,
    contacts: &Contacts,
) -> Result<Verification> {
    let language = contacts.language.as_ref();
    let mut sent = verifier.send_code(about, &option.contact, language, services.random).await?;
    let masked = option.contact.masked();
    services.prompter.say(&if sent.may_not_arrive {
        format!("The sender's answer was lost: the code to {masked} may arrive, or may not.")
    } else {
        format!("A code is on its way to {masked}. It is valid for 10 minutes.")
    });
    let question = format!("The code that {} reads to you", about.customer.name);
    let mut mistyped = 0;
    loop {
        let Some(typed) = services.prompter.code(&question)? else {
            return Err(not_verified(about.customer, "No code was given."));
        };
        let valid = services.guards.verification.valid;
        match verifier.try_code(&mut sent, about, (&typed, valid)).await? {
            Tried::Verified(verification) => return Ok(verification),
            Tried::Wrong { left: 0 } => {
                return Err(Error {
                    reason: Reason::CodeWrong,
                    ..not_verified(about.customer, "The code was wrong each time, and is no longer valid.")
                });
            }
            Tried::Wrong { left } => services.prompter.say(&match left {
                1 => "That is not the code. One more try.".to_owned(),
                left => format!("That is not the code. {left} more tries."),
            }),
            Tried::NoCode if mistyped < MISTYPED => {
                mistyped += 1;
                services.prompter.say("A code has 8 digits. That did not count as a try.");
            }
            Tried::NoCode => return Err(not_verified(about.customer, "Nothing that was typed is a code.")),
        }
    }
}

async fn by_callback(
    services: &mut Services<'_>,
    verifier: Verifier<'_>,
    about: VerificationSubject<'_>,
    option: &VerificationOption,
) -> Result<Verification> {
    let name = &about.customer.name;
    if !services.prompter.can_ask() {
        return Err(Error::missing_answer(
            "Only an agent at a terminal can confirm a call, and nobody can be asked here.",
            "In a script, verify by a code: `--by code --code-stdin`.",
        ));
    }
    services.prompter.say(&format!("Hang up, and call the number on file: {}", option.contact.address));
    let question = format!("Did {name} answer there, and ask for this themselves?");
    if !services.prompter.yes(&question, false)? {
        return Err(not_verified(about.customer, "The call did not confirm it."));
    }
    let valid = services.guards.verification.valid;
    let by = VerifiedBy { way: VerificationWay::Callback, contact: &option.contact, try_id: None, valid };
    verifier.log.verified(about, by).await
}

/// Names the call to the number on file, where there were too many codes.
fn or_call(error: Error, customer: &Customer) -> Error {
    match error.reason {
        Reason::TooManyCodes => {
            error.hint(format!("Call the number on file: `tellonce verify {} --by callback`.", customer.id))
        }
        _ => error,
    }
}

fn not_verified(customer: &Customer, why: &str) -> Error {
    let message = format!("{} ({}) is not verified. {why}", customer.name, customer.id);
    Error::refused(Reason::NotVerified, message)
        .hint(format!("Do nothing for this caller. To try once more: `tellonce verify {}`.", customer.id))
}

#[cfg(test)]
pub(super) mod tests;
