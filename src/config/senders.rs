//! The `senders` of a profile: how messages reach customers, by channel.

use std::path::PathBuf;

use serde::Deserialize;
use url::{Host, Url};

use super::settings::Credential;
use crate::domain::EmailAddress;
use crate::net::https::is_loopback;

/// The port of SMTP over TLS (RFC 8314 section 7.3), and that of a submission with STARTTLS (RFC 6409 section 3.1).
const IMPLICIT_PORT: u16 = 465;
const STARTTLS_PORT: u16 = 587;

/// The senders of a profile.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SendersConfig {
    /// The sender of e-mails.
    #[serde(default, deserialize_with = "email")]
    pub(crate) email: Option<SenderConfig>,
    /// The sender of text messages or calls.
    #[serde(default, deserialize_with = "phone")]
    pub(crate) phone: Option<SenderConfig>,
}

/// A way to send.
#[derive(Clone, Debug)]
pub(crate) enum SenderConfig {
    /// The organisation's mail server.
    Smtp(SmtpConfig),
    /// A program and its arguments.
    Command(Vec<String>),
    /// A service of the organisation.
    Webhook(WebhookConfig),
}

/// How the connection to a mail server is encrypted. Without encryption nothing is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SmtpTls {
    /// From the first byte.
    #[default]
    Implicit,
    /// After STARTTLS (RFC 3207), which is required.
    StartTls,
}

/// The name and the source of the password of a mail server's user.
#[derive(Clone, Debug)]
pub(crate) struct Credentials {
    pub(crate) username: String,
    pub(crate) password: Credential,
}

/// A mail server.
#[derive(Clone, Debug)]
pub(crate) struct SmtpConfig {
    pub(crate) host: Host,
    pub(crate) port: u16,
    pub(crate) tls: SmtpTls,
    /// The name beside the address of the `From` header.
    pub(crate) from_name: Option<String>,
    pub(crate) from: EmailAddress,
    /// `None` signs in to no user.
    pub(crate) credentials: Option<Credentials>,
    /// Relative to the configuration's folder.
    pub(crate) ca_cert: Option<PathBuf>,
}

/// A service that takes messages over HTTPS.
#[derive(Clone, Debug)]
pub(crate) struct WebhookConfig {
    pub(crate) url: Url,
    /// The source of the bearer token.
    pub(crate) token: Option<Credential>,
    /// Relative to the configuration's folder.
    pub(crate) ca_cert: Option<PathBuf>,
}

/// The keys of a sender of e-mails, as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EmailTable {
    smtp: Option<String>,
    tls: Option<SmtpTls>,
    from: Option<String>,
    username: Option<String>,
    credential: Option<Credential>,
    ca_cert: Option<PathBuf>,
    #[serde(default, deserialize_with = "words")]
    command: Option<Vec<String>>,
    webhook: Option<String>,
}

/// The keys of a sender to telephones, as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PhoneTable {
    credential: Option<Credential>,
    ca_cert: Option<PathBuf>,
    #[serde(default, deserialize_with = "words")]
    command: Option<Vec<String>>,
    webhook: Option<String>,
}

fn email<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<SenderConfig>, D::Error> {
    let table = EmailTable::deserialize(value)?;
    let sender = table.sender().map_err(|why| serde::de::Error::custom(format!("senders.email: {why}")))?;
    Ok(Some(sender))
}

fn phone<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<SenderConfig>, D::Error> {
    let table = PhoneTable::deserialize(value)?;
    let sender = table.sender().map_err(|why| serde::de::Error::custom(format!("senders.phone: {why}")))?;
    Ok(Some(sender))
}

fn words<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<Vec<String>>, D::Error> {
    let what = "command is a list of the program and its arguments, such as [\"send-sms\", \"--now\"]";
    Vec::deserialize(value).map(Some).map_err(|_| serde::de::Error::custom(what))
}

