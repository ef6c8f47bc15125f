//! A signed-in agent of a user pool, with what a command reads once.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use tokio::sync::OnceCell;
use zeroize::Zeroizing;

use super::call::Api;
use super::caller::Caller;
use super::pool::Pool;
use super::pool_user::Lifecycle;
use crate::config::Protected;
use crate::domain::ports::CustomerDirectory;
use crate::domain::{SessionsEnded, UserId};

/// A signed-in agent of a user pool.
#[derive(Clone)]
pub(super) struct CognitoAgent(pub(super) Rc<Inner>);

/// What the clones of an agent share.
pub(super) struct Inner {
    pub(super) api: Api,
    pub(super) caller: Caller,
    pub(super) protected: Protected,
    /// The secret of the app client that proves a password, if it has one.
    pub(super) app_client_secret: Option<Zeroizing<String>>,
    /// The CSV file that customers come from; `None` if the pool is the directory.
    pub(super) customers: Option<Box<dyn CustomerDirectory>>,
    pub(super) pool: OnceCell<Option<Pool>>,
    /// The protected groups that the pool does not have, or that may not be read: why nobody may be reset.
    pub(super) unknown_protection: OnceCell<Option<String>>,
    /// Whether the agent may end sessions.
    pub(super) may_end_sessions: OnceCell<bool>,
    /// The usernames of users read lately, by `sub`. Neither ever changes.
    pub(super) usernames: RefCell<HashMap<String, String>>,
    /// What the status of users read lately meant, by username.
    pub(super) planned: RefCell<HashMap<String, Lifecycle>>,
    /// Whether IAM has answered what the agent may do.
    pub(super) rights_are_known: Cell<bool>,
    /// The sessions that were ended with the set, by user.
    pub(super) ended: RefCell<HashMap<UserId, SessionsEnded>>,
}

impl CognitoAgent {
    pub(super) fn new(
        api: Api,
        caller: Caller,
        protected: Protected,
        app_client_secret: Option<Zeroizing<String>>,
        customers: Option<Box<dyn CustomerDirectory>>,
    ) -> Self {
        Self(Rc::new(Inner {
            api,
            caller,
            protected,
            app_client_secret,
            customers,
            pool: OnceCell::new(),
            unknown_protection: OnceCell::new(),
            may_end_sessions: OnceCell::new(),
            usernames: RefCell::default(),
            planned: RefCell::default(),
            rights_are_known: Cell::new(false),
            ended: RefCell::default(),
        }))
    }

    pub(super) fn api(&self) -> &Api {
        &self.0.api
    }

    /// Returns who the agent is.
    pub(super) fn caller(&self) -> &Caller {
        &self.0.caller
    }

    /// Returns the id of the user pool.
    pub(super) fn user_pool(&self) -> &str {
        &self.0.api.settings.user_pool
    }
}
