//! The records of codes, tries and verifications. None has a code, nor anything computed from one.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use super::drafts::blank;
use super::event::Event;
use super::ledger::Ledger;
use super::pages::Pages;
use super::pseudonyms::mask;
use super::record::{Draft, Record};
use super::store::{Append, Limit, Query, Subject};
use crate::domain::ports::{VerificationLog, VerificationSubject, VerifiedBy};
use crate::domain::{
    AttemptId, ChangeKind, Contact, Customer, Error, LimitReached, MAX_CODES_1H, MAX_WRONG_CODES_24H, Result, Session,
    UserProfile, Verification, VerificationWay,
};

/// The longest time that a verification can be used; the configuration allows no longer one.
const LONGEST: SignedDuration = SignedDuration::from_hours(1);

impl Ledger {
    /// Makes the draft of a record about whom is verified.
    async fn draft_about(&self, about: VerificationSubject<'_>, attempt: &AttemptId, event: Event) -> Result<Draft> {
        let (store, ids) = (self.store().await?, &self.shared.ids);
        let user = match about.user {
            Some(user) => Some(ids.in_records(store, user.id_in_records()).await?),
            None => None,
        };
        Ok(Draft {
            customer: Some(ids.in_records(store, about.customer.id.as_str()).await?),
            user,
            username: mask(about.user.and_then(|user| user.username.as_deref())),
            action: Some("verify".to_owned()),
            ..blank(about.session, attempt, event)
        })
    }

    async fn subject_of(&self, about: VerificationSubject<'_>) -> Result<Subject> {
        let (store, profile_ref) = (self.store().await?, about.session.profile_ref());
        self.shared.ids.subject(store, profile_ref, about.customer, about.user).await
    }

    /// Appends a record that a limit may refuse.
    async fn append_limited(&self, draft: Draft, limit: Limit) -> Result<Option<LimitReached>> {
        let append = Append { limits: vec![limit], ..Append::from(draft) };
        let (appended, forwarded) = self.shared.writer.append(append).await?;
        self.shared.writer.warn_of(forwarded);
        Ok(appended.refused)
    }

    /// Returns the limit that keeps an intent to a verification.
    pub(super) fn verification_limit((id, subject): (&AttemptId, Subject), agent: &str, purpose: ChangeKind) -> Limit {
        Limit::Verification { id: id.to_string(), subject, agent: agent.to_owned(), purpose }
    }

    /// Reads the newest verification that the session's agent can use now.
    pub(super) async fn newest_verification(
        &self,
        session: &Session,
        (customer, user): (&Customer, Option<&UserProfile>),
        purpose: ChangeKind,
    ) -> Result<Option<Verification>> {
        let store = self.store().await?;
        let Some(head) = store.head().await? else { return Ok(None) };
        let now = (self.shared.now)();
        let subject = self.subject_of(VerificationSubject { session, customer, user, purpose }).await?;
        // A reset has just read all of these records for the history.
        if self.shared.unverified.borrow().as_ref().is_some_and(|(whom, through)| (whom, through) == (&subject, &head))
        {
            return Ok(None);
        }
        let query = Query {
            subject: Some(subject.clone()),
            event: Some("verified"),
            since: Some(now.saturating_sub(LONGEST).unwrap_or(Timestamp::MIN)),
            ..Query::default()
        };
        let mut pages = Pages::new(store, query);
        let mut newest = None;
        loop {
            let page = pages.next().await?;
            if page.is_empty() {
                return Ok(newest);
            }
            for record in page.iter().filter_map(|record| record.record().ok()) {
                let is_theirs = is_of(&record, &subject) && record.draft.agent == session.agent();
                if let Some(found) = verification(record)
                    && is_theirs
                    && found.purpose == purpose
                    && now < found.valid_until
                    && !store.is_used(found.id.as_str()).await?
                {
                    newest = Some(found);
                }
            }
        }
    }
}

/// Whether a verification is of this user; of this customer, where both are without a user.
fn is_of(record: &Record, subject: &Subject) -> bool {
    match &record.draft.user {
        Some(user) => subject.users.contains(user),
        None => subject.users.is_empty(),
    }
}

fn verification(record: Record) -> Option<Verification> {
    let Event::Verified { purpose, way, channel, to, valid_until, .. } = record.draft.event else { return None };
    let id = AttemptId::known(record.draft.attempt);
    Some(Verification { id, purpose, way, channel, to, at: record.at, valid_until })
}

#[async_trait(?Send)]
impl VerificationLog for Ledger {
    async fn sending_code(
        &self,
        about: VerificationSubject<'_>,
        to: &Contact,
    ) -> Result<Result<AttemptId, LimitReached>> {
        let id = self.fresh_id()?;
        let event = Event::CodeSent { purpose: about.purpose, channel: to.channel, to: to.masked() };
        let draft = self.draft_about(about, &id, event).await?;
        let limit = Limit::Codes { subject: self.subject_of(about).await?, most: MAX_CODES_1H };
        Ok(self.append_limited(draft, limit).await?.map_or(Ok(id), Err))
    }

    async fn code_not_sent(&self, about: VerificationSubject<'_>, code: &AttemptId, may_be_sent: bool) -> Result<()> {
        let draft = self.draft_about(about, code, Event::CodeNotSent { may_be_sent }).await?;
        self.shared.writer.write(draft).await
    }

    async fn trying_code(
        &self,
        about: VerificationSubject<'_>,
        code: &AttemptId,
    ) -> Result<Result<AttemptId, LimitReached>> {
        let id = self.fresh_id()?;
        let draft = self.draft_about(about, &id, Event::CodeTried { code: code.to_string() }).await?;
        let limit = Limit::WrongCodes { subject: self.subject_of(about).await?, most: MAX_WRONG_CODES_24H };
        Ok(self.append_limited(draft, limit).await?.map_or(Ok(id), Err))
    }

    async fn verified(&self, about: VerificationSubject<'_>, by: VerifiedBy<'_>) -> Result<Verification> {
        let id = match by.try_id {
            Some(id) => id.clone(),
            None => self.fresh_id()?,
        };
        let valid = SignedDuration::try_from(by.valid).unwrap_or(LONGEST).min(LONGEST);
        let event = Event::Verified {
            purpose: about.purpose,
            way: by.way,
            channel: by.contact.channel,
            to: by.contact.masked(),
            attested: by.way == VerificationWay::Callback,
            valid_until: (self.shared.now)().saturating_add(valid).unwrap_or(Timestamp::MAX),
        };
        let draft = self.draft_about(about, &id, event).await?;
        let (appended, forwarded) = self.shared.writer.append(draft.into()).await?;
        self.shared.writer.warn_of(forwarded);
        let record = appended.record.record();
        record.ok().and_then(verification).ok_or_else(|| Error::bug("The ledger's store returned no verification."))
    }
}
