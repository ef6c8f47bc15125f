//! Top-level groups.

use serde_json::{Value, json};

use super::calls::{Calls, Need};
use crate::backends::keycloak::wire::Group;
use crate::domain::{Error, Result};

/// The top-level group of this name.
///
/// # Errors
/// As for [`Calls::get`].
pub(super) async fn named(calls: &Calls, name: &str) -> Result<Option<Group>> {
    let query = [("search", name), ("exact", "true"), ("briefRepresentation", "false"), ("subGroupsCount", "false")];
    let groups: Vec<Group> = calls.get(&["groups"], &query, Need::Users).await?;
    let path = format!("/{name}");
    Ok(groups.into_iter().find(|group| group.path == path))
}

/// Makes a top-level group; its id.
///
/// # Errors
/// As for [`Calls::make`].
pub(super) async fn make(calls: &Calls, name: &str) -> Result<String> {
    let made = calls.make(&["groups"], &json!({ "name": name }), Need::Users).await?;
    made.ok_or_else(|| Error::unavailable(format!("The server made the group {name} and did not say which it is.")))
}

/// Sets an attribute of a group, or takes it off; everything else of it stays.
///
/// # Errors
/// As for [`Calls::put`].
pub(super) async fn note(calls: &Calls, id: &str, attribute: &str, value: Option<&str>) -> Result<()> {
    let mut group: Value = calls.get(&["groups", id], &[], Need::Users).await?;
    if !group["attributes"].is_object() {
        group["attributes"] = json!({});
    }
    if let Some(attributes) = group["attributes"].as_object_mut() {
        match value {
            Some(value) => drop(attributes.insert(attribute.to_owned(), json!([value]))),
            None => drop(attributes.remove(attribute)),
        }
    }
    calls.put(&["groups", id], &group, Need::Users).await
}
