//! What customers are told of changes: by the practice outbox, and by senders that fail.

mod failing;
mod fixture;
mod notices;
mod sending;
