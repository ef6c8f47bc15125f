//! The checks of `doctor` on a realm, with the agent's own rights.

use super::claims::{REALM_MANAGEMENT, RoleScope};
use super::policy::keeps_history;
use super::user_lookup::{KeycloakAgent, OWN_USER_UNKNOWN, PROVED_ATTRIBUTE};
use super::wire::{BruteForce, ServerInfo};
use crate::domain::{Check, CheckState, PolicyRead, Reason, Result, Right};

/// The largest harmless difference between the clocks, in seconds. Beyond it valid tokens count as expired.
const MAX_CLOCK_SKEW: i64 = 30;
/// The versions that the live tests ran against. Each stands for its minor version (26.4).
const TESTED_VERSIONS: [&str; 4] = ["26.0.8", "26.2.5", "26.4.7", "26.7.3"];
/// The role that includes all others.
const REALM_ADMIN: &str = "realm-admin";
/// The roles that an agent can use; docs/backends/keycloak.md says for what.
const AGENT_ROLES: [&str; 8] = [
    "manage-users",
    "view-users",
    "query-users",
    "query-groups",
    "view-realm",
    "query-realms",
    "view-clients",
    "query-clients",
];

impl KeycloakAgent {
    /// Checks rights that are too wide or cannot be read, and settings of the realm that weaken a promise.
    pub(super) async fn run_checks(&self) -> Result<Vec<Check>> {
        let mut checks = vec![self.clock_check(), self.token_check(), self.least_rights_check()];
        checks.extend(self.administrators_check());
        // Without any right over the realm, one fault says why nothing else can be checked.
        match self.check_realm().await {
            Ok(found) => checks.extend(found),
            Err(error) => checks.push(Check::new("realm", CheckState::Fault, error.message_with_hint())),
        }
        Ok(checks)
    }

    async fn check_realm(&self) -> Result<Vec<Check>> {
        let mut checks = vec![self.version_check().await?];
        checks.extend([self.policy_check().await?, self.history_check().await?, self.group_check().await?]);
        checks.extend(self.realm_checks().await?);
        checks.push(self.0.update_password.check(self.api()).await?);
        checks.push(self.locks_check().await?);
        checks.push(self.guards_check().await?);
        checks.push(self.own_user_check().await?);
        checks.push(self.readability_check().await?);
        checks.extend(self.contacts_check().await?);
        Ok(checks)
    }

    /// Checks whether the sign-in client passes the agent's roles on to the token.
    fn token_check(&self) -> Check {
        let claims = &self.0.claims;
        let role = "manage-users";
        match claims.role_scope {
            RoleScope::Full => Check::new("token", CheckState::Ok, "the sign-in client passes your roles on"),
            _ if claims.has(role) => Check::new("token", CheckState::Ok, format!("it carries {role}")),
            RoleScope::Limited | RoleScope::Unknown => {
                let (explanation, hint) = claims.token_roles().explain_refusal(role);
                let finding =
                    format!("it does not say whether you have {role}. {explanation} {}", hint.unwrap_or_default());
                Check::new("token", CheckState::Warning, finding.trim_end())
            }
        }
    }

    /// Checks whether the agent's own user can be distinguished from a customer's.
    async fn own_user_check(&self) -> Result<Check> {
        Ok(match self.own_user_obstacle().await? {
            Some(_) => Check::new(
                "own user",
                CheckState::Fault,
                format!("{OWN_USER_UNKNOWN}: every reset is refused until then"),
            ),
            None if self.0.claims.is_of(self.api().realm_name()) => Check::new(
                "own user",
                CheckState::Ok,
                format!("you are {} here, and are not reset", self.0.claims.name),
            ),
            None => Check::new("own user", CheckState::Ok, "you are no user of this realm"),
        })
    }

    async fn version_check(&self) -> Result<Check> {
        let hidden =
            "your rights do not show it (the server tells it to those who may manage the realm): ask its administrator";
        let found = match self.api().server_info::<ServerInfo>().await {
            Err(error) if error.reason == Reason::MissingRight => None,
            found => found?.and_then(|info| info.system_info.version),
        };
        Ok(match found {
            None => Check::new("version", CheckState::Unknown, hidden),
            Some(version) => {
                let minor = version.split('.').take(2).collect::<Vec<_>>().join(".");
                if TESTED_VERSIONS.iter().any(|tested| tested.starts_with(&format!("{minor}."))) {
                    Check::new("version", CheckState::Ok, format!("Keycloak {version}"))
                } else {
                    let finding = format!(
                        "Keycloak {version}: tellonce was not tried with it, but with {}",
                        TESTED_VERSIONS.join(", ")
                    );
                    Check::new("version", CheckState::Warning, finding)
                }
            }
        })
    }

