//! Why a mail server did not take a message, in words without any text of the server.

use std::cell::Cell;

use super::super::sender_error::SenderError;

/// How far a connection has come: what the server was asked last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing yet: there is no connection.
    Connect,
    /// The greeting, and EHLO.
    Greeting,
    /// STARTTLS.
    StartTls,
    /// The TLS handshake.
    Handshake,
    /// AUTH.
    SignIn,
    /// MAIL.
    From,
    /// RCPT.
    To,
    /// DATA.
    Data,
    /// The message itself. Without an answer to it the message may be sent.
    Content,
}

/// The step that a connection is at, for who gives up waiting.
pub(super) type Progress = Cell<Step>;

/// Why a mail server did not take a message, or a connection.
#[derive(Debug)]
pub(super) enum SmtpError {
    /// The operating system's reason.
    Unreachable(String),
    /// Why the certificate is refused.
    Untrusted(String),
    /// The server does not speak TLS, or none that is safe.
    NoTls,
    NoStartTls,
    TextBesideStartTls,
    /// The server offers none of the ways to sign in.
    NoMechanism,
    /// The address needs SMTPUTF8, which the server lacks.
    NoUtf8,
    /// A code of 4xx or 5xx.
    Refused {
        step: Step,
        code: u16,
    },
    /// The answer is none of SMTP.
    NotSmtp(Step),
    /// The connection ended.
    Broken(Step),
    /// No answer came in time.
    TimedOut(Step),
}

impl Step {
    /// Returns what was going on.
    const fn describe(self) -> &'static str {
        match self {
            Self::Connect => "while it was connected to",
            Self::Greeting => "at the greeting",
            Self::StartTls => "at STARTTLS",
            Self::Handshake => "in the TLS handshake",
            Self::SignIn => "at the sign-in",
            Self::From => "at the sender's address",
            Self::To => "at the customer's address",
            Self::Data => "before the message",
            Self::Content => "after the message",
        }
    }

    /// Returns what a code refuses.
    const fn refused(self) -> &'static str {
        match self {
            Self::Connect | Self::Greeting => "refused the connection",
            Self::StartTls | Self::Handshake => "refused STARTTLS",
            Self::SignIn => "refused the username and the password",
            Self::From => "refused the sender's address",
            Self::To => "refused the customer's address",
            Self::Data | Self::Content => "refused the message",
        }
    }
}

impl SmtpError {
    /// Explains it. `server` is the host and the port.
    pub(super) fn explain(&self, server: &str) -> SenderError {
        match self {
            Self::Unreachable(why) => SenderError::passing(format!("{server} cannot be reached: {why}."))
                .advise("Is it running, and are smtp and tls right?"),
            Self::Untrusted(why) => SenderError::permanent(format!("{server} cannot be trusted: {why}."))
                .advise("The keys smtp and ca_cert of the sender say what is trusted."),
            Self::NoTls => {
                SenderError::permanent(format!("{server} did not agree on TLS, and nothing is sent without it."))
                    .advise("Port 465 takes tls = \"implicit\"; port 587 takes tls = \"starttls\".")
            }
            Self::NoStartTls => SenderError::permanent(format!(
                "{server} does not offer STARTTLS, and nothing is sent without encryption."
            ))
            .advise("Have it offered, or use tls = \"implicit\" with port 465."),
            Self::TextBesideStartTls => SenderError::permanent(format!(
                "{server} sent text in clear after it agreed to STARTTLS, as somebody in between would."
            ))
            .advise("Use tls = \"implicit\" with port 465, and have the network looked at."),
            Self::NoMechanism => {
                SenderError::permanent(format!("{server} offers no sign-in that tellonce has (PLAIN or LOGIN)."))
                    .advise("Have one of them offered, or leave out username and credential.")
            }
            Self::NoUtf8 => SenderError::permanent(format!(
                "{server} takes no address with letters beyond ASCII before the @ (SMTPUTF8)."
            ))
            .of_address()
            .advise("Have another address put on file for the customer."),
            Self::Refused { step, code } => refusal(server, *step, *code),
            Self::NotSmtp(step) => {
                SenderError::passing(format!("{server} gave an answer that is not SMTP {}.", step.describe()))
                    .perhaps_sent(*step == Step::Content)
                    .advise("Are smtp and tls right?")
            }
            Self::Broken(step) => SenderError::passing(format!("{server} closed the connection {}.", step.describe()))
                .perhaps_sent(*step == Step::Content),
            Self::TimedOut(Step::Connect) => {
                SenderError::passing(format!("{server} cannot be reached: it did not answer in time."))
                    .advise("Is it running, and are smtp and tls right?")
            }
            Self::TimedOut(step) => {
                SenderError::passing(format!("{server} did not answer in time {}.", step.describe()))
                    .perhaps_sent(*step == Step::Content)
            }
        }
    }
}

