//! Many handles at once, each in a thread of its own.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use tellonce::domain::LimitReached;
use tellonce::ledger::{Draft, Limit, Query, RecordStore, StoredRecord, verify};

use super::bench::{Bench, all, append, append_all, append_within, matching};
use super::drafts::{agent_limit, customer_limit, for_customer, intent, pruned, shown};
use super::{Checked, Failure, ensure, same};

/// How many work at once.
const THREADS: usize = 16;

/// A thread that writes. The others go on until all of these have left, however they end.
struct Leaves<'w>(&'w AtomicUsize);

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Asks for a reset in every thread at once, under a limit. Exactly `most` must get through.
async fn race(bench: &Bench<'_>, most: u32, limit: Limit, draft: impl Fn(usize) -> Draft + Sync) -> Checked {
    let ask =
        async |index: usize, store: &dyn RecordStore| append_within(store, draft(index), vec![limit.clone()]).await;
    let appended = bench.in_threads(THREADS, ask)?;
    let through = appended.iter().filter(|appended| appended.refused.is_none()).count();
    same(&through, &(most as usize), &format!("of {THREADS} at once, another number got through a limit of {most}"))?;
    for refused in appended.iter().filter_map(|appended| appended.refused) {
        let (LimitReached::Customer { count, .. } | LimitReached::Agent { count, .. }) = refused else {
            return Err(Failure(format!("a limit of resets refused as {refused:?}")));
        };
        same(&count, &most, "a refusal names another number of resets than got through")?;
    }
    let store = bench.open().await?;
    let kept: BTreeSet<u64> = all(&*store).await?.iter().map(|record| record.number).collect();
    same(&kept, &(1..=THREADS as u64).collect(), "a race did not leave one record for each that took part")?;
    let intents = matching(&*store, &Query { event: Some("intent"), ..Query::default() }).await?;
    same(&intents.len(), &(most as usize), "the store keeps another number of intents than got through")?;
    verify(&*store, None).await?;
    Ok(())
}

pub async fn one_gets_through(bench: &Bench<'_>) -> Checked {
    for round in 0..4 {
        let limit = customer_limit(1);
        race(&bench.another(), 1, limit, |index| intent(&format!("{round}/{index}"))).await?;
    }
    Ok(())
}

pub async fn one_agent_gets_through(bench: &Bench<'_>) -> Checked {
    for most in [1, 3] {
        let draft = |index: usize| for_customer(intent(&index.to_string()), u32::try_from(index).unwrap());
        race(&bench.another(), most, agent_limit(most), draft).await?;
    }
    Ok(())
}

pub async fn one_record_of_an_event(bench: &Bench<'_>) -> Checked {
    let same_draft = async |index: usize, store: &dyn RecordStore| {
        let draft = Draft { ticket: Some(index.to_string()), ..intent("a") };
        append_within(store, draft, vec![customer_limit(1)]).await
    };
    let appended = bench.in_threads(THREADS, same_draft)?;
    for other in &appended {
        same(other, &appended[0], "two that appended the same event at once got different records, or a refusal")?;
    }
    same(&all(&*bench.open().await?).await?, &vec![appended[0].record.clone()], "the event has more than one record")
}

pub async fn no_record_is_lost(bench: &Bench<'_>) -> Checked {
    let many = async |index: usize, store: &dyn RecordStore| {
        let mut acknowledged = Vec::new();
        for round in 0..6 {
            let attempt = format!("{index}/{round}");
            acknowledged.push(append(store, intent(&attempt)).await?);
            acknowledged.extend(append_all(store, vec![shown(&attempt), intent(&format!("{attempt}+"))]).await?);
        }
        Ok(acknowledged)
    };
    let mut acknowledged: Vec<StoredRecord> = bench.in_threads(8, many)?.concat();
    acknowledged.sort_by_key(|record| record.number);
    let store = bench.open().await?;
    same(&all(&*store).await?, &acknowledged, "what is kept is not what was acknowledged")?;
    let numbers: Vec<u64> = acknowledged.iter().map(|record| record.number).collect();
    same(&numbers, &(1..=numbers.len() as u64).collect(), "the numbers of appends at once have gaps")?;
    same(&verify(&*store, None).await?.records, &(acknowledged.len() as u64), "the chain has not every record")
}

pub async fn appends_are_whole(bench: &Bench<'_>) -> Checked {
    const TOGETHER: usize = 5;
    let writers = AtomicUsize::new(2);
    let work = async |index: usize, store: &dyn RecordStore| {
        if index < 2 {
            let _leaves = Leaves(&writers);
            for round in 0..10 {
                let drafts = (0..TOGETHER).map(|part| intent(&format!("{index}/{round}/{part}")));
                append_all(store, drafts.collect()).await?;
            }
            return Ok(());
        }
        loop {
            let is_last = writers.load(Ordering::SeqCst) == 0;
            let seen = all(store).await?.len();
            ensure(seen % TOGETHER == 0, || format!("a reader saw {seen} records of appends of {TOGETHER} each"))?;
            let head = store.head().await?.map_or(0, |head| head.number);
            ensure(head % TOGETHER as u64 == 0, || format!("a reader saw the head {head} within an append"))?;
            if is_last {
                return Ok(());
            }
        }
    };
    bench.in_threads(4, work).map(drop)
}

pub async fn one_key_at_first_use(bench: &Bench<'_>) -> Checked {
    let first_use = async |_, store: &dyn RecordStore| Ok(store.pseudonym_key().await?);
    for _ in 0..4 {
        let keys: BTreeSet<[u8; 32]> = bench.another().in_threads(THREADS, first_use)?.into_iter().collect();
        same(&keys.len(), &1, "those that used a new store at once have another number of keys")?;
    }
    Ok(())
}

pub async fn prunes_beside_appends(bench: &Bench<'_>) -> Checked {
    let begin = bench.now();
    let writers = AtomicUsize::new(2);
    let work = async |index: usize, store: &dyn RecordStore| {
        let mut acknowledged = Vec::new();
        if index < 2 {
            let _leaves = Leaves(&writers);
            for round in 0..20 {
                let attempt = format!("{index}/{round}");
                bench.advance(jiff::SignedDuration::from_secs(1));
                acknowledged.extend(append_all(store, vec![intent(&attempt), shown(&attempt)]).await?);
            }
            return Ok(acknowledged);
        }
        let mut round = 0;
        while writers.load(Ordering::SeqCst) > 0 {
            round += 1;
            if index == 2 {
                store.prune(bench.now() - jiff::SignedDuration::from_secs(5), pruned(&format!("p-{round}"))).await?;
            } else {
                verify(store, None).await?;
                let query = Query { since: Some(begin), ..Query::default() };
                store.page(&query, 0, 10).await?;
            }
        }
        Ok(acknowledged)
    };
    let acknowledged = bench.in_threads(4, work)?.concat();
    let store = bench.open().await?;
    let (kept, removed) = (all(&*store).await?, store.checkpoint().await?.map_or(0, |head| head.number));
    for record in acknowledged.iter().filter(|record| record.number > removed) {
        ensure(kept.contains(record), || format!("record {}, appended beside prunes, is missing", record.number))?;
    }
    verify(&*store, None).await?;
    Ok(())
}
