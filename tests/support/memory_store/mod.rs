//! A store in memory: the reference that the conformance suite is tried on, whole and with each of many defects.

mod counting;
mod defect;
mod issued;
mod matching;
mod outbox;
mod store;

pub use defect::Defect;
pub use store::MemoryStores;
