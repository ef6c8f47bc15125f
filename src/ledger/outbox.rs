//! The outbox: what customers are told, until it is sent.

use super::event::Event;
use super::ledger::Ledger;
use super::outbox_item::{QueuedNotice, WaitingNotice};
use super::pages::Pages;
use super::record::Draft;
use super::store::Query;
use crate::domain::{AttemptId, Plan, Result};

/// How many notices are read at once.
const PAGE: usize = 100;

/// What became of a notice that is not tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoticeEnd {
    /// It was sent.
    Sent,
    /// It was not sent, for this reason.
    Failed(String),
}

impl Ledger {
    /// Makes the notices that are queued once the plan's change is made.
    pub(super) fn notices_of(&self, plan: &Plan, attempt: &AttemptId) -> Result<Vec<QueuedNotice>> {
        // Notices that are due at the same time are sent in the order of their ids: here that is the directory's order.
        let ids = plan.notified.iter().map(|_| Ok(self.fresh_id()?.to_string()));
        let mut ids = ids.collect::<Result<Vec<_>>>()?;
        ids.sort();
        let notice = |(contact, id): (&crate::domain::Contact, String)| QueuedNotice {
            id,
            attempt: attempt.to_string(),
            action: plan.action.name().to_owned(),
            profile: plan.profile_ref.profile.clone(),
            agent: plan.agent.clone(),
            channel: contact.channel,
            address: contact.address.clone(),
            language: plan.language.as_ref().map(ToString::to_string),
        };
        Ok(plan.notified.iter().zip(ids).map(notice).collect())
    }

    /// Takes notices of a profile that are due, to be sent now, at most `most`.
    ///
    /// # Errors
    /// Exit 8: the store cannot be used.
    pub async fn take_notices(&self, profile: &str, most: usize) -> Result<Vec<WaitingNotice>> {
        self.store().await?.take_notices(profile, most).await
    }

    /// Whether a notice waits, of whatever profile.
    ///
    /// # Errors
    /// Exit 8: the store cannot be used.
    pub(crate) async fn has_waiting_notices(&self) -> Result<bool> {
        Ok(!self.store().await?.waiting_notices("", 1).await?.is_empty())
    }

    /// Reads every notice that waits.
    ///
    /// # Errors
    /// Exit 8: the store cannot be used.
    pub async fn waiting_notices(&self) -> Result<Vec<WaitingNotice>> {
        let store = self.store().await?;
        let mut all: Vec<WaitingNotice> = Vec::new();
        loop {
            let after = all.last().map(|waiting| waiting.notice.id.clone()).unwrap_or_default();
            let page = store.waiting_notices(&after, PAGE).await?;
            if page.is_empty() {
                all.sort_by_key(|waiting| waiting.at);
                return Ok(all);
            }
            all.extend(page);
        }
    }

    /// Removes a notice from the outbox, with its address, and writes down what became of it.
    ///
    /// The address is overwritten in the table. The write-ahead log beside the file still has the pages of before, until it
    /// is taken over into the file and begins anew.
    ///
    /// # Errors
    /// Exit 8: the store cannot be used.
    pub async fn finish_notice(&self, notice: &QueuedNotice, end: NoticeEnd) -> Result<()> {
        let (of_attempt, channel) = (notice.attempt.clone(), notice.channel);
        let to = crate::domain::Contact::new(channel, notice.address.as_str()).masked();
        let event = match end {
            NoticeEnd::Sent => Event::NoticeSent { of_attempt, channel, to },
            NoticeEnd::Failed(why) => Event::NoticeFailed { of_attempt, channel, to, why },
        };
        self.shared.writer.note_missing().await?;
        let draft = self.draft_of_notice(notice, event).await?;
        self.shared.writer.finish_notice(&notice.id, draft).await
    }

    /// Makes the draft of a record that names the customer as the attempt's own records do.
    async fn draft_of_notice(&self, notice: &QueuedNotice, event: Event) -> Result<Draft> {
        let query = Query { attempt: Some(notice.attempt.clone()), ..Query::default() };
        let page = Pages::new(self.store().await?, query).next().await?;
        let own = page.iter().find_map(|record| record.record().ok());
        let draft = own.map_or_else(|| self.shared.writer.own_draft(event.clone()), |record| record.draft);
        let action = Some("notify".to_owned());
        Ok(Draft { attempt: notice.id.clone(), action, event, ..draft })
    }
}
