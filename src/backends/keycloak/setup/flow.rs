//! The reset flow that refuses while a temporary password is pending: a copy of the one bound now, with one sub-flow
//! more, directly after the step that chooses the user.

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

use super::calls::{Calls, Need};
use super::step::{NotApplicable, SetupStep, step};
use crate::domain::{Changed, Error, Result, Step};

const ID: &str = "reset_flow";
const CHOOSE_USER: &str = "reset-credentials-choose-user";
const CONDITION: &str = "conditional-user-role";
const DENY: &str = "deny-access-authenticator";
const REQUIRED: &str = "REQUIRED";
/// What the customer reads there instead of "You should receive an email".
const DENIED: &str = "Support has issued you a temporary password: sign in with it, or ask support for another.";
/// Added to the name of the flow that was copied.
const WITH: &str = " with tellonce";
/// A flow has fewer steps.
const STEPS: usize = 50;

/// A line of a flow: executions of its sub-flows stand below them, one level deeper.
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

#[derive(Deserialize)]
struct Configured {
    #[serde(default)]
    config: std::collections::BTreeMap<String, String>,
}

/// The reset flow, as it is bound now.
pub(super) struct ResetFlow {
    pub(super) bound: String,
    role: String,
    pub(super) refuses: bool,
}

impl ResetFlow {
    /// Nothing is known of it.
    pub(super) fn unknown(role: &str) -> Self {
        Self { bound: "reset credentials".to_owned(), role: role.to_owned(), refuses: false }
    }

    /// Looks at the flow that is bound now. It is a [`NotApplicable`] where nothing in it chooses the user.
    ///
    /// # Errors
    /// As for [`Calls::get`].
    pub(super) async fn look(calls: &Calls, bound: &str, role: &str) -> Result<Result<Self, NotApplicable>> {
        let lines = executions(calls, bound).await?;
        if choose_user(&lines).is_none() {
            let why = format!(
                "the realm's reset flow \"{bound}\" has no step Choose User, after which e-mail resets could be refused: the pending mark is not used, and L9 is not kept"
            );
            return Ok(Err(NotApplicable { id: ID, why }));
        }
        let refuses = refuses(calls, &lines, role).await?;
        Ok(Ok(Self { bound: bound.to_owned(), role: role.to_owned(), refuses }))
    }

    /// The answer to the first call may be lost, and the copy made.
    async fn copy_and_bind(&self, calls: &Calls, copy: &str) -> Result<()> {
        let path = ["authentication", "flows", self.bound.as_str(), "copy"];
        calls.make(&path, &json!({ "newName": copy }), Need::Realm).await?;
        self.build(calls, copy).await?;
        calls.put(&[], &json!({ "resetCredentialsFlow": copy }), Need::Realm).await
    }

    /// Builds the sub-flow into the copy.
    async fn build(&self, calls: &Calls, copy: &str) -> Result<()> {
        let lines = executions(calls, copy).await?;
        let chooses = choose_user(&lines).ok_or_else(|| odd(copy))?;
        let parent = parent(&lines, chooses).unwrap_or(copy).to_owned();
        let sub = format!("{copy} - pending");
        let body = json!({ "alias": sub, "type": "basic-flow", "provider": "registration-page-form",
            "description": "Refuses while a temporary password is pending" });
        calls.make(&["authentication", "flows", &parent, "executions", "flow"], &body, Need::Realm).await?;
        let line = executions(calls, copy).await?.into_iter().find(|line| line.display_name == sub);
        let line = line.ok_or_else(|| odd(copy))?;
        require(calls, copy, &line, "CONDITIONAL").await?;
        self.raise(calls, copy, &line.id).await?;
        let configured = [
            (CONDITION, "condition", json!({ "condUserRole": self.role, "negate": "false" })),
            (DENY, "refusal", json!({ "denyErrorMessage": DENIED })),
        ];
        for (provider, what, config) in configured {
            let path = ["authentication", "flows", &sub, "executions", "execution"];
            calls.make(&path, &json!({ "provider": provider }), Need::Realm).await?;
            let lines = executions(calls, copy).await?;
            let mut inside = below(&lines, &line.id).iter();
            let line = inside.find(|line| line.provider_id.as_deref() == Some(provider)).ok_or_else(|| odd(copy))?;
            require(calls, copy, line, REQUIRED).await?;
            let config = json!({ "alias": format!("{sub} - {what}"), "config": config });
            calls.make(&["authentication", "executions", &line.id, "config"], &config, Need::Realm).await?;
        }
        if refuses(calls, &executions(calls, copy).await?, &self.role).await? { Ok(()) } else { Err(odd(copy)) }
    }

