//! Decorators of the ports that a command works with. By default they change nothing.

use crate::domain::ports::{AgentSignIn, AuditLog, Reveal};
use crate::net::https::Interceptor;

/// Functions that each take a port and return the one that is used in its place. The default returns what it takes.
#[derive(Clone, Copy)]
pub struct Decorators {
    /// Decorates how agents sign in, and with it the sessions that they get.
    pub sign_in: fn(Box<dyn AgentSignIn>) -> Box<dyn AgentSignIn>,
    /// Decorates the audit log of a command on one customer, or of a sweep.
    pub audit: fn(Box<dyn AuditLog>) -> Box<dyn AuditLog>,
    /// Decorates the reveal of a reset.
    pub reveal: fn(Box<dyn Reveal>) -> Box<dyn Reveal>,
    /// Takes each HTTP request of a backend.
    pub requests: Interceptor,
}

impl Default for Decorators {
    fn default() -> Self {
        Self { sign_in: |sign_in| sign_in, audit: |audit| audit, reveal: |reveal| reveal, requests: |request| request }
    }
}
