//! A realm of its own for each test, made by one call and a few more.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::path::Path;

use serde_json::{Value, json};

use super::browser::Browser;
use super::people::{Agent, CUSTOMERS, Rights, agent_json, customer_json, old_password};
use super::rest::Rest;
use super::server::Server;
use super::smtp::SmtpSink;
use super::web::{Client, Method};

/// Where browsers of the customers' shop are sent back to: nobody listens there, and nobody goes there.
pub const CALLBACK: &str = "http://127.0.0.1:9/callback";

/// How a realm differs from one as shipped.
#[derive(Clone)]
pub struct RealmOptions {
    /// The password policy, beside the cheap hashing.
    pub policy: String,
    /// The server's own hashing, for benchmarks.
    pub default_hashing: bool,
    /// Two users may have one e-mail.
    pub duplicate_emails: bool,
    /// A refresh token is good once; used again, the session ends.
    pub refresh_rotation: bool,
    /// Three failed sign-ins lock a user.
    pub brute_force: bool,
    /// Fine-grained permissions are switched on; [`Realm::grant_alone`] gives them to an agent.
    pub fine_grained: bool,
    /// Administrators' calls are recorded, with details.
    pub admin_events: bool,
    /// The client `robot` (confidential, secret in [`Realm::robot_secret`]) has a service account with these rights.
    pub robot: Option<Rights>,
    /// The sign-in client's name.
    pub client_id: String,
    /// How its name begins; the rest is made up.
    pub called: String,
    /// Laid over the realm's JSON, key by key.
    pub more: Value,
}

impl Default for RealmOptions {
    fn default() -> Self {
        Self {
            policy: "length(12)".to_owned(),
            default_hashing: false,
            duplicate_emails: false,
            refresh_rotation: false,
            brute_force: false,
            fine_grained: false,
            admin_events: false,
            robot: None,
            client_id: "tellonce".to_owned(),
            called: "r".to_owned(),
            more: Value::Null,
        }
    }
}

/// A realm on a running server.
#[derive(Clone)]
pub struct Realm<'a> {
    server: &'a Server,
    base: String,
    name: String,
    client_id: String,
    sink: SmtpSink,
}

impl<'a> Realm<'a> {
    /// A realm as shipped: a policy of twelve characters, mail to a sink of its own, nothing hardened.
    pub fn shipped(server: &'a Server) -> Self {
        Self::with(server, &RealmOptions::default())
    }

    /// A realm with these settings. Everybody's password is [`old_password`].
    pub fn with(server: &'a Server, options: &RealmOptions) -> Self {
        let name = format!("{}{:x}", options.called, RandomState::new().build_hasher().finish());
        let sink = SmtpSink::start();
        server.rest().post("", realm_json(&name, options, sink.port()));
        let realm = Self { base: server.url().to_owned(), server, name, client_id: options.client_id.clone(), sink };
        if let Some(rights) = options.robot {
            realm.make_robot(rights);
        }
        realm
    }

    /// The same realm, reached by another address, such as a proxy's. Tokens of one address are not good at the other.
    #[must_use]
    pub fn reached_by(&self, address: &str) -> Self {
        Self { base: address.to_owned(), ..self.clone() }
    }