    /// Raises the sub-flow until it stands directly after the step that chooses the user.
    async fn raise(&self, calls: &Calls, copy: &str, id: &str) -> Result<()> {
        for _ in 0..STEPS {
            let lines = executions(calls, copy).await?;
            let chooses = choose_user(&lines).ok_or_else(|| odd(copy))?;
            if lines.get(chooses + 1).is_some_and(|line| line.id == id) {
                return Ok(());
            }
            calls.make(&["authentication", "executions", id, "raise-priority"], &json!({}), Need::Realm).await?;
        }
        Err(odd(copy))
    }
}

#[async_trait(?Send)]
impl SetupStep for ResetFlow {
    fn step(&self) -> Step {
        let (bound, role) = (&self.bound, &self.role);
        let words = if self.refuses {
            format!("the reset flow \"{bound}\" refuses who has the role {role}")
        } else {
            format!(
                "the reset flow refuses who has the role {role}: a copy of \"{bound}\", which itself stays as it is, is bound in its place"
            )
        };
        let by_hand = vec![
            format!("Authentication, Flows, {bound}, Action, Duplicate: {bound}{WITH}."),
            format!("In it, Add sub-flow: {bound}{WITH} - pending; drag it directly below Choose User; Conditional."),
            format!(
                "In that, Add condition: Condition - user role, Required; its settings: User role {role}, Negate off."
            ),
            format!("And Add execution: Deny access, Required; its settings: Error message: {DENIED}"),
            "Action, Bind flow: Reset credentials flow.".to_owned(),
        ];
        step(ID, self.refuses, words, by_hand)
    }

    async fn carry_out(&self, calls: &Calls) -> Result<String> {
        let copy = self.free_name(calls).await?;
        if let Err(failure) = self.copy_and_bind(calls, &copy).await {
            return Err(match remove(calls, &copy).await {
                Ok(()) => {
                    calls.forget();
                    Error { changed: Changed::No, ..failure }
                }
                Err(why) => {
                    let message = format!(
                        "{} The flow \"{copy}\" is left as far as it was built, and could not be removed: {}",
                        failure.message, why.message
                    );
                    Error { message, ..failure }
                }
            });
        }
        Ok(format!("\"{copy}\" is the realm's reset flow"))
    }
}

impl ResetFlow {
    /// A name that no flow has: what is there is somebody's.
    async fn free_name(&self, calls: &Calls) -> Result<String> {
        let flows: Vec<Value> = calls.get(&["authentication", "flows"], &[], Need::Realm).await?;
        let base = self.bound.split(WITH).next().unwrap_or(&self.bound);
        let names = (1..).map(|number| match number {
            1 => format!("{base}{WITH}"),
            number => format!("{base}{WITH} {number}"),
        });
        let mut free = names.filter(|name| flows.iter().all(|flow| flow["alias"] != name.as_str()));
        free.next().ok_or_else(|| odd(base))
    }
}

/// Removes a flow that this run made.
///
/// # Errors
/// As for [`Calls::remove`].
pub(super) async fn remove(calls: &Calls, alias: &str) -> Result<()> {
    let flows: Vec<Value> = calls.get(&["authentication", "flows"], &[], Need::Realm).await?;
    let found = flows.iter().find(|flow| flow["alias"] == alias).and_then(|flow| flow["id"].as_str());
    match found {
        Some(id) => calls.remove(&["authentication", "flows", id], Need::Realm).await,
        None => Ok(()),
    }
}

async fn executions(calls: &Calls, alias: &str) -> Result<Vec<Execution>> {
    calls.get(&["authentication", "flows", alias, "executions"], &[], Need::Realm).await
}

/// Everything of the line goes back: what is left out of it would be taken off.
async fn require(calls: &Calls, flow: &str, line: &Execution, requirement: &str) -> Result<()> {
    let path = ["authentication", "flows", flow, "executions"];
    let lines: Vec<Value> = calls.get(&path, &[], Need::Realm).await?;
    let mut whole = lines.into_iter().find(|found| found["id"] == line.id.as_str()).ok_or_else(|| odd(flow))?;
    whole["requirement"] = json!(requirement);
    calls.put(&path, &whole, Need::Realm).await
}

fn odd(flow: &str) -> Error {
    Error::unavailable(format!("The server built the flow \"{flow}\" otherwise than it was asked to; it is not used."))
        .hint("Build it by hand: `tellonce setup --print` has the steps.")
}

