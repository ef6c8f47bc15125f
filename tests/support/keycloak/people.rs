//! Who is in each test realm.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::OnceLock;

use serde_json::{Value, json};

/// Made when the tests run: what everybody's password is at first.
pub fn old_password() -> &'static str {
    static MADE: OnceLock<String> = OnceLock::new();
    MADE.get_or_init(|| format!("Old-{:x}", RandomState::new().build_hasher().finish()))
}

/// What is special about a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quirk {
    /// Nothing.
    Ordinary,
    /// May not sign in.
    Disabled,
    /// Has no password.
    NoPassword,
    /// Has a temporary password that somebody else set.
    Pending,
    /// Signs in at another identity provider and has no password here.
    Brokered,
    /// A member of the group `/staff-admins`.
    InProtectedGroup,
    /// Has the realm role `treasurer`.
    HasProtectedRole,
    /// Has the client role `realm-management/realm-admin`.
    RealmAdmin,
}

/// A customer who has a user.
#[derive(Clone, Copy, Debug)]
pub struct Person {
    pub username: &'static str,
    pub email: &'static str,
    pub first: &'static str,
    pub last: &'static str,
    pub quirk: Quirk,
}

const fn person(username: &'static str, email: &'static str, [first, last]: [&'static str; 2], quirk: Quirk) -> Person {
    Person { username, email, first, last, quirk }
}

/// The customers of every realm. Where e-mails may be shared, both Marys have mary@example.com.
pub const CUSTOMERS: [Person; 15] = [
    person("ada.lovelace", "ada@example.com", ["Ada", "Lovelace"], Quirk::Ordinary),
    person("mary.jackson", "mary@example.com", ["Mary", "Jackson"], Quirk::Ordinary),
    person("mary.somerville", "mary.somerville@example.com", ["Mary", "Somerville"], Quirk::Ordinary),
    person("alan.turing", "alan@example.com", ["Alan", "Turing"], Quirk::Disabled),
    person("ken.thompson", "ken@example.com", ["Ken", "Thompson"], Quirk::NoPassword),
    person("katherine.johnson", "katherine@example.com", ["Katherine", "Johnson"], Quirk::Pending),
    person("hedy.lamarr", "hedy@example.com", ["Hedy", "Lamarr"], Quirk::Brokered),
    person("annie.easley", "annie@example.com", ["Annie", "Easley"], Quirk::InProtectedGroup),
    person("karen.jones", "karen@example.com", ["Karen", "Jones"], Quirk::HasProtectedRole),
    person("barbara.liskov", "barbara@example.com", ["Barbara", "Liskov"], Quirk::RealmAdmin),
    person("siobhan.o'brien", "siobhan@example.com", ["Siobhán", "O'Brien"], Quirk::Ordinary),
    person("hanako", "hanako@example.com", ["花子", "山田"], Quirk::Ordinary),
    person("mallory", "mallory@example.com", ["Mallory", "\u{1b}[31mRed\u{1b}[0m\u{202e}txt"], Quirk::Ordinary),
    person("looks/../like?a=path&b#c%2f", "path@example.com", ["Path", "Like"], Quirk::Ordinary),
    person("ada@example.org", "other-ada@example.com", ["Ada", "Byron"], Quirk::Ordinary),
];

/// A customer who is in no realm: first name, last name, e-mail.
pub const WITHOUT_USER: [&str; 3] = ["Grace", "Hopper", "grace@example.com"];

/// The rows of the table of rights. Each realm has an agent for each; the fine-grained ones where it has them switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rights {
    /// manage-users, view-users, query-users: the usual agent.
    ManageUsers,
    /// These, and view-realm: reads the password policy.
    AndViewRealm,
    /// These, and view-clients: reads client roles.
    AndViewClients,
    /// view-users alone.
    ViewUsers,
    /// query-users alone.
    QueryUsers,
    /// None.
    Nothing,
    /// Fine-grained: query-users and reset-password.
    FineBlind,
    /// Fine-grained: query-users, reset-password, view.
    FineView,
    /// Fine-grained: query-users, reset-password, view, manage.
    FineManage,
}

