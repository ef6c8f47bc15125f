//! Sends by the organisation's mail server (RFC 5321), over TLS only.

mod connection;
mod error;
mod mail;
mod start_tls;
mod stream;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{Extension, MailBodyParameter, MailParameter};
use rustls::ClientConfig;
use tokio::time::{Instant, timeout_at};

use super::outgoing::{Outgoing, Recipient};
use super::secret::LazySecret;
use super::sender_error::{SenderError, check_id};
use crate::config::SmtpConfig;
use crate::domain::ports::MessageSender;
use crate::domain::{Channel, Check, CheckState, EmailAddress, Message, SendFailed};
use crate::net::{describe_certificate, trust};
use connection::{Connection, classify, connect};
use error::{Progress, SmtpError, Step};

/// The code of a server that waits for the message (RFC 5321 section 4.2.3).
const GO_ON: u16 = 354;
/// How long the end of a connection is waited for. The message is sent by then.
const QUIT_LIMIT: Duration = Duration::from_millis(500);

/// Sends by a mail server.
pub(super) struct SmtpSender {
    pub(super) config: SmtpConfig,
    pub(super) password: Option<LazySecret>,
    /// The authorities to trust; `None` trusts the system's.
    pub(super) ca_cert: Option<PathBuf>,
    /// How long a message may take.
    pub(super) limit: Duration,
}

impl SmtpSender {
    fn server(&self) -> String {
        format!("{}:{}", self.config.host, self.config.port)
    }

    fn tls(&self) -> Result<Arc<ClientConfig>, SenderError> {
        Ok(trust::client_config(trust::load_roots(self.ca_cert.as_deref())?)?)
    }

    fn password(&self) -> Result<Option<&str>, SenderError> {
        Ok(self.password.as_ref().map(LazySecret::get).transpose()?)
    }

    async fn deliver(&self, message: &Message) -> Result<(), SenderError> {
        let outgoing = Outgoing::new(message)?;
        let Recipient::Email(to) = &outgoing.recipient else {
            return Err(SenderError::permanent("A mail server sends to no telephone."));
        };
        let mail = mail::compose(&self.config, to, &outgoing)?;
        let (tls, password) = (self.tls()?, self.password()?);
        let progress = Progress::new(Step::Connect);
        let work = async {
            let mut connection = connect(&self.config, tls, password, &progress).await?;
            let handed_over = hand_over(&mut connection.smtp, &self.config.from, to, &mail, &progress).await;
            Ok((connection, handed_over))
        };
        let deadline = Instant::now() + self.limit;
        let worked = timeout_at(deadline, work).await.unwrap_or_else(|_| Err(SmtpError::TimedOut(progress.get())));
        let handed_over = match worked {
            Ok((mut connection, handed_over)) => {
                quit(&mut connection.smtp, deadline).await;
                handed_over
            }
            Err(error) => Err(error),
        };
        handed_over.map_err(|error| error.explain(&self.server()))
    }

    /// Connects as for a message and sends none.
    async fn try_out(&self) -> Result<Option<Vec<u8>>, SenderError> {
        let (tls, password) = (self.tls()?, self.password()?);
        let progress = Progress::new(Step::Connect);
        let deadline = Instant::now() + self.limit;
        let connected = timeout_at(deadline, connect(&self.config, tls, password, &progress)).await;
        let connected = connected.unwrap_or_else(|_| Err(SmtpError::TimedOut(progress.get())));
        let Connection { mut smtp, certificate } = connected.map_err(|error| error.explain(&self.server()))?;
        quit(&mut smtp, deadline).await;
        Ok(certificate)
    }
}

/// Hands a mail over: MAIL, RCPT, DATA, and the mail itself.
async fn hand_over(
    smtp: &mut AsyncSmtpConnection,
    from: &EmailAddress,
    to: &EmailAddress,
    mail: &[u8],
    progress: &Progress,
) -> Result<(), SmtpError> {
    let mut parameters = Vec::new();
    if to.needs_utf8() {
        if !smtp.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Err(SmtpError::NoUtf8);
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if !mail.is_ascii() {
        // The address stands in a header. A server with SMTPUTF8 has 8BITMIME as well (RFC 6531 section 3.1).
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    progress.set(Step::From);
    let from = Mail::new(Some(mail::address(from)), parameters);
    smtp.command(from).await.map_err(|error| classify(&error, Step::From))?;
    progress.set(Step::To);
    let to = Rcpt::new(mail::address(to), Vec::new());
    smtp.command(to).await.map_err(|error| classify(&error, Step::To))?;
    progress.set(Step::Data);
    let answer = smtp.command(Data).await.map_err(|error| classify(&error, Step::Data))?;
    if !answer.has_code(GO_ON) {
        return Err(SmtpError::NotSmtp(Step::Data));
    }
    progress.set(Step::Content);
    // The library puts a line break before the final dot.
    let mail = mail.strip_suffix(b"\r\n").unwrap_or(mail);
    smtp.message(mail).await.map_err(|error| classify(&error, Step::Content))?;
    Ok(())
}

/// Says goodbye. Whether the server answers makes no difference any more.
async fn quit(smtp: &mut AsyncSmtpConnection, deadline: Instant) {
    let until = deadline.min(Instant::now() + QUIT_LIMIT);
    let _ = timeout_at(until, smtp.quit()).await;
}

#[async_trait(?Send)]
impl MessageSender for SmtpSender {
    fn channels(&self) -> Vec<Channel> {
        vec![Channel::Email]
    }

    async fn send(&self, message: &Message) -> Result<(), SendFailed> {
        self.deliver(message).await.map_err(SenderError::into_failed)
    }

    async fn checks(&self) -> Vec<Check> {
        let certificate = match self.try_out().await {
            Ok(certificate) => certificate,
            Err(error) => return vec![error.into_check(Channel::Email)],
        };
        let done = if self.password.is_some() { "and takes these credentials" } else { "without a sign-in" };
        let words = format!("{} connects over TLS, {done}; no message was sent", self.server());
        let mut check = Check::new(check_id(Channel::Email), CheckState::Ok, words);
        let of_certificate = certificate.map(|der| describe_certificate(&der, Timestamp::now()));
        if let Some(found) = of_certificate.filter(|found| found.state == CheckState::Warning) {
            check.state = CheckState::Warning;
            check.words = format!("{}; its certificate: {}", check.words, found.words);
        }
        vec![check]
    }
}
