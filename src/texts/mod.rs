//! The texts that reach a customer, and the words that an agent says to one, in English and other languages.
//!
//! They are Fluent resources (<https://projectfluent.org>): those of `locales/`, which the binary holds, and those of
//! the profile's folder (`templates`), which replace them or add a language.

mod argument;
mod built_in;
mod catalog;
mod customer_message;
#[cfg(test)]
pub(crate) mod fixture;
mod localization;
mod screen;
mod script;
mod source;
mod source_check;
mod spec;
mod specs;
mod store;
mod template_folder;

pub use customer_message::{CodeText, NoticeText, RenderedText};
pub use localization::Localization;
pub use script::PasswordIs;
pub use store::Texts;

#[cfg(test)]
mod tests;
