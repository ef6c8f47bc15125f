//! The notices that wait to be sent.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use tellonce::ledger::{Append, Draft, Event, QueuedNotice, RecordStore, WaitingNotice, verify};

use super::bench::{Bench, all, append, append_within, read};
use super::drafts::{customer_limit, intent, pruned, set, shown};
use super::verification_drafts::notice;
use super::{Checked, Failure, ensure, same};

/// Queues notices with the record of a set.
async fn queue(store: &dyn RecordStore, attempt: &str, notices: Vec<QueuedNotice>) -> Checked {
    store.append(vec![Append { notices, ..Append::from(set(attempt)) }]).await?;
    Ok(())
}

async fn waiting(store: &dyn RecordStore) -> Checked<Vec<WaitingNotice>> {
    Ok(store.waiting_notices("", 1000).await?)
}

fn ids_of(notices: &[WaitingNotice]) -> Vec<&str> {
    notices.iter().map(|waiting| waiting.notice.id.as_str()).collect()
}

fn end(notice: &QueuedNotice) -> Draft {
    let (of_attempt, channel, to) = (notice.attempt.clone(), notice.channel, "***18".to_owned());
    Draft { event: Event::NoticeSent { of_attempt, channel, to }, ..intent(&notice.id) }
}

fn after(at: Timestamp, tries: u32) -> Timestamp {
    at + SignedDuration::try_from(WaitingNotice::retry_after(tries)).unwrap()
}

pub async fn queued_with_the_record(bench: &Bench<'_>) -> Checked {
    let (store, other) = (bench.open().await?, bench.open().await?);
    same(&waiting(&*store).await?, &vec![], "a store without records has notices")?;
    same(&store.take_notices("suite", 10).await?, &vec![], "a store without records gives notices")?;
    let unsaid = QueuedNotice { language: None, ..notice("n-2", "a") };
    queue(&*store, "a", vec![notice("n-1", "a"), unsaid.clone()]).await?;
    let at = bench.now();
    let fresh = |notice| WaitingNotice { notice, at, tries: 0, next_at: at };
    let promised = vec![fresh(notice("n-1", "a")), fresh(unsaid)];
    for handle in [&store, &other, &bench.open().await?] {
        same(&waiting(&**handle).await?, &promised, "the notices that wait are not those that were queued")?;
    }
    bench.advance_hours(1);
    queue(&*other, "a", vec![notice("n-3", "a"), notice("n-1", "a")]).await?;
    same(&waiting(&*store).await?, &promised, "a record that was sent again queued notices again")?;
    let refused =
        Append { limits: vec![customer_limit(0)], notices: vec![notice("n-4", "b")], ..Append::from(intent("b")) };
    let appended = store.append(vec![refused.clone()]).await?;
    ensure(appended.iter().all(|appended| appended.refused.is_some()), || "a limit of none refused nobody".to_owned())?;
    store.append(vec![refused]).await?;
    same(&waiting(&*store).await?, &promised, "a record that a limit refused queued a notice")
}

pub async fn taken_once(bench: &Bench<'_>) -> Checked {
    for most in [1, 100] {
        let bench = bench.another();
        let store = bench.open().await?;
        let names: Vec<String> = (0..12).map(|index| format!("n-{index:02}")).collect();
        queue(&*store, "a", names.iter().map(|id| notice(id, "a")).collect()).await?;
        let take = async |_, store: &dyn RecordStore| Ok(store.take_notices("suite", most).await?);
        let taken: Vec<WaitingNotice> = bench.in_threads(16, take)?.concat();
        let once: BTreeSet<&str> = ids_of(&taken).into_iter().collect();
        same(&(taken.len(), once.len()), &(12, 12), "of those who asked at once, two got a notice, or nobody did")?;
    }
    Ok(())
}

pub async fn put_off_and_given_again(bench: &Bench<'_>) -> Checked {
    let (store, other) = (bench.open().await?, bench.open().await?);
    queue(&*store, "a", vec![notice("n", "a")]).await?;
    let at = bench.now();
    for tries in 1..=7 {
        let (now, next_at) = (bench.now(), after(bench.now(), tries));
        let promised = vec![WaitingNotice { notice: notice("n", "a"), at, tries, next_at }];
        let words = format!("at the try {tries}, a notice is not given, or not put off as it should be");
        same(&store.take_notices("suite", 10).await?, &promised, &words)?;
        same(&waiting(&*other).await?, &promised, "what is kept of a notice is not what was given")?;
        same(&other.take_notices("suite", 10).await?, &vec![], "a notice was given to two")?;
        bench.advance(next_at.duration_since(now) - SignedDuration::from_micros(1));
        same(&other.take_notices("suite", 10).await?, &vec![], "a notice was given before it was due again")?;
        bench.advance(SignedDuration::from_micros(1));
    }
    Ok(())
}

