#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at what it does not expect")]

use std::path::Path;

use super::*;
use crate::config::Configuration;
use crate::domain::{ExitCode, Reason, VerificationRules};

fn parse(keys: &str) -> crate::domain::Result<SendersConfig> {
    let text = format!("[profiles.acme]\nbackend = 'practice'\n{keys}");
    let configuration = Configuration::parse(&text, Path::new("config.toml"))?;
    Ok(configuration.profile(Some("acme")).unwrap().senders)
}

fn smtp(keys: &str) -> SmtpConfig {
    match parse(&format!("[profiles.acme.senders.email]\n{keys}")).unwrap().email {
        Some(SenderConfig::Smtp(smtp)) => smtp,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_profile_without_senders_has_none() {
    let senders = parse("").unwrap();
    assert!(senders.email.is_none() && senders.phone.is_none());
}

#[test]
fn a_mail_server_is_read_with_its_usual_port() {
    let read = smtp("smtp = 'mail.example.com'\nfrom = 'support@example.com'\n");
    assert_eq!((read.host.to_string(), read.port, read.tls), ("mail.example.com".into(), 465, SmtpTls::Implicit));
    assert!(read.from_name.is_none() && read.credentials.is_none() && read.ca_cert.is_none());
    let read =
        smtp("smtp = 'mail.example.com'\ntls = 'starttls'\nfrom = '\"Example, Support\" <support@example.com>'\n");
    assert_eq!((read.port, read.tls), (587, SmtpTls::StartTls));
    assert_eq!((read.from_name.as_deref(), read.from.local()), (Some("Example, Support"), "support"));
    let read = smtp(
        "smtp = '[::1]:2465'\nfrom = 'Beispiel-Hilfe <support@example.com>'\nusername = 'tellonce'\n\
         credential = { file = 'smtp-password' }\nca_cert = 'mail-ca.pem'\n",
    );
    assert_eq!((read.host.to_string(), read.port), ("[::1]".into(), 2465));
    let credentials = read.credentials.unwrap();
    assert_eq!(credentials.username, "tellonce");
    assert_eq!(credentials.password, Credential::File("smtp-password".into()));
    assert_eq!(read.ca_cert.as_deref(), Some(Path::new("mail-ca.pem")));
}

#[test]
fn a_command_and_a_webhook_are_read_for_either_channel() {
    let senders = parse(
        "[profiles.acme.senders.email]\ncommand = ['send-mail', '--now']\n[profiles.acme.senders.phone]\n\
         webhook = 'https://sms.example.com/send?from=support'\ncredential = { keyring = 'sms' }\n",
    )
    .unwrap();
    assert!(matches!(senders.email, Some(SenderConfig::Command(words)) if words == ["send-mail", "--now"]));
    let Some(SenderConfig::Webhook(webhook)) = senders.phone else { panic!("a webhook") };
    assert_eq!(webhook.url.as_str(), "https://sms.example.com/send?from=support");
    assert_eq!(webhook.token, Some(Credential::Keyring("sms".into())));
    assert!(parse("[profiles.acme.senders.phone]\nwebhook = 'http://127.0.0.1:8080/sms'\n").is_ok());
}

#[test]
fn what_is_wrong_is_named_with_line_and_key() {
    let email = "[profiles.acme.senders.email]\n";
    let phone = "[profiles.acme.senders.phone]\n";
    let smtp = "smtp = 'mail.example.com'\nfrom = 'support@example.com'\n";
    for (table, keys, said) in [
        ("[profiles.acme.senders.fax]\n", "command = ['x']\n", "fax"),
        (email, "", "senders.email: it needs one of smtp, command and webhook"),
        (phone, "", "senders.phone: it needs one of command and webhook"),
        (email, "smtp = 'mail.example.com'\n", "smtp needs from"),
        (email, "smtp = 'mail.example.com'\nfrom = 'nobody'\n", "from: no address"),
        (email, "smtp = 'mail.example.com'\nfrom = 'a@example.com, b@example.com'\n", "from: no address"),
        (email, "smtp = 'mail.example.com'\nfrom = \"A\\nB <a@example.com>\"\n", "from: it has a line break"),
        (email, "smtp = 'mail.example.com'\nfrom = 'josé@example.com'\n", "from: the part before"),
        (email, "smtp = 'mail.example.com:0'\nfrom = 'a@example.com'\n", "smtp: "),
        (email, "smtp = 'mail.example.com:smtps'\nfrom = 'a@example.com'\n", "smtp: "),
        (email, "smtp = 'smtps://mail.example.com'\nfrom = 'a@example.com'\n", "smtp: "),
        (email, "smtp = ''\nfrom = 'a@example.com'\n", "smtp: "),
        (email, &format!("{smtp}tls = 'none'\n"), "none"),
        (email, &format!("{smtp}tls = 'opportunistic'\n"), "opportunistic"),
        (email, &format!("{smtp}username = 'x'\n"), "username needs credential"),
        (email, &format!("{smtp}credential = {{ fd = 3 }}\n"), "credential needs username"),
        (email, &format!("{smtp}username = ''\ncredential = {{ fd = 3 }}\n"), "username is empty"),
        (email, &format!("{smtp}username = \"a\\u0000b\"\ncredential = {{ fd = 3 }}\n"), "username is empty"),
        (email, &format!("{smtp}credential = {{ password = 'x' }}\n"), "password"),
        (email, &format!("{smtp}command = ['x']\n"), "more than one"),
        (email, &format!("{smtp}starttls = true\n"), "starttls"),
        (email, "command = ['x']\nfrom = 'a@example.com'\n", "from belongs to smtp"),
        (email, "command = ['x']\ntls = 'implicit'\n", "tls belongs to smtp"),
        (phone, smtp, "unknown field `from`"),
        (phone, "command = []\n", "command is empty"),
        (phone, "command = ['']\n", "command is empty"),
        (phone, "command = 'send-sms'\n", "command"),
        (phone, "command = ['x']\nwebhook = 'https://sms.example.com'\n", "more than one"),
        (phone, "command = ['x']\ncredential = { fd = 3 }\n", "credential belongs"),
        (phone, "command = ['x']\nca_cert = 'ca.pem'\n", "ca_cert belongs"),
        (phone, "webhook = 'http://sms.example.com/?key=secret'\n", "not encrypted"),
        (phone, "webhook = 'http://id.localhost/'\n", "not encrypted"),
        (phone, "webhook = 'ftp://sms.example.com'\n", "webhook: "),
        (phone, "webhook = 'https://user:secret@sms.example.com'\n", "webhook: it holds a user"),
        (phone, "webhook = 'sms'\n", "webhook: "),
    ] {
        let error = parse(&format!("{table}{keys}")).unwrap_err();
        assert_eq!((error.exit_code(), error.reason), (ExitCode::USAGE, Reason::Configuration));
        assert!(error.message.contains(said), "{keys}: {}", error.message);
        let line: usize =
            error.message.split_once("line ").and_then(|(_, rest)| rest.split_once(':')?.0.parse().ok()).unwrap();
        assert!((3..=7).contains(&line), "{keys}: {}", error.message);
        assert!(!error.message.contains("secret"), "{}", error.message);
    }
}

/// The lines of the sample, with their first comment sign taken away.
#[test]
fn what_the_sample_shows_is_taken() {
    let sample = crate::config::sample();
    let (_, acme) = sample.split_once("# [profiles.acme]\n").unwrap();
    let (acme, _) = acme.split_once("[audit]").unwrap();
    let is_key = |line: &&str| !line.is_empty() && !line.starts_with("How ") && !line.starts_with("What ");
    let lines = acme.lines().map(|line| line.trim_start_matches("# "));
    let keys: Vec<&str> = lines.filter(is_key).filter(|line| !line.starts_with("webhook")).collect();
    let text = format!("[profiles.acme]\n{}", keys.join("\n"));
    let profile = Configuration::parse(&text, Path::new("sample")).unwrap().profile(Some("acme")).unwrap();
    assert!(matches!(profile.senders.email, Some(SenderConfig::Smtp(smtp)) if smtp.port == 465));
    assert!(matches!(profile.senders.phone, Some(SenderConfig::Command(_))));
    assert!(sample.contains("# # webhook = \"https://"));
    let rules = VerificationRules { attested: false, ..VerificationRules::default() };
    assert_eq!(profile.guards.verification, rules, "all others are the usual values");
    let messages = profile.messages.unwrap();
    assert_eq!((messages.desk.as_str(), messages.sign, messages.notices), ("Acme Support", false, true));
}
