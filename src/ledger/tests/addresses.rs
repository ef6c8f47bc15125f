//! No address of a customer gets into the ledger, and a customer who is known by one is found all the same.

use super::*;
use crate::domain::{NewUser, UserProfile};

const ADDRESS: &str = "Ada.Lovelace@example.com";

/// Whether any file of the ledger has this text.
fn is_anywhere(home: &Home, text: &str) -> bool {
    let text = text.to_lowercase();
    Home::names_in(home.folder.path().to_owned()).iter().any(|name| {
        let path = home.folder.path().join(name);
        let bytes = std::fs::read(path).unwrap_or_default().to_ascii_lowercase();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}

fn creation() -> Plan {
    let customer = Customer { email: Some(ADDRESS.into()), ..customer_called(&ADDRESS.to_lowercase()) };
    let new = NewUser { customer: customer.clone(), username: ADDRESS.into(), new_customer: true };
    let case = Case {
        ticket: Some(format!("mail by {ADDRESS}")),
        reason: Some(format!("<{ADDRESS}> wrote")),
        verified: Some(format!("link to {ADDRESS}")),
    };
    let target = ResetTarget::NewUser(Box::new(new));
    Plan { target, customer, stamp: None, case, ..plan("C-1001", Action::CreateAndSet) }
}

fn history(home: &Home, customer: &Customer, user: Option<&UserProfile>) -> usize {
    wait_for(home.ledger().history(&session(), customer, user)).unwrap().attempts.len()
}

#[test]
fn a_creation_leaves_no_address_in_any_file_and_is_found_by_it() {
    let home = home();
    let plan = creation();
    let mut ledger = home.ledger();
    let attempt = intend_plan(&mut ledger, &session(), &plan, &asked(&plan)).unwrap();
    let AttemptOutcome::Set { stamp, proof, sessions, .. } = was_set() else { unreachable!() };
    let user = ADDRESS.to_lowercase();
    end(&mut ledger, &attempt, AttemptOutcome::Set { user, stamp, proof, sessions }).unwrap();
    end(&mut ledger, &attempt, SHOWN).unwrap();
    drop(ledger);
    assert!(is_anywhere(&home, "***@example.com"), "the control");
    assert!(!is_anywhere(&home, ADDRESS) && !is_anywhere(&home, "lovelace"));
    home.database().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    assert!(!is_anywhere(&home, ADDRESS) && !is_anywhere(&home, "lovelace"));

    assert_eq!(history(&home, &plan.customer, None), 1);
    let now = Customer { id: CustomerId::new("7f3e"), ..plan.customer.clone() };
    assert_eq!(history(&home, &now, None), 1, "the directory has given them an id since");
    let shouted = Customer { email: Some(ADDRESS.to_uppercase()), ..now.clone() };
    assert_eq!(history(&home, &shouted, None), 1);
    let other = Customer { email: Some("alan.lovelace@example.com".into()), ..now.clone() };
    assert_eq!(history(&home, &other, None), 0);
    let by_user = UserProfile { id: UserId::new(ADDRESS), username: None, name: None, email: None, immutable_id: None };
    assert_eq!(history(&home, &other, Some(&by_user)), 1);
}

#[test]
fn the_records_of_a_creation_are_masked_and_say_who_it_was_by_one_pseudonym() {
    let home = home();
    let plan = creation();
    let mut ledger = home.ledger();
    let attempt = intend_plan(&mut ledger, &session(), &plan, &asked(&plan)).unwrap();
    end(&mut ledger, &attempt, failed(Changed::No)).unwrap();
    let records = home.records();
    let customer = records[0].draft.customer.clone().unwrap();
    assert!(customer.starts_with("a***@example.com#") && customer.len() == "a***@example.com#".len() + 16);
    assert_eq!(records[1].draft.customer.as_deref(), Some(customer.as_str()));
    let draft = &records[0].draft;
    assert_eq!(draft.username.as_deref(), Some("A***@example.com"));
    assert_eq!(draft.ticket.as_deref(), Some("mail by A***@example.com"));
    let Event::Intent { reason, verified, .. } = &draft.event else { panic!("{draft:?}") };
    assert_eq!(
        (reason.as_deref(), verified.as_deref()),
        (Some("<A***@example.com> wrote"), Some("link to A***@example.com"))
    );
}

#[test]
fn the_list_finds_a_customer_by_address_pseudonym_and_old_id() {
    let home = home();
    let plan = creation();
    intend_plan(&mut home.ledger(), &session(), &plan, &asked(&plan)).unwrap();
    let pseudonym = home.records()[0].draft.customer.clone().unwrap();
    let ids = |id: &str| wait_for(home.ledger().ids_in_records(id)).unwrap();
    assert_eq!(ids(ADDRESS), [pseudonym.clone(), ADDRESS.to_owned()]);
    assert!(ids(&pseudonym).contains(&pseudonym));
    assert_eq!(ids("C-1001"), ["C-1001"]);
}

#[test]
fn a_limit_counts_the_creations_of_an_address() {
    let home = home();
    let plan = creation();
    intend_plan(&mut home.ledger(), &session(), &plan, &asked(&plan)).unwrap();
    let limits = ResetLimits { per_customer_24h: Some(1), per_agent_1h: None };
    let refused = wait_for(home.ledger().intend(&session(), &plan, &asked(&plan), limits)).unwrap();
    assert_eq!(refused.unwrap_err(), LimitReached::Customer { count: 1, most: 1 });
    assert!(!is_anywhere(&home, ADDRESS));
}

#[test]
fn two_ledgers_give_one_address_two_pseudonyms() {
    let pseudonym = || {
        let (home, plan) = (home(), creation());
        intend_plan(&mut home.ledger(), &session(), &plan, &asked(&plan)).unwrap();
        home.records().remove(0).draft.customer.unwrap()
    };
    assert_ne!(pseudonym(), pseudonym());
}

#[test]
fn a_record_that_waits_for_the_ledger_and_the_record_of_a_run_have_no_address() {
    let home = home();
    let plan = creation();
    let mut ledger = home.ledger();
    let attempt = intend_plan(&mut ledger, &session(), &plan, &asked(&plan)).unwrap();
    home.refuse_records();
    end(&mut ledger, &attempt, failed(Changed::Yes)).unwrap_err();
    home.accept_records();
    let folder = home.folders().ledger_spool();
    let waiting = std::fs::read_to_string(folder.join(&Home::names_in(folder.clone())[0])).unwrap();
    assert!(waiting.contains("a***@example.com#") && !waiting.to_lowercase().contains("lovelace"), "{waiting}");
    let reason = format!("input of {ADDRESS}");
    wait_for(home.ledger().run_started(&session(), "r1", &reason, "d1".into())).unwrap();
    wait_for(home.ledger().run_ended(&session(), "r1", &reason)).unwrap();
    assert!(!is_anywhere(&home, ADDRESS));
}

#[test]
fn an_id_is_the_same_in_records_however_often_others_are_asked_for_meanwhile() {
    let home = home();
    reset(&mut home.ledger(), "C-1001");
    let ledger = home.ledger();
    let id = |address: &str| wait_for(ledger.id_in_records(address)).unwrap();
    let (ada, adam) = (id("ada@example.com"), id("adam@example.com"));
    assert!(ada.starts_with("a***@example.com#") && adam.starts_with("a***@example.com#"));
    assert_ne!(ada, adam);
    let again = ["ada@example.com", "ada@example.com", "adam@example.com", "C-1001"].map(id);
    assert_eq!(again, [ada.clone(), ada, adam, "C-1001".to_owned()]);
}
