//! The administrator's own sign-in, for this one command: nothing of it is kept.

use zeroize::Zeroizing;

use super::calls::Calls;
use super::{KeycloakPreparation, TOKEN};
use crate::auth::oauth::{OAuth, TokenRefresher, Tokens};
use crate::domain::ports::Prompter;
use crate::domain::{Administrator, Error, Kind, OneTimeCode, Reason, Result};

const CODE: &str = "One-time code";
const CODE_FLAG: &str = "--one-time-code";

/// Signs the administrator in: by a token in the environment where no name is given, else by name and password.
///
/// # Errors
/// Exit 4: refused, with the server's words as far as they are known. Exit 2: an answer is missing. Exit 8: no answer.
pub(super) async fn sign_in(
    preparation: &KeycloakPreparation,
    administrator: Administrator,
    prompter: &mut dyn Prompter,
) -> Result<Calls> {
    let realm = &preparation.settings.realm;
    let ambient = std::env::var(TOKEN).ok().filter(|token| !token.trim().is_empty());
    if let (None, Some(token)) = (&administrator.name, ambient) {
        let keeper = TokenRefresher::fresh(preparation.oauth(realm), Tokens::ambient(token.trim()), "", None);
        return Ok(preparation.calls_with(keeper, format!("the owner of {TOKEN}")));
    }
    let home = administrator.home.unwrap_or_else(|| realm.clone());
    let name = match administrator.name {
        Some(name) => name,
        None => prompter
            .line(&format!("Administrator of realm {realm} (a user of realm {home})"), "--administrator NAME")?,
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
    let tokens = granted(&oauth, &name, &home, &password, code, prompter).await?;
    let keeper = TokenRefresher::fresh(oauth, tokens, &name, None);
    let shown = if home == *realm { name } else { format!("{name} of realm {home}") };
    Ok(preparation.calls_with(keeper, shown))
}

/// By password and, where one is given, one-time code. The server does not say of a refusal which of the two it is for,
/// nor that a code is wanted: whoever can be asked is asked for one.
async fn granted(
    oauth: &OAuth,
    name: &str,
    home: &str,
    password: &str,
    code: Option<Zeroizing<String>>,
    prompter: &mut dyn Prompter,
) -> Result<Tokens> {
    let with = |code| [("totp", code)]; // the server's "Direct grant" flow reads it from the form
    let first = match &code {
        Some(code) => oauth.password(name, password, &with(code.as_str())).await?,
        None => oauth.password(name, password, &[]).await?,
    };
    let words = match first {
        Ok(tokens) => return Ok(tokens),
        Err(words) => words,
    };
    if code.is_some() || !may_want_a_code(words) || !prompter.can_ask() {
        return Err(refused(name, home, words, code.is_some()));
    }
    let code = prompter.secret("One-time code (Enter if there is none)", CODE_FLAG)?;
    if code.is_empty() {
        return Err(refused(name, home, words, false));
    }
    let second = oauth.password(name, password, &with(code.as_str())).await?;
    second.map_err(|words| refused(name, home, words, true))
}

/// Whether these words of the server's can stand for a missing code: all do but those about the user
/// ("Account disabled", "Account is not fully set up"; 26.7.3).
fn may_want_a_code(words: &str) -> bool {
    !words.starts_with("Account")
}

fn refused(name: &str, home: &str, words: &str, with_code: bool) -> Error {
    let refused = |by: &str, hint: String| {
        let message = format!("Realm {home} does not let {name} in{by} ({words}).");
        Error::new(Kind::NotAllowed, Reason::SignInRefused, message).hint(hint)
    };
    if !may_want_a_code(words) {
        return refused(
            "",
            format!("Sign in to the administration console of realm {home} first: it says what is left to do."),
        );
    }
    let whole = "An administrator of the whole server is a user of another realm: `--realm-of-administrator master`. ";
    let whole = if home == "master" { "" } else { whole };
    let (by, code) = if with_code {
        (" by password and one-time code", "A code is good once: wait for the next one.")
    } else {
        (" by password alone", "With one-time codes as second factor: `--one-time-code`.")
    };
    refused(by, format!("{whole}{code} With another second factor, give a token: {TOKEN}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_asked_for_where_the_refusal_may_be_for_want_of_one() {
        assert!(may_want_a_code("Invalid user credentials"));
        for words in ["Account disabled", "Account is not fully set up"] {
            assert!(!may_want_a_code(words), "{words}");
        }
    }
}
