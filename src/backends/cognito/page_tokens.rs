//! The tokens of a list's pages.

use std::collections::HashSet;

use super::action::Action;
use crate::domain::{Error, Result};

/// The tokens that a list gave so far. A list that begins again would never end.
#[derive(Default)]
pub(super) struct PageTokens(HashSet<String>);

impl PageTokens {
    /// Returns the token of the next page; `None` after the last one.
    ///
    /// # Errors
    /// Exit 8: that page was given before.
    pub(super) fn next(&mut self, action: Action, token: Option<String>) -> Result<Option<String>> {
        let token = token.filter(|token| !token.is_empty());
        if token.as_ref().is_some_and(|token| !self.0.insert(token.clone())) {
            return Err(Error::unavailable(format!("AWS gives the same page of {} again.", action.name()))
                .hint("Try again shortly. `tellonce doctor` looks."));
        }
        Ok(token)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;

    #[test]
    fn a_token_that_comes_again_is_an_error() {
        let mut tokens = PageTokens::default();
        let mut next = |token: &str| tokens.next(Action::ListUsers, Some(token.to_owned()));
        assert_eq!(next("a").unwrap().as_deref(), Some("a"));
        assert_eq!(next("b").unwrap().as_deref(), Some("b"));
        assert!(next("").unwrap().is_none());
        assert!(next("a").unwrap_err().message.contains("cognito-idp:ListUsers"));
    }
}
