//! What the limit of a customer counts.

use jiff::SignedDuration;
use tellonce::domain::Changed;
use tellonce::ledger::{Draft, Limit, RecordStore, Subject};

use super::bench::{Bench, append, append_all, append_within};
use super::drafts::{
    BACKEND, OTHER_BACKEND, count, customer_limit, failed, for_customer, ids, intent, recovered, set, shown, subject,
    withdrawn,
};
use super::{Checked, same};

/// Counts the resets of C-1.
async fn resets(store: &dyn RecordStore) -> Checked<u32> {
    count(store, customer_limit(0)).await
}

pub async fn last_24_hours(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    append(&*store, intent("a")).await?;
    same(&resets(&*store).await?, &1, "a reset of this moment does not count")?;
    bench.advance_hours(12);
    append(&*store, intent("b")).await?;
    bench.advance(SignedDuration::from_hours(12) - SignedDuration::from_micros(1));
    same(&resets(&*store).await?, &2, "a reset of a microsecond less than 24 hours ago does not count")?;
    bench.advance(SignedDuration::from_micros(1));
    same(&resets(&*store).await?, &1, "a reset of exactly 24 hours ago counts")?;
    append(&*store, shown("a")).await?;
    same(&resets(&*store).await?, &1, "an old reset counts because its attempt ended lately")?;
    bench.advance_hours(12);
    same(&resets(&*store).await?, &0, "a reset of 24 hours ago counts")?;
    append(&*store, intent("c")).await?;
    bench.advance_hours(-30); // the new record has the time of the newest one
    same(&resets(&*store).await?, &1, "after the clock was set back, the newest reset does not count")
}

pub async fn what_may_have_changed(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    let mut promised = 0;
    for (index, (ends, counts, words)) in [
        (vec![], true, "an attempt without an end"),
        (vec![set("")], true, "an attempt that set a password and has no end"),
        (vec![set(""), shown("")], true, "an attempt that was delivered"),
        (vec![failed("", Changed::No)], false, "an attempt that failed and changed nothing"),
        (vec![failed("", Changed::Unknown)], true, "an attempt that failed and may have changed something"),
        (vec![set(""), failed("", Changed::Yes)], true, "an attempt that failed after it changed something"),
        (vec![recovered("", Changed::No)], false, "an attempt that was found to have changed nothing"),
        (vec![recovered("", Changed::Unknown)], true, "an attempt of which nobody could find out"),
        (vec![recovered("", Changed::Yes)], true, "an attempt that was found to have changed something"),
        (vec![withdrawn("")], true, "an attempt that was withdrawn"),
    ]
    .into_iter()
    .enumerate()
    {
        let attempt = format!("attempt-{index}");
        append(&*store, intent(&attempt)).await?;
        let ends = ends.into_iter().map(|end| Draft { attempt: attempt.clone(), ..end });
        append_all(&*store, ends.collect()).await?;
        promised += u32::from(counts);
        let does = if counts { "does not count" } else { "counts" };
        same(&resets(&*store).await?, &promised, &format!("{words} {does}"))?;
    }
    Ok(())
}

pub async fn late_end_decides(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    append_all(&*store, vec![intent("a"), recovered("a", Changed::No)]).await?;
    same(&resets(&*store).await?, &0, "an attempt that was found to have changed nothing counts")?;
    bench.advance_hours(1);
    append(&*store, shown("a")).await?;
    same(
        &resets(&*store).await?,
        &1,
        "a late delivery does not count because a command had found that nothing changed",
    )?;
    append_all(&*store, vec![intent("b"), recovered("b", Changed::Yes)]).await?;
    same(&resets(&*store).await?, &2, "an attempt that was found to have changed something does not count")?;
    append(&*store, failed("b", Changed::No)).await?;
    same(
        &resets(&*store).await?,
        &1,
        "an attempt counts that ended by itself without a change, after it was recovered",
    )?;
    append_all(&*store, vec![intent("c"), failed("c", Changed::No), recovered("c", Changed::Unknown)]).await?;
    same(&resets(&*store).await?, &1, "what a command found after the attempt's own end decides whether it counts")
}

