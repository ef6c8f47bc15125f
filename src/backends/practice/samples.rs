//! The sample agents and customers of every new directory.

use rusqlite::{Transaction, params};

use super::contacts::{DAY, ENTERED_BEFORE};
use crate::domain::Channel;

/// The first password of every customer with a user.
pub const INITIAL_PASSWORD: &str = "Practice-makes-1";
/// The password of every sample agent.
pub(super) const AGENT_PASSWORD: &str = "practice";
/// The sample agents: name, role, and the agent's own customer id.
pub(super) const AGENTS: [(&str, &str, Option<&str>); 3] =
    [("sam", "support agent", Some("C-1009")), ("kim", "team lead", None), ("lee", "team member", None)];

/// What sets a sample customer apart, for practising refusals.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Peculiar {
    /// Nothing does.
    No,
    /// The customer has no user yet.
    NoUser,
    /// The user is disabled.
    Disabled,
    /// A temporary password is pending that tellonce did not issue.
    Pending,
    /// Another system keeps the password.
    External,
    /// The user is in a protected group.
    Protected,
}

/// A sample customer.
pub(super) struct Sample {
    pub(super) id: &'static str,
    pub(super) first: &'static str,
    pub(super) last: &'static str,
    /// `None` for a customer with neither an address nor a number.
    pub(super) email: Option<&'static str>,
    peculiar: Peculiar,
}

const fn sample(
    id: &'static str,
    first: &'static str,
    last: &'static str,
    email: &'static str,
    peculiar: Peculiar,
) -> Sample {
    Sample { id, first, last, email: Some(email), peculiar }
}

impl Sample {
    pub(super) fn has_user(&self) -> bool {
        self.peculiar != Peculiar::NoUser
    }

    /// Updates the customer's rows accordingly.
    pub(super) fn apply_peculiarity(
        &self,
        transaction: &Transaction<'_>,
        customer: i64,
        now: i64,
    ) -> rusqlite::Result<()> {
        match self.peculiar {
            Peculiar::No | Peculiar::NoUser => Ok(0),
            Peculiar::Disabled => transaction.execute("UPDATE user SET disabled = 1 WHERE customer = ?1", [customer]),
            Peculiar::External => {
                transaction.execute("UPDATE user SET external = 'Hollywood SSO' WHERE customer = ?1", [customer])
            }
            Peculiar::Protected => transaction.execute("INSERT INTO user_group VALUES(?1, 'staff-admins')", [customer]),
            Peculiar::Pending => transaction.execute(
                "UPDATE user SET change_required = 1, issued_at = ?2, expires_at = ?3 WHERE customer = ?1",
                params![customer, now, now + DAY],
            ),
        }
        .map(drop)
    }
}

/// An address or number of a sample customer beside the usual two, or the time of a change.
pub(super) struct SampleContact {
    pub(super) id: &'static str,
    pub(super) channel: Channel,
    pub(super) address: &'static str,
    /// How long ago it was entered, in milliseconds.
    pub(super) age: i64,
    /// How long ago it was replaced, in milliseconds.
    pub(super) replaced: Option<i64>,
}

const fn contact(id: &'static str, channel: Channel, address: &'static str, age: i64) -> SampleContact {
    SampleContact { id, channel, address, age, replaced: None }
}

/// Gladys has two of each. Tony's address was changed yesterday, as after a break-in.
pub(super) const CONTACTS: [SampleContact; 4] = [
    contact("C-1037", Channel::Email, "gladys.west@example.org", ENTERED_BEFORE),
    contact("C-1037", Channel::Phone, "+44 20 7946 0937", ENTERED_BEFORE),
    contact("C-1033", Channel::Email, "tony@example.com", DAY),
    SampleContact { replaced: Some(DAY), ..contact("C-1033", Channel::Email, "hoare@example.org", ENTERED_BEFORE) },
];

/// The languages of samples who are not known to speak English.
pub(super) const LANGUAGES: [(&str, &str); 1] = [("C-1025", "de")];

