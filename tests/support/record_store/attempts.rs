//! Attempts without an end, and the leases of the processes that work at them.

use tellonce::domain::Changed;
use tellonce::ledger::{Draft, Event, RecordStore};

use super::bench::{Bench, append, append_all, append_within, attempts_of};
use super::drafts::{customer_limit, failed, for_customer, ids, intent, recovered, set, shown, withdrawn};
use super::{Checked, ensure, same, shown as text};

async fn open(store: &dyn RecordStore) -> Checked<Vec<String>> {
    attempts_of(&store.open_attempts().await?)
}

pub async fn open_until_the_end(bench: &Bench<'_>) -> Checked {
    let (store, other) = (bench.open().await?, bench.open().await?);
    let names = ["f", "e", "d", "c", "b"];
    let intents = append_all(&*store, names.map(intent).to_vec()).await?;
    append(&*store, Draft { action: Some("withdraw".to_owned()), ..intent("a") }).await?;
    append_all(&*store, vec![set("f"), set("c")]).await?;
    append(&*store, shown("has no intent")).await?;
    for handle in [&store, &other] {
        let promised = ids(&["f", "e", "d", "c", "b", "a"]);
        same(&open(&**handle).await?, &promised, "the attempts without an end are not those, or not by number")?;
        same(&handle.open_attempts().await?[..5], &intents[..], "an open attempt is not returned as its intent")?;
    }
    for (end, left) in [
        (shown("e"), vec!["f", "d", "c", "b", "a"]),
        (failed("b", Changed::Unknown), vec!["f", "d", "c", "a"]),
        (recovered("f", Changed::Yes), vec!["d", "c", "a"]),
        (withdrawn("a"), vec!["d", "c"]),
        (failed("d", Changed::No), vec!["c"]),
        (shown("f"), vec!["c"]), // a late delivery
        (set("e"), vec!["c"]),   // a record that comes after the end
        (Draft { event: Event::BulkStarted { reason: String::new(), digest: None }, ..intent("run") }, vec!["c"]),
        (shown("c"), vec![]),
    ] {
        let words = format!("after {} of attempt {}, other attempts are open", end.event.name(), end.attempt);
        append(&*store, end).await?;
        same(&open(&*other).await?, &ids(&left), &words)?;
    }
    Ok(())
}

pub async fn refused_is_not_open(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    append(&*store, for_customer(intent("open"), 2)).await?;
    let refused = append_within(&*store, intent("refused"), vec![customer_limit(0)]).await?;
    ensure(refused.refused.is_some(), || "a limit that allows none let a reset through".to_owned())?;
    same(&open(&*store).await?, &ids(&["open"]), "an attempt that was refused is open, or took another with it")
}

pub async fn lease_is_live(bench: &Bench<'_>) -> Checked {
    let (one, other, watcher) = (bench.open().await?, bench.open().await?, bench.open().await?);
    let (lease, other_lease) = (one.lease().await?, other.lease().await?);
    ensure(lease != other_lease, || "two handles have the same lease".to_owned())?;
    same(&one.lease().await?, &lease, "a handle has another lease each time")?;
    for (name, handle) in [("its own handle", &one), ("another with a lease", &other), ("one without", &watcher)] {
        for lease in [&lease, &other_lease] {
            same(&handle.is_live(lease).await?, &true, &format!("a lease that is held is not live, says {name}"))?;
        }
    }
    append(&*one, intent("a")).await?;
    drop(one);
    for (name, handle) in [("another with a lease", &other), ("one without", &watcher)] {
        same(
            &handle.is_live(&lease).await?,
            &false,
            &format!("a lease is live after its handle was closed, says {name}"),
        )?;
        same(&handle.is_live(&other_lease).await?, &true, "a lease ended with another's handle")?;
    }
    drop(other);
    let later = bench.open().await?;
    same(&later.is_live(&other_lease).await?, &false, "a lease is live after its handle was closed")?;
    let newer = later.lease().await?;
    ensure(newer != lease && newer != other_lease, || "a lease was given out again".to_owned())?;
    same(&watcher.is_live(&lease).await?, &false, "a lease came back to life")
}

pub async fn unknown_lease_is_not_live(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    let long = "a".repeat(10_000);
    let hostile = [
        "",
        " ",
        "0",
        "ab",
        "00000000000000000000",
        "..",
        "../..",
        "/etc/passwd",
        "a/b",
        "a\0b",
        "%",
        "*",
        "é🦀",
        "-1",
        "'; DROP TABLE lease; --",
        "99999999999999999999999999",
        "\n",
        &long,
    ];
    for lease in hostile {
        let live = store.is_live(lease).await?;
        same(&live, &false, &format!("before there was any lease, {} is live", text(lease)))?;
    }
    let own = store.lease().await?;
    for lease in hostile.into_iter().chain([&own[1..], &format!("{own} "), &format!("{own}0"), &format!("./{own}")]) {
        let live = store.is_live(lease).await?;
        same(&live, &false, &format!("{} is live, and nobody has it", text(lease)))?;
    }
    same(&store.is_live(&own).await?, &true, "the lease that is held is not live any more")
}
