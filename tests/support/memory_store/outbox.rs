//! The notices that wait, in memory.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use tellonce::ledger::{QueuedNotice, WaitingNotice};

use super::defect::Defect;

/// The notices, by id.
#[derive(Default)]
pub struct Outbox(BTreeMap<String, WaitingNotice>);

impl Outbox {
    pub fn queue(&mut self, notices: Vec<QueuedNotice>, at: Timestamp) {
        for notice in notices {
            let id = notice.id.clone();
            self.0.entry(id).or_insert(WaitingNotice { notice, at, tries: 0, next_at: at });
        }
    }

    pub fn take(
        &mut self,
        (profile, most): (&str, usize),
        now: Timestamp,
        defect: Option<Defect>,
    ) -> Vec<WaitingNotice> {
        let is_due = |waiting: &&mut WaitingNotice| waiting.notice.profile == profile && waiting.next_at <= now;
        let mut due: Vec<&mut WaitingNotice> = self.0.values_mut().filter(is_due).collect();
        due.sort_by_key(|waiting| waiting.next_at);
        let take = |waiting: &mut WaitingNotice| {
            waiting.tries += 1;
            let before = waiting.next_at;
            waiting.next_at = now + SignedDuration::try_from(WaitingNotice::retry_after(waiting.tries)).unwrap();
            let taken = waiting.clone();
            match defect {
                Some(Defect::HandsNoticesToTwo) => waiting.next_at = before,
                Some(Defect::NeverGivesNoticesAgain) => waiting.next_at = Timestamp::MAX,
                _ => {}
            }
            taken
        };
        due.into_iter().take(most).map(take).collect()
    }

    pub fn page(&self, after: &str, most: usize) -> Vec<WaitingNotice> {
        self.0.values().filter(|waiting| waiting.notice.id.as_str() > after).take(most).cloned().collect()
    }

    pub fn remove(&mut self, id: &str) -> bool {
        self.0.remove(id).is_some()
    }
}
