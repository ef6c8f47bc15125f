//! A sender that keeps what it is given, and the texts of the product.

use std::cell::RefCell;
use std::rc::Rc;

use async_trait::async_trait;
use tellonce::domain::ports::MessageSender;
use tellonce::domain::{Channel, Check, Language, Message, MessageKind, SendFailed};
use tellonce::messages::CustomerMessages;
use tellonce::texts::Texts;

/// A message that was sent.
#[derive(Clone, Debug)]
pub struct Sent {
    pub kind: MessageKind,
    pub address: String,
    /// The subject and the text.
    pub content: String,
}

/// Keeps what it sends, in order.
#[derive(Clone, Default)]
pub struct Post(Rc<RefCell<Vec<Sent>>>);

#[async_trait(?Send)]
impl MessageSender for Post {
    fn channels(&self) -> Vec<Channel> {
        vec![Channel::Email, Channel::Phone]
    }

    async fn send(&self, message: &Message) -> Result<(), SendFailed> {
        let content = format!("{}\n{}", message.subject, *message.text);
        self.0.borrow_mut().push(Sent { kind: message.kind, address: message.to.address.clone(), content });
        Ok(())
    }

    async fn checks(&self) -> Vec<Check> {
        Vec::new()
    }
}

impl Post {
    /// Writes to customers as the command does, and keeps it.
    pub fn messages(&self) -> CustomerMessages {
        let config = serde_json::json!({ "desk": "Story Support", "call": "extension 100" });
        let config = serde_json::from_value(config).unwrap();
        CustomerMessages::new(Some(Box::new(self.clone())), Texts::built_in(), config, Language::english())
    }

    /// Everything that was sent.
    pub fn sent(&self) -> Vec<Sent> {
        self.0.borrow().clone()
    }

    /// The code in the newest message, as the customer reads it there.
    pub fn newest_code(&self) -> String {
        let newest = self.sent().pop().unwrap();
        assert_eq!(newest.kind, MessageKind::Code);
        let is_code = |line: &&str| line.chars().filter(char::is_ascii_digit).count() == 8;
        newest.content.lines().rev().find(is_code).unwrap().split(": ").last().unwrap().to_owned()
    }
}
