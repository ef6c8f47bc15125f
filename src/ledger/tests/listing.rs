//! What `audit list` and `audit export` have to show.

use super::*;
use crate::ledger::{Pages, csv_header, csv_line};

/// Resets on two days by two agents, and a withdrawal.
fn written() -> Home {
    let home = home();
    reset(&mut home.ledger(), "C-1001");
    let mut later = home.ledger_at("2026-03-02T08:00:00Z");
    let kim = stub::session("kim", "practice");
    let plan = plan("C-1002", Action::Withdraw);
    let attempt = intend_plan(&mut later, &kim, &plan, &asked(&plan)).unwrap();
    end(&mut later, &attempt, AttemptOutcome::Withdrawn { sessions: SessionsEnded::All }).unwrap();
    home
}

fn csv(home: &Home) -> String {
    let rows: String = home.stored().iter().map(|stored| csv_line(stored).unwrap()).collect();
    csv_header().unwrap() + &rows
}

#[test]
fn each_filter_keeps_what_it_names_and_several_narrow_it_down() {
    let home = written();
    let count = |query: Query| wait_for(home.store().page(&query, 0, 100)).unwrap().len();
    let all = Query::default;
    let customer = |id: &str| Some(vec![id.to_owned()]);
    let at = |text: &str| Some(time(text));
    assert_eq!(count(all()), 5);
    assert_eq!(count(Query { customers: customer("C-1001"), ..all() }), 3);
    assert_eq!(count(Query { customers: customer("C-100"), ..all() }), 0);
    assert_eq!(count(Query { customers: Some(vec!["C-1001".into(), "C-1002".into()]), ..all() }), 5);
    assert_eq!(count(Query { agent: Some("kim".into()), ..all() }), 2);
    assert_eq!(count(Query { action: Some("withdraw".into()), ..all() }), 2);
    assert_eq!(count(Query { event: Some("intent"), ..all() }), 2);
    assert_eq!(count(Query { since: at("2026-03-02T08:00:00Z"), ..all() }), 2);
    assert_eq!(count(Query { since: at("2026-03-02T08:00:00.000001Z"), ..all() }), 0);
    assert_eq!(count(Query { since: at("2020-01-01T00:00:00Z"), ..all() }), 5);
    assert_eq!(count(Query { until: at("2026-03-02T08:00:00Z"), ..all() }), 3);
    assert_eq!(count(Query { until: at("2020-01-01T00:00:00Z"), ..all() }), 0);
    assert_eq!(count(Query { agent: Some("kim".into()), customers: customer("C-1001"), ..all() }), 0);
    let attempt = home.records()[0].draft.attempt.clone();
    assert_eq!(count(Query { attempt: Some(attempt), ..all() }), 3);
}

#[test]
fn pages_have_every_record_once_and_go_on_with_those_that_come_later() {
    let home = home();
    let store = home.store();
    let add = |from: u64, to: u64| {
        let drafts = (from..to).map(|number| draft(&format!("aa{number}"), intent()).into());
        wait_for(store.append(drafts.collect())).unwrap();
    };
    add(0, 620);
    let mut pages = Pages::new(&store, Query { agent: Some("sam".into()), ..Query::default() }).after(10);
    let mut numbers: Vec<u64> = Vec::new();
    loop {
        let page = wait_for(pages.next()).unwrap();
        if page.is_empty() {
            break;
        }
        numbers.extend(page.iter().map(|record| record.number));
    }
    assert_eq!(numbers, (11..=620).collect::<Vec<_>>());
    add(620, 622);
    assert_eq!(wait_for(pages.next()).unwrap().len(), 2);
}

#[test]
fn a_record_that_cannot_be_read_hides_no_other() {
    let home = home();
    let mut log = old_log::two_resets();
    log.lines[1] = "not a record".into();
    log.write(&home);
    let stored = home.stored();
    assert_eq!(stored.len(), 7);
    assert_eq!(stored.iter().filter(|stored| stored.record().is_ok()).count(), 6);
    let lines = home.lines();
    assert!(lines[1].ends_with(r#","record":"not a record"}"#), "{}", lines[1]);
    let text = csv(&home);
    let rows: Vec<csv::StringRecord> =
        csv::Reader::from_reader(text.as_bytes()).records().map(Result::unwrap).collect();
    assert_eq!((rows.len(), &rows[1][13]), (7, "cannot be read"));
}

#[test]
fn csv_has_a_row_a_record_and_no_formula_in_free_text() {
    let home = home();
    let mut plan = plan("=C-1", Action::Set);
    plan.case = Case {
        ticket: Some("=HYPERLINK(\"http://x\")".into()),
        reason: Some("a, b\n\"c\"".into()),
        verified: Some("+1 555".into()),
    };
    intend_plan(&mut home.ledger(), &session(), &plan, &asked(&plan)).unwrap();
    let text = csv(&home);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers = reader.headers().unwrap().clone();
    let column = |name: &str| headers.iter().position(|header| header == name).unwrap();
    let row = reader.records().next().unwrap().unwrap();
    for name in ["ticket", "verified"] {
        assert!(!row[column(name)].starts_with(['=', '+', '-', '@']), "{}", &row[column(name)]);
    }
    assert!(row[column("ticket")].contains("=HYPERLINK"));
    assert_eq!(&row[column("reason")], "a, b\n\"c\"");
    assert_eq!(&row[column("customer")], "=C-1", "an id is never altered");
    assert_eq!(reader.records().count(), 0);
}

#[test]
fn json_lines_have_the_exact_text_and_the_hashes_by_which_anybody_verifies_them() {
    let home = written();
    let mut prev = Hash::BEFORE_THE_FIRST.to_string();
    for (line, stored) in home.lines().iter().zip(home.stored()) {
        let body = line.split_once("\"record\":").unwrap().1.strip_suffix('}').unwrap();
        assert_eq!(body.as_bytes(), stored.body);
        let object: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(object["prev"], prev);
        prev = Hash::of_record(stored.prev, body.as_bytes()).to_string();
        assert_eq!((&object["hash"], &object["number"]), (&prev.clone().into(), &stored.number.into()));
    }
}

#[test]
fn an_export_does_not_mend_a_record_that_somebody_changed() {
    let home = written();
    home.tamper("UPDATE record SET body = replace(body, 'T-7', 'T-8') WHERE number = 1");
    let line = home.lines().remove(0);
    assert!(line.contains("T-8"));
    let stated = home.stored()[0].hash;
    assert!(line.contains(&stated.to_string()));
    assert_ne!(Hash::of_record(Hash::BEFORE_THE_FIRST, &home.stored()[0].body), stated);
    let last = Query { agent: Some("kim".into()), ..Query::default() };
    assert_eq!(wait_for(home.store().page(&last, 0, 100)).unwrap().len(), 2);
}

#[test]
fn a_record_has_these_fields_and_no_place_for_a_password() {
    let home = written();
    let common = "action agent at attempt backend backend_id customer event number profile row run ticket user \
                  username v writer";
    for stored in home.stored() {
        let object: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&stored.body).unwrap();
        let own = match object["event"].as_str().unwrap() {
            "intent" => "consent lease reason stamp_before unlock verification verified",
            "set" => "proof_reason proved sessions_left stamp",
            "delivery" => "delivery",
            "withdrawn" => "sessions_left",
            other => panic!("{other}"),
        };
        let mut names: Vec<&str> = common.split_whitespace().chain(own.split(' ')).collect();
        names.sort_unstable();
        let mut found: Vec<&str> = object.keys().map(String::as_str).collect();
        found.sort_unstable();
        assert_eq!(found, names);
    }
}