    /// Checks the clocks by the agent's token, since the server sends no header Date.
    fn clock_check(&self) -> Check {
        match self.0.claims.clock_skew {
            None => Check::new("clock", CheckState::Unknown, "a token from the environment does not tell"),
            Some(skew) if skew.abs() <= MAX_CLOCK_SKEW => {
                Check::new("clock", CheckState::Ok, "this machine and the server agree on the time")
            }
            Some(skew) => {
                let finding = format!(
                    "the server's clock is {skew} seconds off this machine's: set this machine's right; times of issue are the server's"
                );
                Check::new("clock", CheckState::Warning, finding)
            }
        }
    }

    /// Checks that the profile protects administrators: at the server `manage-users` has no exceptions.
    fn administrators_check(&self) -> Option<Check> {
        let protects = self.0.protected.roles.iter().any(|role| role.starts_with(REALM_MANAGEMENT));
        // An agent whose token says nothing of roles may have the role.
        let reaches = self.0.claims.has("manage-users") || self.0.claims.role_scope == RoleScope::Unknown;
        (reaches && !protects).then(|| {
            let finding = "manage-users reaches the realm's administrators too, and the profile does not protect them by role: protected = { roles = [\"realm-management/realm-admin\"] }";
            Check::new("administrators", CheckState::Warning, finding)
        })
    }

    /// Checks whether locks can be read, on the agent's own user.
    async fn locks_check(&self) -> Result<Check> {
        if self.realm().await?.brute_force_protected == Some(false) {
            return Ok(Check::new("locks", CheckState::Ok, "there are none"));
        }
        let path = ["attack-detection", "brute-force", "users", self.0.claims.user.as_str()];
        Ok(match self.api().get_if_any::<BruteForce>(&path, &[], Right::FindCustomers).await {
            Err(error) if error.reason == Reason::MissingRight => Check::new(
                "locks",
                CheckState::Warning,
                "whether failed attempts have locked a customer, your rights do not show (where fine-grained permissions do not reach it, it takes view-users): a right temporary password may be refused until the lock ends",
            ),
            found => match found? {
                Some(_) => Check::new("locks", CheckState::Ok, "a customer who is locked by failed attempts is seen"),
                None => {
                    Check::new("locks", CheckState::Warning, "the server does not say who is locked by failed attempts")
                }
            },
        })
    }

    /// Checks that the agent has no right beyond managing users.
    fn least_rights_check(&self) -> Check {
        let roles = &self.0.claims.roles;
        let found: Vec<&str> = if roles.contains(REALM_ADMIN) {
            vec![REALM_ADMIN]
        } else {
            roles.iter().map(String::as_str).filter(|role| !AGENT_ROLES.contains(role)).collect()
        };
        if self.0.claims.role_scope == RoleScope::Unknown {
            return Check::new("least rights", CheckState::Unknown, "your token does not say which roles you have");
        }
        if found.is_empty() {
            return Check::new("least rights", CheckState::Ok, "no right over the realm beyond its users");
        }
        let finding =
            format!("wider than an agent needs: {}. docs/backends/keycloak.md lists the least", found.join(", "));
        Check::new("least rights", CheckState::Warning, finding)
    }

    async fn policy_check(&self) -> Result<Check> {
        let policy = self.policy().await?;
        let known = policy.describe().join(", ");
        Ok(match policy {
            PolicyRead::Read(_) if known.is_empty() => Check::new("policy", CheckState::Ok, "it has no rules"),
            PolicyRead::Read(_) => Check::new("policy", CheckState::Ok, known),
            PolicyRead::InPart(_, why) | PolicyRead::Unreadable(why) => {
                let before = if known.is_empty() { String::new() } else { format!("{known}, and more: ") };
                let finding = format!("{before}{why}; the strictest usual one is kept, and the server's refusal read");
                Check::new("policy", CheckState::Warning, finding)
            }
        })
    }

    async fn history_check(&self) -> Result<Check> {
        let realm = self.realm().await?;
        Ok(match realm.password_policy.as_deref() {
            Some(policy) if keeps_history(policy) => {
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

    async fn group_check(&self) -> Result<Check> {
        let name = &self.0.pending_group_name;
        let Some(group) = self.pending_group().await? else {
            if self.realm().await?.reset_password_allowed == Some(false) {
                let finding =
                    format!("there is no group /{name}, and none is needed: the realm has no reset by e-mail");
                return Ok(Check::new("pending group", CheckState::Ok, finding));
            }
            let finding = format!(
                "there is no group /{name} that proved itself: a reset by e-mail works while a temporary password is pending"
            );
            return Ok(Check::new("pending group", CheckState::Warning, finding));
        };
        let flow =
            group.attributes.get(PROVED_ATTRIBUTE).and_then(|values| values.first()).cloned().unwrap_or_default();
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

    async fn realm_checks(&self) -> Result<Vec<Check>> {
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
}
