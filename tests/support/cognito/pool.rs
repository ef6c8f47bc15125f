//! A user pool of its own for each test.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::OnceLock;

use serde_json::{Value, json};

use super::calls::{Keys, Refusal};
use super::customers::CustomerSide;
use super::server::{Emulator, Server};

/// Made when the tests run: what every customer's password is at first.
pub fn old_password() -> &'static str {
    static MADE: OnceLock<String> = OnceLock::new();
    MADE.get_or_init(|| format!("Old-{:x}-Zz9", RandomState::new().build_hasher().finish()))
}

/// How a pool is made.
#[derive(Clone)]
pub struct PoolOptions {
    pub region: &'static str,
    /// The password policy, key by key as `CreateUserPool` takes it; what is left out is off, with a length of 12.
    pub policy: Value,
    pub case_sensitive: bool,
    /// Users sign in with their e-mail address, and their username is made up.
    pub email_as_username: bool,
    /// Attributes as `CreateUserPool` takes them in `Schema`: custom ones, and standard ones that are required.
    pub attributes: Value,
    /// Laid over the input of `CreateUserPool`, key by key.
    pub more: Value,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self {
            region: "us-east-1",
            policy: Value::Null,
            case_sensitive: false,
            email_as_username: false,
            attributes: json!([]),
            more: Value::Null,
        }
    }
}

/// An app client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppClient {
    pub id: String,
    pub secret: Option<String>,
}

/// What is special about a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CustomerState {
    /// Chose a password.
    Confirmed,
    /// Signed up, and never confirmed it.
    Unconfirmed,
    /// Has a temporary password that somebody else set.
    ForceChangePassword,
    /// An administrator asked for a reset by a code.
    ResetRequired,
    /// May not sign in.
    Disabled,
    /// Signs in at another identity provider: see [`Pool::add_federated`].
    ExternalProvider,
}

/// A pool on a running emulator.
#[derive(Clone)]
pub struct Pool {
    server: &'static Server,
    region: &'static str,
    id: String,
    arn: String,
    app: AppClient,
}

impl Pool {
    /// Creates a pool with one app client.
    pub fn with(server: &'static Server, options: &PoolOptions) -> Self {
        let mut policy = json!({
            "MinimumLength": 12, "RequireUppercase": false, "RequireLowercase": false, "RequireNumbers": false,
            "RequireSymbols": false, "TemporaryPasswordValidityDays": 1,
        });
        lay_over(&mut policy, &options.policy);
        let mut input = json!({
            "PoolName": format!("p{:x}", RandomState::new().build_hasher().finish()),
            "Policies": { "PasswordPolicy": policy },
            "UsernameConfiguration": { "CaseSensitive": options.case_sensitive },
            "Schema": options.attributes,
            "AccountRecoverySetting": { "RecoveryMechanisms": [{ "Name": "verified_email", "Priority": 1 }] },
        });
        if options.email_as_username {
            input["UsernameAttributes"] = json!(["email"]);
        }
        lay_over(&mut input, &options.more);
        let made = &server.call(options.region, "CreateUserPool", input)["UserPool"];
        let text = |name: &str| made[name].as_str().unwrap_or_else(|| panic!("{name}: {made}")).to_owned();
        let app = AppClient { id: String::new(), secret: None };
        let pool = Self { server, region: options.region, id: text("Id"), arn: text("Arn"), app };
        Self { app: pool.app_client(false, &json!({})), ..pool }
    }

