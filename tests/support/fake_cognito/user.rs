//! A user of the pool, as the pool shows them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// A user.
#[derive(Clone, Debug)]
pub struct FakeUser {
    pub username: String,
    pub attributes: BTreeMap<String, String>,
    pub status: String,
    pub enabled: bool,
    /// When the user was last changed, in seconds.
    pub modified: f64,
    /// The password in force, where a test or the tool has set one.
    pub password: Option<String>,
    pub groups: Vec<String>,
    /// How often their sessions were ended.
    pub signed_out: usize,
}

impl FakeUser {
    /// Whoever has chosen a password, and has the address `NAME@example.com`.
    pub fn new(username: &str) -> Self {
        let email = format!("{username}@example.com");
        let attributes = [("email", email.as_str()), ("email_verified", "true")];
        Self {
            username: username.to_owned(),
            attributes: attributes.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            status: "CONFIRMED".to_owned(),
            enabled: true,
            modified: 0.0,
            password: None,
            groups: Vec::new(),
            signed_out: 0,
        }
    }

    /// The same with this attribute.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.attributes.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The same with this status.
    #[must_use]
    pub fn in_state(self, status: &str) -> Self {
        Self { status: status.to_owned(), ..self }
    }

    /// The same, kept out by an administrator.
    #[must_use]
    pub fn disabled(self) -> Self {
        Self { enabled: false, ..self }
    }

    /// The same in this group.
    #[must_use]
    pub fn in_group(mut self, group: &str) -> Self {
        self.groups.push(group.to_owned());
        self
    }

    /// One of a crowd.
    pub(super) fn of_crowd(number: usize, pending: bool) -> Self {
        let user = Self::new(&format!("crowd-{number:06}")).completed(1_000_000 + number, 1_700_000_000.0);
        if pending { user.in_state("FORCE_CHANGE_PASSWORD") } else { user }
    }

    pub(super) fn completed(mut self, number: usize, modified: f64) -> Self {
        let sub = || format!("5ab00000-0000-4000-8000-{number:012x}");
        self.attributes.entry("sub".to_owned()).or_insert_with(sub);
        if self.modified == 0.0 {
            self.modified = modified;
        }
        self
    }

    /// The user as `AdminGetUser` or a list has them: the attributes are called differently.
    pub(super) fn shown(&self, attributes: &str) -> Value {
        let mut shown = json!({
            "Username": self.username, "UserCreateDate": 1_600_000_000.0, "UserLastModifiedDate": self.modified,
            "Enabled": self.enabled, "UserStatus": self.status,
        });
        let listed = self.attributes.iter().map(|(name, value)| json!({ "Name": name, "Value": value }));
        shown[attributes] = listed.collect();
        shown
    }

    /// Whether a filter of `ListUsers` matches (Cognito API, `ListUsers`, parameter `Filter`).
    pub(super) fn matches(&self, (attribute, operator, text): &(String, String, String)) -> bool {
        let value = match attribute.as_str() {
            "username" => Some(&self.username),
            "cognito:user_status" => Some(&self.status),
            name => self.attributes.get(name),
        };
        value.is_some_and(|value| if operator == "=" { value == text } else { value.starts_with(text.as_str()) })
    }
}
