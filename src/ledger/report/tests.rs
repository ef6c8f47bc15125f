//! What is counted, of records that a test writes by hand.
#![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]
#![allow(clippy::needless_pass_by_value, reason = "a test gives the fields where it writes them")]

use jiff::tz::TimeZone;
use serde_json::json;

use super::*;

/// A ledger that a test writes by hand.
struct Records {
    builder: ReportBuilder,
    number: u64,
}

impl Records {
    fn new(by: Grouping) -> Self {
        Self { builder: ReportBuilder::new(by, TimeZone::UTC), number: 0 }
    }

    fn add(&mut self, attempt: &str, fields: serde_json::Value) -> &mut Self {
        self.number += 1;
        let mut record = json!({
            "v": 2, "number": self.number, "at": "2026-03-01T23:30:00Z", "attempt": attempt, "agent": "sam",
            "writer": { "machine": "desk-1", "uid": 1000, "user": "sam" },
            "profile": "live", "backend": "practice", "backend_id": "practice:1", "customer": "C-1001",
            "user": "1001", "username": "ada", "action": "set", "ticket": null, "run": null, "row": null,
        });
        record.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        self.builder.add(serde_json::from_value(record).unwrap());
        self
    }

    fn intent(&mut self, attempt: &str, fields: serde_json::Value) -> &mut Self {
        let mut all = json!({
            "event": "intent", "reason": null, "verified": null, "consent": "asked", "unlock": false,
            "stamp_before": null, "lease": null,
        });
        all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        self.add(attempt, all)
    }

    fn delivery(&mut self, attempt: &str, delivery: &str) -> &mut Self {
        self.add(attempt, json!({ "event": "delivery", "delivery": delivery }))
    }

    fn failed(&mut self, attempt: &str, changed: &str) -> &mut Self {
        self.add(attempt, json!({ "event": "failed", "failure": "policy", "changed": changed, "stamp": null }))
    }

    fn recovered(&mut self, attempt: &str, changed: &str) -> &mut Self {
        self.add(attempt, json!({ "event": "recovered", "changed": changed, "stamp": null }))
    }

    fn totals(self) -> Counts {
        self.builder.finish().totals
    }
}

fn row(line: u64) -> serde_json::Value {
    json!({ "run": "r-1", "row": line })
}

#[test]
fn each_attempt_ends_in_one_column() {
    let mut records = Records::new(Grouping::Agent);
    records.intent("a", json!({ "verified": "called back" })).delivery("a", "shown");
    records.intent("b", json!({ "action": "create_and_set" })).delivery("b", "timed_out");
    records.intent("c", json!({})).delivery("c", "not_delivered");
    records.intent("d", json!({})).failed("d", "no");
    records.intent("e", json!({})).failed("e", "yes");
    records.intent("f", json!({})).failed("f", "unknown");
    records
        .intent("g", json!({ "action": "withdraw" }))
        .add("g", json!({ "event": "withdrawn", "sessions_left": null }));
    records.intent("h", json!({ "action": "unlock" })).add("h", json!({ "event": "unlocked" }));
    records.add("i", json!({ "event": "refused", "limit": "customer_24h", "count": 3, "most": 3 }));
    records.intent("j", json!({}));
    records.intent("k", json!({ "action": "withdraw" })).failed("k", "yes");
    let expected = Counts {
        notices_failed: 0,
        verified: 0,
        resets: 6,
        created: 1,
        withdrawn: 1,
        unlocked: 1,
        delivered: 2,
        not_delivered: 2,
        unknown: 3,
        failed: 1,
        refused: 1,
        attested: 1,
        bulk_rows: 0,
    };
    assert_eq!(records.totals(), expected);
}

fn verified_by(way: &str) -> serde_json::Value {
    json!({ "verification": { "id": "v", "way": way, "channel": "phone", "to": "***18" } })
}

#[test]
fn a_code_verifies_and_a_call_or_the_agents_own_words_attest() {
    let mut records = Records::new(Grouping::Agent);
    records.intent("a", verified_by("code")).delivery("a", "shown");
    records.intent("b", verified_by("callback")).delivery("b", "shown");
    records.intent("c", json!({ "verified": "knows her" })).delivery("c", "shown");
    records.intent("d", json!({})).delivery("d", "shown");
    let mut both = verified_by("code");
    both["verified"] = "and knows her".into();
    records.intent("e", both).delivery("e", "shown");
    let mut call = verified_by("callback");
    call["verified"] = "and knows her".into();
    records.intent("f", call).failed("f", "no");
    let mut row = verified_by("code");
    row["run"] = "r-1".into();
    row["row"] = 2.into();
    records.intent("g", row.clone()).failed("g", "no");
    records.intent("h", row).delivery("h", "shown");
    let expected =
        Counts { resets: 6, delivered: 6, failed: 1, verified: 3, attested: 3, bulk_rows: 1, ..Counts::default() };
    assert_eq!(records.totals(), expected);
}

