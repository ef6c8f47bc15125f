//! Counts what was done, in groups, from the records of the ledger.

use std::collections::{BTreeMap, HashMap};

use jiff::tz::TimeZone;
use serde::Serialize;

use super::event::Event;
use super::record::{Draft, Record};
use crate::domain::{Changed, Delivery, VerificationWay};

/// What a report is grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grouping {
    /// The agent.
    Agent,
    /// The customer, as records name them.
    Customer,
    /// The local day on which the attempt began.
    Day,
    /// The reason that the agent gave.
    Reason,
}

/// What was done in one group, or in all of them.
///
/// Each attempt, and each row of a bulk run, ends in one of: delivered, not delivered, unknown, failed, refused,
/// withdrawn, unlocked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Resets and creations that changed something or may have, as the limits count them.
    pub resets: u64,
    /// Those of the resets that were to create the user.
    pub created: u64,
    /// Temporary passwords that were withdrawn.
    pub withdrawn: u64,
    /// Lock-outs that were lifted alone.
    pub unlocked: u64,
    /// Temporary passwords that were revealed.
    pub delivered: u64,
    /// Temporary passwords that were set and that nobody was told.
    pub not_delivered: u64,
    /// Attempts of which nobody knows what became of them.
    pub unknown: u64,
    /// Attempts that changed nothing.
    pub failed: u64,
    /// Resets that a limit refused.
    pub refused: u64,
    /// Attempts whose caller read a code to the agent.
    pub verified: u64,
    /// Attempts whose caller was verified on the agent's word alone: by a call, or in the agent's own words.
    pub attested: u64,
    /// Notices that no customer got.
    pub notices_failed: u64,
    /// Rows of bulk runs.
    pub bulk_rows: u64,
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.resets += other.resets;
        self.created += other.created;
        self.withdrawn += other.withdrawn;
        self.unlocked += other.unlocked;
        self.delivered += other.delivered;
        self.not_delivered += other.not_delivered;
        self.unknown += other.unknown;
        self.failed += other.failed;
        self.refused += other.refused;
        self.verified += other.verified;
        self.attested += other.attested;
        self.notices_failed += other.notices_failed;
        self.bulk_rows += other.bulk_rows;
    }
}

/// One group of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReportGroup {
    /// What the records of the group have in common; `None` if they do not say it.
    pub group: Option<String>,
    /// What was done.
    #[serde(flatten)]
    pub counts: Counts,
}

/// What was done, in groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The groups, the one with the most resets first.
    pub groups: Vec<ReportGroup>,
    /// The sum of all groups.
    pub totals: Counts,
}

/// What became of an attempt.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    Delivered,
    NotDelivered,
    Withdrawn,
    Unlocked,
    Failed,
    Refused,
    Unknown,
}

/// What is kept of an attempt until its end comes.
#[derive(Clone)]
struct Begun {
    number: u64,
    group: Option<String>,
    action: Option<String>,
    is_verified: bool,
    is_attested: bool,
    row: Option<(String, u64)>,
}

impl Begun {
    fn is_reset(&self) -> bool {
        matches!(self.action.as_deref(), Some("set" | "create_and_set"))
    }

    fn counts(&self, ending: Ending) -> Counts {
        let one = |is: bool| u64::from(is);
        let may_have_changed = matches!(ending, Ending::Delivered | Ending::NotDelivered | Ending::Unknown);
        let is_reset = self.is_reset() && may_have_changed;
        Counts {
            resets: one(is_reset),
            created: one(is_reset && self.action.as_deref() == Some("create_and_set")),
            withdrawn: one(ending == Ending::Withdrawn),
            unlocked: one(ending == Ending::Unlocked),
            delivered: one(ending == Ending::Delivered),
            not_delivered: one(ending == Ending::NotDelivered),
            unknown: one(ending == Ending::Unknown),
            failed: one(ending == Ending::Failed),
            refused: one(ending == Ending::Refused),
            verified: one(self.is_verified),
            attested: one(self.is_attested),
            notices_failed: 0,
            bulk_rows: one(self.row.is_some()),
        }
    }
}

/// The lines of a run's rows that are counted, 64 a word: a run has many.
#[derive(Default)]
struct Lines(BTreeMap<u64, u64>);

impl Lines {
    fn contains(&self, line: u64) -> bool {
        self.0.get(&(line / 64)).is_some_and(|word| word & (1 << (line % 64)) != 0)
    }

    fn insert(&mut self, line: u64) {
        *self.0.entry(line / 64).or_default() |= 1 << (line % 64);
    }
}

/// Counts records, which come in the order of their numbers.
///
/// Holds the groups, the attempts that have no end of their own yet, the rows of bulk runs that were not delivered, and a
/// bit for each row that was.
pub struct ReportBuilder {
    by: Grouping,
    zone: TimeZone,
    groups: BTreeMap<Option<String>, Counts>,
    begun: HashMap<String, Begun>,
    /// What a later command found out. The end that the attempt itself wrote stands, also if it comes later.
    recovered: HashMap<String, Ending>,
    delivered_rows: HashMap<String, Lines>,
    /// The last ending of each row that was not delivered.
    other_rows: HashMap<(String, u64), (Begun, Ending)>,
}

