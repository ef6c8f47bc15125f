//! What a limit counts, in the plainest words.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use tellonce::domain::{ChangeKind, Changed, LimitReached, VerificationFault};
use tellonce::ledger::{Event, Limit, Record, Subject};

use super::defect::Defect;

/// The records of the store, and what it gets wrong.
pub struct Counting<'r> {
    pub records: &'r [Record],
    pub defect: Option<Defect>,
}

impl Counting<'_> {
    fn has(&self, defect: Defect) -> bool {
        self.defect == Some(defect)
    }

    /// Whether an attempt changed something or may have.
    fn may_have_changed(&self, attempt: &str) -> bool {
        let of_attempt = || self.records.iter().filter(|record| record.draft.attempt == attempt);
        let own = of_attempt().find(|record| {
            record.draft.event.ends_the_attempt() && !matches!(record.draft.event, Event::Recovered { .. })
        });
        let found = of_attempt().find(|record| matches!(record.draft.event, Event::Recovered { .. }));
        let (first, second) = if self.has(Defect::LetsRecoveryWin) { (found, own) } else { (own, found) };
        let changed = first.or(second).and_then(|record| record.draft.event.changed());
        changed != Some(Changed::No) || self.has(Defect::CountsFailures)
    }

    fn resets_since(&self, backend_ids: &[String], since: Timestamp) -> impl Iterator<Item = &Record> {
        self.records.iter().filter(move |record| {
            let is_here = record.draft.backend_id.as_ref().is_some_and(|id| backend_ids.contains(id));
            let is_late = record.at > since || (record.at == since && self.has(Defect::CountsTheBoundary));
            record.begins_a_reset()
                && is_late
                && (is_here || self.has(Defect::CountsOtherBackends))
                && self.may_have_changed(&record.draft.attempt)
        })
    }

    pub fn by_agent(&self, backend_ids: &[String], agent: &str, since: Timestamp) -> u32 {
        let by_agent = |record: &&Record| record.draft.agent == agent && record.draft.run.is_none();
        as_count(self.resets_since(backend_ids, since).filter(by_agent).count())
    }

    fn of_customer(&self, subject: &Subject, except: Option<&(String, u64)>, since: Timestamp) -> u32 {
        let mut rows = BTreeSet::new();
        let mut count = 0;
        for Record { draft, .. } in
            self.resets_since(&subject.backend_ids, since).filter(|record| is_of(record, subject))
        {
            match draft.run.clone().zip(draft.row) {
                Some(row) if except == Some(&row) && !self.has(Defect::IgnoresExcept) => {}
                Some(row) if !self.has(Defect::CountsRetries) => drop(rows.insert(row)),
                _ => count += 1,
            }
        }
        as_count(count + rows.len())
    }

    /// Counts the codes, or the tries that no verification followed in the same attempt.
    fn codes(&self, subject: &Subject, event: &str, since: Timestamp) -> u32 {
        let is_right = |attempt: &str| {
            let is_verified = |record: &Record| matches!(record.draft.event, Event::Verified { .. });
            let counts_anyway = event == "code_sent" || self.has(Defect::CountsRightCodes);
            !counts_anyway && self.records.iter().any(|record| record.draft.attempt == attempt && is_verified(record))
        };
        let counts = |record: &&Record| {
            let is_here = record.draft.backend_id.as_ref().is_some_and(|id| subject.backend_ids.contains(id));
            record.draft.event.name() == event
                && record.at > since
                && is_here
                && is_of(record, subject)
                && !is_right(&record.draft.attempt)
        };
        as_count(self.records.iter().filter(counts).count())
    }

    /// Whether an intent names this verification.
    pub fn is_used(&self, verification: &str) -> bool {
        self.records.iter().any(|record| match &record.draft.event {
            Event::Intent { verification: Some(used), .. } => used.id == verification,
            _ => false,
        })
    }

    fn fault_of(
        &self,
        id: &str,
        subject: &Subject,
        (agent, made_for): (&str, ChangeKind),
        at: Timestamp,
    ) -> Option<VerificationFault> {
        let theirs = self.records.iter().find_map(|record| match &record.draft.event {
            Event::Verified { purpose, valid_until, .. } if record.draft.attempt == id => {
                let is_user = match &record.draft.user {
                    Some(user) => subject.users.contains(user),
                    None => subject.users.is_empty() && is_of(record, subject),
                };
                let is_here = record.draft.backend_id.as_ref().is_some_and(|id| subject.backend_ids.contains(id));
                let is_agent = record.draft.agent == agent || self.has(Defect::IgnoresTheAgent);
                let is_purpose = *purpose == made_for || self.has(Defect::IgnoresThePurpose);
                (is_user && is_here && is_agent && is_purpose).then_some(*valid_until)
            }
            _ => None,
        });
        match theirs {
            None => Some(VerificationFault::NotTheirs),
            Some(_) if self.is_used(id) && !self.has(Defect::UsesVerificationsTwice) => Some(VerificationFault::Used),
            Some(_) if self.has(Defect::LetsOldVerificationsThrough) => None,
            Some(valid_until) => (at >= valid_until).then_some(VerificationFault::RanOut),
        }
    }

    /// Returns how far a limit is reached; `None` if one more reset fits in.
    pub fn reached(&self, limit: &Limit, at: Timestamp) -> Option<LimitReached> {
        let hours_ago = |hours| at - SignedDuration::from_hours(hours);
        match limit {
            Limit::Customer { subject, most, except } => {
                let count = self.of_customer(subject, except.as_ref(), hours_ago(24));
                (count >= *most).then_some(LimitReached::Customer { count, most: *most })
            }
            Limit::Agent { backend_ids, agent, most } => {
                let count = self.by_agent(backend_ids, agent, hours_ago(1));
                (count >= *most).then_some(LimitReached::Agent { count, most: *most })
            }
            Limit::Codes { subject, most } => {
                let count = self.codes(subject, "code_sent", hours_ago(1));
                (count >= *most).then_some(LimitReached::Codes { count, most: *most })
            }
            Limit::WrongCodes { subject, most } => {
                let count = self.codes(subject, "code_tried", hours_ago(24));
                (count >= *most).then_some(LimitReached::WrongCodes { count, most: *most })
            }
            Limit::Verification { id, subject, agent, purpose } => {
                self.fault_of(id, subject, (agent, *purpose), at).map(LimitReached::Verification)
            }
        }
    }
}

/// Whether a record is of this user or customer, at any backend.
pub fn is_of(record: &Record, subject: &Subject) -> bool {
    let has = |ids: &[String], id: &Option<String>| id.as_ref().is_some_and(|id| ids.contains(id));
    has(&subject.users, &record.draft.user) || has(&subject.customers, &record.draft.customer)
}

fn as_count(count: usize) -> u32 {
    u32::try_from(count).unwrap()
}
