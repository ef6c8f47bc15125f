//! What a profile sends to customers: codes and notices, with the profile's texts and by its senders.

use std::rc::Rc;

use async_trait::async_trait;

use crate::backends::{self, BackendContext};
use crate::config::{MessagesConfig, Profile};
use crate::domain::ports::{Messenger, SEND_LIMIT};
use crate::domain::{AttemptId, Channel, Contact, Language, RecoveryCode, Result, SendFailed};
use crate::messages::{self, CustomerMessages, cannot_be_sent};
use crate::texts::Texts;

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

/// Opens the senders and the texts of a profile. Nothing is sent, and no sender is connected to. `notice` tells the agent
/// that a keyring is being asked for a credential.
///
/// # Errors
/// Exit 2: the profile's senders or texts cannot be used.
pub(super) fn open(
    profile: &Profile,
    backend: &BackendContext<'_>,
    notice: &messages::Notice,
) -> Result<CustomerMessages> {
    let sender = match messages::open(profile, SEND_LIMIT, notice) {
        Some(sender) => Some(sender),
        None => backends::own_sender(profile, backend)?,
    };
    let texts = Texts::load(profile.texts.templates.as_deref())?;
    let config = config(profile)?.unwrap_or_else(MessagesConfig::of_practice);
    let language = profile.texts.language.clone().unwrap_or_else(Language::english);
    Ok(CustomerMessages::new(sender, texts, config, language))
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
        messages.send_code(to, code, language, id).await
    }
}
