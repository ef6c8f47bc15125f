//! What is written to the customers of a profile: codes and notices, with its texts and by its senders.

use std::sync::Arc;

use async_trait::async_trait;

use crate::config::MessagesConfig;
use crate::domain::ports::{MessageSender, Messenger};
use crate::domain::{
    Action, AttemptId, CODE_LASTS, Channel, Check, Contact, Language, Message, MessageKind, RecoveryCode, SendFailed,
};
use crate::ledger::WaitingNotice;
use crate::platform::local_zone;
use crate::texts::{CodeText, NoticeText, RenderedText, Texts};

/// Writes to the customers of one profile.
pub struct CustomerMessages {
    /// `None` if the profile has no sender.
    sender: Option<Box<dyn MessageSender>>,
    texts: Arc<Texts>,
    config: MessagesConfig,
    /// The language for customers whose own is not known.
    language: Language,
}

impl CustomerMessages {
    /// Puts together what writes: the sender, the texts, what they say of the desk, and the language for customers whose
    /// own is not known. Nothing is sent, and no sender is connected to.
    pub fn new(
        sender: Option<Box<dyn MessageSender>>,
        texts: Arc<Texts>,
        config: MessagesConfig,
        language: Language,
    ) -> Self {
        Self { sender, texts, config, language }
    }

    /// Whether anything is sent to customers.
    pub fn has_sender(&self) -> bool {
        self.sender.is_some()
    }

    /// Tries each sender without writing to anybody.
    pub async fn checks(&self) -> Vec<Check> {
        match &self.sender {
            Some(sender) => sender.checks().await,
            None => Vec::new(),
        }
    }

    /// Tells a customer of a change.
    ///
    /// # Errors
    /// It was not sent, or may not have been.
    pub async fn send_notice(&self, waiting: &WaitingNotice) -> Result<(), SendFailed> {
        let notice = &waiting.notice;
        let Some(action) = Action::of_name(&notice.action) else {
            return Err(cannot_be_sent(format!("This version knows no text for \"{}\".", notice.action)));
        };
        let when = waiting.at.to_zoned_datetime(local_zone());
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

/// Makes the failure to send where nothing was tried.
pub(crate) fn cannot_be_sent(words: String) -> SendFailed {
    let hint = "`tellonce doctor` checks the profile.".to_owned();
    SendFailed { words, hint, is_permanent: true, refuses_address: false, may_be_sent: false }
}

#[async_trait(?Send)]
impl Messenger for CustomerMessages {
    fn channels(&self) -> Vec<Channel> {
        self.sender.as_ref().map(|sender| sender.channels()).unwrap_or_default()
    }

    async fn send_code(
        &self,
        to: &Contact,
        code: &RecoveryCode,
        language: Option<&Language>,
        id: &AttemptId,
    ) -> Result<(), SendFailed> {
        let language = self.language_for(language);
        let (desk, call) = (self.config.desk.as_str(), self.config.call.as_str());
        let text = CodeText { code: code.digits(), valid: CODE_LASTS, desk, call, name: None };
        let rendered = self.texts.code(&language, &text, to.channel);
        self.send(MessageKind::Code, to.clone(), (id.as_str(), language), rendered).await
    }
}
