//! The workflow that takes the customer out of the pending group, at the sign-in that completes the change.
//!
//! Workflows are a feature of the server that may be off: what answers is the probe.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::calls::{Calls, Need};
use super::step::{SetupStep, step};
use crate::domain::{Result, Step};

/// More workflows than a realm has.
const ALL: &str = "1000";

/// The workflow, as far as it is there.
pub(super) struct Leaving {
    group: String,
    /// One of our name that does something else.
    odd: Option<String>,
    pub(super) is_there: bool,
}

impl Leaving {
    /// Nothing is known of it.
    pub(super) fn unknown(group: &str) -> Self {
        Self { group: group.to_owned(), odd: None, is_there: false }
    }

    /// Looks at the realm's workflows; none where the server has no such feature.
    ///
    /// # Errors
    /// As for [`Calls::get`].
    pub(super) async fn look(calls: &Calls, group: &str) -> Result<Option<Self>> {
        let all: Option<Vec<Value>> = calls.find(&["workflows"], &[("max", ALL)], Need::Everything).await?;
        let Some(all) = all else { return Ok(None) };
        let mut found = Self::unknown(group);
        found.is_there = all.iter().any(|workflow| does(workflow, group));
        if !found.is_there {
            let name = found.name();
            let odd = all.iter().find(|workflow| workflow["name"] == name.as_str());
            found.odd = odd.and_then(|workflow| workflow["id"].as_str()).map(str::to_owned);
        }
        Ok(Some(found))
    }

    fn name(&self) -> String {
        format!("leave {} at sign-in", self.group)
    }

    /// As the server takes it. The group's path in quotes is accepted as well, and never matches (26.7.3).
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

/// Whether a workflow takes out of the group whoever signs in, at once, and nothing else.
fn does(workflow: &Value, group: &str) -> bool {
    let path = format!("/{group}");
    let Some([only]) = workflow["steps"].as_array().map(Vec::as_slice) else { return false };
    let left = &only["with"]["group"];
    workflow["enabled"] != false
        && workflow["on"] == "user-authenticated"
        && workflow["if"] == format!("is-member-of({path})").as_str()
        && only["uses"] == "leave-group"
        && (*left == path.as_str() || *left == json!([path]))
        && only["after"].as_str().is_none_or(|after| after.is_empty() || after == "0")
}

#[async_trait(?Send)]
impl SetupStep for Leaving {
    fn step(&self) -> Step {
        let group = &self.group;
        let mut words = format!("a workflow takes whoever signs in out of the group /{group}");
        if self.odd.is_some() {
            words = format!("{words}; the one called \"{}\" does something else, and is replaced", self.name());
        }
        let wanted = self.wanted();
        let by_hand = vec![
            format!("Workflows, Create workflow, as YAML: name: {}", self.name()),
            format!("on: user-authenticated; if: {} (no quotes)", wanted["if"].as_str().unwrap_or_default()),
            format!("steps: - uses: leave-group, with: group: /{group}"),
        ];
        step("workflow", self.is_there, words, by_hand)
    }

    async fn carry_out(&self, calls: &Calls) -> Result<String> {
        if let Some(id) = &self.odd {
            calls.remove(&["workflows", id], Need::Everything).await?;
        }
        calls.make(&["workflows"], &self.wanted(), Need::Everything).await?;
        Ok(format!("the workflow \"{}\" is made", self.name()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_leaves_the_group_at_once_is_taken_for_it() {
        let wanted = Leaving::unknown("temp-issued").wanted();
        assert!(does(&wanted, "temp-issued") && !does(&wanted, "other"));
        for (pointer, value) in [
            ("/enabled", json!(false)),
            ("/on", json!("user-created")),
            ("/if", json!("is-member-of(\"/temp-issued\")")),
            ("/steps/0/uses", json!("join-group")),
            ("/steps/0/with/group", json!("/other")),
            ("/steps", json!([])),
        ] {
            let mut odd = wanted.clone();
            if let Some(place) = odd.pointer_mut(pointer) {
                *place = value;
            }
            assert!(!does(&odd, "temp-issued"), "{pointer}");
        }
        let mut later = wanted;
        later["steps"][0]["after"] = json!("3600000");
        assert!(!does(&later, "temp-issued"));
    }
}
