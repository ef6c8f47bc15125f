//! One store under test, its time, and threads that use it at once.

use std::future::Future;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Barrier};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tellonce::domain::Result;
use tellonce::ledger::{Append, Appended, Draft, Limit, Now, Query, RecordStore, StoredRecord, Writer};

use super::{Checked, Failure, ensure};

/// One handle on a store, as one process has it. It stays in the thread that opened it.
pub type Handle = Box<dyn RecordStore>;

/// Makes stores for the suite to try.
pub trait StoreFactory: Sync {
    /// Makes a store without records. `now` tells the time that its records get, and `writer` is their writer.
    fn make(&self, now: Now, writer: Writer) -> Box<dyn StoreData>;
}

/// The data of one store, which many handles use.
#[async_trait(?Send)]
pub trait StoreData: Send + Sync {
    /// Opens a handle, as a process of its own would.
    async fn open(&self) -> Result<Handle>;
}

/// When the suite begins.
const BEGIN: &str = "2026-03-01T12:00:00Z";

/// A store under test.
pub struct Bench<'f> {
    factory: &'f dyn StoreFactory,
    data: Box<dyn StoreData>,
    /// The time, in microseconds since 1970.
    clock: Arc<AtomicI64>,
}

impl<'f> Bench<'f> {
    pub fn new(factory: &'f dyn StoreFactory) -> Self {
        let begin: Timestamp = BEGIN.parse().unwrap();
        let clock = Arc::new(AtomicI64::new(begin.as_microsecond()));
        let told = Arc::clone(&clock);
        let now: Now = Arc::new(move || Timestamp::from_microsecond(told.load(Ordering::SeqCst)).unwrap());
        let data = factory.make(now, Self::writer());
        Self { factory, data, clock }
    }

    /// Makes another store of the same kind, with data of its own.
    pub fn another(&self) -> Self {
        Self::new(self.factory)
    }

    /// The process that every record names.
    pub fn writer() -> Writer {
        Writer { machine: Some("suite \"one\"".to_owned()), uid: Some(1000), user: Some("éva".to_owned()) }
    }

    pub async fn open(&self) -> Checked<Handle> {
        Ok(self.data.open().await?)
    }

    pub fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.clock.load(Ordering::SeqCst)).unwrap()
    }

    /// Sets the clock on, or back.
    pub fn advance(&self, by: SignedDuration) {
        self.clock.fetch_add(i64::try_from(by.as_micros()).unwrap(), Ordering::SeqCst);
    }

    pub fn advance_hours(&self, hours: i64) {
        self.advance(SignedDuration::from_hours(hours));
    }

    /// Works in so many threads that begin together, each with a handle of its own.
    pub fn in_threads<T: Send>(
        &self,
        count: usize,
        work: impl AsyncFn(usize, &dyn RecordStore) -> Checked<T> + Sync,
    ) -> Checked<Vec<T>> {
        let (start, work) = (Barrier::new(count), &work);
        let in_thread = |index: usize| {
            run(async {
                let opened = {
                    let _start = WaitsOnDrop(&start);
                    self.data.open().await
                };
                work(index, &*opened?).await
            })
        };
        let in_thread = &in_thread;
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..count).map(|index| scope.spawn(move || in_thread(index))).collect();
            let failed = |_| Failure("a thread that used the store panicked".to_owned());
            threads.into_iter().map(|thread| thread.join().map_err(failed)?).collect()
        })
    }
}

/// Waits for the other threads when it is dropped, so that a panic holds up none of them.
struct WaitsOnDrop<'b>(&'b Barrier);

impl Drop for WaitsOnDrop<'_> {
    fn drop(&mut self) {
        self.0.wait();
    }
}

/// Runs a future to its end, in a runtime that stores may start tasks in.
pub fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, work)
}

/// Appends drafts in one append.
pub async fn append_all(store: &dyn RecordStore, drafts: Vec<Draft>) -> Checked<Vec<StoredRecord>> {
    let count = drafts.len();
    let appended = store.append(drafts.into_iter().map(Append::from).collect()).await?;
    ensure(appended.len() == count, || format!("{count} drafts gave {} results", appended.len()))?;
    ensure(appended.iter().all(|appended| appended.refused.is_none()), || {
        "a draft without limits was refused".to_owned()
    })?;
    Ok(appended.into_iter().map(|appended| appended.record).collect())
}

/// Appends one draft.
pub async fn append(store: &dyn RecordStore, draft: Draft) -> Checked<StoredRecord> {
    Ok(append_all(store, vec![draft]).await?.remove(0))
}

/// Appends one draft under limits.
pub async fn append_within(store: &dyn RecordStore, draft: Draft, limits: Vec<Limit>) -> Checked<Appended> {
    let mut appended = store.append(vec![Append { notices: Vec::new(), draft, limits }]).await?;
    ensure(appended.len() == 1, || format!("one draft gave {} results", appended.len()))?;
    Ok(appended.remove(0))
}

/// Returns every record of the store.
pub async fn all(store: &dyn RecordStore) -> Checked<Vec<StoredRecord>> {
    matching(store, &Query::default()).await
}

/// Returns every record that matches.
pub async fn matching(store: &dyn RecordStore, query: &Query) -> Checked<Vec<StoredRecord>> {
    Ok(store.page(query, 0, 100_000).await?)
}

/// Returns the attempts of these records.
pub fn attempts_of(records: &[StoredRecord]) -> Checked<Vec<String>> {
    records.iter().map(|record| Ok(read(record)?.draft.attempt)).collect()
}

/// Reads a record, which must be one.
pub fn read(record: &StoredRecord) -> Checked<tellonce::ledger::Record> {
    let number = record.number;
    record.record().map_err(|why| Failure(format!("the body of record {number} cannot be read: {why}")))
}