    pub const fn server(&self) -> &'static Server {
        self.server
    }

    pub const fn region(&self) -> &'static str {
        self.region
    }

    /// Its id: `user_pool` in a profile.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn arn(&self) -> &str {
        &self.arn
    }

    /// The app client that customers use: it has no secret, and takes names and passwords.
    pub const fn app(&self) -> &AppClient {
        &self.app
    }

    /// Calls Cognito as root, for this pool.
    pub fn try_call(&self, action: &str, mut input: Value) -> Result<Value, Refusal> {
        input["UserPoolId"] = json!(self.id);
        self.server.try_call(self.region, action, input)
    }

    /// The same for what must not be refused.
    #[track_caller]
    pub fn call(&self, action: &str, input: Value) -> Value {
        self.try_call(action, input).unwrap_or_else(|refusal| panic!("{action}: {refusal:?}"))
    }

    /// Calls Cognito with these keys.
    pub fn call_as(&self, keys: &Keys, action: &str, input: Value) -> Result<Value, Refusal> {
        self.server.endpoint().cognito(Some((keys, self.region)), action, input)
    }

    /// Creates another app client, with these settings laid over.
    pub fn app_client(&self, with_secret: bool, more: &Value) -> AppClient {
        let flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"];
        let mut input = json!({ "ClientName": "app", "GenerateSecret": with_secret, "ExplicitAuthFlows": flows });
        lay_over(&mut input, more);
        let made = self.call("CreateUserPoolClient", input);
        let text = |name: &str| made["UserPoolClient"][name].as_str().map(str::to_owned);
        AppClient { id: text("ClientId").unwrap(), secret: text("ClientSecret") }
    }

    /// The customer's side, by the pool's own app client.
    pub fn customers(&self) -> CustomerSide {
        self.customers_by(&self.app)
    }

    /// The customer's side, by another app client.
    pub fn customers_by(&self, app: &AppClient) -> CustomerSide {
        CustomerSide::new(self.server, app.clone())
    }

    /// Adds a customer, whose password is [`old_password`], and returns their `sub`.
    #[track_caller]
    pub fn add(&self, name: &str, attributes: &[(&str, &str)], state: CustomerState) -> String {
        let user = || json!({ "Username": name });
        if state == CustomerState::Unconfirmed {
            self.customers().sign_up(name, old_password(), &listed(attributes));
        } else {
            let create = json!({
                "Username": name, "UserAttributes": listed(attributes), "MessageAction": "SUPPRESS",
                "TemporaryPassword": old_password(),
            });
            self.call("AdminCreateUser", create);
        }
        if !matches!(state, CustomerState::Unconfirmed | CustomerState::ForceChangePassword) {
            let set = json!({ "Username": name, "Password": old_password(), "Permanent": true });
            self.call("AdminSetUserPassword", set);
        }
        match state {
            CustomerState::Confirmed | CustomerState::Unconfirmed | CustomerState::ForceChangePassword => {}
            CustomerState::ResetRequired => drop(self.call("AdminResetUserPassword", user())),
            CustomerState::Disabled => drop(self.call("AdminDisableUser", user())),
            CustomerState::ExternalProvider => panic!("{name}: no call of an administrator's makes a federated user"),
        }
        self.attributes(name).remove("sub").unwrap()
    }

    /// A user as the pool has them.
    #[track_caller]
    pub fn user(&self, name: &str) -> Value {
        self.call("AdminGetUser", json!({ "Username": name }))
    }

    /// The attributes of a user.
    #[track_caller]
    pub fn attributes(&self, name: &str) -> BTreeMap<String, String> {
        let user = self.user(name);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let pairs = user["UserAttributes"].as_array().unwrap().iter();
        pairs.map(|pair| (text(&pair["Name"]), text(&pair["Value"]))).collect()
    }

    /// Changes attributes of a user, as an administrator does.
    #[track_caller]
    pub fn edit(&self, name: &str, attributes: &[(&str, &str)]) {
        self.call("AdminUpdateUserAttributes", json!({ "Username": name, "UserAttributes": listed(attributes) }));
    }

    /// Puts a user into a group, which is made if it is not there.
    #[track_caller]
    pub fn put_into_group(&self, name: &str, group: &str) {
        if let Err(refusal) = self.try_call("CreateGroup", json!({ "GroupName": group })) {
            assert_eq!(refusal.code, "GroupExistsException", "{refusal:?}");
        }
        self.call("AdminAddUserToGroup", json!({ "Username": name, "GroupName": group }));
    }

    /// Whether the emulator can be in this state.
    pub fn can_be(&self, state: CustomerState) -> bool {
        state != CustomerState::ExternalProvider || self.server.emulator() == Emulator::Ministack
    }
}

/// Attributes as Cognito's calls take them.
fn listed(attributes: &[(&str, &str)]) -> Value {
    attributes.iter().map(|(name, value)| json!({ "Name": name, "Value": value })).collect()
}

fn lay_over(input: &mut Value, more: &Value) {
    for (name, value) in more.as_object().into_iter().flatten() {
        input[name] = value.clone();
    }
}