impl EmailTable {
    fn sender(self) -> Result<SenderConfig, String> {
        if let Some(smtp) = &self.smtp {
            if self.command.is_some() || self.webhook.is_some() {
                return Err("it has more than one of smtp, command and webhook".to_owned());
            }
            let tls = self.tls.unwrap_or_default();
            let (host, port) = server(smtp, tls)?;
            let from = self.from.as_deref().ok_or("smtp needs from, the address that customers see")?;
            let (from_name, from) = mailbox(from).map_err(|why| format!("from: {why}"))?;
            let credentials = match (self.username, self.credential) {
                (Some(username), Some(password)) => Some(Credentials { username, password }),
                (None, None) => None,
                (Some(_), None) => return Err("username needs credential, the source of its password".to_owned()),
                (None, Some(_)) => return Err("credential needs username".to_owned()),
            };
            return Ok(SenderConfig::Smtp(SmtpConfig {
                host,
                port,
                tls,
                from_name,
                from,
                credentials,
                ca_cert: self.ca_cert,
            }));
        }
        for (key, is_set) in
            [("tls", self.tls.is_some()), ("from", self.from.is_some()), ("username", self.username.is_some())]
        {
            if is_set {
                return Err(format!("{key} belongs to smtp"));
            }
        }
        if self.command.is_none() && self.webhook.is_none() {
            return Err("it needs one of smtp, command and webhook".to_owned());
        }
        let Self { credential, ca_cert, command, webhook, .. } = self;
        PhoneTable { credential, ca_cert, command, webhook }.sender()
    }
}

impl PhoneTable {
    fn sender(self) -> Result<SenderConfig, String> {
        match (self.command, self.webhook) {
            (Some(_), Some(_)) => Err("it has more than one of command and webhook".to_owned()),
            (None, None) => Err("it needs one of command and webhook".to_owned()),
            (Some(_), None) if self.credential.is_some() => Err("credential belongs to smtp or webhook".to_owned()),
            (Some(_), None) if self.ca_cert.is_some() => Err("ca_cert belongs to smtp or webhook".to_owned()),
            (Some(words), None) if words.first().is_none_or(String::is_empty) => Err("command is empty".to_owned()),
            (Some(words), None) => Ok(SenderConfig::Command(words)),
            (None, Some(url)) => {
                let url = webhook(&url)?;
                Ok(SenderConfig::Webhook(WebhookConfig { url, token: self.credential, ca_cert: self.ca_cert }))
            }
        }
    }
}

/// Parses the address of a mail server: a host, and a port if it is not the usual one.
fn server(text: &str, tls: SmtpTls) -> Result<(Host, u16), String> {
    let wrong = || format!("smtp: \"{text}\" is no host with a port (mail.example.com:465)");
    let has_port = text.rsplit_once(':').filter(|(host, _)| !host.contains(':') || host.ends_with(']'));
    let (host, port) = match has_port {
        Some((host, port)) => (host, port.parse().ok().filter(|port| *port > 0).ok_or_else(wrong)?),
        None if tls == SmtpTls::Implicit => (text, IMPLICIT_PORT),
        None => (text, STARTTLS_PORT),
    };
    if host.contains('%') {
        return Err(wrong()); // the parser would take it for another letter
    }
    Ok((Host::parse(host).map_err(|_| wrong())?, port))
}

/// Parses a web address: https, or http on this machine alone, without a user in it. The errors do not repeat it,
/// because it may hold a key.
fn webhook(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("webhook: it is no address ({error})"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err("webhook: it is not an https address".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("webhook: it holds a user; the token belongs into credential".to_owned());
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err("webhook: it is not encrypted, and the server is not on this machine; use https".to_owned());
    }
    Ok(url)
}

/// Parses `address`, or `Name <address>`.
fn mailbox(text: &str) -> Result<(Option<String>, EmailAddress), String> {
    if text.chars().any(char::is_control) {
        return Err("it has a line break or another control character".to_owned());
    }
    let (name, address) = match text.trim().strip_suffix('>').and_then(|text| text.split_once('<')) {
        Some((name, address)) => (name.trim().trim_matches('"').trim(), address),
        None => ("", text),
    };
    let address = EmailAddress::parse(address).map_err(|why| format!("no address: {why}"))?;
    if address.needs_utf8() {
        return Err("the part before the @ has letters that not every server takes".to_owned());
    }
    Ok(((!name.is_empty()).then(|| name.to_owned()), address))
}

#[cfg(test)]
mod tests;
