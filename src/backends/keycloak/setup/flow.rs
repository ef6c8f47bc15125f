//! The setup step for the reset flow that refuses users with a pending temporary password.
//!
//! It is a copy of the flow that is bound now, with one more sub-flow directly after the execution that chooses the user.

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

use super::admin_api::{AdminApi, AdminRight};
use super::setup_step::{NotApplicable, SetupStep, step};
use crate::domain::{Changed, Error, Result, Step};

const ID: &str = "reset_flow";
const CHOOSE_USER: &str = "reset-credentials-choose-user";
const CONDITION: &str = "conditional-user-role";
const DENY: &str = "deny-access-authenticator";
const REQUIRED: &str = "REQUIRED";
/// What the customer reads on the page instead of "You should receive an email".
const DENIED: &str = "Support has issued you a temporary password: sign in with it, or ask support for another.";
/// The suffix of the copy's name.
const COPY_SUFFIX: &str = " with tellonce";
/// More executions than a flow has.
const MAX_EXECUTIONS: usize = 50;

/// An execution of a flow. The list has the executions of a sub-flow after it, one level deeper.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Execution {
    id: String,
    requirement: String,
    #[serde(default)]
    display_name: String,
    provider_id: Option<String>,
    #[serde(default)]
    authentication_flow: bool,
    authentication_config: Option<String>,
    #[serde(default)]
    level: usize,
}

/// The configuration of an execution.
#[derive(Deserialize)]
struct ExecutionConfig {
    #[serde(default)]
    config: std::collections::BTreeMap<String, String>,
}

/// The reset flow that is bound now.
pub(super) struct ResetFlow {
    pub(super) bound: String,
    role: String,
    pub(super) refuses: bool,
}

impl ResetFlow {
    /// Describes the step without asking the server.
    pub(super) fn new(role: &str) -> Self {
        Self { bound: "reset credentials".to_owned(), role: role.to_owned(), refuses: false }
    }

    /// Reads the flow that is bound now. Returns [`NotApplicable`] if nothing in it chooses the user.
    ///
    /// # Errors
    /// As for [`AdminApi::get`].
    pub(super) async fn load(admin: &AdminApi, bound: &str, role: &str) -> Result<Result<Self, NotApplicable>> {
        let executions = load_executions(admin, bound).await?;
        if choose_user(&executions).is_none() {
            let why = format!(
                "the realm's reset flow \"{bound}\" has no step Choose User, after which e-mail resets could be refused: the pending group is not used, and a reset by e-mail works while a temporary password is pending"
            );
            return Ok(Err(NotApplicable { id: ID, why }));
        }
        let refuses = refuses(admin, &executions, role).await?;
        Ok(Ok(Self { bound: bound.to_owned(), role: role.to_owned(), refuses }))
    }

    /// Copies the flow, adds the sub-flow and binds the copy. It fails with the copy in place if an answer is lost.
    async fn copy_and_bind(&self, admin: &AdminApi, copy: &str) -> Result<()> {
        let path = ["authentication", "flows", self.bound.as_str(), "copy"];
        admin.create(&path, &json!({ "newName": copy }), AdminRight::Realm).await?;
        self.build(admin, copy).await?;
        admin.put(&[], &json!({ "resetCredentialsFlow": copy }), AdminRight::Realm).await
    }

    /// Builds the sub-flow into the copy.
    async fn build(&self, admin: &AdminApi, copy: &str) -> Result<()> {
        let executions = load_executions(admin, copy).await?;
        let chooses = choose_user(&executions).ok_or_else(|| built_differently(copy))?;
        let parent = parent(&executions, chooses).unwrap_or(copy).to_owned();
        let sub = format!("{copy} - pending");
        let body = json!({ "alias": sub, "type": "basic-flow", "provider": "registration-page-form",
            "description": "Refuses while a temporary password is pending" });
        admin.create(&["authentication", "flows", &parent, "executions", "flow"], &body, AdminRight::Realm).await?;
        let execution = load_executions(admin, copy).await?.into_iter().find(|execution| execution.display_name == sub);
        let execution = execution.ok_or_else(|| built_differently(copy))?;
        require(admin, copy, &execution, "CONDITIONAL").await?;
        self.raise(admin, copy, &execution.id).await?;
        let configured = [
            (CONDITION, "condition", json!({ "condUserRole": self.role, "negate": "false" })),
            (DENY, "refusal", json!({ "denyErrorMessage": DENIED })),
        ];
        for (provider, what, config) in configured {
            let path = ["authentication", "flows", &sub, "executions", "execution"];
            admin.create(&path, &json!({ "provider": provider }), AdminRight::Realm).await?;
            let executions = load_executions(admin, copy).await?;
            let mut inside = below(&executions, &execution.id).iter();
            let execution = inside
                .find(|execution| execution.provider_id.as_deref() == Some(provider))
                .ok_or_else(|| built_differently(copy))?;
            require(admin, copy, execution, REQUIRED).await?;
            let config = json!({ "alias": format!("{sub} - {what}"), "config": config });
            admin
                .create(&["authentication", "executions", &execution.id, "config"], &config, AdminRight::Realm)
                .await?;
        }
        if refuses(admin, &load_executions(admin, copy).await?, &self.role).await? {
            Ok(())
        } else {
            Err(built_differently(copy))
        }
    }