#[test]
fn codes_and_verifications_are_no_attempts_and_their_refusals_no_refused_resets() {
    let mut records = Records::new(Grouping::Agent);
    let to = json!({ "purpose": "reset", "channel": "email", "to": "a***@example.com", "action": "verify" });
    let with = |fields: serde_json::Value| {
        let mut all = to.clone();
        all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        all
    };
    records.add("c", with(json!({ "event": "code_sent" })));
    records.add("c", with(json!({ "event": "code_not_sent", "may_be_sent": false })));
    records.add("t", with(json!({ "event": "code_tried", "code": "c" })));
    let until = "2026-03-01T23:45:00Z";
    let fields = json!({ "event": "verified", "way": "code", "attested": false, "valid_until": until });
    records.add("t", with(fields));
    for (attempt, limit) in [("d", "codes_1h"), ("e", "wrong_codes_24h")] {
        records.add(attempt, with(json!({ "event": "refused", "limit": limit, "count": 5, "most": 5 })));
    }
    assert_eq!(records.totals(), Counts::default());
    let mut records = Records::new(Grouping::Agent);
    for (attempt, limit) in [("f", "verification_used"), ("g", "verification_ran_out"), ("h", "customer_24h")] {
        records.add(attempt, json!({ "event": "refused", "limit": limit, "count": 1, "most": 1 }));
    }
    assert_eq!(records.totals(), Counts { refused: 3, ..Counts::default() }, "these are resets");
}

#[test]
fn a_notice_that_no_customer_got_counts_and_one_that_was_sent_does_not() {
    for by in [Grouping::Agent, Grouping::Customer, Grouping::Day] {
        let mut records = Records::new(by);
        records.intent("a", json!({})).delivery("a", "shown");
        let end = |event: &str| json!({ "event": event, "of_attempt": "a", "channel": "email", "to": "a***", "why": "no route" });
        records.add("n-1", end("notice_sent"));
        records.add("n-2", end("notice_failed"));
        let report = records.builder.finish();
        let expected = Counts { resets: 1, delivered: 1, notices_failed: 1, ..Counts::default() };
        assert_eq!((report.groups.len(), report.totals), (1, expected), "{by:?}: it is in the group of its attempt");
    }
}

#[test]
fn what_a_later_command_found_counts_unless_the_attempt_wrote_its_own_end() {
    let mut records = Records::new(Grouping::Agent);
    records.intent("a", json!({})).recovered("a", "yes");
    records.intent("b", json!({})).recovered("b", "no");
    records.intent("c", json!({})).recovered("c", "yes").delivery("c", "shown");
    records.intent("d", json!({ "action": "withdraw" })).recovered("d", "yes");
    records.intent("e", json!({ "action": "unlock" })).recovered("e", "yes");
    let expected =
        Counts { resets: 2, delivered: 1, unknown: 1, failed: 1, withdrawn: 1, unlocked: 1, ..Counts::default() };
    assert_eq!(records.totals(), expected);
}

#[test]
fn a_row_counts_once_however_often_it_was_retried() {
    let mut records = Records::new(Grouping::Agent);
    // Delivered at the third try, and once more after the backend had lost it.
    records.intent("a", row(2)).failed("a", "no");
    records.intent("b", row(2));
    records.intent("c", row(2)).delivery("c", "shown");
    records.intent("d", row(2)).delivery("d", "shown");
    // Never delivered: the last end counts, also if an earlier attempt is recovered later.
    records.intent("e", row(66));
    records.intent("f", row(66)).failed("f", "no").recovered("e", "yes");
    // Another run has lines of its own.
    records.intent("g", json!({ "run": "r-2", "row": 2 })).delivery("g", "shown");
    let expected = Counts { resets: 2, delivered: 2, failed: 1, bulk_rows: 3, ..Counts::default() };
    assert_eq!(records.totals(), expected);
}

#[test]
fn groups_come_by_resets_and_what_is_not_said_is_a_group() {
    let group = |by| {
        let mut records = Records::new(by);
        records.intent("a", json!({ "agent": "kim", "reason": "breach" })).failed("a", "no");
        records.intent("b", json!({ "at": "2026-03-02T00:10:00Z" })).delivery("b", "shown");
        records.intent("c", json!({ "customer": null, "reason": "breach" })).delivery("c", "shown");
        let report = records.builder.finish();
        assert_eq!((report.totals.resets, report.totals.failed), (2, 1), "{by:?}");
        let name = |group: ReportGroup| (group.group.unwrap_or_else(|| "none".to_owned()), group.counts.resets);
        report.groups.into_iter().map(name).collect::<Vec<_>>()
    };
    let named =
        |groups: &[(&str, u64)]| groups.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect::<Vec<_>>();
    assert_eq!(group(Grouping::Agent), named(&[("sam", 2), ("kim", 0)]));
    assert_eq!(group(Grouping::Customer), named(&[("none", 1), ("C-1001", 1)]));
    assert_eq!(group(Grouping::Day), named(&[("2026-03-01", 1), ("2026-03-02", 1)]));
    assert_eq!(group(Grouping::Reason), named(&[("none", 1), ("breach", 1)]));
}

#[test]
fn a_day_is_that_of_the_time_zone() {
    let mut records = Records::new(Grouping::Day);
    records.builder.zone = TimeZone::fixed(jiff::tz::offset(1));
    records.intent("a", json!({})).delivery("a", "shown");
    assert_eq!(records.builder.finish().groups[0].group.as_deref(), Some("2026-03-02"));
}

#[test]
fn an_end_without_its_intent_is_left_out_and_what_ended_is_not_held() {
    let mut records = Records::new(Grouping::Agent);
    records.delivery("before", "shown");
    for number in 0..1000 {
        let attempt = format!("a-{number}");
        records.intent(&attempt, json!({})).delivery(&attempt, "shown");
        let attempt = format!("r-{number}");
        records.intent(&attempt, row(number)).delivery(&attempt, "shown");
    }
    let builder = &records.builder;
    assert!(builder.begun.is_empty() && builder.recovered.is_empty() && builder.other_rows.is_empty());
    assert_eq!((builder.groups.len(), builder.delivered_rows["r-1"].0.len()), (1, 16));
    assert_eq!(records.totals().resets, 2000);
}