    /// The server.
    pub fn server(&self) -> &'a Server {
        self.server
    }

    /// The server's address as this realm is reached: `url` in a profile.
    pub fn url(&self) -> &str {
        &self.base
    }

    /// Its name: `realm` in a profile.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The agents' sign-in client: `client_id` in a profile.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The CA file, where the server speaks TLS.
    pub fn ca(&self) -> Option<&Path> {
        self.server.ca()
    }

    /// HTTP that trusts the server.
    pub fn client(&self) -> &Client {
        self.server.client()
    }

    /// The address of the realm's public pages and endpoints.
    pub fn issuer(&self) -> String {
        format!("{}/realms/{}", self.base, self.name)
    }

    /// The mails that the server sent for this realm.
    pub fn sink(&self) -> &SmtpSink {
        &self.sink
    }

    /// A browser with no cookies.
    pub fn browser(&self) -> Browser<'a> {
        Browser::new(self.clone())
    }

    /// Admin calls below this realm as the server's administrator.
    pub fn rest(&self) -> Rest<'a> {
        Rest::of_administrator(self.server, format!("{}/admin/realms/{}", self.server.url(), self.name))
    }

    /// Admin calls below this realm as whoever the token belongs to.
    pub fn rest_as(&self, token: &str) -> Rest<'static> {
        Rest::of_bearer(self.client(), format!("{}/admin/realms/{}", self.base, self.name), token)
    }

    /// The agent of these rights.
    #[track_caller]
    pub fn agent(&self, rights: Rights) -> Agent {
        Agent { id: self.user_id(rights.agent()), username: rights.agent(), password: old_password() }
    }

    /// The user with this username, with everything that the administrator sees.
    #[track_caller]
    pub fn user(&self, username: &str) -> Value {
        let form = reqwest::Url::parse_with_params("x:", [("username", username), ("exact", "true")]).unwrap();
        let found = self.rest().get(&format!("/users?{}", form.query().unwrap()));
        let id = found[0]["id"].as_str().unwrap_or_else(|| panic!("no user {username}"));
        self.rest().get(&format!("/users/{id}"))
    }

    /// The id of the user with this username.
    #[track_caller]
    pub fn user_id(&self, username: &str) -> String {
        self.user(username)["id"].as_str().unwrap().to_owned()
    }

    /// What the user must do at the next sign-in.
    pub fn required_actions(&self, username: &str) -> Vec<String> {
        serde_json::from_value(self.user(username)["requiredActions"].clone()).unwrap()
    }

    /// When the user's password was set, in milliseconds since 1970; none without a password.
    pub fn password_set_at(&self, username: &str) -> Option<i64> {
        let all = self.rest().get(&format!("/users/{}/credentials", self.user_id(username)));
        let found = all.as_array().unwrap().iter().find(|one| one["type"] == "password")?;
        found["createdDate"].as_i64()
    }

    /// How many browser sessions the user has.
    pub fn sessions(&self, username: &str) -> usize {
        self.rest().get(&format!("/users/{}/sessions", self.user_id(username))).as_array().unwrap().len()
    }

    /// Sets a temporary password as the administrator; the server's answer if it refuses.
    pub fn set_temporary(&self, username: &str, password: &str) -> Result<(), Value> {
        let body = json!({ "type": "password", "value": password, "temporary": true });
        let path = format!("/users/{}/reset-password", self.user_id(username));
        let reply = self.rest().call(Method::PUT, &path, Some(body));
        if reply.status == 204 { Ok(()) } else { Err(reply.json()) }
    }

    /// Ends every session of the user.
    pub fn log_out(&self, username: &str) {
        self.rest().post(&format!("/users/{}/logout", self.user_id(username)), json!({}));
    }

    /// Changes settings of the realm, as [`RealmOptions::more`] does at the start.
    pub fn change(&self, settings: Value) {
        self.rest().put("", settings);
    }

    /// Makes another user; its id.
    pub fn make_user(&self, user: Value) -> String {
        self.rest().post("/users", user).made()
    }

    /// Requires an attribute of every user, as a realm's profile rules may.
    pub fn require_attribute(&self, name: &str) {
        self.require_attribute_with(name, json!({}));
    }

    /// The same, of an attribute that takes certain values only.
    pub fn require_attribute_with(&self, name: &str, validations: Value) {
        let mut profile = self.rest().get("/users/profile");
        profile["attributes"].as_array_mut().unwrap().push(json!({
            "name": name, "required": { "roles": ["user", "admin"] }, "validations": validations,
            "permissions": { "view": ["admin", "user"], "edit": ["admin", "user"] },
        }));
        self.rest().put("/users/profile", profile);
    }

    /// Has an attribute that the realm knows take certain values only.
    pub fn restrict_attribute(&self, name: &str, validations: Value) {
        let mut profile = self.rest().get("/users/profile");
        let attributes = profile["attributes"].as_array_mut().unwrap();
        attributes.iter_mut().find(|attribute| attribute["name"] == name).unwrap()["validations"] = validations;
        self.rest().put("/users/profile", profile);
    }

    /// Gives a user roles of `realm-management`.
    pub fn give_roles(&self, user_id: &str, roles: &[&str]) {
        let client = self.client_uuid("realm-management");
        let given: Vec<Value> =
            roles.iter().map(|role| self.rest().get(&format!("/clients/{client}/roles/{role}"))).collect();
        self.rest().post(&format!("/users/{user_id}/role-mappings/clients/{client}"), given.into());
    }

    /// The agent of these fine-grained rights gets them, and nobody else has any from now on. The realm has them
    /// switched on.
    ///
    /// One agent at a time: a permission that grants a scope to somebody refuses it to everybody else, and such a
    /// refusal outweighs what another permission grants (26.7.3).
    #[track_caller]
    pub fn grant_alone(&self, rights: Rights) {
        let server = format!("/clients/{}/authz/resource-server", self.client_uuid("admin-permissions"));
        for kind in ["true", "false"] {
            let all = self.rest().get(&format!("{server}/policy?permission={kind}&max=100"));
            for one in all.as_array().unwrap() {
                self.rest().delete(&format!("{server}/policy/{}", one["id"].as_str().unwrap()));
            }
        }
        self.grant(&self.agent(rights).id, rights.scopes());
    }

    fn grant(&self, user_id: &str, scopes: &[&str]) {
        let server = format!("/clients/{}/authz/resource-server", self.client_uuid("admin-permissions"));
        let policy = json!({ "name": "agents", "users": [user_id], "logic": "POSITIVE" });
        let policy = self.rest().post(&format!("{server}/policy/user"), policy).json()["id"].clone();
        let permission = json!({ "name": "may", "resourceType": "Users", "scopes": scopes, "policies": [policy] });
        self.rest().post(&format!("{server}/permission/scope"), permission);
    }

    /// The server's own id of a client.
    #[track_caller]
    pub fn client_uuid(&self, client_id: &str) -> String {
        let found = self.rest().get(&format!("/clients?clientId={client_id}"));
        found[0]["id"].as_str().unwrap_or_else(|| panic!("no client {client_id}")).to_owned()
    }

    /// The secret of the client `robot`.
    pub fn robot_secret(&self) -> String {
        let path = format!("/clients/{}/client-secret", self.client_uuid("robot"));
        self.rest().get(&path)["value"].as_str().unwrap().to_owned()
    }

    fn make_robot(&self, rights: Rights) {
        let client = json!({ "clientId": "robot", "publicClient": false, "serviceAccountsEnabled": true,
            "standardFlowEnabled": false });
        let client = self.rest().post("/clients", client).made();
        let user = self.rest().get(&format!("/clients/{client}/service-account-user"));
        let id = user["id"].as_str().unwrap();
        self.give_roles(id, rights.roles());
        if !rights.scopes().is_empty() {
            self.grant(id, rights.scopes());
        }
    }
}

