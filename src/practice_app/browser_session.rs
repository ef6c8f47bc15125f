//! What the app knows of each browser: its cookie, its form token, and whom it is signed in as.
//!
//! The cookie is the whole of what a browser holds. Its form token is an HMAC of the cookie, so that nothing has to be
//! kept for a browser that has not signed in (the signed double-submit cookie of OWASP's CSRF Prevention Cheat Sheet).

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::{HeaderMap, HeaderValue, header};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::backends::practice::ChangeTicket;
use crate::domain::ports::RandomSource;
use crate::domain::{Error, Result};
use crate::platform::SystemRandom;

/// How many browsers are known at most. Only the right password makes one known.
const MAX_BROWSERS: usize = 1000;
/// The length of a cookie's value: 256 random bits in hexadecimal.
const COOKIE_LENGTH: usize = 64;

/// Whom a browser is signed in as.
#[derive(Clone)]
pub(super) enum Standing {
    /// The temporary password was right: a password of their own has to be chosen.
    MustChoose(Arc<ChangeTicket>),
    /// Signed in, with the token of the practice directory's session.
    SignedIn(Arc<Zeroizing<String>>),
}

/// The cookies' name and key, and the browsers that are signed in.
pub(super) struct BrowserSessions {
    cookie_name: String,
    key: Zeroizing<[u8; 32]>,
    browsers: Mutex<HashMap<String, Standing>>,
}

impl BrowserSessions {
    /// Creates the store. A browser sends a cookie to every port of a host (RFC 6265 section 8.5): the name has the port.
    ///
    /// # Errors
    /// Exit 1: the system gives no random bytes.
    pub(super) fn new(port: u16) -> Result<Self> {
        let mut key = Zeroizing::new([0; 32]);
        SystemRandom.fill(&mut *key)?;
        Ok(Self { cookie_name: format!("tellonce_practice_{port}"), key, browsers: Mutex::default() })
    }

    fn browsers(&self) -> MutexGuard<'_, HashMap<String, Standing>> {
        self.browsers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the browser's cookie, or `None` if it has none that was made here.
    pub(super) fn cookie(&self, headers: &HeaderMap) -> Option<String> {
        let pairs = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut values = pairs.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let (_, value) = values.find(|(name, _)| *name == self.cookie_name)?;
        let is_ours = value.len() == COOKIE_LENGTH && value.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_ours.then(|| value.to_owned())
    }

    /// Makes the value of a new cookie.
    ///
    /// # Errors
    /// Exit 1: the system gives no random bytes.
    pub(super) fn fresh_cookie() -> Result<String> {
        let mut bytes = Zeroizing::new([0; COOKIE_LENGTH / 2]);
        SystemRandom.fill(&mut *bytes)?;
        Ok(to_hexadecimal(&*bytes))
    }

    /// Returns the header that gives a browser this cookie. Plain http to loopback: it cannot be `Secure`.
    ///
    /// # Errors
    /// Exit 1: a bug.
    pub(super) fn set_cookie(&self, value: &str) -> Result<HeaderValue> {
        HeaderValue::from_str(&format!("{}={value}; Path=/; HttpOnly; SameSite=Strict", self.cookie_name))
            .map_err(|error| Error::bug("The cookie is no header.").because(error))
    }

    /// Returns the token that the forms of this browser carry.
    ///
    /// # Errors
    /// Exit 1: a bug.
    pub(super) fn form_token(&self, cookie: &str) -> Result<String> {
        Ok(to_hexadecimal(&self.code(cookie)?.finalize().into_bytes()))
    }

    /// Whether a form of this browser carries its token.
    pub(super) fn is_form_token(&self, cookie: &str, token: &str) -> bool {
        let bytes: Option<Vec<u8>> = (0..token.len() / 2)
            .map(|at| token.get(2 * at..2 * at + 2).and_then(|two| u8::from_str_radix(two, 16).ok()))
            .collect();
        let code = self.code(cookie).ok();
        token.len() == COOKIE_LENGTH && bytes.zip(code).is_some_and(|(bytes, code)| code.verify_slice(&bytes).is_ok())
    }

    fn code(&self, cookie: &str) -> Result<Hmac<Sha256>> {
        let mut code = <Hmac<Sha256> as KeyInit>::new_from_slice(&*self.key)
            .map_err(|error| Error::bug("The key of the forms has a wrong length.").because(error))?;
        code.update(cookie.as_bytes());
        Ok(code)
    }

    /// Returns whom the browser with this cookie is signed in as.
    pub(super) fn standing(&self, cookie: &str) -> Option<Standing> {
        self.browsers().get(cookie).cloned()
    }

    /// Remembers whom the browser with this cookie is signed in as. Beyond the most it forgets any other browser.
    pub(super) fn remember(&self, cookie: String, standing: Standing) {
        let mut browsers = self.browsers();
        if browsers.len() >= MAX_BROWSERS
            && let Some(other) = browsers.keys().find(|other| **other != cookie).cloned()
        {
            browsers.remove(&other);
        }
        browsers.insert(cookie, standing);
    }

    /// Forgets the browser with this cookie, and returns whom it was signed in as.
    pub(super) fn forget(&self, cookie: &str) -> Option<Standing> {
        self.browsers().remove(cookie)
    }
}

fn to_hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}"); // writing to a String cannot fail
        text
    })
}
