//! What a profile sends to customers: codes and notices, with the profile's texts and by its senders.

use std::rc::Rc;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::tz::TimeZone;

use crate::backends::{self, BackendContext};
use crate::config::{MessagesConfig, Profile};
use crate::domain::ports::{MessageSender, Messenger, SEND_LIMIT};
use crate::domain::{
    Action, AttemptId, CODE_LASTS, Channel, Check, Contact, Language, Message, MessageKind, RecoveryCode, Result,
    SendFailed,
};
use crate::ledger::WaitingNotice;
use crate::messages;
use crate::texts::{CodeText, NoticeText, RenderedText, Texts};

/// Writes to the customers of one profile.
pub(super) struct CustomerMessages {
    /// `None` if the profile has no sender.
    sender: Option<Box<dyn MessageSender>>,
    texts: Arc<Texts>,
    config: MessagesConfig,
    /// The language for customers whose own is not known.
    language: Language,
}

/// Returns the channels by which the customers of a profile are told of changes.
///
/// # Errors
/// Exit 2: there is no such backend, or the profile has a sender and does not say what its messages say of the desk.
pub(super) fn notify_by(profile: &Profile) -> Result<Vec<Channel>> {
    let Some(config) = config(profile)? else { return Ok(Vec::new()) };
    if config.notices { channels(profile) } else { Ok(Vec::new()) }
}

/// Returns the channels that the profile has a sender for.
///
/// # Errors
/// Exit 2: there is no such backend.
pub(super) fn channels(profile: &Profile) -> Result<Vec<Channel>> {
    let (email, phone) = (profile.senders.email.is_some(), profile.senders.phone.is_some());
    // A profile's own senders take the place of the backend's.
    let has_both = backends::has_own_sender(profile)? && !email && !phone;
    let channels = [(Channel::Email, email || has_both), (Channel::Phone, phone || has_both)];
    Ok(channels.into_iter().filter_map(|(channel, has)| has.then_some(channel)).collect())
}

/// Returns what messages say of the desk; `None` if the profile sends none.
fn config(profile: &Profile) -> Result<Option<MessagesConfig>> {
    let has_senders = profile.senders.email.is_some() || profile.senders.phone.is_some();
    match &profile.messages {
        Some(config) => Ok(Some(config.clone())),
        None if has_senders => {
            let name = &profile.name;
            let problem = format!(
                "profile {name} has senders, and must say what messages say of the desk: [profiles.{name}.messages] with desk and call"
            );
            Err(profile.settings.wrong("senders", &problem))
        }
        None if backends::has_own_sender(profile)? => Ok(Some(MessagesConfig::of_practice())),
        None => Ok(None),
    }
}

impl CustomerMessages {
    /// Opens the senders and the texts. Nothing is sent, and no sender is connected to. `notice` tells the agent that a
    /// keyring is being asked for a credential.
    ///
    /// # Errors
    /// Exit 2: the profile's senders or texts cannot be used.
    pub(super) fn open(profile: &Profile, backend: &BackendContext<'_>, notice: &messages::Notice) -> Result<Self> {
        let sender = match messages::open(profile, SEND_LIMIT, notice) {
            Some(sender) => Some(sender),
            None => backends::own_sender(profile, backend)?,
        };
        Ok(Self {
            sender,
            texts: Texts::load(profile.texts.templates.as_deref())?,
            config: config(profile)?.unwrap_or_else(MessagesConfig::of_practice),
            language: profile.texts.language.clone().unwrap_or_else(Language::english),
        })
    }

    /// Whether anything is sent to customers.
    pub(super) const fn has_sender(&self) -> bool {
        self.sender.is_some()
    }

    /// Tries each sender without writing to anybody.
    pub(super) async fn checks(&self) -> Vec<Check> {
        match &self.sender {
            Some(sender) => sender.checks().await,
            None => Vec::new(),
        }
    }

    /// Tells a customer of a change.
    ///
    /// # Errors
    /// It was not sent, or may not have been.
    pub(super) async fn send_notice(&self, waiting: &WaitingNotice) -> Result<(), SendFailed> {
        let notice = &waiting.notice;
        let Some(action) = Action::of_name(&notice.action) else {
            return Err(cannot_be_sent(format!("This version knows no text for \"{}\".", notice.action)));
        };
        let when = waiting.at.to_zoned_datetime(TimeZone::system());
        let text = NoticeText {
            action,
            when: &when,
            desk: &self.config.desk,
            call: &self.config.call,
            agent: Some(notice.agent.as_str()).filter(|_| self.config.sign),
            name: None,
        };
        let language = notice.language.as_deref().and_then(|language| language.parse().ok());
        let language = self.language_for(language.as_ref());
        let rendered = self.texts.notice(&language, &text, notice.channel);
        self.send(MessageKind::Notice, waiting.contact(), (&notice.id, language), rendered).await
    }

    fn language_for(&self, wanted: Option<&Language>) -> Language {
        wanted.filter(|language| self.texts.has(language)).unwrap_or(&self.language).clone()
    }

    async fn send(
        &self,
        kind: MessageKind,
        to: Contact,
        (id, language): (&str, Language),
        text: RenderedText,
    ) -> Result<(), SendFailed> {
        let Some(sender) = &self.sender else {
            return Err(cannot_be_sent("The profile has no sender.".to_owned()));
        };
        let RenderedText { subject, body } = text;
        sender.send(&Message { kind, to, id: id.to_owned(), language, subject, text: body }).await
    }
}

fn cannot_be_sent(words: String) -> SendFailed {
    let hint = "`tellonce doctor` checks the profile.".to_owned();
    SendFailed { words, hint, is_permanent: true, refuses_address: false, may_be_sent: false }
}

/// Writes codes to the customers of a profile. Senders and texts are opened for the first code.
pub(super) struct CodeMessenger<'c> {
    pub(super) profile: &'c Profile,
    pub(super) open: &'c dyn Fn() -> Result<Rc<CustomerMessages>>,
}

#[async_trait(?Send)]
impl Messenger for CodeMessenger<'_> {
    fn channels(&self) -> Vec<Channel> {
        channels(self.profile).unwrap_or_default() // a profile that cannot be used was refused before
    }

    async fn send_code(
        &self,
        to: &Contact,
        code: &RecoveryCode,
        language: Option<&Language>,
        id: &AttemptId,
    ) -> Result<(), SendFailed> {
        let messages = (self.open)().map_err(|error| SendFailed {
            hint: error.hint.clone().unwrap_or_default(),
            ..cannot_be_sent(error.message)
        })?;
        let language = messages.language_for(language);
        let (desk, call) = (messages.config.desk.as_str(), messages.config.call.as_str());
        let text = CodeText { code: code.digits(), valid: CODE_LASTS, desk, call, name: None };
        let rendered = messages.texts.code(&language, &text, to.channel);
        messages.send(MessageKind::Code, to.clone(), (id.as_str(), language), rendered).await
    }
}
