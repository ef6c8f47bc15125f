//! A limit in the transaction that appends: what a refusal is, and which limit refuses.

use tellonce::domain::LimitReached;
use tellonce::ledger::{Append, Draft, Event, LimitKind};

use super::bench::{Bench, all, append, append_within, read};
use super::drafts::{agent_limit, customer_limit, for_customer, intent, shown};
use super::{Checked, Failure, ensure, same};

pub async fn refuses_when_reached(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    for attempt in ["a", "b"] {
        let fits = append_within(&*store, intent(attempt), vec![customer_limit(2)]).await?;
        same(&fits.refused, &None, "a reset that fits in was refused")?;
        same(&read(&fits.record)?.draft, &intent(attempt), "a reset that fits in was recorded as something else")?;
    }
    let third = append_within(&*store, intent("c"), vec![customer_limit(2)]).await?;
    same(
        &third.refused,
        &Some(LimitReached::Customer { count: 2, most: 2 }),
        "a third reset got through a limit of two",
    )?;
    let event = Event::Refused { limit: LimitKind::Customer, count: 2, most: 2 };
    let refusal = Draft { event, ..intent("c") };
    same(&read(&third.record)?.draft, &refusal, "the refusal does not say who was refused, and why")?;
    let kept = all(&*store).await?;
    same(&kept.len(), &3, "a refused draft was appended beside its refusal, or the refusal was not")?;
    same(&kept.last(), &Some(&third.record), "the refusal that was returned is not the one that is kept")?;
    let by_agent = append_within(&*store, for_customer(intent("d"), 2), vec![agent_limit(2)]).await?;
    same(&by_agent.refused, &Some(LimitReached::Agent { count: 2, most: 2 }), "the limit of an agent did not refuse")?;
    let event = Event::Refused { limit: LimitKind::Agent, count: 2, most: 2 };
    same(&read(&by_agent.record)?.draft.event, &event, "the refusal names another limit than the agent's")?;
    let over = append_within(&*store, intent("e"), vec![customer_limit(1)]).await?;
    same(
        &over.refused,
        &Some(LimitReached::Customer { count: 2, most: 1 }),
        "a limit that was lowered does not refuse",
    )?;
    let unlimited = append_within(&*store, intent("f"), Vec::new()).await?;
    same(&unlimited.refused, &None, "a draft without limits was refused")
}

pub async fn first_that_is_reached(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    append(&*store, intent("first")).await?;
    let (customer, agent) = (LimitReached::Customer { count: 1, most: 1 }, LimitReached::Agent { count: 1, most: 1 });
    for (limits, reached) in [
        (vec![customer_limit(1), agent_limit(1)], Some(customer)),
        (vec![agent_limit(1), customer_limit(1)], Some(agent)),
        (vec![customer_limit(5), agent_limit(1)], Some(agent)),
        (vec![agent_limit(5), customer_limit(1)], Some(customer)),
    ] {
        let words = format!("of {limits:?}, another one refused than the first that is reached");
        let appended = append_within(&*store, intent(&words), limits).await?;
        same(&appended.refused, &reached, &words)?;
    }
    let fits = append_within(&*store, intent("fits"), vec![customer_limit(2), agent_limit(2)]).await?;
    same(&fits.refused, &None, "a reset that keeps all limits was refused")
}

pub async fn counts_the_same_append(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    let within = |attempt: &str, number: u32| Append {
        notices: Vec::new(),
        draft: for_customer(intent(attempt), number),
        limits: vec![customer_limit(1)],
    };
    let appends = vec![within("a", 1), within("b", 1), within("of-another", 2), shown("a").into(), intent("c").into()];
    let appended = store.append(appends).await?;
    ensure(appended.len() == 5, || format!("5 drafts gave {} results", appended.len()))?;
    let refused: Vec<bool> = appended.iter().map(|appended| appended.refused.is_some()).collect();
    let Some(second) = appended.get(1) else { return Err(Failure("an append gave no second result".to_owned())) };
    same(
        &second.refused,
        &Some(LimitReached::Customer { count: 1, most: 1 }),
        "two resets in one append both got through a limit of one",
    )?;
    same(
        &refused,
        &vec![false, true, true, false, false],
        "a refusal in an append took others with it, or let them through",
    )?;
    let numbers: Vec<u64> = appended.iter().map(|appended| appended.record.number).collect();
    same(&numbers, &(1..=5).collect(), "an append with a refusal has gaps")
}
