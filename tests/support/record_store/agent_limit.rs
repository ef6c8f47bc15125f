//! What the limit of an agent counts.

use jiff::SignedDuration;
use tellonce::domain::Changed;
use tellonce::ledger::{Draft, Limit, RecordStore};

use super::bench::{Bench, append, append_all};
use super::drafts::{
    AGENT, BACKEND, OTHER_BACKEND, agent_limit, count, failed, for_customer, ids, in_row, intent, recovered, shown,
};
use super::{Checked, same};

/// Counts the resets by the suite's agent.
async fn resets(store: &dyn RecordStore) -> Checked<u32> {
    count(store, agent_limit(0)).await
}

pub async fn last_hour(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    append(&*store, intent("a")).await?;
    append(&*store, for_customer(intent("b"), 2)).await?;
    same(&resets(&*store).await?, &2, "the resets of two customers by one agent do not count each")?;
    bench.advance(SignedDuration::from_hours(1) - SignedDuration::from_micros(1));
    same(&resets(&*store).await?, &2, "a reset of a microsecond less than an hour ago does not count")?;
    bench.advance(SignedDuration::from_micros(1));
    same(&resets(&*store).await?, &0, "a reset of exactly an hour ago counts")?;
    append_all(&*store, vec![shown("a"), intent("c")]).await?;
    same(&resets(&*store).await?, &1, "an old reset counts because its attempt ended lately, or a new one does not")?;
    append(&*store, failed("c", Changed::No)).await?;
    same(&resets(&*store).await?, &0, "a reset that changed nothing counts")?;
    append_all(&*store, vec![intent("d"), recovered("d", Changed::No)]).await?;
    same(&resets(&*store).await?, &0, "a reset that was found to have changed nothing counts")?;
    append(&*store, Draft { action: Some("withdraw".to_owned()), ..intent("e") }).await?;
    same(&resets(&*store).await?, &0, "a withdrawal counts as a reset")
}

pub async fn one_agent_at_one_backend(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    let by = |agent: &str, backend: &str| Draft {
        agent: agent.to_owned(),
        backend_id: Some(backend.to_owned()),
        ..intent(&format!("{agent} at {backend}"))
    };
    for (agent, backend) in
        [(AGENT, BACKEND), ("kim", BACKEND), (AGENT, OTHER_BACKEND), ("SAM", BACKEND), ("sa_", BACKEND)]
    {
        append(&*store, by(agent, backend)).await?;
    }
    append(&*store, Draft { backend_id: None, ..intent("nowhere") }).await?;
    for (agent, backend_ids, promised) in [
        (AGENT, vec![BACKEND], 1),
        (AGENT, vec![BACKEND, OTHER_BACKEND], 2),
        (AGENT, vec![], 0),
        ("kim", vec![BACKEND], 1),
        ("kim", vec![OTHER_BACKEND], 0),
        ("sa%", vec![BACKEND], 0),
        ("", vec![BACKEND], 0),
    ] {
        let limit = Limit::Agent { backend_ids: ids(&backend_ids), agent: agent.to_owned(), most: 0 };
        let found = count(&*store, limit).await?;
        same(&found, &promised, &format!("the resets by {agent:?} at {backend_ids:?} are not counted right"))?;
    }
    Ok(())
}

pub async fn without_bulk_runs(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    append_all(&*store, vec![in_row(intent("a"), "run-1", 1), in_row(intent("b"), "run-1", 2)]).await?;
    same(&resets(&*store).await?, &0, "the rows of a bulk run count for the agent")?;
    append(&*store, intent("c")).await?;
    same(&resets(&*store).await?, &1, "a reset outside of a run does not count")
}

pub async fn told_beforehand(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    let since = async |hours: i64| {
        let since = bench.now() - SignedDuration::from_hours(hours);
        store.resets_by_agent(&ids(&[BACKEND]), AGENT, since).await
    };
    same(&since(1).await?, &0, "a store without records has resets")?;
    append_all(&*store, vec![intent("a"), shown("a")]).await?;
    append(&*store, in_row(intent("of a run"), "run-1", 1)).await?;
    append(&*store, Draft { agent: "kim".to_owned(), ..intent("by another") }).await?;
    append(&*store, Draft { backend_id: Some(OTHER_BACKEND.to_owned()), ..intent("elsewhere") }).await?;
    bench.advance_hours(1);
    append_all(&*store, vec![intent("b"), failed("b", Changed::No), intent("c")]).await?;
    for (hours, promised) in [(0, 0), (1, 1), (2, 2)] {
        same(&since(hours).await?, &promised, &format!("the resets of the last {hours} hours are not counted right"))?;
    }
    same(
        &resets(&*store).await?,
        &since(1).await?,
        "the limit counts otherwise than what an agent is told beforehand",
    )?;
    let long_ago = bench.now() - SignedDuration::from_hours(9);
    let elsewhere = store.resets_by_agent(&ids(&[OTHER_BACKEND]), "kim", long_ago).await?;
    same(&elsewhere, &0, "the resets of an agent at another backend are counted")
}
