//! What an append does: order, numbers, times, hashes and bodies.

use jiff::SignedDuration;
use tellonce::ledger::{Draft, Hash};

use super::bench::{Bench, all, append, append_all, attempts_of, read};
use super::drafts::{ids, intent, set, shown};
use super::{Checked, ensure, same};

pub async fn returns_each_record(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    let drafts = vec![intent("a"), set("a"), shown("a"), intent("b")];
    let records = append_all(&*store, drafts.clone()).await?;
    for (record, draft) in records.iter().zip(drafts) {
        let read = read(record)?;
        same(&read.draft, &draft, "a record does not say what its draft says")?;
        same(&read.v, &2, "a record has another version")?;
        same(&read.number, &record.number, "a body has another number than its record")?;
    }
    let none = store.append(Vec::new()).await?;
    same(&none.len(), &0, "an append of no draft returned records")?;
    same(&all(&*store).await?.len(), &4, "an append of no draft appended some")
}

pub async fn keeps_the_order(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    let names = ["d", "b", "a", "c", "f", "e"];
    append_all(&*store, names[..4].iter().map(|name| intent(name)).collect()).await?;
    append(&*store, intent(names[4])).await?;
    append(&*store, intent(names[5])).await?;
    same(&attempts_of(&all(&*store).await?)?, &ids(&names), "records are not in the order of their appends")
}

pub async fn numbers_without_gaps(bench: &Bench<'_>) -> Checked {
    let (one, other) = (bench.open().await?, bench.open().await?);
    let mut numbers = Vec::new();
    for (store, names) in [(&one, vec!["a"]), (&other, vec!["b", "c"]), (&one, vec!["d", "e"]), (&other, vec!["f"])] {
        let records = append_all(&**store, names.into_iter().map(intent).collect()).await?;
        numbers.extend(records.iter().map(|record| record.number));
    }
    same(&numbers, &(1..=6).collect(), "the numbers that appends returned have gaps")?;
    let kept: Vec<u64> = all(&*one).await?.iter().map(|record| record.number).collect();
    same(&kept, &numbers, "the numbers that are kept are others")
}

pub async fn gives_the_time(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    for (attempt, by) in
        [("a", SignedDuration::ZERO), ("b", SignedDuration::from_micros(1)), ("c", SignedDuration::from_hours(7))]
    {
        bench.advance(by);
        let record = append(&*store, intent(attempt)).await?;
        same(&read(&record)?.at, &bench.now(), "a record has another time than that of its append")?;
    }
    Ok(())
}

pub async fn time_never_falls(bench: &Bench<'_>) -> Checked {
    let (one, other) = (bench.open().await?, bench.open().await?);
    append(&*one, intent("before")).await?;
    let latest = bench.now();
    bench.advance_hours(-5); // a clock that was set back
    for (store, attempt) in [(&one, "own"), (&other, "another handle's")] {
        let record = append(&**store, intent(attempt)).await?;
        same(&read(&record)?.at, &latest, "after the clock was set back, a record has an earlier time")?;
    }
    bench.advance_hours(6);
    let record = append(&*other, intent("after")).await?;
    same(&read(&record)?.at, &bench.now(), "once the clock is ahead again, a record does not have its time")
}

pub async fn names_the_writer(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    append(&*store, intent("a")).await?;
    for record in all(&*store).await? {
        same(&read(&record)?.writer, &Bench::writer(), "a record names another writer")?;
    }
    Ok(())
}

pub async fn chains(bench: &Bench<'_>) -> Checked {
    let (one, other) = (bench.open().await?, bench.open().await?);
    let mut returned = append_all(&*one, vec![intent("a"), set("a"), shown("a")]).await?;
    returned.push(append(&*other, intent("b")).await?);
    returned.push(append(&*one, shown("b")).await?);
    let mut prev = Hash::BEFORE_THE_FIRST;
    for record in &returned {
        let number = record.number;
        same(&record.prev, &prev, &format!("record {number} does not have the hash of the record before"))?;
        let promised = Hash::of_record(prev, &record.body);
        same(
            &record.hash,
            &promised,
            &format!("record {number} has a hash that is not of its body and the hash before"),
        )?;
        prev = record.hash;
    }
    same(&all(&*one).await?, &returned, "what is kept has other hashes than what was returned")
}

/// Texts that quoting, encodings and formats of columns get wrong.
const HOSTILE: [&str; 9] = [
    "",
    " ",
    "'); DROP TABLE record; --",
    "\"quoted\\\" and \\u0000 and \\n",
    "line\r\nbreaks\u{2028}\ttabs\u{1}",
    "nul \u{0} inside",
    "é e\u{301} \u{202e}right to left\u{202c} 🦀 \u{10ffff}",
    "%s {} $1 ?1 :name",
    "\u{feff}mark",
];

pub async fn keeps_bodies_exactly(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    let long = "long ".repeat(20_000);
    let mut appended = Vec::new();
    for (index, text) in HOSTILE.into_iter().chain([long.as_str()]).enumerate() {
        let some = Some(text.to_owned());
        let draft = Draft {
            attempt: format!("{index} {text}"),
            agent: text.to_owned(),
            ticket: some.clone(),
            customer: some.clone(),
            username: some,
            ..intent("")
        };
        let record = append(&*store, draft.clone()).await?;
        same(&read(&record)?.draft, &draft, "a body does not say what its draft says")?;
        appended.push(record);
    }
    for handle in [store, bench.open().await?] {
        for (kept, appended) in all(&*handle).await?.iter().zip(&appended) {
            let number = appended.number;
            ensure(kept.body == appended.body, || {
                let text = String::from_utf8_lossy(&kept.body).chars().take(200).collect::<String>();
                format!("record {number} is kept with another body than it was appended with: {text}")
            })?;
        }
    }
    Ok(())
}

pub async fn shows_other_handles(bench: &Bench<'_>) -> Checked {
    let (writing, reading) = (bench.open().await?, bench.open().await?);
    same(&all(&*reading).await?.len(), &0, "a new store has records")?;
    let mut appended = vec![append(&*writing, intent("a")).await?];
    same(&all(&*reading).await?, &appended, "a handle that was open does not see what another appended")?;
    appended.extend(append_all(&*writing, vec![intent("b"), shown("b")]).await?);
    drop(writing);
    same(&all(&*reading).await?, &appended, "records are missing after the handle that appended them was closed")?;
    drop(reading);
    same(&all(&*bench.open().await?).await?, &appended, "records are missing after every handle was closed")
}