/// Explains a code. One of 4xx passes, one of 5xx does not (RFC 5321 section 4.2.1).
fn refusal(server: &str, step: Step, code: u16) -> SenderError {
    let what = if code == 530 { "wants a sign-in" } else { step.refused() };
    let words = format!("{server} {what} ({code}: {}).", meaning(code));
    let error = if code < 500 { SenderError::passing(words) } else { SenderError::permanent(words) };
    match (code, step) {
        (530, _) => error.advise("Give username and credential to the sender."),
        (500.., Step::SignIn) => error.advise("Are username and credential of the sender right?"),
        (500.., Step::From) => error.advise("Is from an address that this username may send for?"),
        (500.., Step::To) => {
            error.of_address().advise("Have the address checked with the customer and in the customer directory.")
        }
        _ => error,
    }
}

/// Returns what a code means (RFC 5321 section 4.2.3, RFC 4954 section 6, RFC 7504, RFC 3207 section 4).
const fn meaning(code: u16) -> &'static str {
    match code {
        421 => "the service is not available now",
        432 => "the password has to be changed first",
        450 => "the mailbox is not available now",
        451 => "an error of the server, for now",
        452 => "too little room, or too many addresses, for now",
        454 => "not possible now",
        455 | 555 => "a parameter is not taken",
        500 | 501 | 502 | 503 | 504 => "the server does not take this command",
        521 | 556 => "no mail is taken there",
        530 => "a sign-in is needed",
        534 => "this way to sign in is too weak",
        535 => "wrong username or password",
        538 => "encryption is needed",
        550 => "the mailbox is not there, or the rules of the server refuse it",
        551 => "the mailbox is elsewhere",
        552 => "there is no room",
        553 => "the address is not allowed",
        554 => "the rules of the server refuse it",
        _ if code < 500 => "a failure that passes",
        _ => "a failure that stays",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_to_the_message_itself_can_be_lost_with_it_sent() {
        for step in [
            Step::Connect,
            Step::Greeting,
            Step::StartTls,
            Step::Handshake,
            Step::SignIn,
            Step::From,
            Step::To,
            Step::Data,
            Step::Content,
        ] {
            for error in [SmtpError::Broken(step), SmtpError::TimedOut(step), SmtpError::NotSmtp(step)] {
                let failed = error.explain("mail:465").into_failed();
                assert_eq!(failed.may_be_sent, step == Step::Content, "{error:?}");
                assert!(!failed.is_permanent && failed.words.starts_with("mail:465 "), "{error:?}");
            }
            for (code, is_permanent) in
                [(421, false), (450, false), (499, false), (500, true), (550, true), (599, true)]
            {
                let failed = SmtpError::Refused { step, code }.explain("mail:465").into_failed();
                assert_eq!((failed.is_permanent, failed.may_be_sent), (is_permanent, false), "{step:?} {code}");
                assert!(failed.words.contains(&code.to_string()), "{}", failed.words);
            }
        }
    }
}
