//! What all parts of one ledger share.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use super::ids::Ids;
use super::outbox_item::QueuedNotice;
use super::record::Draft;
use super::record_writer::RecordWriter;
use super::sqlite::Now;
use super::store::{Head, Subject};
use crate::domain::AttemptId;
use crate::domain::ports::RandomSource;

/// An attempt that this process works at.
#[derive(Clone)]
pub(super) struct OpenAttempt {
    /// What is the same in all of its records.
    pub(super) draft: Draft,
    /// The notices that are queued with the record of the change. It is empty after that.
    pub(super) notices: Vec<QueuedNotice>,
}

/// What all parts of one ledger share.
pub(super) struct Shared {
    pub(super) writer: RecordWriter,
    pub(super) ids: Ids,
    pub(super) now: Now,
    pub(super) random: RefCell<Box<dyn RandomSource>>,
    /// The attempts that this process works at.
    pub(super) open: RefCell<HashMap<AttemptId, OpenAttempt>>,
    /// Whether this process ever worked at an attempt, so that it has a lease.
    pub(super) has_lease: Cell<bool>,
    /// Whom no record up to this one verifies. What is appended later has a higher number.
    pub(super) unverified: RefCell<Option<(Subject, Head)>>,
}

impl Shared {
    pub(super) fn new(writer: RecordWriter, now: Now, random: Box<dyn RandomSource>) -> Self {
        Self {
            writer,
            ids: Ids::default(),
            now,
            random: RefCell::new(random),
            open: RefCell::default(),
            has_lease: Cell::new(false),
            unverified: RefCell::default(),
        }
    }
}