impl Rights {
    /// Every row that needs no fine-grained permissions.
    pub const PLAIN: [Self; 6] =
        [Self::ManageUsers, Self::AndViewRealm, Self::AndViewClients, Self::ViewUsers, Self::QueryUsers, Self::Nothing];
    /// Every row that needs them.
    pub const FINE: [Self; 3] = [Self::FineBlind, Self::FineView, Self::FineManage];

    /// The agent's username.
    pub const fn agent(self) -> &'static str {
        match self {
            Self::ManageUsers => "sam",
            Self::AndViewRealm => "robin",
            Self::AndViewClients => "clio",
            Self::ViewUsers => "lee",
            Self::QueryUsers => "quentin",
            Self::Nothing => "norah",
            Self::FineBlind => "fred",
            Self::FineView => "fiona",
            Self::FineManage => "felix",
        }
    }

    /// The roles of `realm-management`.
    pub const fn roles(self) -> &'static [&'static str] {
        match self {
            Self::ManageUsers => &["manage-users", "view-users", "query-users"],
            Self::AndViewRealm => &["manage-users", "view-users", "query-users", "view-realm"],
            Self::AndViewClients => &["manage-users", "view-users", "query-users", "view-realm", "view-clients"],
            Self::ViewUsers => &["view-users"],
            Self::QueryUsers | Self::FineBlind | Self::FineView | Self::FineManage => &["query-users"],
            Self::Nothing => &[],
        }
    }

    /// The fine-grained permissions on all users.
    pub const fn scopes(self) -> &'static [&'static str] {
        match self {
            Self::FineBlind => &["reset-password"],
            Self::FineView => &["reset-password", "view"],
            Self::FineManage => &["reset-password", "view", "manage"],
            _ => &[],
        }
    }
}

/// An agent who can sign in.
#[derive(Clone, Debug)]
pub struct Agent {
    /// The user's id in the realm.
    pub id: String,
    /// The name to sign in with.
    pub username: &'static str,
    /// The password to sign in with.
    pub password: &'static str,
}

/// The agent of these rights, as the server takes it.
pub fn agent_json(rights: Rights, realm: &str) -> Value {
    let name = rights.agent();
    let mut user = user_json(realm, name, &format!("{name}@support.example.com"), [name, "Agent"]);
    user["clientRoles"] = json!({ "realm-management": rights.roles() });
    user["credentials"] = password(false);
    user
}

/// A customer, as the server takes it.
pub fn customer_json(person: &Person, realm: &str, shared_email: bool) -> Value {
    let email = if shared_email && person.first == "Mary" { "mary@example.com" } else { person.email };
    let mut user = user_json(realm, person.username, email, [person.first, person.last]);
    user["credentials"] = password(false);
    match person.quirk {
        Quirk::Ordinary => {}
        Quirk::Disabled => user["enabled"] = json!(false),
        Quirk::NoPassword => user["credentials"] = json!([]),
        Quirk::Pending => {
            user["credentials"] = password(true);
            user["requiredActions"] = json!(["UPDATE_PASSWORD"]);
        }
        Quirk::Brokered => {
            user["credentials"] = json!([]);
            user["federatedIdentities"] =
                json!([{ "identityProvider": "elsewhere", "userId": "h-1", "userName": "hedy" }]);
        }
        Quirk::InProtectedGroup => user["groups"] = json!(["/staff-admins"]),
        Quirk::HasProtectedRole => user["realmRoles"] = json!([format!("default-roles-{realm}"), "treasurer"]),
        Quirk::RealmAdmin => user["clientRoles"] = json!({ "realm-management": ["realm-admin"] }),
    }
    user
}

fn user_json(realm: &str, username: &str, email: &str, [first, last]: [&str; 2]) -> Value {
    json!({
        "username": username, "email": email, "emailVerified": true, "enabled": true,
        "firstName": first, "lastName": last, "realmRoles": [format!("default-roles-{realm}")],
    })
}

fn password(temporary: bool) -> Value {
    json!([{ "type": "password", "value": old_password(), "temporary": temporary }])
}