pub async fn longest_due_first(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    let elsewhere = QueuedNotice { profile: "other".to_owned(), ..notice("n-0", "a") };
    queue(&*store, "a", vec![elsewhere, notice("n-9", "a")]).await?;
    bench.advance(SignedDuration::from_secs(1));
    queue(&*store, "b", vec![notice("n-5", "b"), notice("n-4", "b")]).await?;
    bench.advance(SignedDuration::from_secs(1));
    queue(&*store, "c", vec![notice("n-1", "c")]).await?;
    same(&store.take_notices("suite", 0).await?, &vec![], "a notice was given though none was wanted")?;
    same(&store.take_notices("Suite", 10).await?, &vec![], "a notice was given to another profile")?;
    let mut given = Vec::new();
    for most in [2, 1, 10] {
        let taken = store.take_notices("suite", most).await?;
        ensure(taken.len() <= most, || format!("{} notices were given where {most} were wanted", taken.len()))?;
        given.extend(taken);
    }
    same(&ids_of(&given), &vec!["n-9", "n-4", "n-5", "n-1"], "notices are not given by how long they are due")?;
    same(&ids_of(&store.take_notices("other", 10).await?), &vec!["n-0"], "a profile does not get its own notice")
}

pub async fn finished_once(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    let (one, two) = (notice("n-1", "a"), notice("n-2", "a"));
    queue(&*store, "a", vec![one.clone(), two.clone()]).await?;
    let Some(record) = store.finish_notice("n-1", end(&one)).await? else {
        return Err(Failure("the end of a notice that waits was not appended".to_owned()));
    };
    same(&read(&record)?.draft, &end(&one), "the record of the end says something else")?;
    same(&all(&*store).await?.last(), &Some(&record), "the record of the end is not there, or not the newest")?;
    same(&ids_of(&waiting(&*store).await?), &vec!["n-2"], "a notice that is finished waits, or another does not")?;
    let before = all(&*store).await?;
    for id in ["n-1", "n-3", ""] {
        same(&store.finish_notice(id, end(&one)).await?, &None, "a notice that is gone was finished")?;
        same(&all(&*store).await?, &before, "the end of a notice that is gone was appended")?;
    }
    let finish = async |_, store: &dyn RecordStore| Ok(store.finish_notice("n-2", end(&two)).await?);
    let finished = bench.in_threads(16, finish)?.into_iter().flatten().count();
    same(&finished, &1, "of those who finished a notice at once, another number did")?;
    bench.advance_hours(100);
    same(&store.take_notices("suite", 10).await?, &vec![], "a notice that is finished is given again")?;
    append(&*store, shown("a")).await?;
    same(&verify(&*store, None).await?.records, &4, "the chain has not every record, or has more")
}

pub async fn pages_by_id(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    let names: Vec<String> = (0..25).map(|index| format!("n-{:02}", (index * 7) % 25)).collect();
    for id in &names {
        queue(&*store, id, vec![notice(id, id)]).await?;
        bench.advance(SignedDuration::from_secs(1));
    }
    store.take_notices("suite", 9).await?;
    let mut sorted: Vec<&str> = names.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    for most in [1, 4, 25, 100] {
        let mut seen: Vec<WaitingNotice> = Vec::new();
        loop {
            let after = seen.last().map(|last| last.notice.id.clone()).unwrap_or_default();
            let page = store.waiting_notices(&after, most).await?;
            if page.is_empty() {
                break;
            }
            ensure(page.len() <= most, || format!("a page of {most} has {}", page.len()))?;
            seen.extend(page);
        }
        same(&ids_of(&seen), &sorted, &format!("pages of {most} do not have every notice once, by id"))?;
    }
    Ok(())
}

pub async fn stays_through_a_prune(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    append_within(&*store, intent("a"), Vec::new()).await?;
    queue(&*store, "a", vec![notice("n", "a")]).await?;
    append(&*store, shown("a")).await?;
    bench.advance_hours(100);
    let checkpoint = store.prune(bench.now(), pruned("p")).await?;
    same(&checkpoint.map(|head| head.number), &Some(3), "a prune did not remove the records")?;
    same(&ids_of(&waiting(&*store).await?), &vec!["n"], "a prune removed a notice that waits")?;
    let finished = store.finish_notice("n", end(&notice("n", "a"))).await?;
    ensure(finished.is_some(), || "a notice whose attempt was removed cannot be finished".to_owned())
}
