//! The administrator's sign-in for one command. Nothing of it is stored.

use zeroize::Zeroizing;

use super::admin_api::AdminApi;
use super::{ADMIN_CLI, KeycloakPreparation, TOKEN_VARIABLE};
use crate::auth::oauth::{OAuth, TokenRefresher, Tokens};
use crate::domain::ports::Prompter;
use crate::domain::{Administrator, Error, Kind, OneTimeCode, Reason, Result};

const CODE: &str = "One-time code";
const CODE_FLAG: &str = "--one-time-code";

/// Signs the administrator in: by a token in the environment where no name is given, else by name and password.
///
/// # Errors
/// Exit 4: refused, with the server's description if it is a known one. Exit 2: an answer is missing. Exit 8: no answer.
pub(super) async fn sign_in(
    preparation: &KeycloakPreparation,
    administrator: Administrator,
    prompter: &mut dyn Prompter,
) -> Result<AdminApi> {
    let realm = &preparation.settings.realm;
    let from_environment = std::env::var(TOKEN_VARIABLE).ok().filter(|token| !token.trim().is_empty());
    if let (None, Some(token)) = (&administrator.name, from_environment) {
        let refresher = TokenRefresher::new(preparation.oauth(realm), Tokens::from_environment(token.trim()), "", None);
        return Ok(preparation.admin_api(refresher, format!("the owner of {TOKEN_VARIABLE}")));
    }
    let home = administrator.home.unwrap_or_else(|| realm.clone());
    let name = match administrator.name {
        Some(name) => name,
        None => prompter
            .needed_line(&format!("Administrator of realm {realm} (a user of realm {home})"), "--administrator NAME")?,
    };
    let password = match administrator.password {
        Some(password) => password,
        None => prompter.secret(&format!("Password of {name}"), "--password-stdin")?,
    };
    let code = match administrator.code {
        OneTimeCode::Given(code) => Some(code),
        OneTimeCode::AskedFor => Some(prompter.secret(CODE, CODE_FLAG)?),
        OneTimeCode::IfRefused => None,
    };
    let oauth = preparation.oauth(&home);
    let tokens = get_tokens(&oauth, &name, &home, &password, code, prompter).await?;
    let refresher = TokenRefresher::new(oauth, tokens, &name, None);
    let shown = if home == *realm { name } else { format!("{name} of realm {home}") };
    Ok(preparation.admin_api(refresher, shown))
}

/// Gets tokens with a password and, if one is given, a one-time code.
///
/// A refusal does not say whether the password or a missing code is the reason, so that an administrator who can be asked
/// is asked for a code.
async fn get_tokens(
    oauth: &OAuth,
    name: &str,
    home: &str,
    password: &str,
    code: Option<Zeroizing<String>>,
    prompter: &mut dyn Prompter,
) -> Result<Tokens> {
    let with = |code| [("totp", code)]; // the server's "Direct grant" flow reads it from the form
    let first = match &code {
        Some(code) => oauth.password(name, password, &with(code.as_str())).await,
        None => oauth.password(name, password, &[]).await,
    };
    let first = first.map_err(|error| closed(error, home))?;
    let description = match first {
        Ok(tokens) => return Ok(tokens),
        Err(description) => description,
    };
    if code.is_some() || !may_need_code(description) || !prompter.can_ask() {
        return Err(refused(name, home, description, code.is_some()));
    }
    let Some(code) = prompter.optional_secret("One-time code (Enter if there is none)", CODE_FLAG)? else {
        return Err(refused(name, home, description, false));
    };
    let second = oauth.password(name, password, &with(code.as_str())).await?;
    second.map_err(|description| refused(name, home, description, true))
}

/// Says that the realm or its client takes no passwords (exit 4). Passes on every other error.
fn closed(error: Error, home: &str) -> Error {
    if error.reason != Reason::SignInRefused {
        return error;
    }
    let message = format!(
        "Realm {home} lets nobody in by password at its client {ADMIN_CLI}: its direct grant is closed, or asks for more than a password. {}",
        error.message
    );
    Error::new(Kind::NotAllowed, Reason::SignInRefused, message)
        .hint(format!("Give an administrator's token instead: {TOKEN_VARIABLE}."))
}

/// Reports whether a refusal may mean that a code is missing. One about the user does not ("Account disabled", "Account is
/// not fully set up"; 26.7.3).
fn may_need_code(description: &str) -> bool {
    !description.starts_with("Account")
}

fn refused(name: &str, home: &str, description: &str, with_code: bool) -> Error {
    let refused = |by: &str, hint: String| {
        let message = format!("Realm {home} does not let {name} in{by} ({description}).");
        Error::new(Kind::NotAllowed, Reason::SignInRefused, message).hint(hint)
    };
    if !may_need_code(description) {
        return refused(
            "",
            format!("Sign in to the administration console of realm {home} first: it says what is left to do."),
        );
    }
    let other_realm =
        "An administrator of the whole server is a user of another realm: `--realm-of-administrator master`. ";
    let other_realm = if home == "master" { "" } else { other_realm };
    let (by, code) = if with_code {
        (" by password and one-time code", "A code is good once: wait for the next one.")
    } else {
        (" by password alone", "With one-time codes as second factor: `--one-time-code`.")
    };
    refused(by, format!("{other_realm}{code} With another second factor, give a token: {TOKEN_VARIABLE}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_refusal_that_may_mean_a_missing_code_asks_for_one() {
        assert!(may_need_code("Invalid user credentials"));
        for description in ["Account disabled", "Account is not fully set up"] {
            assert!(!may_need_code(description), "{description}");
        }
    }
}