    /// Raises the sub-flow until it stands directly after the step that chooses the user.
    async fn raise(&self, admin: &AdminApi, copy: &str, id: &str) -> Result<()> {
        for _ in 0..MAX_EXECUTIONS {
            let executions = load_executions(admin, copy).await?;
            let chooses = choose_user(&executions).ok_or_else(|| built_differently(copy))?;
            if executions.get(chooses + 1).is_some_and(|execution| execution.id == id) {
                return Ok(());
            }
            admin
                .create(&["authentication", "executions", id, "raise-priority"], &json!({}), AdminRight::Realm)
                .await?;
        }
        Err(built_differently(copy))
    }
}

#[async_trait(?Send)]
impl SetupStep for ResetFlow {
    fn step(&self) -> Step {
        let (bound, role) = (&self.bound, &self.role);
        let words = if self.refuses {
            format!("the reset flow \"{bound}\" refuses users with the role {role}")
        } else {
            format!(
                "the reset flow refuses users with the role {role}: a copy of \"{bound}\", which itself stays as it is, is bound in its place"
            )
        };
        let by_hand = vec![
            format!("Authentication, Flows, {bound}, Action, Duplicate: {bound}{COPY_SUFFIX}."),
            format!(
                "In it, Add sub-flow: {bound}{COPY_SUFFIX} - pending; drag it directly below Choose User; Conditional."
            ),
            format!(
                "In that, Add condition: Condition - user role, Required; its settings: User role {role}, Negate off."
            ),
            format!("And Add execution: Deny access, Required; its settings: Error message: {DENIED}"),
            "Action, Bind flow: Reset credentials flow.".to_owned(),
        ];
        step(ID, self.refuses, words, by_hand)
    }

    async fn carry_out(&self, admin: &AdminApi) -> Result<String> {
        let copy = self.free_name(admin).await?;
        if let Err(error) = self.copy_and_bind(admin, &copy).await {
            return Err(match remove(admin, &copy).await {
                Ok(()) => {
                    admin.clear_changed();
                    Error { changed: Changed::No, ..error }
                }
                Err(why) => {
                    let message = format!(
                        "{} The flow \"{copy}\" is left as far as it was built, and could not be removed: {}",
                        error.message, why.message
                    );
                    Error { message, ..error }
                }
            });
        }
        Ok(format!("\"{copy}\" is the realm's reset flow"))
    }
}

impl ResetFlow {
    /// Returns a name that no flow has. Existing flows are not touched.
    async fn free_name(&self, admin: &AdminApi) -> Result<String> {
        let flows: Vec<Value> = admin.get(&["authentication", "flows"], &[], AdminRight::Realm).await?;
        let base = self.bound.split(COPY_SUFFIX).next().unwrap_or(&self.bound);
        let names = (1..).map(|number| match number {
            1 => format!("{base}{COPY_SUFFIX}"),
            number => format!("{base}{COPY_SUFFIX} {number}"),
        });
        let mut free = names.filter(|name| flows.iter().all(|flow| flow["alias"] != name.as_str()));
        free.next().ok_or_else(|| built_differently(base))
    }
}

/// Removes a flow that this run created.
///
/// # Errors
/// As for [`AdminApi::delete`].
pub(super) async fn remove(admin: &AdminApi, alias: &str) -> Result<()> {
    let flows: Vec<Value> = admin.get(&["authentication", "flows"], &[], AdminRight::Realm).await?;
    let found = flows.iter().find(|flow| flow["alias"] == alias).and_then(|flow| flow["id"].as_str());
    match found {
        Some(id) => admin.delete(&["authentication", "flows", id], AdminRight::Realm).await,
        None => Ok(()),
    }
}

async fn load_executions(admin: &AdminApi, alias: &str) -> Result<Vec<Execution>> {
    admin.get(&["authentication", "flows", alias, "executions"], &[], AdminRight::Realm).await
}

/// Sets an execution's requirement. The whole execution is sent back, since the server removes what is left out.
async fn require(admin: &AdminApi, flow: &str, execution: &Execution, requirement: &str) -> Result<()> {
    let path = ["authentication", "flows", flow, "executions"];
    let executions: Vec<Value> = admin.get(&path, &[], AdminRight::Realm).await?;
    let mut whole = executions
        .into_iter()
        .find(|found| found["id"] == execution.id.as_str())
        .ok_or_else(|| built_differently(flow))?;
    whole["requirement"] = json!(requirement);
    admin.put(&path, &whole, AdminRight::Realm).await
}

