//! The practice directory as its customers see it: the app they sign in to, and self-service by e-mail.

mod app_session;
mod change;
mod change_ticket;
mod customers;
mod self_service;
mod sign_in;

pub use app_session::{AppSession, AppUser};
pub use change::Change;
pub use change_ticket::ChangeTicket;
pub use self_service::Redeem;
pub use sign_in::SignIn;
