//! Reads about many users: several at a time, with the answers in the order of the questions.

use futures_util::stream::{Stream, StreamExt as _, iter};

use super::error::Result;
use super::session::Session;

/// Reads about each of these, as many at a time as the backend serves before more of them only make each slower.
pub(super) async fn read_each<'a, T: 'a, R: 'a, F>(
    session: &Session,
    items: Vec<T>,
    read: impl FnMut(T) -> F + 'a,
) -> impl Stream<Item = Result<R>> + Unpin + 'a
where
    F: Future<Output = Result<R>> + 'a,
{
    let most = if items.len() > 1 { concurrency(session).await } else { 1 };
    Box::pin(iter(items).map(read).buffered(most))
}

/// Returns how many calls the backend serves at a time. If it does not say, one at a time is right as well.
async fn concurrency(session: &Session) -> usize {
    session.backend().capabilities().await.map_or(1, |capabilities| capabilities.concurrency.max(1))
}
