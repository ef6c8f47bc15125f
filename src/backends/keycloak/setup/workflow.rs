//! The setup step for the workflow that takes a customer out of the pending group when they have signed in.
//!
//! Workflows are an optional feature of the server. A list of them shows whether it has the feature.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::admin_api::{AdminApi, AdminRight};
use super::setup_step::{SetupStep, step};
use crate::domain::{Result, Step};

/// The page size of the list: more workflows than a realm has.
const MAX: &str = "1000";

/// The workflow, as far as the server has it.
pub(super) struct LeaveGroupWorkflow {
    group: String,
    /// The id of a workflow with our name that does something else.
    conflicting: Option<String>,
    pub(super) is_there: bool,
}

impl LeaveGroupWorkflow {
    /// Describes the workflow without asking the server.
    pub(super) fn new(group: &str) -> Self {
        Self { group: group.to_owned(), conflicting: None, is_there: false }
    }

    /// Reads the realm's workflows. Returns `None` if the server does not have the feature.
    ///
    /// # Errors
    /// As for [`AdminApi::get`].
    pub(super) async fn load(admin: &AdminApi, group: &str) -> Result<Option<Self>> {
        let all: Option<Vec<Value>> = admin.find(&["workflows"], &[("max", MAX)], AdminRight::Everything).await?;
        let Some(all) = all else { return Ok(None) };
        let mut found = Self::new(group);
        found.is_there = all.iter().any(|workflow| is_leave_workflow(workflow, group));
        if !found.is_there {
            let name = found.name();
            let conflicting = all.iter().find(|workflow| workflow["name"] == name.as_str());
            found.conflicting = conflicting.and_then(|workflow| workflow["id"].as_str()).map(str::to_owned);
        }
        Ok(Some(found))
    }

    fn name(&self) -> String {
        format!("leave {} at sign-in", self.group)
    }

    /// Returns the workflow to create. The server also accepts the group's path in quotes, but then it never matches
    /// (26.7.3).
    fn wanted(&self) -> Value {
        json!({
            "name": self.name(),
            "enabled": true,
            "on": "user-authenticated",
            "if": format!("is-member-of(/{})", self.group),
            "steps": [{ "uses": "leave-group", "with": { "group": format!("/{}", self.group) } }],
        })
    }
}

/// Reports whether a workflow takes whoever signs in out of the group, at once, and does nothing else.
fn is_leave_workflow(workflow: &Value, group: &str) -> bool {
    let path = format!("/{group}");
    let Some([only]) = workflow["steps"].as_array().map(Vec::as_slice) else { return false };
    let leaves = &only["with"]["group"];
    workflow["enabled"] != false
        && workflow["on"] == "user-authenticated"
        && workflow["if"] == format!("is-member-of({path})").as_str()
        && only["uses"] == "leave-group"
        && (*leaves == path.as_str() || *leaves == json!([path]))
        && only["after"].as_str().is_none_or(|after| after.is_empty() || after == "0")
}

#[async_trait(?Send)]
impl SetupStep for LeaveGroupWorkflow {
    fn step(&self) -> Step {
        let group = &self.group;
        let mut words = format!("a workflow takes whoever signs in out of the group /{group}");
        if self.conflicting.is_some() {
            words = format!("{words}; the workflow \"{}\" does something else, and is replaced", self.name());
        }
        let wanted = self.wanted();
        let by_hand = vec![
            format!("Workflows, Create workflow, as YAML: name: {}", self.name()),
            format!("on: user-authenticated; if: {} (no quotes)", wanted["if"].as_str().unwrap_or_default()),
            format!("steps: - uses: leave-group, with: group: /{group}"),
        ];
        step("workflow", self.is_there, words, by_hand)
    }

    async fn carry_out(&self, admin: &AdminApi) -> Result<String> {
        if let Some(id) = &self.conflicting {
            admin.delete(&["workflows", id], AdminRight::Everything).await?;
        }
        admin.create(&["workflows"], &self.wanted(), AdminRight::Everything).await?;
        Ok(format!("the workflow \"{}\" is made", self.name()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_workflow_that_leaves_the_group_at_once_matches() {
        let wanted = LeaveGroupWorkflow::new("temp-issued").wanted();
        assert!(is_leave_workflow(&wanted, "temp-issued") && !is_leave_workflow(&wanted, "other"));
        for (pointer, value) in [
            ("/enabled", json!(false)),
            ("/on", json!("user-created")),
            ("/if", json!("is-member-of(\"/temp-issued\")")),
            ("/steps/0/uses", json!("join-group")),
            ("/steps/0/with/group", json!("/other")),
            ("/steps", json!([])),
        ] {
            let mut other = wanted.clone();
            if let Some(field) = other.pointer_mut(pointer) {
                *field = value;
            }
            assert!(!is_leave_workflow(&other, "temp-issued"), "{pointer}");
        }
        let mut later = wanted;
        later["steps"][0]["after"] = json!("3600000");
        assert!(!is_leave_workflow(&later, "temp-issued"));
    }
}
