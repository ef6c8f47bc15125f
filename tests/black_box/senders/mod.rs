//! The senders of messages, called as the commands call them: a mail server that misbehaves, commands, webhooks.

mod certificates;
mod checks;
mod command;
mod faults;
mod fixture;
mod http_service;
mod smtp;
mod webhook;
