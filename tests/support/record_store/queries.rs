//! What queries find.

use jiff::{SignedDuration, Timestamp};
use tellonce::ledger::{Draft, Query, RecordStore, Subject};

use super::bench::{Bench, append, append_all, matching};
use super::drafts::{BACKEND, OTHER_BACKEND, for_customer, ids, in_row, intent, set, shown, subject};
use super::{Checked, same};

/// Returns the numbers of the records that match.
async fn numbers(store: &dyn RecordStore, query: Query) -> Checked<Vec<u64>> {
    Ok(matching(store, &query).await?.iter().map(|record| record.number).collect())
}

/// Appends records that differ in each field. Their numbers are 1 to 9.
async fn fill(store: &dyn RecordStore) -> Checked {
    let elsewhere = |draft: Draft| Draft { backend_id: Some(OTHER_BACKEND.to_owned()), ..draft };
    let drafts = vec![
        intent("a"),
        set("a"),
        shown("a"),
        for_customer(intent("b"), 2),
        Draft { customer: Some("C-3".to_owned()), agent: "kim".to_owned(), ..intent("c") },
        Draft { user: None, action: Some("create_and_set".to_owned()), ..intent("d") },
        in_row(for_customer(intent("e"), 2), "run-1", 1),
        elsewhere(intent("f")),
        Draft { user: None, customer: None, action: None, ..shown("g") },
    ];
    append_all(store, drafts).await.map(drop)
}

pub async fn history(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    fill(&*store).await?;
    let of = |backend_ids: &[&str], users: &[&str], customers: &[&str]| Query {
        subject: Some(Subject { backend_ids: ids(backend_ids), users: ids(users), customers: ids(customers) }),
        ..Query::default()
    };
    for (query, promised) in [
        (of(&[BACKEND], &["u-1"], &["C-1"]), vec![1, 2, 3, 5, 6]),
        (of(&[BACKEND], &["u-1"], &[]), vec![1, 2, 3, 5]),
        (of(&[BACKEND], &[], &["C-1"]), vec![1, 2, 3, 6]),
        (of(&[BACKEND], &["u-2", "u-9"], &["C-3"]), vec![4, 5, 7]),
        (of(&[BACKEND, OTHER_BACKEND], &["u-1"], &["C-1"]), vec![1, 2, 3, 5, 6, 8]),
        (of(&[OTHER_BACKEND], &["u-1"], &["C-1"]), vec![8]),
        (of(&[], &["u-1"], &["C-1"]), vec![]),
        (of(&[BACKEND], &[], &[]), vec![]),
        (of(&[BACKEND], &["C-1", "%", "u-"], &["u-1", "c-1"]), vec![]),
    ] {
        let words = format!("the history of {:?} is not right", query.subject);
        same(&numbers(&*store, query).await?, &promised, &words)?;
    }
    append(&*store, Draft { user: Some("u-1".to_owned()), ..set("d") }).await?;
    let found = numbers(&*store, of(&[BACKEND], &["u-1"], &[])).await?;
    same(&found, &vec![1, 2, 3, 5, 10], "a record that names the user later is not in the history")
}

pub async fn each_field(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    fill(&*store).await?;
    let some = |text: &str| Some(text.to_owned());
    let none = Query::default;
    for (query, promised) in [
        (none(), (1..=9).collect()),
        (Query { subject: Some(subject()), ..none() }, vec![1, 2, 3, 5, 6]),
        (Query { attempt: some("a"), ..none() }, vec![1, 2, 3]),
        (Query { attempt: some("A"), ..none() }, vec![]),
        (Query { customers: Some(ids(&["C-1"])), ..none() }, vec![1, 2, 3, 6, 8]),
        (Query { customers: Some(ids(&["C-2", "C-3", "C-9"])), ..none() }, vec![4, 5, 7]),
        (Query { customers: Some(Vec::new()), ..none() }, vec![]),
        (Query { customers: Some(ids(&["u-1", "C-", "C-%"])), ..none() }, vec![]),
        (Query { agent: some("kim"), ..none() }, vec![5]),
        (Query { agent: some("k_m"), ..none() }, vec![]),
        (Query { action: some("create_and_set"), ..none() }, vec![6]),
        (Query { action: some("set"), ..none() }, vec![1, 2, 3, 4, 5, 7, 8]),
        (Query { run: some("run-1"), ..none() }, vec![7]),
        (Query { run: some(""), ..none() }, vec![]),
        (Query { event: Some("intent"), ..none() }, vec![1, 4, 5, 6, 7, 8]),
        (Query { event: Some("set"), ..none() }, vec![2]),
        (Query { event: Some("delivery"), ..none() }, vec![3, 9]),
        (Query { event: Some("bulk_started"), ..none() }, vec![]),
        (Query { event: Some("unreadable"), ..none() }, vec![]),
    ] {
        let words = format!("other records match {query:?}");
        same(&numbers(&*store, query).await?, &promised, &words)?;
    }
    Ok(())
}

