//! A message to a customer, and why one was not sent.

use zeroize::Zeroizing;

use super::contact::{Channel, Contact};
use super::language::Language;

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageKind {
    /// It holds a code that the customer reads to the agent.
    Code,
    /// It tells the customer that support changed something.
    Notice,
}

impl MessageKind {
    /// Returns the name that a sender's command or webhook gets.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Notice => "notice",
        }
    }
}

/// A message to one address or number. It has no `Debug`, because its text may hold a code.
pub struct Message {
    /// What it is about.
    pub kind: MessageKind,
    /// Where it goes.
    pub to: Contact,
    /// An id of this message alone: 32 hexadecimal digits. It is the same in each retry.
    pub id: String,
    /// The language of its texts.
    pub language: Language,
    /// The subject: one line.
    pub subject: String,
    /// The text: lines that end in `\n`. It is wiped when dropped.
    pub text: Zeroizing<String>,
}

impl Message {
    /// Returns how it goes.
    pub const fn channel(&self) -> Channel {
        self.to.channel
    }
}

/// Why a message was not sent, or may not have been.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendFailed {
    /// What happened, in one sentence that names the sender and not the address: "mail.example.com:465 refused ...".
    pub words: String,
    /// What to do next; empty if nothing is known.
    pub hint: String,
    /// Whether another try fails as well, until the address or the sender's set-up is mended.
    pub is_permanent: bool,
    /// Whether it is the address that is refused: no later message gets there either.
    pub refuses_address: bool,
    /// Whether the message may have been sent all the same, because the answer was lost.
    pub may_be_sent: bool,
}
