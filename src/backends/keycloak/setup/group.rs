//! Operations on top-level groups.

use serde_json::{Value, json};

use super::admin_api::{AdminApi, AdminRight};
use crate::backends::keycloak::wire::Group;
use crate::domain::{Error, Result};

/// Finds the top-level group with this name.
///
/// # Errors
/// As for [`AdminApi::get`].
pub(super) async fn find(admin: &AdminApi, name: &str) -> Result<Option<Group>> {
    let query = [("search", name), ("exact", "true"), ("briefRepresentation", "false"), ("subGroupsCount", "false")];
    let groups: Vec<Group> = admin.get(&["groups"], &query, AdminRight::Users).await?;
    let path = format!("/{name}");
    Ok(groups.into_iter().find(|group| group.path == path))
}

/// Creates a top-level group. Returns its id.
///
/// # Errors
/// As for [`AdminApi::create`].
pub(super) async fn create(admin: &AdminApi, name: &str) -> Result<String> {
    let created = admin.create(&["groups"], &json!({ "name": name }), AdminRight::Users).await?;
    created.ok_or_else(|| Error::unavailable(format!("The server created the group {name} and did not name its id.")))
}

/// Sets an attribute of a group, or removes it if the value is `None`.
///
/// # Errors
/// As for [`AdminApi::put`].
pub(super) async fn set_attribute(admin: &AdminApi, id: &str, attribute: &str, value: Option<&str>) -> Result<()> {
    let mut group: Value = admin.get(&["groups", id], &[], AdminRight::Users).await?;
    if !group["attributes"].is_object() {
        group["attributes"] = json!({});
    }
    if let Some(attributes) = group["attributes"].as_object_mut() {
        match value {
            Some(value) => drop(attributes.insert(attribute.to_owned(), json!([value]))),
            None => drop(attributes.remove(attribute)),
        }
    }
    admin.put(&["groups", id], &group, AdminRight::Users).await
}
