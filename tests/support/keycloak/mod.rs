//! A live Keycloak for tests: the server, a realm of its own for each test with agents and customers, the customer's and
//! the agent's side in a browser by real form posts, and the mails that the server sends.
//!
//! Everything waits and may be called inside async code.
#![allow(clippy::struct_excessive_bools, reason = "a realm's settings, each on or off")]
#![allow(clippy::struct_field_names, reason = "the names of RFC 8628")]
#![allow(clippy::single_match_else, reason = "two arms read side by side")]
#![allow(clippy::needless_pass_by_value, reason = "what a test writes on the spot is handed over")]

mod browser;
mod environment;
mod one_time;
mod page;
mod people;
mod realm;
mod rest;
mod server;
mod smtp;
mod tokens;
pub mod web;

pub use browser::{Asked, Browser, Chosen, Entered, UpdateForm};
pub use environment::PROTECTED;
pub use one_time::Authenticator;
pub use page::{Form, links, said, text, title};
pub use people::{Agent, CUSTOMERS, Person, Quirk, Rights, WITHOUT_USER, old_password};
pub use realm::{CALLBACK, Realm, RealmOptions};
pub use rest::Rest;
pub use server::{Server, ServerOptions};
pub use smtp::{Mail, SmtpSink};
pub use tokens::{Device, Grant, Tokens};
pub use web::{Body, Client, Jar, Method, Reply};
