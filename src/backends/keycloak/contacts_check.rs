//! Checks whether the realm shows agents the addresses and numbers of its users.

use super::contacts::USUAL;
use super::user_lookup::KeycloakAgent;
use super::wire::UserProfileRules;
use crate::domain::{Check, CheckState, Reason, Result, Right};

impl KeycloakAgent {
    /// Checks whether the realm shows agents the attributes with addresses and numbers. Returns `None` if the server does
    /// not tell.
    pub(super) async fn contacts_check(&self) -> Result<Option<Check>> {
        const NAME: &str = "contacts";
        let rules = self.api().get_if_any(&["users", "profile"], &[], Right::FindCustomers).await;
        let rules: UserProfileRules = match rules {
            Err(error) if error.reason == Reason::MissingRight => {
                let words = "your rights do not show which attributes the realm hides";
                return Ok(Some(Check::new(NAME, CheckState::Unknown, words)));
            }
            rules => match rules? {
                Some(rules) => rules,
                None => return Ok(None),
            },
        };
        let names: Vec<&str> = self.0.contact_attributes.named().map(|(_, name)| name).collect();
        let unseen = unseen(&rules, &names);
        Ok(Some(if unseen.is_empty() {
            let words = format!("addresses and numbers on file are read from {}", names.join(", "));
            Check::new(NAME, CheckState::Ok, words)
        } else {
            Check::new(NAME, CheckState::Warning, format!("{}: what they hold is not on file here", unseen.join("; ")))
        }))
    }
}

/// Says of which of these attributes the user profile shows agents nothing, and why. A usual name that the realm does
/// not have is no finding.
fn unseen(rules: &UserProfileRules, names: &[&str]) -> Vec<String> {
    let finding = |name: &&str| match rules.attributes.iter().find(|attribute| attribute.name == **name) {
        Some(attribute) if attribute.is_hidden_from_agents() => {
            Some(format!("the realm's user profile hides {name} from agents (permission: admins may view it)"))
        }
        Some(_) => None,
        None if rules.shows_unmanaged() || [USUAL.0, USUAL.1].concat().contains(name) => None,
        None => Some(format!("the realm's user profile has no attribute {name}, and shows no others")),
    };
    names.iter().filter_map(finding).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_the_user_profile_hides_is_found_by_doctor() {
        let told = |rules: Value| {
            let rules: UserProfileRules = serde_json::from_value(rules).unwrap();
            unseen(&rules, &["email", "mobile", "workEmail"]).join("; ")
        };
        let attribute = |name: &str, view: &[&str], edit: &[&str]| json!({ "name": name, "permissions": { "view": view, "edit": edit } });
        let all = json!({ "attributes": [attribute("email", &["admin"], &[]), attribute("workEmail", &["user"], &["admin"])] });
        assert_eq!(told(all), "");
        let hidden =
            told(json!({ "attributes": [attribute("mobile", &["user"], &["user"]), { "name": "workEmail" }] }));
        assert!(hidden.contains("hides mobile") && !hidden.contains("workEmail"), "{hidden}");
        let unknown = told(json!({ "attributes": [] }));
        assert!(unknown.contains("no attribute workEmail") && !unknown.contains("mobile"), "{unknown}");
        assert_eq!(told(json!({ "unmanagedAttributePolicy": "ADMIN_VIEW" })), "");
    }
}
