//! One-time codes by time (RFC 6238), as an authenticator app makes them.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::time::SystemTime;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

/// Seconds for which a code is good.
const STEP: u64 = 30;

/// An authenticator app with a secret of its own.
pub struct Authenticator {
    secret: String,
}

impl Authenticator {
    /// A secret made now.
    pub fn new() -> Self {
        Self { secret: format!("{:016x}", RandomState::new().build_hasher().finish()) }
    }

    /// As a credential of a user.
    pub fn credential(&self) -> Value {
        let data = json!({ "subType": "totp", "digits": 6, "period": STEP, "algorithm": "HmacSHA256" });
        json!({ "type": "otp", "secretData": json!({ "value": self.secret }).to_string(),
            "credentialData": data.to_string() })
    }

    /// The code of this moment: good once.
    pub fn code(&self) -> String {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()).unwrap();
        mac.update(&(now / STEP).to_be_bytes());
        let digest = mac.finalize().into_bytes();
        let at = usize::from(digest[digest.len() - 1] & 15);
        let four: [u8; 4] = digest[at..at + 4].try_into().unwrap();
        format!("{:06}", (u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000)
    }
}
