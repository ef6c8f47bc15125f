//! The setup step for the required action `UPDATE_PASSWORD`. With it off, a temporary password is a full sign-in.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::admin_api::{AdminApi, AdminRight};
use super::setup_step::{SetupStep, step};
use crate::backends::keycloak::required_action::{LIST, UpdatePassword};
use crate::backends::keycloak::wire::{RequiredAction, UPDATE_PASSWORD};
use crate::domain::{Error, Reason, Result, Step};

const ID: &str = "required_action";

/// The required action, as the server has it; `None` if it was not read.
pub(super) struct UpdatePasswordAction(Option<UpdatePassword>);

impl UpdatePasswordAction {
    /// Describes the step without asking the server.
    pub(super) const fn new() -> Self {
        Self(None)
    }

    /// Reads the realm's list of required actions.
    ///
    /// # Errors
    /// As for [`AdminApi::get`]. Exit 7: another action has the name, which no step mends.
    pub(super) async fn load(admin: &AdminApi) -> Result<Self> {
        let found = read(admin).await?;
        if found == UpdatePassword::Replaced {
            let message = format!(
                "In realm {} another required action has the name {UPDATE_PASSWORD}: a temporary password would be a full sign-in.",
                admin.realm
            );
            return Err(Error::refused(Reason::WouldNotStick, message).hint(
                "Give the server's own action Update Password its name back: Authentication, Required actions.",
            ));
        }
        Ok(Self(Some(found)))
    }
}

async fn read(admin: &AdminApi) -> Result<UpdatePassword> {
    let list: Vec<RequiredAction> = admin.get(&LIST, &[], AdminRight::Realm).await?;
    Ok(UpdatePassword::find_in(&list))
}

#[async_trait(?Send)]
impl SetupStep for UpdatePasswordAction {
    fn step(&self) -> Step {
        let mut words =
            "the required action Update Password, by which a temporary password makes its owner choose a new one"
                .to_owned();
        if let Some(why) = self.0.and_then(UpdatePassword::fault) {
            words = format!("{words}; {why}: a temporary password would be a full sign-in");
        }
        let by_hand = vec!["Authentication, Required actions: Update Password, Enabled: On.".to_owned()];
        step(ID, self.0 == Some(UpdatePassword::Enabled), words, by_hand)
    }

    async fn carry_out(&self, admin: &AdminApi) -> Result<String> {
        if read(admin).await? == UpdatePassword::Removed {
            let path = ["authentication", "register-required-action"];
            let body = json!({ "providerId": UPDATE_PASSWORD, "name": "Update Password" });
            admin.create(&path, &body, AdminRight::Realm).await?;
        }
        let path = [LIST[0], LIST[1], UPDATE_PASSWORD];
        let mut action: Value = admin.get(&path, &[], AdminRight::Realm).await?;
        if action["enabled"] != true {
            action["enabled"] = json!(true);
            admin.put(&path, &action, AdminRight::Realm).await?;
        }
        match read(admin).await?.fault() {
            None => Ok("a temporary password makes its owner choose a new one".to_owned()),
            Some(why) => Err(Error::unavailable(format!("The server took the change, and still {why}."))),
        }
    }
}
