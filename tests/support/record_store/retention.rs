//! The head, and the removal of old records.

use tellonce::ledger::{Event, Head, Query, RecordStore};

use super::bench::{Bench, all, append, append_all, read};
use super::drafts::{AGENT, BACKEND, count, customer_limit, ids, intent, pruned, shown};
use super::{Checked, Failure, ensure, same};

/// Appends an attempt with its end, and lets an hour pass. There are as many as names, two records each.
async fn attempts(bench: &Bench<'_>, store: &dyn RecordStore, names: &[&str]) -> Checked {
    for name in names {
        append_all(store, vec![intent(name), shown(name)]).await?;
        bench.advance_hours(1);
    }
    Ok(())
}

async fn numbers(store: &dyn RecordStore) -> Checked<Vec<u64>> {
    Ok(all(store).await?.iter().map(|record| record.number).collect())
}

/// Prunes what is older than so many hours.
async fn prune(bench: &Bench<'_>, store: &dyn RecordStore, hours: i64, id: &str) -> Checked<Option<Head>> {
    Ok(store.prune(bench.now() - jiff::SignedDuration::from_hours(hours), pruned(id)).await?)
}

pub async fn empty_store(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    same(&store.head().await?, &None, "a store without records has a head")?;
    same(&store.checkpoint().await?, &None, "a store that was never pruned has a checkpoint")?;
    same(&store.page(&Query::default(), 0, 10).await?, &vec![], "a store without records has some")?;
    same(&store.open_attempts().await?, &vec![], "a store without records has open attempts")?;
    let resets = store.resets_by_agent(&ids(&[BACKEND]), AGENT, bench.now()).await?;
    same(&resets, &0, "a store without records has resets")?;
    same(&prune(bench, &*store, 0, "p").await?, &None, "a store without records has something to remove")?;
    same(&store.head().await?, &None, "a prune of a store without records appended one")
}

pub async fn head_is_the_newest(bench: &Bench<'_>) -> Checked {
    let (store, other) = (bench.open().await?, bench.open().await?);
    for drafts in [vec![intent("a")], vec![intent("b"), shown("a"), shown("b")]] {
        let records = append_all(&*store, drafts).await?;
        let last = records.last().map(|record| Head { number: record.number, hash: record.hash });
        same(&store.head().await?, &last, "the head is not the record that was appended last")?;
        same(&other.head().await?, &last, "another handle has another head")?;
    }
    same(&store.checkpoint().await?, &None, "a store that was never pruned has a checkpoint")
}

pub async fn removes_what_is_older(bench: &Bench<'_>) -> Checked {
    let (store, other) = (bench.open().await?, bench.open().await?);
    attempts(bench, &*store, &["a", "b", "c", "d"]).await?;
    let before = all(&*store).await?;
    let checkpoint = prune(bench, &*store, 2, "p").await?;
    let promised = Some(Head { number: 4, hash: before[3].hash });
    same(
        &checkpoint,
        &promised,
        "a prune did not return the last record before the time (records of that very time stay)",
    )?;
    for handle in [&store, &other, &bench.open().await?] {
        same(&handle.checkpoint().await?, &checkpoint, "the checkpoint is not the one that the prune returned")?;
        let kept = all(&**handle).await?;
        same(&kept[..kept.len().min(4)], &before[4..], "a prune removed other records than those before the time")?;
        same(&numbers(&**handle).await?, &vec![5, 6, 7, 8, 9], "after a prune, other records are there")?;
        let gone = handle.page(&Query { attempt: Some("a".to_owned()), ..Query::default() }, 0, 10).await?;
        same(&gone, &vec![], "a query finds a record that was removed")?;
    }
    same(&count(&*store, customer_limit(0)).await?, &2, "after a prune, a limit does not count what is left")
}

pub async fn says_who_removed(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    attempts(bench, &*store, &["a", "b"]).await?;
    let Some(checkpoint) = prune(bench, &*store, 1, "p").await? else {
        return Err(Failure("a prune with something to remove returned no checkpoint".to_owned()));
    };
    let Some(last) = all(&*store).await?.pop() else {
        return Err(Failure("after a prune, no record is there".to_owned()));
    };
    let said = read(&last)?;
    let event = Event::Pruned { through: 2, head: checkpoint.hash.to_string(), removed: 2 };
    same(
        &said.draft,
        &tellonce::ledger::Draft { event, ..pruned("p") },
        "the record of a prune does not say who removed what",
    )?;
    same(&(said.number, said.at), &(5, bench.now()), "the record of a prune has another number or time")
}

