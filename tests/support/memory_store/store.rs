//! The store: records, checkpoint, key and leases behind one lock.

use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tellonce::domain::ports::RandomSource as _;
use tellonce::domain::{LimitReached, Result};
use tellonce::ledger::{
    Append, Appended, Draft, Event, Hash, Head, Limit, Now, Query, Record, RecordStore, StoreLocation, StoredRecord,
    WaitingNotice, Writer,
};
use tellonce::platform::SystemRandom;

use super::counting::Counting;
use super::defect::Defect;
use super::issued::issued;
use super::matching::matches;
use super::outbox::Outbox;
use crate::support::record_store::{Handle, StoreData, StoreFactory};

/// Makes stores in memory, all with the same defect or with none.
#[derive(Default)]
pub struct MemoryStores {
    pub defect: Option<Defect>,
}

impl StoreFactory for MemoryStores {
    fn make(&self, now: Now, writer: Writer) -> Box<dyn StoreData> {
        let content = Content { key: random(), ..Content::default() };
        let shared = Shared { content: Mutex::new(content), seen: Condvar::new(), now, writer, defect: self.defect };
        Box::new(Data(Arc::new(shared)))
    }
}

struct Data(Arc<Shared>);

#[async_trait(?Send)]
impl StoreData for Data {
    async fn open(&self) -> Result<Handle> {
        let lease = format!("{:x}", u128::from_le_bytes(random()));
        self.0.content().handles += 1;
        Ok(Box::new(MemoryStore { shared: Arc::clone(&self.0), lease }))
    }
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom.fill(&mut bytes).unwrap();
    bytes
}

#[derive(Default)]
struct Content {
    stored: Vec<StoredRecord>,
    /// The same records, read.
    records: Vec<Record>,
    checkpoint: Option<Head>,
    key: [u8; 32],
    leases: BTreeSet<String>,
    outbox: Outbox,
    handles: usize,
    /// How many have counted for a limit, and not yet appended.
    counting: usize,
    /// How often somebody has read.
    reads: usize,
}

impl Content {
    /// Returns the place after which the next record comes.
    fn head(&self) -> Head {
        let last = self.stored.last().map(|record| Head { number: record.number, hash: record.hash });
        last.or(self.checkpoint).unwrap_or(Head::START)
    }

    fn open_attempts(&self) -> Vec<StoredRecord> {
        let is_open = |intent: &Record| {
            let attempt = &intent.draft.attempt;
            let ends = |record: &Record| &record.draft.attempt == attempt && record.draft.event.ends_the_attempt();
            matches!(intent.draft.event, Event::Intent { .. }) && !self.records.iter().any(ends)
        };
        let both = self.stored.iter().zip(&self.records);
        both.filter(|(_, record)| is_open(record)).map(|(stored, _)| stored.clone()).collect()
    }
}

struct Shared {
    content: Mutex<Content>,
    /// Somebody has counted for a limit, or has read.
    seen: Condvar,
    now: Now,
    writer: Writer,
    defect: Option<Defect>,
}

impl Shared {
    fn content(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap()
    }

    fn has(&self, defect: Defect) -> bool {
        self.defect == Some(defect)
    }

    fn insert(&self, content: &mut Content, draft: Draft) -> StoredRecord {
        let (head, now) = (content.head(), (self.now)());
        let falls = self.has(Defect::LetsTimeFall);
        let at = content.records.last().map_or(now, |last| if falls { now } else { last.at.max(now) });
        let number =
            if self.has(Defect::PruneStartsNumbersAgain) { content.stored.len() as u64 } else { head.number } + 1;
        let mut stored = StoredRecord::of_draft(draft, number, at, self.writer.clone(), head.hash).unwrap();
        if self.has(Defect::WrongHash) {
            stored.hash = Hash::of_record(Hash::BEFORE_THE_FIRST, &stored.body);
        }
        content.records.push(stored.record().unwrap());
        content.stored.push(stored.clone());
        if self.has(Defect::RewritesBodies)
            && let Some(kept) = content.stored.last_mut()
        {
            kept.body = serde_json::from_slice::<serde_json::Value>(&kept.body).unwrap().to_string().into_bytes();
        }
        stored
    }

    fn reached(&self, content: &Content, limits: &[Limit]) -> Option<LimitReached> {
        let now = (self.now)();
        let at = content.records.last().map_or(now, |last| last.at.max(now));
        let counting = Counting { records: &content.records, defect: self.defect };
        limits.iter().find_map(|limit| counting.reached(limit, at))
    }

