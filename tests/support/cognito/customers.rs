//! The customer's side: what an app does for whoever signs in, by Cognito's calls that need no agent.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::calls::{Refusal, hmac};
use super::pool::AppClient;
use super::server::{Emulator, Server};

/// How a sign-in ended.
#[derive(Debug)]
pub enum Entered {
    In(Tokens),
    /// A new password is asked for.
    ChangeRequired(Challenge),
    Refused(Refusal),
}

/// The challenge for a new password.
#[derive(Clone, Debug)]
pub struct Challenge {
    pub name: String,
    pub session: String,
}

/// What a signed-in customer's app has.
#[derive(Clone, Debug)]
pub struct Tokens {
    pub access: String,
    pub refresh: String,
}

impl Tokens {
    /// Whether an app that asks nobody takes the access token: its time has not run out.
    pub fn lasts(&self) -> bool {
        let claims = self.access.split('.').nth(1).unwrap();
        let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
        claims["exp"].as_i64().unwrap() > Timestamp::now().as_second()
    }
}

/// An app in the customer's hands.
pub struct CustomerSide {
    server: &'static Server,
    app: AppClient,
}

impl CustomerSide {
    pub(super) const fn new(server: &'static Server, app: AppClient) -> Self {
        Self { server, app }
    }

    /// Signs in with a name and a password.
    #[track_caller]
    pub fn sign_in(&self, name: &str, password: &str) -> Entered {
        let parameters = self.with_hash("SECRET_HASH", name, json!({ "USERNAME": name, "PASSWORD": password }));
        let answer =
            self.call("InitiateAuth", json!({ "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters }));
        match answer {
            Ok(answer) if answer["ChallengeName"] == "NEW_PASSWORD_REQUIRED" => Entered::ChangeRequired(Challenge {
                name: name.to_owned(),
                session: answer["Session"].as_str().unwrap().to_owned(),
            }),
            Ok(answer) => Entered::In(tokens(&answer)),
            Err(refusal) => Entered::Refused(refusal),
        }
    }

    /// Chooses a password where one is asked for.
    #[track_caller]
    pub fn choose(&self, challenge: &Challenge, new: &str) -> Result<Tokens, Refusal> {
        let Challenge { name, session } = challenge;
        let responses = self.with_hash("SECRET_HASH", name, json!({ "USERNAME": name, "NEW_PASSWORD": new }));
        let input =
            json!({ "ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": session, "ChallengeResponses": responses });
        self.call("RespondToAuthChallenge", input).map(|answer| tokens(&answer))
    }

    /// Asks for a code by e-mail: "Forgot your password?". Returns the code.
    pub fn forgot_password(&self, name: &str) -> Result<String, Refusal> {
        let input = self.with_hash("SecretHash", name, json!({ "ClientId": self.app.id, "Username": name }));
        let reply = self.server.endpoint().cognito_reply(None, "ForgotPassword", &input)?;
        // moto hands the code over in a header; ministack mails it, and it is always the same.
        Ok(match self.server.emulator() {
            Emulator::Ministack => "654321".to_owned(),
            Emulator::Moto => reply.header("x-moto-forgot-password-confirmation-code"),
        })
    }

    /// Chooses a password with that code.
    pub fn confirm_forgot_password(&self, name: &str, code: &str, new: &str) -> Result<(), Refusal> {
        let input = json!({ "Username": name, "ConfirmationCode": code, "Password": new });
        self.call("ConfirmForgotPassword", self.with_hash("SecretHash", name, input)).map(drop)
    }

    /// Whether the pool itself takes an access token.
    pub fn is_let_in_by(&self, tokens: &Tokens) -> bool {
        let input = json!({ "AccessToken": tokens.access });
        self.server.endpoint().cognito(None, "GetUser", input).is_ok()
    }

    /// Whether a refresh token still gets new tokens.
    pub fn renews(&self, name: &str, tokens: &Tokens) -> bool {
        let parameters = self.with_hash("SECRET_HASH", name, json!({ "REFRESH_TOKEN": tokens.refresh }));
        self.call("InitiateAuth", json!({ "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": parameters })).is_ok()
    }

    /// Signs up: the customer is not confirmed.
    #[track_caller]
    pub(super) fn sign_up(&self, name: &str, password: &str, attributes: &Value) {
        let input = json!({ "Username": name, "Password": password, "UserAttributes": attributes });
        self.call("SignUp", self.with_hash("SecretHash", name, input)).unwrap();
    }

    fn call(&self, action: &str, mut input: Value) -> Result<Value, Refusal> {
        input["ClientId"] = json!(self.app.id);
        self.server.endpoint().cognito(None, action, input)
    }

    /// Adds what proves that the app knows its secret, where it has one.
    fn with_hash(&self, parameter: &str, name: &str, input: Value) -> Value {
        let mut input: Map<String, Value> = serde_json::from_value(input).unwrap();
        if let Some(secret) = &self.app.secret {
            let hash = hmac(secret.as_bytes(), &format!("{name}{}", self.app.id));
            input.insert(parameter.to_owned(), json!(STANDARD.encode(hash)));
        }
        Value::Object(input)
    }
}

#[track_caller]
fn tokens(answer: &Value) -> Tokens {
    let text =
        |name: &str| answer["AuthenticationResult"][name].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
    Tokens { access: text("AccessToken"), refresh: text("RefreshToken") }
}
