//! Tells absent values from those that the agent may not read: an answer has neither.
//!
//! slapd evaluates a filter on an attribute that may not be searched to Undefined, and its negation as well. So `(!(a=*))`
//! matches an entry only if the agent may search `a` and the entry has none.

use ldap3::Scope;

use crate::backends::ldap::dialect::LdapSession;
use crate::backends::ldap::entry::Entry;
use crate::domain::{Changed, Error, Reason, Result, Unreadable};

/// The schema of the server (RFC 4512 section 4.2), by the name that slapd gives it.
const SCHEMA: &str = "cn=Subschema";

/// How recent an answer has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Freshness {
    /// The server is asked now.
    Now,
    /// The cache will do, which the rows of a run share.
    Cached,
}

/// Lists which of these attributes of an entry the agent may not read.
///
/// It takes no call for an entry that has all of them, and one call for an entry that really lacks the missing ones.
pub(super) async fn hidden<'a>(
    session: &LdapSession,
    entry: &Entry,
    attributes: &[&'a str],
    freshness: Freshness,
) -> Result<Vec<&'a str>> {
    let missing: Vec<&'a str> = attributes.iter().copied().filter(|name| !entry.has(name)).collect();
    if missing.is_empty() || has_none_of(session, &entry.dn, &missing, freshness).await? {
        return Ok(Vec::new());
    }
    let mut hidden = Vec::new();
    for name in missing {
        let is_known =
            has_none_of(session, &entry.dn, &[name], freshness).await? || is_unknown_to_schema(session, name).await?;
        if !is_known {
            hidden.push(name);
        }
    }
    Ok(hidden)
}

/// Whether the server confirms that the entry has none of these.
async fn has_none_of(session: &LdapSession, dn: &str, attributes: &[&str], freshness: Freshness) -> Result<bool> {
    let none: Vec<String> = attributes.iter().map(|name| format!("(!({name}=*))")).collect();
    let filter = format!("(&{})", none.concat());
    if freshness == Freshness::Now {
        return matches(session, dn, &filter).await;
    }
    let found = session.connection.search_cached(dn, Scope::Base, &filter, &["1.1"], 1).await?;
    Ok(!found.entries.is_empty())
}

/// Whether an entry matches a filter. A filter on attributes that may not be searched matches nothing.
pub(super) async fn matches(session: &LdapSession, dn: &str, filter: &str) -> Result<bool> {
    let found = session.connection.search(dn, Scope::Base, filter, &["1.1"], 1).await?;
    Ok(!found.entries.is_empty())
}

/// Whether pwdReset is TRUE. Searches for it if the agent may not read it. Returns `None` if the agent may do neither.
pub(super) async fn is_reset(session: &LdapSession, entry: &Entry) -> Result<Option<bool>> {
    if entry.has("pwdReset") {
        return Ok(Some(entry.is_true("pwdReset")));
    }
    if matches(session, &entry.dn, "(pwdReset=TRUE)").await? {
        return Ok(Some(true));
    }
    Ok(matches(session, &entry.dn, "(!(pwdReset=TRUE))").await?.then_some(false))
}

/// Whether the server's schema lacks an attribute, so that no entry has it. A filter on it is Undefined as well.
async fn is_unknown_to_schema(session: &LdapSession, attribute: &str) -> Result<bool> {
    let Some(oid) = object_identifier(attribute) else { return Ok(false) };
    let filter = format!("(!(attributeTypes={oid}))");
    let found = session.connection.search_cached(SCHEMA, Scope::Base, &filter, &["1.1"], 1).await?;
    Ok(!found.entries.is_empty())
}

/// Returns the object identifier of an attribute that not every server has. slapd cannot search its schema by unknown names.
fn object_identifier(attribute: &str) -> Option<String> {
    let of_the_policy = |number: u8| Some(format!("1.3.6.1.4.1.42.2.27.8.1.{number}"));
    match attribute {
        "gidNumber" => Some("1.3.6.1.1.1.1.1".to_owned()), // RFC 2307 section 3
        "memberUid" => Some("1.3.6.1.1.1.1.12".to_owned()),
        "pwdChangedTime" => of_the_policy(16), // draft-behera-ldap-password-policy-10 section 5
        "pwdAccountLockedTime" => of_the_policy(17),
        "pwdFailureTime" => of_the_policy(19),
        "pwdReset" => of_the_policy(22),
        "pwdPolicySubentry" => of_the_policy(23),
        "pwdMaxIdle" => of_the_policy(26),
        "pwdStartTime" => of_the_policy(27),
        "pwdEndTime" => of_the_policy(28),
        "pwdLastSuccess" => of_the_policy(29),
        "pwdMaxLength" => of_the_policy(31),
        "pwdAccountTmpLockoutEnd" => of_the_policy(33),
        _ => None,
    }
}

/// Describes an attribute of a user as one that cannot be read: what it says, and the right that shows it.
pub(super) fn unreadable(attribute: &str) -> Unreadable {
    let decides = match attribute {
        "pwdReset" => "whether a new password has to be chosen",
        "pwdChangedTime" => "when the password was set",
        "createTimestamp" => "when the password was set that the entry was added with",
        "pwdAccountLockedTime" => "whether the user is locked, perhaps by an administrator",
        "pwdAccountTmpLockoutEnd" => "whether the user is locked for a while",
        "pwdStartTime" => "whether the user may sign in already",
        "pwdEndTime" => "whether the user's time has ended",
        "pwdLastSuccess" => "whether the user is locked for not signing in",
        "pwdPolicySubentry" => "which password policy applies, and so whether a change is forced",
        "gidNumber" => "whether the user's primary group is protected",
        _ => "the user's status",
    };
    Unreadable::new(attribute, decides, right_to_read(attribute))
}

/// Returns the right to read something, as slapd's rules grant it.
pub(super) fn right_to_read(what: &str) -> String {
    format!("read access to {what} in slapd's rules (docs/backends/openldap.md)")
}

/// Makes the error of a value that cannot be read.
pub(super) fn unreadable_error(value: &Unreadable) -> Error {
    Error::refused(Reason::Unreadable, format!("{}. What cannot be read is not taken for \"no\".", value.describe()))
        .hint("`tellonce doctor` checks what the agents may read.")
}

/// Makes the error of a value that cannot be read back after a set.
pub(super) fn unreadable_error_after_set(attribute: &str) -> Error {
    Error { changed: Changed::Yes, ..unreadable_error(&unreadable(attribute)) }
}