/// Says that the server built the flow in another way than it was asked to.
fn built_differently(flow: &str) -> Error {
    Error::unavailable(format!(
        "The server built the flow \"{flow}\" differently than tellonce asked, so it is not used."
    ))
    .hint("Build it by hand: `tellonce setup --print` has the steps.")
}

/// Finds the execution that chooses the user.
fn choose_user(executions: &[Execution]) -> Option<usize> {
    executions.iter().position(|execution| execution.provider_id.as_deref() == Some(CHOOSE_USER))
}

/// Returns the sub-flow that an execution is in, or `None` if it is in the flow itself.
fn parent(executions: &[Execution], at: usize) -> Option<&str> {
    let level = executions.get(at)?.level.checked_sub(1)?;
    executions[..at]
        .iter()
        .rev()
        .find(|execution| execution.level == level)
        .map(|execution| execution.display_name.as_str())
}

/// Returns the executions of a sub-flow.
fn below<'a>(executions: &'a [Execution], id: &str) -> &'a [Execution] {
    let Some(at) = executions.iter().position(|execution| execution.id == id) else { return &[] };
    let rest = &executions[at + 1..];
    let end = rest.iter().position(|execution| execution.level <= executions[at].level).unwrap_or(rest.len());
    &rest[..end]
}

/// Finds the sub-flow directly after the execution that chooses the user, if it has only a condition on a role and a
/// refusal. Returns these two.
fn guard(executions: &[Execution]) -> Option<(&Execution, &Execution)> {
    let chooses = choose_user(executions)?;
    let next = executions[chooses + 1..].iter().find(|execution| execution.requirement != "DISABLED")?;
    if !next.authentication_flow || next.requirement != "CONDITIONAL" || next.level != executions[chooses].level {
        return None;
    }
    let inside: Vec<&Execution> =
        below(executions, &next.id).iter().filter(|execution| execution.requirement == REQUIRED).collect();
    let called =
        |provider: &str| inside.iter().copied().find(|execution| execution.provider_id.as_deref() == Some(provider));
    let live = below(executions, &next.id).iter().filter(|execution| execution.requirement != "DISABLED").count();
    (live == 2).then(|| called(CONDITION).zip(called(DENY))).flatten()
}

/// Reports whether a flow refuses users with the role.
async fn refuses(admin: &AdminApi, executions: &[Execution], role: &str) -> Result<bool> {
    let Some((condition, _)) = guard(executions) else { return Ok(false) };
    let Some(id) = &condition.authentication_config else { return Ok(false) };
    let configured: Option<ExecutionConfig> =
        admin.find(&["authentication", "config", id], &[], AdminRight::Realm).await?;
    let Some(ExecutionConfig { config }) = configured else { return Ok(false) };
    let negated = config.get("negate").is_some_and(|negate| negate == "true");
    Ok(config.get("condUserRole").is_some_and(|found| found == role) && !negated)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;

    fn executions(text: &str) -> Vec<Execution> {
        let execution = |text: &str| {
            let level = text.len() - text.trim_start().len();
            let [name, requirement] = text.trim().split(' ').collect::<Vec<_>>().try_into().unwrap();
            let flow = name.starts_with('+');
            serde_json::from_value(json!({ "id": name, "requirement": requirement, "displayName": name, "level": level,
                "authenticationFlow": flow, "providerId": if flow { Value::Null } else { json!(name) } }))
            .unwrap()
        };
        text.lines().map(execution).collect()
    }

    #[test]
    fn the_refusal_counts_only_directly_after_the_user_is_chosen_and_if_enabled() {
        let good = "reset-credentials-choose-user REQUIRED\n+sub CONDITIONAL\n conditional-user-role REQUIRED\n deny-access-authenticator REQUIRED\nreset-credential-email REQUIRED";
        assert!(guard(&executions(good)).is_some());
        assert!(guard(&executions(&good.replace("+sub", "switched-off DISABLED\n+sub"))).is_some());
        for (from, to) in [
            ("+sub CONDITIONAL", "+sub DISABLED"),
            ("+sub CONDITIONAL", "+sub REQUIRED"),
            ("+sub", "reset-credential-email REQUIRED\n+sub"),
            ("deny-access-authenticator REQUIRED", "deny-access-authenticator DISABLED"),
            ("role REQUIRED", "role REQUIRED\n conditional-user-configured REQUIRED"),
            ("reset-credentials-choose-user", "other"),
        ] {
            assert!(guard(&executions(&good.replacen(from, to, 1))).is_none(), "{to}");
        }
    }

    #[test]
    fn a_step_inside_a_sub_flow_has_that_as_its_parent() {
        let executions = executions(
            "+a REQUIRED\n x REQUIRED\n+b REQUIRED\n +c REQUIRED\n  reset-credentials-choose-user REQUIRED\nend REQUIRED",
        );
        let chooses = choose_user(&executions).unwrap();
        assert_eq!((parent(&executions, chooses), parent(&executions, 0)), (Some("+c"), None));
        assert_eq!(below(&executions, "+b").len(), 2);
    }
}
