//! The practice directory as its customers see it: the app they sign in to, and self-service by e-mail.

mod change;
mod customers;
mod self_service;
mod sign_in;

pub use change::{Change, ChangeTicket};
pub use customers::Page;
pub use self_service::{Mail, Redeem};
pub use sign_in::SignIn;
