//! What the limits of codes and of wrong codes count.

use jiff::SignedDuration;
use tellonce::domain::LimitReached;
use tellonce::ledger::{Draft, Event, Limit, LimitKind, Query, RecordStore, Subject};

use super::bench::{Bench, all, append, append_all, append_within, matching, read};
use super::drafts::{BACKEND, OTHER_BACKEND, count, for_customer, ids, intent, set, shown, subject};
use super::verification_drafts::{code_not_sent, code_sent, code_tried, codes_limit, verified, wrong_codes_limit};
use super::{Checked, Failure, ensure, same};

/// One of the two limits: its words, the draft that counts, and the limit of a subject.
type Kind = (&'static str, fn(&str) -> Draft, fn(Subject) -> Limit);

const KINDS: [Kind; 2] = [
    ("a code", code_sent, |subject| Limit::Codes { subject, most: 0 }),
    ("a try", |attempt| code_tried(attempt, "code"), |subject| Limit::WrongCodes { subject, most: 0 }),
];

async fn codes(store: &dyn RecordStore) -> Checked<u32> {
    count(store, codes_limit(0)).await
}

async fn wrong_codes(store: &dyn RecordStore) -> Checked<u32> {
    count(store, wrong_codes_limit(0)).await
}

/// Tries how far a limit looks back.
async fn looks_back(bench: &Bench<'_>, (what, make, limit): Kind, hours: i64) -> Checked {
    let (store, half) = (bench.open().await?, SignedDuration::from_mins(hours * 30));
    let counted = async || count(&*store, limit(subject())).await;
    append(&*store, make("a")).await?;
    same(&counted().await?, &1, &format!("{what} of this moment does not count"))?;
    bench.advance(half);
    append(&*store, make("b")).await?;
    bench.advance(half - SignedDuration::from_micros(1));
    same(&counted().await?, &2, &format!("{what} of a microsecond less than {hours} hours ago does not count"))?;
    bench.advance(SignedDuration::from_micros(1));
    same(&counted().await?, &1, &format!("{what} of exactly {hours} hours ago counts"))?;
    bench.advance(half);
    same(&counted().await?, &0, &format!("{what} of {hours} hours ago counts"))?;
    append(&*store, make("c")).await?;
    bench.advance_hours(-30);
    same(&counted().await?, &1, &format!("after the clock was set back, {what} does not count"))
}

pub async fn last_hour(bench: &Bench<'_>) -> Checked {
    looks_back(bench, KINDS[0], 1).await
}

pub async fn wrong_ones_of_24_hours(bench: &Bench<'_>) -> Checked {
    looks_back(bench, KINDS[1], 24).await
}

pub async fn by_user_or_customer(bench: &Bench<'_>) -> Checked {
    for (what, make, limit) in KINDS {
        let bench = bench.another();
        let store = bench.open().await?;
        let mut promised = 0;
        for (user, customer, backend, counts) in [
            (Some("u-1"), Some("C-1"), BACKEND, true),
            (Some("u-1"), Some("C-2"), BACKEND, true),
            (Some("u-2"), Some("C-1"), BACKEND, true),
            (None, Some("C-1"), BACKEND, true),
            (Some("u-2"), Some("C-2"), BACKEND, false),
            (None, None, BACKEND, false),
            (Some("C-1"), Some("u-1"), BACKEND, false),
            (Some("u-%"), Some("c-1"), BACKEND, false),
            (Some("u-1"), Some("C-1"), OTHER_BACKEND, false),
        ] {
            let text = |text: Option<&str>| text.map(str::to_owned);
            let draft = make(&format!("{user:?} {customer:?} {backend}"));
            let (user_id, backend_id) = (text(user), text(Some(backend)));
            append(&*store, Draft { user: user_id, customer: text(customer), backend_id, ..draft }).await?;
            promised += u32::from(counts);
            let words = format!("{what} for {user:?}, {customer:?} at {backend} is counted wrongly for u-1 and C-1");
            same(&count(&*store, limit(subject())).await?, &promised, &words)?;
        }
        append(&*store, Draft { agent: "kim".to_owned(), ..make("by another agent") }).await?;
        for (users, customers, backends, promised) in [
            (vec!["u-1"], vec!["C-1"], vec![BACKEND], 5),
            (vec!["u-1"], vec![], vec![BACKEND], 3),
            (vec![], vec!["C-1"], vec![BACKEND], 4),
            (vec!["u-1", "u-2"], vec!["C-2"], vec![BACKEND], 5),
            (vec!["u-1"], vec!["C-1"], vec![BACKEND, OTHER_BACKEND], 6),
            (vec!["u-1"], vec!["C-1"], vec![], 0),
            (vec![], vec![], vec![BACKEND], 0),
        ] {
            let words = format!("{what} is counted wrongly for {users:?}, {customers:?} at {backends:?}");
            let of = Subject { users: ids(&users), customers: ids(&customers), backend_ids: ids(&backends) };
            same(&count(&*store, limit(of)).await?, &promised, &words)?;
        }
    }
    Ok(())
}

pub async fn codes_alone(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    let others = vec![
        intent("a"),
        set("a"),
        shown("a"),
        code_tried("t", "c"),
        verified("t", bench.now()),
        code_not_sent("gone"),
    ];
    append_all(&*store, others).await?;
    same(&codes(&*store).await?, &0, "what is no code counts as one")?;
    append_all(&*store, vec![code_sent("c"), code_sent("d"), code_not_sent("d")]).await?;
    same(&codes(&*store).await?, &2, "a code that was not sent does not count: the agent could try without end")?;
    append(&*store, verified("c", bench.now())).await?;
    same(&codes(&*store).await?, &2, "a code that verified somebody does not count")
}

pub async fn right_ones_do_not_count(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    append_all(&*store, vec![code_sent("c"), code_tried("t-1", "c"), code_tried("t-2", "c")]).await?;
    same(&wrong_codes(&*store).await?, &2, "a try that no verification followed does not count")?;
    append(&*store, verified("t-2", bench.now())).await?;
    same(&wrong_codes(&*store).await?, &1, "a code that was right in the end has no, or every, try counted")?;
    append(&*store, verified("c", bench.now())).await?;
    append(&*store, verified("another", bench.now())).await?;
    same(&wrong_codes(&*store).await?, &1, "a verification of another attempt takes a wrong code back")?;
    append(&*store, Draft { agent: "kim".to_owned(), ..code_tried("t-3", "d") }).await?;
    same(&wrong_codes(&*store).await?, &2, "a wrong code that another agent typed does not count")?;
    append_all(&*store, vec![code_tried("t-4", "d"), verified("t-4", bench.now())]).await?;
    same(&wrong_codes(&*store).await?, &2, "a right code counts as a wrong one")
}

pub async fn a_refusal_is_all_that_is_left(bench: &Bench<'_>) -> Checked {
    let (store, other) = (bench.open().await?, bench.open().await?);
    for (make, limit, kind, reached) in [
        (KINDS[0].1, codes_limit(2), LimitKind::Codes, LimitReached::Codes { count: 2, most: 2 }),
        (KINDS[1].1, wrong_codes_limit(2), LimitKind::WrongCodes, LimitReached::WrongCodes { count: 2, most: 2 }),
    ] {
        let name = |attempt: &str| format!("{attempt} {kind:?}");
        for attempt in ["a", "b"] {
            let fits = append_within(&*store, make(&name(attempt)), vec![limit.clone()]).await?;
            same(&fits.refused, &None, &format!("{reached:?}: one that fits in was refused"))?;
        }
        let third = append_within(&*store, make(&name("c")), vec![limit.clone()]).await?;
        same(&third.refused, &Some(reached), "a third got through a limit of two")?;
        let event = Event::Refused { limit: kind, count: 2, most: 2 };
        let refusal = Draft { event, ..make(&name("c")) };
        same(&read(&third.record)?.draft, &refusal, "the refusal does not say who was refused, and why")?;
        let of_attempt = Query { attempt: Some(name("c")), ..Query::default() };
        let kept = matching(&*store, &of_attempt).await?;
        same(&kept, &vec![third.record.clone()], "a draft that was refused has another record than its refusal")?;
        let again = append_within(&*other, make(&name("c")), vec![limit.clone()]).await?;
        same(&again, &third, "a draft that was refused, sent again, did not get its refusal")?;
        let fresh = append_within(&*store, for_customer(make(&name("d")), 7), vec![limit.clone()]).await?;
        same(&fresh.refused, &Some(reached), "a refusal took the place of one that counts")?;
    }
    for draft in all(&*store).await? {
        let open = store.open_attempts().await?;
        ensure(!open.contains(&draft), || "a code or a try is an attempt without an end".to_owned())?;
    }
    Ok(())
}

pub async fn as_many_as_the_limit_says(bench: &Bench<'_>) -> Checked {
    for (make, limit) in [(KINDS[0].1, codes_limit(3)), (KINDS[1].1, wrong_codes_limit(3))] {
        let bench = bench.another();
        let ask = async |index: usize, store: &dyn RecordStore| {
            append_within(store, make(&index.to_string()), vec![limit.clone()]).await
        };
        let appended = bench.in_threads(16, ask)?;
        let through = appended.iter().filter(|appended| appended.refused.is_none()).count();
        if through != 3 {
            return Err(Failure(format!("of 16 at once, {through} got through {limit:?}")));
        }
    }
    Ok(())
}
