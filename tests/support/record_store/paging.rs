//! Pages: a reader that goes on from the last number that it has.

use tellonce::ledger::{Pages, Query, RecordStore, StoredRecord};

use super::bench::{Bench, all, append, append_all};
use super::drafts::{for_customer, ids, intent, shown};
use super::{Checked, ensure, same};

/// How many records there are.
const RECORDS: u32 = 23;

/// Appends records, of which every third is of C-0.
async fn fill(store: &dyn RecordStore) -> Checked<Vec<StoredRecord>> {
    let drafts = (1..=RECORDS).map(|number| for_customer(intent(&number.to_string()), number % 3));
    append_all(store, drafts.collect()).await
}

fn of_customer_0() -> Query {
    Query { customers: Some(ids(&["C-0"])), ..Query::default() }
}

pub async fn by_number(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    let records = fill(&*store).await?;
    for after in 0..=u64::from(RECORDS) {
        for most in [0, 1, 2, 7, 100, usize::MAX] {
            let rest = &records[usize::try_from(after).unwrap()..];
            let promised = rest[..most.min(rest.len())].to_vec();
            let found = store.page(&Query::default(), after, most).await?;
            same(&found, &promised, &format!("the page of {most} records after {after} is not right"))?;
        }
    }
    let found = store.page(&of_customer_0(), 5, 3).await?;
    let numbers: Vec<u64> = found.iter().map(|record| record.number).collect();
    same(&numbers, &vec![6, 9, 12], "the page of a query counts records that do not match, or leaves some out")
}

pub async fn every_record_once(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    let records = fill(&*store).await?;
    for size in 1..=8 {
        for query in [Query::default(), of_customer_0()] {
            let mut found = Vec::new();
            loop {
                let after = found.last().map_or(0, |record: &StoredRecord| record.number);
                let page = store.page(&query, after, size).await?;
                ensure(page.len() <= size, || format!("a page of {size} has {} records", page.len()))?;
                if page.is_empty() {
                    break;
                }
                ensure(found.len() <= records.len(), || "pages never end".to_owned())?;
                found.extend(page);
            }
            let matches = |record: &&StoredRecord| query.customers.is_none() || record.number.is_multiple_of(3);
            let promised: Vec<StoredRecord> = records.iter().filter(matches).cloned().collect();
            same(&found, &promised, &format!("in pages of {size}, records are missing or come twice"))?;
        }
    }
    Ok(())
}

pub async fn while_others_append(bench: &Bench<'_>) -> Checked {
    let (reading, writing) = (bench.open().await?, bench.open().await?);
    let mut promised = fill(&*writing).await?;
    let mut pages = Pages::new(&*reading, Query::default());
    let mut found = Vec::new();
    for round in 0..10 {
        let after = found.last().map_or(0, |record: &StoredRecord| record.number);
        found.extend(reading.page(&Query::default(), after, 4).await?);
        promised.push(append(&*writing, shown(&format!("round {round}"))).await?);
    }
    found.extend(reading.page(&Query::default(), found.len() as u64, 100).await?);
    same(&found, &promised, "a reader that went on while others appended misses records, or has some twice")?;
    let mut streamed = Vec::new();
    for round in 10..13 {
        loop {
            let page = pages.next().await?;
            if page.is_empty() {
                break;
            }
            streamed.extend(page);
        }
        same(&streamed, &promised, "a stream that was at its end misses records, or has some twice, after an append")?;
        promised.push(append(&*writing, shown(&format!("round {round}"))).await?);
    }
    same(&all(&*reading).await?, &promised, "the records are not those that were appended")
}

pub async fn after_the_end(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    for filled in [false, true] {
        if filled {
            fill(&*store).await?;
        }
        for after in
            [u64::from(RECORDS), u64::from(RECORDS) + 1, u64::from(u32::MAX), i64::MAX as u64, u64::MAX - 1, u64::MAX]
        {
            for query in [Query::default(), of_customer_0(), Query { since: Some(bench.now()), ..Query::default() }] {
                let found = store.page(&query, after, 10).await?;
                same(&found, &vec![], &format!("a page after the number {after} has records"))?;
            }
        }
    }
    Ok(())
}