    /// Counts, and lets another count before the lock is taken under which the record is appended.
    fn count_outside<'c>(&'c self, mut content: MutexGuard<'c, Content>) -> MutexGuard<'c, Content> {
        content.counting += 1;
        self.seen.notify_all();
        let is_alone = |content: &mut Content| content.counting < 2 && content.handles > 2;
        let (content, _) = self.seen.wait_timeout_while(content, Duration::from_secs(5), is_alone).unwrap();
        content
    }

    /// Lets a reader in before the next record of an append.
    fn let_readers_in<'c>(&'c self, content: MutexGuard<'c, Content>) -> MutexGuard<'c, Content> {
        let before = content.reads;
        let is_unread = |content: &mut Content| content.reads == before && content.handles > 2;
        self.seen.wait_timeout_while(content, Duration::from_millis(50), is_unread).unwrap().0
    }

    fn append_one<'c>(
        &'c self,
        mut content: MutexGuard<'c, Content>,
        Append { draft, limits, notices }: Append,
    ) -> (MutexGuard<'c, Content>, Appended) {
        if let Some(appended) = self.existing(&content, &draft, &limits) {
            return (content, appended);
        }
        let refused = self.reached(&content, &limits);
        if self.has(Defect::CountsOutside) && !limits.is_empty() && refused.is_none() {
            content = self.count_outside(content);
        }
        let event = match refused {
            None => draft.event.clone(),
            Some(reached) => Event::of_refusal(reached),
        };
        let record = self.insert(&mut content, Draft { event, ..draft });
        if refused.is_none() || self.has(Defect::QueuesInSpiteOfRefusals) {
            let at = content.records.last().map_or((self.now)(), |record| record.at);
            content.outbox.queue(notices, at);
        }
        (content, Appended { record, refused })
    }

    /// Returns the record that is there in place of this draft.
    fn existing(&self, content: &Content, draft: &Draft, limits: &[Limit]) -> Option<Appended> {
        let find = |name: &str| {
            let is_it = |record: &Record| record.draft.attempt == draft.attempt && record.draft.event.name() == name;
            content.records.iter().position(is_it)
        };
        if let Some(index) = find(draft.event.name()).filter(|_| !self.has(Defect::ForgetsIdempotence)) {
            return Some(Appended { record: content.stored[index].clone(), refused: None });
        }
        let may_be_refused = matches!(draft.event, Event::Intent { .. }) || !limits.is_empty();
        let index = find("refused").filter(|_| may_be_refused && !self.has(Defect::ForgetsRefusals))?;
        let refused = content.records[index].draft.event.limit_reached();
        Some(Appended { record: content.stored[index].clone(), refused })
    }
}

/// One handle.
struct MemoryStore {
    shared: Arc<Shared>,
    lease: String,
}

impl Drop for MemoryStore {
    fn drop(&mut self) {
        let mut content = self.shared.content();
        content.handles -= 1;
        if !self.shared.has(Defect::KeepsLeases) {
            content.leases.remove(&self.lease);
        }
    }
}

#[async_trait(?Send)]
impl RecordStore for MemoryStore {
    async fn append(&self, mut appends: Vec<Append>) -> Result<Vec<Appended>> {
        let shared = &*self.shared;
        let count = appends.len();
        if shared.has(Defect::Reorders) {
            appends.reverse();
        }
        let mut all = Vec::new();
        let mut content = shared.content();
        for append in appends {
            if shared.has(Defect::AppendsInParts) {
                content = shared.let_readers_in(content);
            }
            let (after, appended) = shared.append_one(content, append);
            content = after;
            all.push(appended);
        }
        if shared.has(Defect::LosesRecords) && count > 1 {
            content.stored.pop();
            content.records.pop();
        }
        Ok(all)
    }

    async fn page(&self, query: &Query, after: u64, most: usize) -> Result<Vec<StoredRecord>> {
        let mut content = self.shared.content();
        content.reads += 1;
        self.shared.seen.notify_all();
        let skipped = u64::from(after > 0 && self.shared.has(Defect::PagesSkipOne));
        let is_inclusive = self.shared.has(Defect::UntilIsInclusive);
        let is_wanted = |(stored, record): &(&StoredRecord, &Record)| {
            stored.number > after.saturating_add(skipped) && matches(record, query, is_inclusive)
        };
        let both = content.stored.iter().zip(&content.records);
        Ok(both.filter(is_wanted).take(most).map(|(stored, _)| stored.clone()).collect())
    }

