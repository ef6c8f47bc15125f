//! What was issued and is outstanding.

use tellonce::domain::{Changed, Settlement};
use tellonce::ledger::{Draft, Event, RecordStore};

use super::bench::{Bench, append, attempts_of};
use super::drafts::{
    BACKEND, OTHER_BACKEND, failed, for_customer, ids, intent, recovered, set, settled, shown, withdrawn,
};
use super::{Checked, same};

async fn issued(store: &dyn RecordStore) -> Checked<Vec<String>> {
    attempts_of(&store.issued(&ids(&[BACKEND]), 0, 100).await?)
}

/// A withdrawal by this attempt, of the user with this number.
async fn withdraw(store: &dyn RecordStore, attempt: &str, number: u32) -> Checked {
    let action = Some("withdraw".to_owned());
    for draft in [intent(attempt), withdrawn(attempt)] {
        append(store, Draft { action: action.clone(), ..for_customer(draft, number) }).await?;
    }
    Ok(())
}

pub async fn until_it_ends(bench: &Bench<'_>) -> Checked {
    let (store, other) = (bench.open().await?, bench.open().await?);
    for (number, attempt) in (1_u32..).zip(["a", "b", "c", "d", "e"]) {
        append(&*store, for_customer(intent(attempt), number)).await?;
    }
    same(&issued(&*store).await?, &vec![], "an intent issues nothing")?;
    for (draft, number) in [
        (set("a"), 1),
        (shown("a"), 1),
        (set("b"), 2),
        (failed("c", Changed::Yes), 3),
        (failed("d", Changed::No), 4),
        (recovered("e", Changed::Yes), 5),
    ] {
        append(&*store, for_customer(draft, number)).await?;
    }
    let all = ["a", "b", "c", "e"];
    same(&issued(&*other).await?, &ids(&all), "what is outstanding is not what was set, by number")?;
    append(&*store, for_customer(intent("again"), 1)).await?;
    append(&*store, for_customer(set("again"), 1)).await?;
    same(&issued(&*other).await?, &ids(&["b", "c", "e", "again"]), "a later set does not replace the one before")?;
    append(&*store, for_customer(settled("a", Settlement::Finished), 1)).await?;
    same(&issued(&*other).await?, &ids(&["b", "c", "e", "again"]), "a settlement ends another attempt's password")?;
    append(&*store, for_customer(settled("again", Settlement::NotFound), 1)).await?;
    same(&issued(&*other).await?, &ids(&["b", "c", "e"]), "a settlement does not end its own attempt's password")?;
    withdraw(&*store, "w", 2).await?;
    same(&issued(&*other).await?, &ids(&["c", "e"]), "a withdrawal does not end the password")
}

pub async fn withdrawal_begun_before(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    let action = Some("withdraw".to_owned());
    append(&*store, Draft { action: action.clone(), ..intent("w") }).await?;
    append(&*store, intent("late")).await?;
    append(&*store, set("late")).await?;
    append(&*store, Draft { action, ..withdrawn("w") }).await?;
    same(&issued(&*store).await?, &ids(&["late"]), "a withdrawal ends a password that was issued after it began")
}

pub async fn pages(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    for (number, attempt) in (1_u32..).zip(["a", "b", "c"]) {
        append(&*store, for_customer(intent(attempt), number)).await?;
        append(&*store, for_customer(set(attempt), number)).await?;
    }
    let elsewhere = Draft { backend_id: Some(OTHER_BACKEND.to_owned()), ..for_customer(set("elsewhere"), 1) };
    append(&*store, elsewhere).await?;
    let first = store.issued(&ids(&[BACKEND]), 0, 2).await?;
    same(&attempts_of(&first)?, &ids(&["a", "b"]), "the first page is not the first two")?;
    let rest = store.issued(&ids(&[BACKEND]), first[1].number, 2).await?;
    same(&attempts_of(&rest)?, &ids(&["c"]), "the next page is not the rest, or has that of another backend")?;
    let both = store.issued(&ids(&[BACKEND, OTHER_BACKEND]), 0, 100).await?;
    same(&attempts_of(&both)?, &ids(&["a", "b", "c", "elsewhere"]), "two backends do not have all")?;
    let is_set =
        both.iter().all(|record| matches!(record.record().map(|read| read.draft.event), Ok(Event::Set { .. })));
    same(&is_set, &true, "the records are not those of the sets")
}