pub async fn resets_only(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    for (index, action) in [Some("withdraw"), Some("bulk"), Some("unseal"), None].into_iter().enumerate() {
        let action = action.map(str::to_owned);
        let words = format!("an intent with the action {action:?} counts as a reset");
        append(&*store, Draft { action, ..intent(&format!("other-{index}")) }).await?;
        same(&resets(&*store).await?, &0, &words)?;
    }
    append_all(&*store, vec![set("no-intent"), shown("no-intent"), failed("nor-here", Changed::Yes)]).await?;
    same(&resets(&*store).await?, &0, "a record that is no intent counts as a reset")?;
    append(&*store, Draft { action: Some("create_and_set".to_owned()), ..intent("created") }).await?;
    same(&resets(&*store).await?, &1, "the creation of a user does not count")?;
    for attempt in ["refused-1", "refused-2"] {
        append_within(&*store, intent(attempt), vec![customer_limit(1)]).await?;
    }
    same(&resets(&*store).await?, &1, "a refusal counts as a reset")
}

pub async fn by_user_or_customer(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    let of = |user: Option<&str>, customer: Option<&str>| {
        let draft = intent(&format!("{user:?} {customer:?}"));
        Draft { user: user.map(str::to_owned), customer: customer.map(str::to_owned), ..draft }
    };
    let mut promised = 0;
    for (user, customer, counts) in [
        (Some("u-1"), Some("C-1"), true),
        (Some("u-1"), Some("C-2"), true),
        (Some("u-2"), Some("C-1"), true),
        (None, Some("C-1"), true),
        (Some("u-1"), None, true),
        (Some("u-2"), Some("C-2"), false),
        (None, None, false),
        (Some("C-1"), Some("u-1"), false),
        (Some("U-1"), Some("c-1"), false),
        (Some("u-1 "), Some("C-1'"), false),
        (Some("u-%"), Some("C-_"), false),
    ] {
        append(&*store, of(user, customer)).await?;
        promised += u32::from(counts);
        let words = format!("a reset of user {user:?}, customer {customer:?} is counted wrongly for u-1 and C-1");
        same(&resets(&*store).await?, &promised, &words)?;
    }
    let limit = |users: &[&str], customers: &[&str]| {
        let subject = Subject { users: ids(users), customers: ids(customers), ..subject() };
        Limit::Customer { subject, most: 0, except: None }
    };
    let hostile = "x'), ('\"] é🦀";
    append(&*store, of(Some(hostile), None)).await?;
    for (users, customers, promised) in [
        (vec!["u-1"], vec![], 3),
        (vec![], vec!["C-1"], 3),
        (vec!["u-1", "u-2"], vec!["C-2"], 5),
        (vec![], vec![], 0),
        (vec![hostile], vec![hostile], 1),
        (vec!["%"], vec!["_"], 0),
    ] {
        let found = count(&*store, limit(&users, &customers)).await?;
        same(
            &found,
            &promised,
            &format!("the resets of users {users:?} and customers {customers:?} are not counted right"),
        )?;
    }
    Ok(())
}

pub async fn one_backend_only(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    append(&*store, intent("here")).await?;
    append(&*store, Draft { backend_id: Some(OTHER_BACKEND.to_owned()), ..intent("there") }).await?;
    append(&*store, Draft { backend_id: None, ..intent("nowhere") }).await?;
    for (backend_ids, promised) in [
        (vec![BACKEND], 1),
        (vec![OTHER_BACKEND], 1),
        (vec![BACKEND, OTHER_BACKEND], 2),
        (vec!["suite:third"], 0),
        (vec![], 0),
    ] {
        let subject = Subject { backend_ids: ids(&backend_ids), ..subject() };
        let found = count(&*store, Limit::Customer { subject, most: 0, except: None }).await?;
        same(&found, &promised, &format!("the resets at the backends {backend_ids:?} are not counted right"))?;
    }
    append(&*store, for_customer(intent("of another"), 2)).await?;
    same(&resets(&*store).await?, &1, "a reset of another customer counts")
}