pub async fn fields_together(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    fill(&*store).await?;
    let some = |text: &str| Some(text.to_owned());
    let event = Some("intent");
    for (query, promised) in [
        (Query { customers: Some(ids(&["C-1"])), event, ..Query::default() }, vec![1, 6, 8]),
        (Query { attempt: some("a"), event: Some("set"), ..Query::default() }, vec![2]),
        (Query { agent: some("sam"), action: some("set"), event, ..Query::default() }, vec![1, 4, 7, 8]),
        (Query { subject: Some(subject()), event, agent: some("kim"), ..Query::default() }, vec![5]),
        (Query { customers: Some(ids(&["C-2"])), run: some("run-1"), ..Query::default() }, vec![7]),
        (Query { customers: Some(ids(&["C-1"])), run: some("run-1"), ..Query::default() }, vec![]),
        (Query { agent: some("kim"), attempt: some("a"), ..Query::default() }, vec![]),
    ] {
        let words = format!("other records match {query:?}");
        same(&numbers(&*store, query.clone()).await?, &promised, &words)?;
        let mut paged = Vec::new();
        while let Some(record) = store.page(&query, paged.last().copied().unwrap_or_default(), 1).await?.first() {
            paged.push(record.number);
        }
        same(&paged, &promised, &format!("page by page, {words}"))?;
    }
    Ok(())
}

pub async fn since_and_until(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    let begin = bench.now();
    let query = |since: Option<Timestamp>, until: Option<Timestamp>| Query { since, until, ..Query::default() };
    same(&numbers(&*store, query(Some(begin), Some(begin))).await?, &vec![], "a store without records has some")?;
    for attempt in ["a", "b", "c"] {
        append_all(&*store, vec![intent(attempt), shown(attempt)]).await?;
        bench.advance_hours(1);
    }
    let at = |micros: i64| Some(begin + SignedDuration::from_micros(micros));
    let hour = 3_600_000_000;
    for (since, until, promised) in [
        (at(0), None, vec![1, 2, 3, 4, 5, 6]),
        (at(1), None, vec![3, 4, 5, 6]),
        (at(hour), None, vec![3, 4, 5, 6]),
        (at(hour + 1), None, vec![5, 6]),
        (at(3 * hour), None, vec![]),
        (None, at(0), vec![]),
        (None, at(1), vec![1, 2]),
        (None, at(hour), vec![1, 2]),
        (None, at(hour + 1), vec![1, 2, 3, 4]),
        (None, at(9 * hour), vec![1, 2, 3, 4, 5, 6]),
        (at(hour), at(2 * hour), vec![3, 4]),
        (at(hour), at(hour), vec![]),
        (at(2 * hour), at(hour), vec![]),
        (Some(Timestamp::MIN), Some(Timestamp::MAX), vec![1, 2, 3, 4, 5, 6]),
        (Some(Timestamp::MAX), Some(Timestamp::MIN), vec![]),
    ] {
        let words = format!(
            "from {since:?} until {until:?}, other records match (the records are of {begin} and each hour after it)"
        );
        same(&numbers(&*store, query(since, until)).await?, &promised, &words)?;
        let after = Query { attempt: Some("b".to_owned()), ..query(since, until) };
        let both: Vec<u64> = promised.into_iter().filter(|number| [3, 4].contains(number)).collect();
        same(&numbers(&*store, after).await?, &both, &format!("of one attempt, {words}"))?;
    }
    Ok(())
}
