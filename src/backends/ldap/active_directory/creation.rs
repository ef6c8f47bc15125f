//! Whether the agent may create users, and will be able to read back what was set of one.

use ldap3::Scope;

use super::attributes::{Attribute, Fact, MAIL};
use super::facts::READ_BACK;
use super::identity::Identity;
use super::permissions::{may_read, may_read_of_new};
use super::values::is_account_operator;
use crate::backends::ldap::agent::LdapAgent;
use crate::backends::ldap::ber::DESCRIPTOR;
use crate::backends::ldap::entry::Entry;
use crate::domain::{Answer, Obstacle, Right};

/// The attribute that lists what the agent may create ([MS-ADTS] section 3.1.1.4.5.5).
const CREATES: &str = "allowedChildClassesEffective";

/// Whether the agent may create users.
pub(super) async fn may_create(agent: &LdapAgent) -> Answer<bool> {
    let unit = agent.connection.read(&agent.settings.create_in, &[CREATES]).await?;
    Ok(unit.is_some_and(|unit| creates(&unit)))
}

fn creates(unit: &Entry) -> bool {
    unit.texts(CREATES).iter().any(|class| class.eq_ignore_ascii_case("user"))
}

/// What stands in the way of creating a user: a missing right, or that what is set could not be read back.
pub(super) async fn obstacles(agent: &LdapAgent, identity: &Identity) -> Answer<Vec<Obstacle>> {
    let unit = agent.connection.read(&agent.settings.create_in, &[CREATES, DESCRIPTOR]).await?.unwrap_or_default();
    if !creates(&unit) {
        return Ok(vec![Obstacle::MissingRight(Right::CreateUsers)]);
    }
    Ok(hidden_of_new(agent, identity, &unit).await?.err().map(Obstacle::Unreadable).into_iter().collect())
}

/// Whether a new user below this unit can be read: by what it inherits, or as one that is there already.
async fn hidden_of_new(agent: &LdapAgent, identity: &Identity, unit: &Entry) -> Answer<Fact<()>> {
    let needed: Vec<&Attribute> = READ_BACK.iter().chain([&MAIL]).collect();
    let inherited = |attribute: &&Attribute| may_read_of_new(&identity.sids, unit, attribute.names) == Some(true);
    // Domain Admins and Account Operators have all rights to each new user, by the schema.
    if needed.iter().all(inherited) || identity.sids.iter().any(|sid| is_account_operator(sid)) {
        return Ok(Ok(()));
    }
    let filter = format!("(&{}(!(adminCount>=1)))", agent.dialect.users());
    let found = agent.connection.search(&unit.dn, Scope::OneLevel, &filter, &[DESCRIPTOR], 1).await?;
    let hidden = match found.entries.first() {
        Some(user) => needed.iter().find(|attribute| may_read(&identity.sids, user, attribute.names) != Some(true)),
        None => needed.iter().find(|attribute| !inherited(attribute) && attribute.name != MAIL.name),
    };
    Ok(hidden.map_or(Ok(()), |attribute| Err(attribute.unreadable())))
}
