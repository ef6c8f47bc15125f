//! How limits count the rows of bulk runs.

use tellonce::domain::Changed;
use tellonce::ledger::{Limit, RecordStore};

use super::bench::{Bench, append, append_all};
use super::drafts::{count, failed, in_row, intent, recovered, set, shown, subject};
use super::{Checked, same};

/// Counts the resets of C-1, without those of this row.
async fn resets(store: &dyn RecordStore, except: Option<(&str, u64)>) -> Checked<u32> {
    let except = except.map(|(run, row)| (run.to_owned(), row));
    count(store, Limit::Customer { subject: subject(), most: 0, except }).await
}

pub async fn retries_count_once(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    let row = |draft| in_row(draft, "run-1", 7);
    append_all(&*store, vec![row(intent("a")), row(failed("a", Changed::Unknown))]).await?;
    same(&resets(&*store, None).await?, &1, "a row that may have changed something does not count")?;
    append_all(&*store, vec![row(intent("b")), row(failed("b", Changed::No))]).await?;
    append_all(&*store, vec![row(intent("c")), row(recovered("c", Changed::Yes))]).await?;
    append_all(&*store, vec![row(intent("d")), row(set("d")), row(shown("d"))]).await?;
    same(&resets(&*store, None).await?, &1, "a row that was retried counts more than once")?;
    append(&*store, in_row(intent("e"), "run-1", 8)).await?;
    same(&resets(&*store, None).await?, &2, "another row of the same run does not count by itself")?;
    append(&*store, in_row(intent("f"), "run-2", 7)).await?;
    same(&resets(&*store, None).await?, &3, "a row of another run does not count by itself")?;
    append_all(&*store, vec![intent("g"), intent("h")]).await?;
    same(&resets(&*store, None).await?, &5, "attempts outside of a run do not count each")?;
    append_all(&*store, vec![in_row(intent("i"), "run-3", 1), in_row(failed("i", Changed::No), "run-3", 1)]).await?;
    same(&resets(&*store, None).await?, &5, "a row of which no attempt changed anything counts")
}

pub async fn except_this_row(bench: &Bench<'_>) -> Checked {
    let store = bench.open().await?;
    for (attempt, run, row) in [("a", "run-1", 7), ("b", "run-1", 7), ("c", "run-1", 8), ("d", "run-2", 7)] {
        append(&*store, in_row(intent(attempt), run, row)).await?;
    }
    append(&*store, intent("e")).await?;
    for (except, promised) in [
        (None, 4),
        (Some(("run-1", 7)), 3),
        (Some(("run-1", 8)), 3),
        (Some(("run-2", 7)), 3),
        (Some(("run-1", 9)), 4),
        (Some(("run-3", 7)), 4),
        (Some(("", 0)), 4),
    ] {
        let found = resets(&*store, except).await?;
        same(&found, &promised, &format!("with the row {except:?} going on, the resets are not counted right"))?;
    }
    Ok(())
}
