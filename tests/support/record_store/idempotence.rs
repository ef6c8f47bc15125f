//! An append that is sent twice: the first record is returned.

use tellonce::domain::{Changed, LimitReached};
use tellonce::ledger::Draft;

use super::bench::{Bench, all, append, append_all, append_within};
use super::drafts::{agent_limit, customer_limit, failed, for_customer, intent, recovered, set, shown};
use super::{Checked, same};

pub async fn same_event_once(bench: &Bench<'_>) -> Checked {
    let (one, other) = (bench.open().await?, bench.open().await?);
    let drafts = [intent("a"), set("a"), shown("a"), failed("a", Changed::No), recovered("a", Changed::Yes)];
    let first = append_all(&*one, drafts.to_vec()).await?;
    bench.advance_hours(1);
    for store in [&one, &other, &bench.open().await?] {
        for (draft, first) in drafts.iter().zip(&first) {
            let again = append(&**store, draft.clone()).await?;
            same(&again, first, "the same event of an attempt was appended again")?;
        }
    }
    let changed = Draft { ticket: Some("another".to_owned()), agent: "kim".to_owned(), ..shown("a") };
    let again = append(&*other, changed).await?;
    same(&again, &first[2], "the same event with another content was appended again, or replaced the first")?;
    same(&all(&*one).await?, &first, "an append that was sent twice left more records, or changed them")
}

pub async fn within_one_append(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    let records = append_all(&*store, vec![intent("a"), intent("a"), shown("a"), intent("a"), shown("a")]).await?;
    let numbers: Vec<u64> = records.iter().map(|record| record.number).collect();
    same(&numbers, &vec![1, 1, 2, 1, 2], "within one append, the same event has more than one record")?;
    same(&all(&*store).await?.len(), &2, "within one append, the same event is kept more than once")
}

pub async fn other_events_are_new(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    let drafts = vec![intent("a"), intent("b"), intent("A"), intent("a "), set("a"), shown("a"), shown("b")];
    let records = append_all(&*store, drafts).await?;
    let numbers: Vec<u64> = records.iter().map(|record| record.number).collect();
    same(&numbers, &(1..=7).collect(), "another event, or another attempt, was taken for one that is there")
}

pub async fn refusal_stands(bench: &Bench<'_>) -> Checked {
    let (one, other) = (bench.open().await?, bench.open().await?);
    append(&*one, intent("first")).await?;
    for (limit, reached) in [
        (customer_limit(1), LimitReached::Customer { count: 1, most: 1 }),
        (agent_limit(1), LimitReached::Agent { count: 1, most: 1 }),
    ] {
        let attempt = format!("refused {reached:?}");
        let refused = append_within(&*one, intent(&attempt), vec![limit.clone()]).await?;
        same(&refused.refused, &Some(reached), "a limit that is reached did not refuse")?;
        let head = one.head().await?;
        for limits in [vec![limit.clone()], Vec::new()] {
            let again = append_within(&*other, intent(&attempt), limits).await?;
            same(&again, &refused, "an intent that was refused, sent again, did not get its refusal")?;
        }
        same(&one.head().await?, &head, "an intent that was refused, sent again, appended a record")?;
    }
    bench.advance_hours(48);
    let late = append_within(&*one, intent("refused Customer { count: 1, most: 1 }"), vec![customer_limit(1)]).await?;
    let reached = Some(LimitReached::Customer { count: 1, most: 1 });
    same(&late.refused, &reached, "an intent that was refused was let through when it was sent again days later")?;
    let fresh = append_within(&*one, for_customer(intent("another"), 1), vec![customer_limit(1)]).await?;
    same(&fresh.refused, &None, "another attempt was refused though it fits in")
}

pub async fn comes_before_limits(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    let first = append_within(&*store, intent("a"), vec![customer_limit(1), agent_limit(1)]).await?;
    same(&first.refused, &None, "the first reset was refused")?;
    let again = append_within(&*store, intent("a"), vec![customer_limit(1), agent_limit(1), customer_limit(0)]).await?;
    same(&again, &first, "an intent that is there was refused when it was sent again: it counted itself")
}