impl ReportBuilder {
    /// Begins without a record. Days are those of this time zone.
    pub fn new(by: Grouping, zone: TimeZone) -> Self {
        Self {
            by,
            zone,
            groups: BTreeMap::new(),
            begun: HashMap::new(),
            recovered: HashMap::new(),
            delivered_rows: HashMap::new(),
            other_rows: HashMap::new(),
        }
    }

    /// Counts a record. The end of an attempt whose intent was not given is left out.
    pub fn add(&mut self, record: Record) {
        let attempt = &record.draft.attempt;
        match &record.draft.event {
            Event::Intent { .. } => {
                let begun = self.begin(&record);
                self.begun.insert(record.draft.attempt, begun);
            }
            Event::Refused { .. } if record.draft.action.as_deref() == Some("verify") => {}
            Event::Refused { .. } => {
                let begun = self.begin(&record);
                self.end(begun, Ending::Refused);
            }
            Event::Recovered { changed, .. } => {
                if let Some(begun) = self.begun.get(attempt) {
                    let ending = match (changed, begun.action.as_deref()) {
                        (Changed::No, _) => Ending::Failed,
                        (Changed::Yes, Some("withdraw")) => Ending::Withdrawn,
                        (Changed::Yes, Some("unlock")) => Ending::Unlocked,
                        (Changed::Yes | Changed::Unknown, _) => Ending::Unknown,
                    };
                    self.recovered.insert(record.draft.attempt, ending);
                }
            }
            Event::NoticeFailed { .. } => {
                let group = self.group(&record);
                self.groups.entry(group).or_default().notices_failed += 1;
            }
            event => {
                if let Some(ending) = own_ending(event)
                    && let Some(begun) = self.begun.remove(attempt)
                {
                    self.recovered.remove(attempt);
                    // A withdrawal or an unlock that failed half-way has nothing to deliver.
                    let is_half_done = ending == Ending::NotDelivered && !begun.is_reset();
                    self.end(begun, if is_half_done { Ending::Unknown } else { ending });
                }
            }
        }
    }

    fn group(&self, Record { at, draft, .. }: &Record) -> Option<String> {
        match self.by {
            Grouping::Agent => Some(draft.agent.clone()),
            Grouping::Customer => draft.customer.clone(),
            Grouping::Day => Some(at.to_zoned_datetime(self.zone.clone()).date().to_string()),
            Grouping::Reason => draft.event.free_texts().0.map(str::to_owned),
        }
    }

    fn begin(&self, record: &Record) -> Begun {
        let Draft { action, run, row, event, .. } = &record.draft;
        let by_code =
            matches!(event, Event::Intent { verification: Some(used), .. } if used.way == VerificationWay::Code);
        let by_call =
            matches!(event, Event::Intent { verification: Some(used), .. } if used.way == VerificationWay::Callback);
        Begun {
            number: record.number,
            group: self.group(record),
            action: action.clone(),
            is_verified: by_code,
            is_attested: !by_code && (by_call || event.free_texts().1.is_some()),
            row: run.clone().zip(*row),
        }
    }

    /// Counts an attempt, and a row once: as delivered if one of its attempts was, else as the last of them ended.
    fn end(&mut self, begun: Begun, ending: Ending) {
        let Some((run, line)) = begun.row.clone() else { return self.count(begun, ending) };
        let delivered = self.delivered_rows.entry(run.clone()).or_default();
        if delivered.contains(line) {
            return;
        }
        let other = self.other_rows.remove(&(run.clone(), line));
        if ending == Ending::Delivered {
            delivered.insert(line);
            return self.count(begun, ending);
        }
        let later = other.filter(|(other, _)| other.number > begun.number).unwrap_or((begun, ending));
        self.other_rows.insert((run, line), later);
    }

    fn count(&mut self, begun: Begun, ending: Ending) {
        let counts = begun.counts(ending);
        self.groups.entry(begun.group).or_default().add(&counts);
    }

    /// Returns the report. An attempt without an end is unknown.
    pub fn finish(mut self) -> Report {
        for (attempt, begun) in std::mem::take(&mut self.begun) {
            let ending = self.recovered.remove(&attempt).unwrap_or(Ending::Unknown);
            self.end(begun, ending);
        }
        for (begun, ending) in std::mem::take(&mut self.other_rows).into_values() {
            self.count(begun, ending);
        }
        let mut totals = Counts::default();
        let mut groups: Vec<ReportGroup> = Vec::with_capacity(self.groups.len());
        for (group, counts) in self.groups {
            totals.add(&counts);
            groups.push(ReportGroup { group, counts });
        }
        groups.sort_by_key(|group| std::cmp::Reverse(group.counts.resets)); // stable: those alike stay in their order
        Report { groups, totals }
    }
}

/// Returns the ending that the attempt itself wrote; `None` for any other record.
const fn own_ending(event: &Event) -> Option<Ending> {
    match event {
        Event::Delivery { delivery: Delivery::Shown | Delivery::TimedOut } => Some(Ending::Delivered),
        Event::Delivery { delivery: Delivery::NotDelivered } | Event::Failed { changed: Changed::Yes, .. } => {
            Some(Ending::NotDelivered)
        }
        Event::Withdrawn { .. } => Some(Ending::Withdrawn),
        Event::Unlocked => Some(Ending::Unlocked),
        Event::Failed { changed: Changed::No, .. } => Some(Ending::Failed),
        Event::Failed { changed: Changed::Unknown, .. } => Some(Ending::Unknown),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
