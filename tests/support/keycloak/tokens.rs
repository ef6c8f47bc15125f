//! Tokens without a browser, for checks: the password grant, refreshing, the device grant's two ends.

use serde_json::Value;

use super::realm::Realm;
use super::web::{Body, Method, Reply};

/// What a sign-in gave.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// Good for some minutes.
    pub access: String,
    /// Renews it; a service account has none.
    pub refresh: Option<String>,
    /// Seconds that the access token is good for.
    pub expires_in: u64,
}

/// What the token endpoint answered.
#[derive(Clone, Debug)]
pub enum Grant {
    /// Tokens.
    Given(Tokens),
    /// A refusal: status, `error`, `error_description`.
    Refused(u16, String, String),
}

impl Grant {
    /// The tokens.
    #[track_caller]
    pub fn given(self) -> Tokens {
        match self {
            Self::Given(tokens) => tokens,
            Self::Refused(..) => panic!("{self:?}"),
        }
    }

    /// The server's words of refusal.
    #[track_caller]
    pub fn refusal(self) -> String {
        match self {
            Self::Refused(_, _, words) => words,
            Self::Given(_) => panic!("tokens were given"),
        }
    }
}

/// A device sign-in that waits for its agent.
#[derive(Clone, Debug)]
pub struct Device {
    /// What the device polls with.
    pub device_code: String,
    /// What the agent types in.
    pub user_code: String,
    /// The page that has it typed in already.
    pub verification_uri_complete: String,
}

impl Realm<'_> {
    fn token_endpoint(&self, client: &str, fields: &[(&str, &str)]) -> Grant {
        let reply = self.post_form("/protocol/openid-connect/token", client, fields);
        let answer = reply.json();
        let word = |key: &str| answer[key].as_str().map(str::to_owned);
        match word("access_token") {
            Some(access) => Grant::Given(Tokens {
                access,
                refresh: word("refresh_token"),
                expires_in: answer["expires_in"].as_u64().unwrap(),
            }),
            None => Grant::Refused(
                reply.status,
                word("error").unwrap_or_default(),
                word("error_description").unwrap_or_default(),
            ),
        }
    }

    fn post_form(&self, path: &str, client: &str, fields: &[(&str, &str)]) -> Reply {
        let mut all = vec![("client_id".to_owned(), client.to_owned())];
        all.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self.client().send(Method::POST, &format!("{}{path}", self.issuer()), &[], Body::Form(all))
    }

    /// The password grant at the customers' shop: how a password is tried without a page.
    pub fn password_grant(&self, username: &str, password: &str) -> Grant {
        let fields = [("grant_type", "password"), ("scope", "openid"), ("username", username), ("password", password)];
        self.token_endpoint("shop", &fields)
    }

    /// An access token for somebody with [`super::old_password`].
    #[track_caller]
    pub fn token_of(&self, username: &str) -> String {
        self.password_grant(username, super::old_password()).given().access
    }

    /// The same by another client that takes passwords.
    #[track_caller]
    pub fn token_by(&self, client: &str, username: &str) -> String {
        let fields = [("grant_type", "password"), ("scope", "openid"), ("username", username)];
        let password = [("password", super::old_password())];
        self.token_endpoint(client, &[&fields[..], &password].concat()).given().access
    }

    /// The offline token of an application that the customer lets work while they are away, with [`super::old_password`].
    #[track_caller]
    pub fn offline_token(&self, username: &str) -> String {
        let fields = [("grant_type", "password"), ("scope", "openid offline_access"), ("username", username)];
        let password = [("password", super::old_password())];
        self.token_endpoint("shop", &[&fields[..], &password].concat()).given().refresh.unwrap()
    }

    /// Uses a refresh token that `client` got.
    pub fn refresh(&self, client: &str, refresh_token: &str) -> Grant {
        self.token_endpoint(client, &[("grant_type", "refresh_token"), ("refresh_token", refresh_token)])
    }

    /// Redeems a code that the shop's browser came back with.
    pub fn redeem(&self, code: &str) -> Grant {
        let fields = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", super::CALLBACK)];
        self.token_endpoint("shop", &fields)
    }

    /// The service account's own sign-in.
    pub fn client_credentials(&self, client: &str, secret: &str) -> Grant {
        self.token_endpoint(client, &[("grant_type", "client_credentials"), ("client_secret", secret)])
    }

    /// Begins a device sign-in at the agents' client.
    pub fn begin_device(&self) -> Device {
        let reply = self.post_form("/protocol/openid-connect/auth/device", self.client_id(), &[("scope", "openid")]);
        assert_eq!(reply.status, 200, "{reply:#?}");
        let answer = reply.json();
        let word = |key: &str| answer[key].as_str().unwrap().to_owned();
        Device {
            device_code: word("device_code"),
            user_code: word("user_code"),
            verification_uri_complete: word("verification_uri_complete"),
        }
    }

    /// Polls once for a device sign-in.
    pub fn poll_device(&self, device: &Device) -> Grant {
        let fields =
            [("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), ("device_code", &*device.device_code)];
        self.token_endpoint(self.client_id(), &fields)
    }

    /// Whether an access token is still honoured: what `userinfo` says.
    pub fn knows(&self, access_token: &str) -> bool {
        let url = format!("{}/protocol/openid-connect/userinfo", self.issuer());
        let bearer = format!("Bearer {access_token}");
        self.client().send(Method::GET, &url, &[("authorization", &bearer)], Body::Nothing).status == 200
    }

    /// What an access token says, unchecked.
    pub fn claims(access_token: &str) -> Value {
        let part = access_token.split('.').nth(1).unwrap();
        let mut bits = 0_u32;
        let mut held = 0;
        let mut bytes = Vec::new();
        for sign in part.bytes() {
            let six = match sign {
                b'A'..=b'Z' => sign - b'A',
                b'a'..=b'z' => sign - b'a' + 26,
                b'0'..=b'9' => sign - b'0' + 52,
                b'-' => 62,
                _ => 63,
            };
            bits = bits << 6 | u32::from(six);
            held += 6;
            if held >= 8 {
                held -= 8;
                bytes.push(u8::try_from(bits >> held & 0xff).unwrap());
            }
        }
        serde_json::from_slice(&bytes).unwrap()
    }
}