fn realm_json(name: &str, options: &RealmOptions, mail_port: u16) -> Value {
    let hashing = (!options.default_hashing).then_some("hashAlgorithm(pbkdf2-sha512) and hashIterations(1)");
    let own = Some(options.policy.as_str()).filter(|policy| !policy.is_empty());
    let policy: Vec<&str> = own.into_iter().chain(hashing).collect();
    let fine = if options.fine_grained { Rights::FINE.as_slice() } else { &[] };
    let agents = Rights::PLAIN.iter().chain(fine).map(|rights| agent_json(*rights, name));
    let customers = CUSTOMERS.iter().map(|person| customer_json(person, name, options.duplicate_emails));
    let mut realm = json!({
        "realm": name,
        "enabled": true,
        "passwordPolicy": policy.join(" and "),
        "resetPasswordAllowed": true,
        "loginWithEmailAllowed": !options.duplicate_emails,
        "duplicateEmailsAllowed": options.duplicate_emails,
        "revokeRefreshToken": options.refresh_rotation,
        "refreshTokenMaxReuse": 0,
        "bruteForceProtected": options.brute_force,
        "failureFactor": 3,
        "waitIncrementSeconds": 600,
        "adminEventsEnabled": options.admin_events,
        "adminEventsDetailsEnabled": options.admin_events,
        "smtpServer": { "host": "127.0.0.1", "port": mail_port.to_string(), "from": "id@example.com" },
        "groups": [{ "name": "staff-admins" }],
        "roles": { "realm": [{ "name": "treasurer" }] },
        "identityProviders": [{
            "alias": "elsewhere", "providerId": "oidc", "enabled": true, "hideOnLogin": true,
            "config": { "clientId": "x", "clientSecret": "x", "authorizationUrl": "http://127.0.0.1:9/authorize",
                "tokenUrl": "http://127.0.0.1:9/token", "hideOnLoginPage": "true" },
        }],
        "clients": [
            { "clientId": options.client_id, "publicClient": true, "standardFlowEnabled": true,
              "directAccessGrantsEnabled": false, "redirectUris": ["http://127.0.0.1/callback"],
              "attributes": { "oauth2.device.authorization.grant.enabled": "true",
                "oauth2.device.polling.interval": "1" } },
            // The customers' own application, and a door for the tests' own tokens.
            { "clientId": "shop", "publicClient": true, "standardFlowEnabled": true,
              "directAccessGrantsEnabled": true, "redirectUris": ["http://127.0.0.1/callback"] },
        ],
        "users": agents.chain(customers).collect::<Vec<_>>(),
    });
    if options.fine_grained {
        realm["adminPermissionsEnabled"] = json!(true); // 26.0 knows no such key, and takes none that it does not know
    }
    if let Value::Object(more) = options.more.clone() {
        realm.as_object_mut().unwrap().extend(more);
    }
    realm
}