/// The step that chooses the user.
fn choose_user(lines: &[Execution]) -> Option<usize> {
    lines.iter().position(|line| line.provider_id.as_deref() == Some(CHOOSE_USER))
}

/// The sub-flow that a line stands in; none: the flow itself.
fn parent(lines: &[Execution], at: usize) -> Option<&str> {
    let level = lines.get(at)?.level.checked_sub(1)?;
    lines[..at].iter().rev().find(|line| line.level == level).map(|line| line.display_name.as_str())
}

/// The lines of a sub-flow.
fn below<'a>(lines: &'a [Execution], id: &str) -> &'a [Execution] {
    let Some(at) = lines.iter().position(|line| line.id == id) else { return &[] };
    let rest = &lines[at + 1..];
    let end = rest.iter().position(|line| line.level <= lines[at].level).unwrap_or(rest.len());
    &rest[..end]
}

/// The sub-flow directly after the step that chooses the user, if it is made of a condition on a role and a refusal.
fn guard(lines: &[Execution]) -> Option<(&Execution, &Execution)> {
    let chooses = choose_user(lines)?;
    let next = lines[chooses + 1..].iter().find(|line| line.requirement != "DISABLED")?;
    if !next.authentication_flow || next.requirement != "CONDITIONAL" || next.level != lines[chooses].level {
        return None;
    }
    let inside: Vec<&Execution> = below(lines, &next.id).iter().filter(|line| line.requirement == REQUIRED).collect();
    let called = |provider: &str| inside.iter().copied().find(|line| line.provider_id.as_deref() == Some(provider));
    let live = below(lines, &next.id).iter().filter(|line| line.requirement != "DISABLED").count();
    (live == 2).then(|| called(CONDITION).zip(called(DENY))).flatten()
}

/// Whether a flow refuses who has the role.
async fn refuses(calls: &Calls, lines: &[Execution], role: &str) -> Result<bool> {
    let Some((condition, _)) = guard(lines) else { return Ok(false) };
    let Some(id) = &condition.authentication_config else { return Ok(false) };
    let configured: Option<Configured> = calls.find(&["authentication", "config", id], &[], Need::Realm).await?;
    let Some(Configured { config }) = configured else { return Ok(false) };
    let negated = config.get("negate").is_some_and(|negate| negate == "true");
    Ok(config.get("condUserRole").is_some_and(|found| found == role) && !negated)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;

    fn lines(text: &str) -> Vec<Execution> {
        let line = |text: &str| {
            let level = text.len() - text.trim_start().len();
            let [name, requirement] = text.trim().split(' ').collect::<Vec<_>>().try_into().unwrap();
            let flow = name.starts_with('+');
            serde_json::from_value(json!({ "id": name, "requirement": requirement, "displayName": name, "level": level,
                "authenticationFlow": flow, "providerId": if flow { Value::Null } else { json!(name) } }))
            .unwrap()
        };
        text.lines().map(line).collect()
    }

    #[test]
    fn the_refusal_is_found_where_it_stands_first_and_is_switched_on() {
        let good = "reset-credentials-choose-user REQUIRED\n+sub CONDITIONAL\n conditional-user-role REQUIRED\n deny-access-authenticator REQUIRED\nreset-credential-email REQUIRED";
        assert!(guard(&lines(good)).is_some());
        assert!(guard(&lines(&good.replace("+sub", "switched-off DISABLED\n+sub"))).is_some());
        for (from, to) in [
            ("+sub CONDITIONAL", "+sub DISABLED"),
            ("+sub CONDITIONAL", "+sub REQUIRED"),
            ("+sub", "reset-credential-email REQUIRED\n+sub"),
            ("deny-access-authenticator REQUIRED", "deny-access-authenticator DISABLED"),
            ("role REQUIRED", "role REQUIRED\n conditional-user-configured REQUIRED"),
            ("reset-credentials-choose-user", "other"),
        ] {
            assert!(guard(&lines(&good.replacen(from, to, 1))).is_none(), "{to}");
        }
    }

    #[test]
    fn a_step_inside_a_sub_flow_has_that_as_its_parent() {
        let lines = lines(
            "+a REQUIRED\n x REQUIRED\n+b REQUIRED\n +c REQUIRED\n  reset-credentials-choose-user REQUIRED\nend REQUIRED",
        );
        let chooses = choose_user(&lines).unwrap();
        assert_eq!((parent(&lines, chooses), parent(&lines, 0)), (Some("+c"), None));
        assert_eq!(below(&lines, "+b").len(), 2);
    }
}
