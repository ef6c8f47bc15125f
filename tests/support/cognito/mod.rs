//! An emulator of Amazon Cognito for tests: the server, a user pool of its own for each test with app clients and
//! customers, agents as IAM users with the rights that a test gives them, and the customer's side by Cognito's own calls.
//!
//! Everything waits and may be called inside async code.

#![allow(clippy::needless_pass_by_value, reason = "what a test writes on the spot is handed over")]

mod agent;
mod calls;
mod customers;
mod environment;
mod federation;
mod pool;
mod server;

pub use agent::{FIND, IamAgent, RESET, credentials_file};
pub use calls::{Keys, Refusal};
pub use customers::{Challenge, CustomerSide, Entered, Tokens};
pub use pool::{AppClient, CustomerState, Pool, PoolOptions, old_password};
pub use server::{Emulator, Server};
