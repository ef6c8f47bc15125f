//! Where a user stands: pwdReset, locks, start and end, groups, and the policy that applies.

use jiff::Timestamp;

use super::groups;
use super::policy::UserPolicy;
use crate::backends::ldap::agent::LdapAgent;
use crate::backends::ldap::dn;
use crate::backends::ldap::entry::{Entry, generalized_time};
use crate::domain::{Answer, Obstacle, Stamp, Standing, State, UserId, Whom};

/// An administrator's lock, which does not end (draft-behera-ldap-password-policy-10 section 5.3.3).
const FOR_EVER: &str = "000001010000Z";
/// What a standing is read from.
pub(super) const FACTS: [&str; 14] = [
    "uid",
    "mail",
    "cn",
    "gidNumber",
    "pwdReset",
    "pwdChangedTime",
    "pwdAccountLockedTime",
    "pwdStartTime",
    "pwdEndTime",
    "pwdPolicySubentry",
    "modifiersName",
    "entryCSN",
    "pwdHistory",
    "pwdFailureTime",
];
/// What a set is recognised by: read with the change itself (post-read), and again later.
pub(super) const SET: [&str; 5] = ["pwdReset", "pwdChangedTime", "entryCSN", "modifiersName", "pwdFailureTime"];

/// When the password was last set, and the number of that very change as long as it is the entry's last one: the time
/// has whole seconds. A refused sign-in changes the entry as well, and leaves a pwdFailureTime that only a set clears.
pub(super) fn stamp(entry: &Entry) -> Option<Stamp> {
    let at = entry.time("pwdChangedTime")?;
    let change = entry.text("entryCSN").filter(|_| !entry.has("pwdFailureTime"));
    Some(Stamp { at: Some(at), version: change.and_then(|change| number_within(&change, at)) })
}

/// The number of a change (CSN: a time to the microsecond, and behind `#` more) that was made in this very second.
fn number_within(change: &str, second: Timestamp) -> Option<u64> {
    let time = change.split('#').next()?;
    let (_, micros) = time.strip_suffix('Z')?.split_once('.')?;
    if micros.len() != 6 || generalized_time(time)? != second {
        return None;
    }
    u64::try_from(second.as_microsecond()).ok()?.checked_add(micros.parse().ok()?)
}

/// Reads where the user stands.
pub(super) async fn read(agent: &LdapAgent, entry: &Entry) -> Answer<Standing> {
    let id = UserId::new(entry.dn.clone());
    let named = entry.text("pwdPolicySubentry");
    let (policy, groups, protected) =
        tokio::try_join!(UserPolicy::read(agent, named), groups::of(agent, entry), groups::protected(agent))?;
    let now = agent.clock.now();
    let locked_at = entry.text("pwdAccountLockedTime");
    let for_ever = locked_at.as_deref() == Some(FOR_EVER);
    let locked_until = entry
        .time("pwdAccountLockedTime")
        .zip(policy.lockout_seconds())
        .and_then(|(at, seconds)| at.checked_add(jiff::SignedDuration::from_secs(seconds)).ok());
    let locked = locked_at.is_some() && !for_ever && locked_until.is_none_or(|until| until > now);
    let ended = entry.time("pwdEndTime").is_some_and(|at| at <= now);
    let not_begun = entry.time("pwdStartTime").is_some_and(|at| at > now);
    let change_required = entry.is_true("pwdReset");
    let mut obstacles = Vec::new();
    if agent.known.dn.as_deref().is_some_and(|own| dn::same(own, &entry.dn)) {
        obstacles.push(Obstacle::OwnUser);
    }
    obstacles.extend(groups::obstacle(&protected, &groups));
    if for_ever || ended || not_begun {
        obstacles.push(Obstacle::Disabled); // a reset would lift an administrator's lock as well
    }
    obstacles.extend(policy.obstacle());
    if locked {
        obstacles.push(Obstacle::Locked { until: locked_until });
    }
    let stamp = stamp(entry);
    Ok(Standing {
        whom: Whom::User(id),
        state: State {
            has_user: true,
            external: false,
            disabled: for_ever || ended || not_begun,
            locked,
            change_required,
            expired: None,
            withdrawn: None,
            ..State::default()
        },
        issued_at: stamp.as_ref().and_then(|stamp| stamp.at).filter(|_| change_required),
        changed_by_customer_at: changed_by_customer(entry, change_required),
        stamp,
        expires_at: None,
        issued_by: entry.text("modifiersName").filter(|_| change_required),
        roles: Vec::new(),
        groups: groups.found.into_iter().map(|group| group.name).collect(),
        policy: policy.rules(),
        obstacles,
    })
}

/// The customer chose the password: the last change of the entry is theirs, and nothing is pending.
fn changed_by_customer(entry: &Entry, pending: bool) -> Option<jiff::Timestamp> {
    let theirs = entry.text("modifiersName").is_some_and(|name| dn::same(&name, &entry.dn));
    entry.time("pwdChangedTime").filter(|_| theirs && !pending)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;

    #[test]
    fn a_change_has_a_number_in_the_second_of_the_set_alone() {
        let at = generalized_time("20261125173054Z").unwrap();
        let number = |change: &str| number_within(change, at);
        assert_eq!(number("20261125173054.866902Z#000000#000#000000"), Some(1_795_627_854_866_902));
        assert!(
            number("20261125173054.000001Z#000000#001#000000") < number("20261125173054.000002Z#000000#000#000000")
        );
        for other in ["20261125173055.000001Z#000000#000#000000", "20261125173054Z#0", "20261125173054.1Z", "", "#"] {
            assert_eq!(number(other), None, "{other}");
        }
    }
}