    async fn resets_by_agent(&self, backend_ids: &[String], agent: &str, since: Timestamp) -> Result<u32> {
        let content = self.shared.content();
        Ok(Counting { records: &content.records, defect: self.shared.defect }.by_agent(backend_ids, agent, since))
    }

    async fn open_attempts(&self) -> Result<Vec<StoredRecord>> {
        let open = self.shared.content().open_attempts();
        Ok(if self.shared.has(Defect::ForgetsOpenAttempts) { Vec::new() } else { open })
    }

    async fn issued(&self, backend_ids: &[String], after_number: u64, most: usize) -> Result<Vec<StoredRecord>> {
        let content = self.shared.content();
        let is_wanted = |stored: &StoredRecord| {
            let backend = stored.record().ok().and_then(|record| record.draft.backend_id);
            stored.number > after_number && backend.is_some_and(|backend| backend_ids.contains(&backend))
        };
        let all = if self.shared.has(Defect::ForgetsWhatWasIssued) {
            Vec::new()
        } else {
            issued(&content.records, &content.stored)
        };
        Ok(all.into_iter().filter(is_wanted).take(most).collect())
    }

    async fn is_used(&self, verification: &str) -> Result<bool> {
        let content = self.shared.content();
        Ok(Counting { records: &content.records, defect: self.shared.defect }.is_used(verification))
    }

    async fn take_notices(&self, profile: &str, most: usize) -> Result<Vec<WaitingNotice>> {
        let (now, defect) = ((self.shared.now)(), self.shared.defect);
        Ok(self.shared.content().outbox.take((profile, most), now, defect))
    }

    async fn waiting_notices(&self, after: &str, most: usize) -> Result<Vec<WaitingNotice>> {
        Ok(self.shared.content().outbox.page(after, most))
    }

    async fn finish_notice(&self, id: &str, record: Draft) -> Result<Option<StoredRecord>> {
        let mut content = self.shared.content();
        if !content.outbox.remove(id) {
            return Ok(None);
        }
        let record = self.shared.insert(&mut content, record);
        if self.shared.has(Defect::LosesTheEndOfNotices) {
            content.stored.pop();
            content.records.pop();
        }
        Ok(Some(record))
    }

    async fn head(&self) -> Result<Option<Head>> {
        let content = self.shared.content();
        Ok(content.stored.last().map(|record| Head { number: record.number, hash: record.hash }))
    }

    async fn checkpoint(&self) -> Result<Option<Head>> {
        Ok(self.shared.content().checkpoint)
    }

    async fn prune(&self, before: Timestamp, record: Draft) -> Result<Option<Head>> {
        let mut content = self.shared.content();
        let open = content.open_attempts().first().map_or(u64::MAX, |record| record.number);
        let cuts = self.shared.has(Defect::PruneCutsOpenAttempts);
        let is_old = |record: &&Record| record.at < before && (record.number < open || cuts);
        let removed = content.records.iter().take_while(is_old).count();
        let Some(last) = removed.checked_sub(1).map(|last| &content.stored[last]) else { return Ok(None) };
        let head = Head { number: last.number, hash: last.hash };
        let (through, hash) = (head.number, head.hash.to_string());
        let event = Event::Pruned { through, head: hash, removed: removed as u64 };
        self.shared.insert(&mut content, Draft { event, ..record });
        content.stored.drain(..removed);
        content.records.drain(..removed);
        if !self.shared.has(Defect::PruneLeavesNoCheckpoint) {
            content.checkpoint = Some(head);
        }
        Ok(Some(head))
    }

    async fn lease(&self) -> Result<String> {
        self.shared.content().leases.insert(self.lease.clone());
        Ok(self.lease.clone())
    }

    async fn is_live(&self, lease: &str) -> Result<bool> {
        Ok(self.shared.content().leases.contains(lease))
    }

    async fn pseudonym_key(&self) -> Result<[u8; 32]> {
        Ok(if self.shared.has(Defect::ChangesTheKey) { random() } else { self.shared.content().key })
    }

    async fn faults(&self) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    async fn location(&self) -> Result<StoreLocation> {
        Ok(StoreLocation::Elsewhere("memory".to_owned()))
    }

    async fn try_to_append(&self) -> Result<()> {
        Ok(())
    }
}
