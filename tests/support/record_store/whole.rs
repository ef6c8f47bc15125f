//! The chain as a whole: verification, receipts, the key of pseudonyms, and what a store says of itself.

use tellonce::domain::{Changed, Error, Kind};
use tellonce::ledger::{Hash, Query, RecordStore, StoredRecord, verify};

use super::bench::{Bench, append, append_all, append_within};
use super::drafts::{customer_limit, failed, for_customer, in_row, intent, pruned, recovered, set, shown};
use super::{Checked, Failure, ensure, same};

/// Appends a bit of everything.
async fn fill(bench: &Bench<'_>, store: &dyn RecordStore) -> Checked<Vec<StoredRecord>> {
    let mut records = append_all(store, vec![intent("a"), set("a"), shown("a"), recovered("a", Changed::No)]).await?;
    bench.advance_hours(1);
    records.push(append_within(store, intent("b"), vec![customer_limit(1)]).await?.record);
    records.push(append(store, for_customer(in_row(intent("c"), "run-1", 2), 2)).await?);
    bench.advance_hours(1);
    records.extend(append_all(store, vec![failed("c", Changed::Unknown), intent("open"), shown("no-intent")]).await?);
    Ok(records)
}

fn is_broken(verified: &tellonce::domain::Result<tellonce::ledger::Verified>) -> bool {
    matches!(verified, Err(Error { kind: Kind::CheckFailed, .. }))
}

pub async fn verifies(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    let empty = verify(&*store, None).await?;
    same(&(empty.records, empty.head), &(0, None), "the chain of a store without records is not empty")?;
    ensure(is_broken(&verify(&*store, Some(Hash::BEFORE_THE_FIRST)).await), || {
        "a store without records has the head that was asked for".to_owned()
    })?;
    let records = fill(bench, &*store).await?;
    for handle in [&store, &bench.open().await?] {
        let verified = verify(&**handle, None).await?;
        same(
            &(verified.records, verified.head),
            &(records.len() as u64, store.head().await?),
            "the chain has not every record",
        )?;
        for record in &records {
            verify(&**handle, Some(record.hash)).await?;
        }
        let elsewhere = Hash::of_record(records[0].hash, b"never written");
        ensure(is_broken(&verify(&**handle, Some(elsewhere)).await), || {
            "the chain verifies with a head that was never there".to_owned()
        })?;
    }
    Ok(())
}

pub async fn verifies_after_prune(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    let records = fill(bench, &*store).await?;
    let Some(checkpoint) = store.prune(bench.now(), pruned("p")).await? else {
        return Err(Failure("a prune with something to remove removed nothing".to_owned()));
    };
    append(&*store, intent("later")).await?;
    let verified = verify(&*store, None).await?;
    let left = records.len() as u64 - checkpoint.number + 2;
    same(
        &(verified.records, verified.head),
        &(left, store.head().await?),
        "after a prune, the chain has not every record",
    )?;
    verify(&*store, Some(checkpoint.hash)).await?;
    ensure(is_broken(&verify(&*store, Some(records[0].hash)).await), || {
        "the chain verifies with a head that was removed".to_owned()
    })?;
    same(&store.faults().await?, &vec![], "after a prune, a sound store has faults")
}

pub async fn receipts_come_back(bench: &Bench<'_>) -> Checked {
    let mut acknowledged = Vec::new();
    for round in 0..3 {
        let store = bench.open().await?;
        acknowledged.push(append(&*store, intent(&format!("a-{round}"))).await?);
        acknowledged
            .extend(append_all(&*store, vec![shown(&format!("a-{round}")), intent(&format!("b-{round}"))]).await?);
        acknowledged.push(append_within(&*store, intent(&format!("c-{round}")), vec![customer_limit(0)]).await?.record);
        acknowledged.push(append(&*store, shown(&format!("b-{round}"))).await?);
        bench.advance_hours(1);
        if round == 2 {
            store.prune(bench.now() - jiff::SignedDuration::from_hours(2), pruned("p")).await?;
        }
        drop(store);
        let store = bench.open().await?;
        let removed = store.checkpoint().await?.map_or(0, |head| head.number);
        for record in acknowledged.iter().filter(|record| record.number > removed) {
            let found = store.page(&Query::default(), record.number - 1, 1).await?;
            same(&found.first(), &Some(record), "a record that was acknowledged is missing, or is another one")?;
        }
    }
    Ok(())
}

pub async fn one_pseudonym_key(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    let key = store.pseudonym_key().await?;
    ensure(key != [0; 32], || "the key of pseudonyms is no secret".to_owned())?;
    same(&store.pseudonym_key().await?, &key, "the key of pseudonyms is another one each time")?;
    same(&bench.open().await?.pseudonym_key().await?, &key, "another handle has another key of pseudonyms")?;
    fill(bench, &*store).await?;
    store.prune(bench.now(), pruned("p")).await?;
    drop(store);
    same(
        &bench.open().await?.pseudonym_key().await?,
        &key,
        "after appends and a prune, the key of pseudonyms is another one",
    )?;
    let elsewhere = bench.another().open().await?.pseudonym_key().await?;
    ensure(elsewhere != key, || "two stores have the same key of pseudonyms".to_owned())
}

pub async fn finds_no_faults(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    same(&store.faults().await?, &vec![], "a store without records has faults")?;
    fill(bench, &*store).await?;
    same(&store.faults().await?, &vec![], "a sound store has faults")?;
    bench.advance_hours(-40);
    append_all(&*store, vec![intent("back"), shown("open")]).await?;
    same(&store.faults().await?, &vec![], "after a clock was set back, a sound store has faults")?;
    bench.advance_hours(90);
    store.prune(bench.now(), pruned("p")).await?;
    append_all(&*store, vec![shown("a"), shown("back")]).await?; // the earlier records of `a` were removed
    bench.advance_hours(1);
    store.prune(bench.now(), pruned("q")).await?;
    same(&store.faults().await?, &vec![], "after prunes, a sound store has faults")?;
    same(&bench.open().await?.faults().await?, &vec![], "another handle finds faults in a sound store")
}