pub async fn nothing_to_remove(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    attempts(bench, &*store, &["a", "b"]).await?;
    let (before, head) = (all(&*store).await?, store.head().await?);
    for hours in [2, 3, 1000] {
        same(
            &prune(bench, &*store, hours, &format!("p-{hours}")).await?,
            &None,
            "a prune removed records that are not older",
        )?;
        same(&all(&*store).await?, &before, "a prune with nothing to remove changed the records")?;
        same(
            &(store.head().await?, store.checkpoint().await?),
            &(head, None),
            "a prune with nothing to remove moved head or checkpoint",
        )?;
    }
    let checkpoint = prune(bench, &*store, 1, "q").await?;
    ensure(checkpoint.is_some(), || "a prune with something to remove removed nothing".to_owned())?;
    let after = all(&*store).await?;
    same(&prune(bench, &*store, 1, "again").await?, &None, "the same prune a second time removed something")?;
    same(&all(&*store).await?, &after, "the same prune a second time changed the records")?;
    same(&store.checkpoint().await?, &checkpoint, "the same prune a second time moved the checkpoint")
}

pub async fn keeps_open_attempts(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    attempts(bench, &*store, &["a"]).await?;
    let open = append(&*store, intent("open")).await?;
    bench.advance_hours(1);
    attempts(bench, &*store, &["b", "c"]).await?;
    let checkpoint = prune(bench, &*store, 0, "p").await?;
    same(&checkpoint.map(|head| head.number), &Some(2), "a prune did not stop before the attempt without an end")?;
    same(
        &numbers(&*store).await?,
        &(3..=8).collect(),
        "a prune removed an attempt without an end, or what follows it",
    )?;
    same(&store.open_attempts().await?, &vec![open], "a prune made the store forget an attempt without an end")?;
    append(&*store, shown("open")).await?;
    bench.advance_hours(1);
    let checkpoint = prune(bench, &*store, 1, "q").await?;
    same(&checkpoint.map(|head| head.number), &Some(7), "once the attempt has its end, a prune does not remove it")?;
    same(&store.open_attempts().await?, &vec![], "an attempt that was removed is open")
}

pub async fn numbers_go_on(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    attempts(bench, &*store, &["a", "b"]).await?;
    let checkpoint = prune(bench, &*store, -1, "p").await?;
    same(&checkpoint.map(|head| head.number), &Some(4), "a prune of all records did not remove all")?;
    same(&numbers(&*store).await?, &vec![5], "after a prune of all records, its own is not the only one")?;
    let latest = bench.now();
    bench.advance_hours(-9);
    let record = append(&*bench.open().await?, intent("c")).await?;
    same(&record.number, &6, "numbers do not go on after a prune")?;
    same(
        &Some(record.prev),
        &all(&*store).await?.first().map(|record| record.hash),
        "the chain does not go on after a prune",
    )?;
    same(&read(&record)?.at, &latest, "after a prune, a time is before that of the record before")?;
    let again = append(&*store, intent("a")).await?;
    same(&again.number, &7, "an attempt whose records were removed cannot be written down any more")
}

pub async fn prunes_again(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    attempts(bench, &*store, &["a", "b"]).await?;
    prune(bench, &*store, 1, "first").await?;
    attempts(bench, &*store, &["c", "d"]).await?;
    let before = all(&*store).await?;
    let checkpoint = prune(bench, &*store, 1, "second").await?;
    let promised = before.iter().find(|record| record.number == 7).map(|record| Head { number: 7, hash: record.hash });
    same(&checkpoint, &promised, "a second prune has another checkpoint than the last record that it removed")?;
    same(&store.checkpoint().await?, &checkpoint, "after a second prune, the first checkpoint is still the one")?;
    same(&numbers(&*store).await?, &vec![8, 9, 10], "a second prune left other records")?;
    let Some(last) = all(&*store).await?.pop() else {
        return Err(Failure("after a second prune, no record is there".to_owned()));
    };
    let Event::Pruned { through, removed, .. } = read(&last)?.draft.event else {
        return Err(Failure("the last record is not that of the second prune".to_owned()));
    };
    same(&(through, removed), &(7, 5), "a second prune says that it removed other records, or another number of them")
}