/// The sample customers.
pub(super) const SAMPLES: [Sample; 40] = [
    sample("C-1001", "Ada", "Lovelace", "ada@example.com", Peculiar::No),
    sample("C-1002", "Grace", "Hopper", "grace@example.com", Peculiar::NoUser),
    sample("C-1003", "Alan", "Turing", "alan@example.com", Peculiar::Disabled),
    sample("C-1004", "Mary", "Jackson", "mary@example.com", Peculiar::No),
    sample("C-1005", "Mary", "Somerville", "mary@example.com", Peculiar::No),
    sample("C-1006", "Katherine", "Johnson", "katherine@example.com", Peculiar::Pending),
    sample("C-1007", "Hedy", "Lamarr", "hedy@example.com", Peculiar::External),
    sample("C-1008", "Annie", "Easley", "annie@example.com", Peculiar::Protected),
    sample("C-1009", "Sam", "Okafor", "sam@example.com", Peculiar::No),
    sample("C-1010", "Björk", "Guðmundsdóttir", "bjork@example.com", Peculiar::No),
    sample("C-1011", "花子", "山田", "hanako@example.com", Peculiar::No),
    sample("C-1012", "Σοφία", "Παπαδοπούλου", "sofia@example.com", Peculiar::No),
    sample("C-1013", "Ольга", "Ладыженская", "olga@example.com", Peculiar::No),
    sample("C-1014", "Siobhán", "O'Brien", "siobhan@example.com", Peculiar::No),
    sample("C-1015", "Mallory", "\u{1b}[31mRed\u{1b}[0m\u{202e}txt", "mallory@example.com", Peculiar::No),
    sample("C-1016", "Dorothy", "Vaughan", "dorothy@example.com", Peculiar::No),
    sample("C-1017", "Margaret", "Hamilton", "margaret@example.com", Peculiar::No),
    sample("C-1018", "Jean", "Bartik", "jean@example.com", Peculiar::NoUser),
    sample("C-1019", "Kathleen", "Booth", "kathleen@example.com", Peculiar::No),
    sample("C-1020", "Barbara", "Liskov", "barbara@example.com", Peculiar::No),
    sample("C-1021", "Frances", "Allen", "frances@example.com", Peculiar::No),
    sample("C-1022", "Karen", "Jones", "karen@example.com", Peculiar::No),
    sample("C-1023", "Radia", "Perlman", "radia@example.com", Peculiar::No),
    sample("C-1024", "Shafi", "Goldwasser", "shafi@example.com", Peculiar::No),
    sample("C-1025", "Edsger", "Dijkstra", "edsger@example.com", Peculiar::No),
    sample("C-1026", "Donald", "Knuth", "donald@example.com", Peculiar::NoUser),
    sample("C-1027", "Dennis", "Ritchie", "dennis@example.com", Peculiar::No),
    sample("C-1028", "Ken", "Thompson", "ken@example.com", Peculiar::No),
    sample("C-1029", "Brian", "Kernighan", "brian@example.com", Peculiar::No),
    sample("C-1030", "Claude", "Shannon", "claude@example.com", Peculiar::No),
    sample("C-1031", "John", "McCarthy", "john@example.com", Peculiar::No),
    sample("C-1032", "Leslie", "Lamport", "leslie@example.com", Peculiar::No),
    sample("C-1033", "Tony", "Hoare", "tony@example.com", Peculiar::No),
    sample("C-1034", "Adele", "Goldberg", "adele@example.com", Peculiar::No),
    sample("C-1035", "Alan", "Kay", "kay@example.com", Peculiar::No),
    sample("C-1036", "Evelyn", "Boyd Granville", "evelyn@example.com", Peculiar::No),
    sample("C-1037", "Gladys", "West", "gladys@example.com", Peculiar::No),
    Sample { email: None, ..sample("C-1038", "Joan", "Clarke", "", Peculiar::No) },
    sample("C-1039", "Mary", "Keller", "keller@example.com", Peculiar::No),
    sample("C-1040", "Sophie", "Wilson", "sophie@example.com", Peculiar::No),
];
