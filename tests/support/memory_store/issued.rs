//! What was issued and is outstanding.

use std::collections::BTreeMap;

use tellonce::domain::Changed;
use tellonce::ledger::{Record, StoredRecord};

/// Returns the records that issued what is outstanding.
pub fn issued(records: &[Record], all: &[StoredRecord]) -> Vec<StoredRecord> {
    let mut issued: BTreeMap<(String, String), usize> = BTreeMap::new();
    for (place, record) in records.iter().enumerate() {
        let draft = &record.draft;
        let Some(key) = draft.backend_id.clone().zip(draft.user.clone()) else { continue };
        let is_reset = matches!(draft.action.as_deref(), Some("set" | "create_and_set"));
        let is_of_attempt =
            |other: &Record, event: &str| other.draft.attempt == draft.attempt && other.draft.event.name() == event;
        let begun = records.iter().position(|other| is_of_attempt(other, "intent"));
        let has_set = records[..place].iter().any(|other| is_of_attempt(other, "set"));
        let has_changed = draft.event.changed() == Some(Changed::Yes);
        match draft.event.name() {
            "set" => drop(issued.insert(key, place)),
            "failed" | "recovered" if has_changed && is_reset && !has_set => drop(issued.insert(key, place)),
            "withdrawn" if issued.get(&key).zip(begun).is_some_and(|(issued, begun)| *issued < begun) => {
                issued.remove(&key);
            }
            "settled" if issued.get(&key).is_some_and(|place| records[*place].draft.attempt == draft.attempt) => {
                issued.remove(&key);
            }
            _ => {}
        }
    }
    let mut places: Vec<usize> = issued.into_values().collect();
    places.sort_unstable();
    places.into_iter().map(|place| all[place].clone()).collect()
}
