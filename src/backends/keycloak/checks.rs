//! What `doctor` can find out about a realm.

use super::agent::{KeycloakAgent, PROVED};
use super::policy::remembers;
use super::wire::User;
use crate::domain::{Answer, Check, CheckState, PolicyRead, Right};

impl KeycloakAgent {
    /// Rights that are too wide or cannot be read, and settings of the realm that weaken a promise.
    pub(super) async fn look(&self) -> Answer<Vec<Check>> {
        let mut checks = vec![self.width(), self.policy_check().await?, self.history_check().await?];
        checks.push(self.group_check().await?);
        checks.extend(self.realm_checks().await?);
        checks.extend(self.protection_check().await?);
        Ok(checks)
    }

    /// An agent needs to manage users, not realms.
    fn width(&self) -> Check {
        let too_wide = ["realm-admin", "manage-realm", "manage-clients", "manage-identity-providers", "impersonation"];
        let found: Vec<&str> = too_wide.into_iter().filter(|role| self.0.claims.roles.contains(*role)).collect();
        if found.is_empty() {
            return Check::new("least rights", CheckState::Ok, "no right over the realm beyond its users");
        }
        let words =
            format!("wider than an agent needs: {}. docs/backends/keycloak.md lists the least", found.join(", "));
        Check::new("least rights", CheckState::Warning, words)
    }

    async fn policy_check(&self) -> Answer<Check> {
        Ok(match self.policy().await? {
            PolicyRead::Read(policy) => {
                let words = policy.words();
                let words = if words.is_empty() { "it has no rules".to_owned() } else { words.join(", ") };
                Check::new("policy", CheckState::Ok, words)
            }
            PolicyRead::Unreadable(why) => {
                let words = format!("{why}; the strictest usual one is kept, and the server's refusal read");
                Check::new("policy", CheckState::Warning, words)
            }
        })
    }

    async fn history_check(&self) -> Answer<Check> {
        let realm = self.realm().await?;
        Ok(match realm.password_policy.as_deref() {
            Some(policy) if remembers(policy) => {
                Check::new("password history", CheckState::Ok, "the temporary password cannot be kept as the new one")
            }
            None if realm.enabled.is_none() => {
                Check::new("password history", CheckState::Unknown, "your rights do not show the policy (view-realm)")
            }
            _ => Check::new(
                "password history",
                CheckState::Warning,
                "off: the customer may keep the temporary password as the new one. Add it to the realm's policy (docs/backends/keycloak.md)",
            ),
        })
    }

    async fn group_check(&self) -> Answer<Check> {
        let name = &self.0.pending_group_name;
        let Some(group) = self.pending_group().await? else {
            let words = format!(
                "there is no group /{name} that proved itself: a reset by e-mail works while a temporary password is pending"
            );
            return Ok(Check::new("pending group", CheckState::Warning, words));
        };
        let flow = group.attributes.get(PROVED).and_then(|values| values.first()).cloned().unwrap_or_default();
        let bound = self.realm().await?.reset_credentials_flow.clone();
        Ok(match bound {
            Some(bound) if bound != flow => Check::new(
                "pending group",
                CheckState::Fault,
                format!(
                    "the realm's reset flow is \"{bound}\" now, not \"{flow}\", which refuses e-mail resets meanwhile"
                ),
            ),
            Some(_) => Check::new(
                "pending group",
                CheckState::Ok,
                format!("/{name} refuses e-mail resets while one is pending"),
            ),
            None => Check::new(
                "pending group",
                CheckState::Ok,
                format!("/{name} proved itself; whether its flow is still bound, your rights do not show (view-realm)"),
            ),
        })
    }

    async fn realm_checks(&self) -> Answer<Vec<Check>> {
        let realm = self.realm().await?;
        let brute_force = match realm.brute_force_protected {
            Some(true) => Check::new("brute force", CheckState::Ok, "failed attempts lock a user"),
            Some(false) => Check::new(
                "brute force",
                CheckState::Warning,
                "failed attempts lock nobody: a temporary password can be guessed at",
            ),
            None => Check::new("brute force", CheckState::Unknown, "your rights do not show it"),
        };
        let admin_events = match (realm.enabled, realm.admin_events_enabled) {
            (None, _) => Check::new("admin events", CheckState::Unknown, "your rights do not show it (view-realm)"),
            (_, Some(true)) => Check::new("admin events", CheckState::Ok, "the server records who reset whom as well"),
            _ => Check::new("admin events", CheckState::Warning, "off: the server does not record who reset whom"),
        };
        Ok(vec![brute_force, admin_events])
    }

    /// Whether protected groups and roles can be read, tried on the agent's own user.
    async fn protection_check(&self) -> Answer<Option<Check>> {
        let protected = &self.0.protected;
        if protected.groups.is_empty() && protected.roles.is_empty() {
            let words = "the profile protects nobody: an administrator of the realm can be reset as well";
            return Ok(Some(Check::new("protection", CheckState::Warning, words)));
        }
        let clients = self.protected_clients().await?;
        if let Some(why) = clients.values().find_map(|found| found.as_ref().err()) {
            let words = format!("{why}: every reset is refused until then");
            return Ok(Some(Check::new("protection", CheckState::Fault, words)));
        }
        let known: Answer<Option<User>> =
            self.api().get_if_any(&["users", &self.0.claims.user], &[], Right::FindCustomers).await;
        let words = if known.is_ok() { "groups and roles can be read" } else { "could not be tried" };
        Ok(Some(Check::new("protection", CheckState::Ok, words)))
    }
}
