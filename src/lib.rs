//! tellonce: issue a customer a temporary password from the terminal. Told once, stored nowhere.

pub mod agent;
pub mod audit;
pub mod backends;
pub mod config;
pub mod domain;
pub mod terminal;
