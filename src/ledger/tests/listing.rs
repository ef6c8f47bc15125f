//! What `audit list` and `audit export` have to show.

use super::*;
use crate::ledger::{Filter, export_csv, export_jsonl, verify};

/// Resets on two days by two agents, and a withdrawal.
fn written() -> Home {
    let home = home();
    reset(&mut home.log(), "C-1001");
    let mut later = log_at(&home.folders(), AuditSettings::default(), "2026-03-02T08:00:00Z");
    let kim = stub::session("kim", "practice");
    let plan = plan("C-1002", Action::Withdraw);
    let attempt = later.intend(&kim, &plan, &asked(&plan)).unwrap().attempt().clone();
    later.outcome(&attempt, AttemptOutcome::Withdrawn { sessions: crate::domain::SessionsEnded::All }).unwrap();
    home
}

#[test]
fn each_filter_keeps_what_it_names_and_several_narrow_it_down() {
    let home = written();
    let count = |filter: Filter| records(&home.path(), &filter).unwrap().len();
    let all = Filter::default;
    let at = |text: &str| Some(text.parse().unwrap());
    assert_eq!(count(all()), 5);
    assert_eq!(count(Filter { customer: Some("C-1001".into()), ..all() }), 3);
    assert_eq!(count(Filter { customer: Some("C-100".into()), ..all() }), 0);
    assert_eq!(count(Filter { agent: Some("kim".into()), ..all() }), 2);
    assert_eq!(count(Filter { action: Some("withdraw".into()), ..all() }), 2);
    assert_eq!(count(Filter { since: at("2026-03-02T08:00:00Z"), ..all() }), 2);
    assert_eq!(count(Filter { until: at("2026-03-02T08:00:00Z"), ..all() }), 3);
    assert_eq!(count(Filter { agent: Some("kim".into()), customer: Some("C-1001".into()), ..all() }), 0);
}

#[test]
fn a_line_that_cannot_be_read_hides_no_other() {
    let home = written();
    let mut lines = home.lines();
    lines[1] = "not a record".into();
    std::fs::write(home.path(), lines.join("\n") + "\n").unwrap();
    assert_eq!(home.records().len(), 4);
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
    home.log().intend(&session(), &plan, &asked(&plan)).unwrap();
    let text = export_csv(&home.records()).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let column = |name: &str| {
        let headers = csv::Reader::from_reader(text.as_bytes()).headers().unwrap().clone();
        headers.iter().position(|header| header == name).unwrap()
    };
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
fn json_lines_are_the_lines_of_the_log() {
    let home = written();
    assert_eq!(export_jsonl(&home.records()).unwrap(), std::fs::read_to_string(home.path()).unwrap());
}

#[test]
fn an_export_does_not_mend_a_record_that_somebody_changed() {
    let home = written();
    let changed = std::fs::read_to_string(home.path()).unwrap().replacen("\"T-7\"", "\"T-8\"", 1);
    std::fs::write(home.path(), &changed).unwrap();
    let exported = home.path().with_extension("exported");
    std::fs::write(&exported, export_jsonl(&home.records()).unwrap()).unwrap();
    let last = Filter { agent: Some("kim".into()), ..Filter::default() };
    assert_eq!(records(&exported, &last).unwrap().len(), 2);
    assert!(verify(&exported, None).unwrap_err().message.contains("line 1: its content"));
}

#[test]
fn a_record_has_these_fields_and_no_place_for_a_password() {
    let home = written();
    let fields = "action agent at attempt backend changed consent customer delivery event failure hash prev profile \
                  reason stamp stamp_before system_user ticket unlock user v verified";
    for line in home.lines() {
        let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&line).unwrap();
        let mut names: Vec<&str> = object.keys().map(String::as_str).collect();
        names.sort_unstable();
        let is_set = object["event"] == "set";
        let fields = if is_set { fields.replace(" reason", " proved reason") } else { fields.to_owned() };
        assert_eq!(names.join(" "), fields);
    }
}
