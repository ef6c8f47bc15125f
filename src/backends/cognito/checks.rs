//! The checks of `doctor`: what weakens the promises in this pool, as far as the agent may read it.

use aws_sdk_cognitoidentityprovider::types::{LambdaConfigType, TimeUnitsType, UserPoolClientType, UserPoolMfaType};
use jiff::SignedDuration;

use super::action::Action;
use super::agent::CognitoAgent;
use super::errors;
use super::page_tokens::PageTokens;
use super::pool::Pool;
use super::pool_user::PoolUser;
use crate::domain::{Check, CheckState, Reason, Result};

/// How long an access token lasts unless the app client says otherwise (Cognito API, `UserPoolClientType`).
const USUAL_TOKEN: SignedDuration = SignedDuration::from_hours(1);

impl CognitoAgent {
    /// Checks the pool, the agent's rights, and what a reset reads of a user.
    pub(super) async fn run_checks(&self) -> Result<Vec<Check>> {
        let (pool, rights, protection, sessions, tokens) = tokio::try_join!(
            self.pool(),
            self.rights_check(),
            self.protection_check(),
            self.sessions_check(),
            self.tokens_check(),
        )?;
        let mut checks = vec![rights, sessions, protection];
        if let Some(pool) = pool {
            checks.extend(pool.checks());
        } else {
            let words = format!(
                "you may not read it (it takes {}): passwords are made for the strictest usual policy",
                Action::DescribeUserPool.name()
            );
            checks.push(Check::new("user-pool", CheckState::Warning, words));
        }
        checks.extend([tokens, self.contacts_check()]);
        Ok(checks)
    }

    async fn sessions_check(&self) -> Result<Check> {
        const NAME: &str = "end-sessions";
        let action = Action::AdminUserGlobalSignOut.name();
        Ok(if self.may_end_sessions().await? {
            Check::new(
                NAME,
                CheckState::Ok,
                format!("you may end sessions: {action} was taken for a name that no user has"),
            )
        } else {
            Check::new(
                NAME,
                CheckState::Fault,
                format!("you may not end sessions (it takes {action}): every reset is refused until then"),
            )
        })
    }

    /// Checks for how long access tokens stay valid that were issued before a reset.
    async fn tokens_check(&self) -> Result<Check> {
        const NAME: &str = "access-tokens";
        Ok(match self.longest_access_token().await? {
            Ok(longest) => {
                let words = format!(
                    "an access token that was issued before a reset is taken for {longest:#} at most, by programs that do not ask the pool"
                );
                Check::new(NAME, CheckState::Warning, words)
            }
            Err(action) => Check::new(
                NAME,
                CheckState::Unknown,
                format!("how long access tokens last (it takes {})", action.name()),
            ),
        })
    }

    /// Reads how long an access token of any app client lasts, or returns the action that is missing.
    async fn longest_access_token(&self) -> Result<Result<SignedDuration, Action>> {
        let (deadline, mut longest) = (self.api().deadline(), SignedDuration::ZERO);
        let (mut tokens, mut next) = (PageTokens::default(), None);
        loop {
            let list = self.api().cognito().list_user_pool_clients().user_pool_id(self.user_pool()).max_results(60);
            let list = list.set_next_token(next);
            let page = match self.api().call_until(deadline, Action::ListUserPoolClients, || list.clone().send()).await
            {
                Err(error) if error.reason == Reason::MissingRight => return Ok(Err(Action::ListUserPoolClients)),
                page => page?.map_err(|refusal| errors::unexpected(Action::ListUserPoolClients, &refusal.code))?,
            };
            for id in page.user_pool_clients.into_iter().flatten().filter_map(|client| client.client_id) {
                let read =
                    self.api().cognito().describe_user_pool_client().user_pool_id(self.user_pool()).client_id(id);
                let action = Action::DescribeUserPoolClient;
                match self.api().call_until(deadline, action, || read.clone().send()).await {
                    Err(error) if error.reason == Reason::MissingRight => return Ok(Err(action)),
                    answer => {
                        let client = answer?.ok().and_then(|answer| answer.user_pool_client);
                        longest = longest.max(client.map_or(SignedDuration::ZERO, |client| access_token(&client)));
                    }
                }
            }
            next = tokens.next(Action::ListUserPoolClients, page.next_token)?;
            if next.is_none() {
                return Ok(Ok(longest));
            }
        }
    }

    /// Says what is read of addresses and numbers on file.
    fn contacts_check(&self) -> Check {
        const NAME: &str = "contacts";
        let names: Vec<&str> = self.api().settings.contact_attributes.named().map(|(_, name)| name).collect();
        let words = format!(
            "addresses and numbers on file are read from {}; those of email and phone_number count if the pool says that they are verified",
            names.join(", ")
        );
        Check::new(NAME, CheckState::Ok, words)
    }

    /// Returns any user of the pool.
    pub(super) async fn any_user(&self) -> Result<Option<PoolUser>> {
        let mut found = None;
        self.each_page(None, self.api().deadline(), |user| {
            found = Some(user);
            false
        })
        .await?;
        Ok(found)
    }
}

/// Says after how many days something ends.
pub(super) fn after_days(days: i32) -> String {
    format!("after {days} {}", if days == 1 { "day" } else { "days" })
}

/// Returns how long the access tokens of an app client last.
fn access_token(client: &UserPoolClientType) -> SignedDuration {
    let Some(number) = client.access_token_validity.filter(|number| *number > 0) else { return USUAL_TOKEN };
    let unit = client.token_validity_units.as_ref().and_then(|units| units.access_token.as_ref());
    let number = i64::from(number);
    match unit {
        Some(TimeUnitsType::Seconds) => SignedDuration::from_secs(number),
        Some(TimeUnitsType::Minutes) => SignedDuration::from_mins(number),
        Some(TimeUnitsType::Days) => SignedDuration::from_hours(24 * number),
        _ => SignedDuration::from_hours(number),
    }
}

impl Pool {
    /// Checks what the pool's settings do to the promises.
    pub(super) fn checks(&self) -> Vec<Check> {
        let settings = self.settings();
        let mut checks = vec![Check::new(
            "user-pool",
            CheckState::Ok,
            format!(
                "\"{}\"; a temporary password runs out {}",
                settings.name.as_deref().unwrap_or_default(),
                after_days(self.validity_days())
            ),
        )];
        if self.is_case_sensitive() {
            let words = "usernames and addresses are case sensitive: \"Ada\" and \"ada\" can be two users";
            checks.push(Check::new("case", CheckState::Warning, words));
        }
        if settings.mfa_configuration == Some(UserPoolMfaType::On) {
            let words =
                "the pool requires a second factor: a customer who lost it is not back in with a temporary password";
            checks.push(Check::new("second-factor", CheckState::Warning, words));
        }
        let triggers = settings.lambda_config.as_ref().map(triggers).unwrap_or_default();
        if !triggers.is_empty() {
            let words = format!("Lambda triggers that a reset or the proving sign-in runs: {}", triggers.join(", "));
            checks.push(Check::new("lambda-triggers", CheckState::Warning, words));
        }
        let required: Vec<&str> = self.required_attributes().collect();
        if !required.is_empty() {
            let words = format!("every new user must have {}", required.join(", "));
            checks.push(Check::new("required-attributes", CheckState::Warning, words));
        }
        checks
    }
}

/// Lists the triggers that run when a user is created without a message, or signs in with a temporary password (Cognito
/// Developer Guide, "Customizing user pool workflows with Lambda triggers").
fn triggers(config: &LambdaConfigType) -> Vec<&'static str> {
    let all = [
        ("PreSignUp", config.pre_sign_up.is_some()),
        ("PreAuthentication", config.pre_authentication.is_some()),
        ("UserMigration", config.user_migration.is_some()),
    ];
    all.into_iter().filter(|(_, set)| *set).map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use aws_sdk_cognitoidentityprovider::types::{
        SchemaAttributeType, TokenValidityUnitsType, UserPoolClientType, UserPoolType,
    };

    use super::*;

    #[test]
    fn a_token_lasts_in_the_units_that_the_app_client_names() {
        let client = |number: Option<i32>, unit: Option<TimeUnitsType>| {
            let units = TokenValidityUnitsType::builder().set_access_token(unit).build();
            UserPoolClientType::builder().set_access_token_validity(number).token_validity_units(units).build()
        };
        for (number, unit, expected) in [
            (None, None, SignedDuration::from_hours(1)),
            (Some(0), Some(TimeUnitsType::Days), SignedDuration::from_hours(1)),
            (Some(2), None, SignedDuration::from_hours(2)),
            (Some(300), Some(TimeUnitsType::Seconds), SignedDuration::from_mins(5)),
            (Some(5), Some(TimeUnitsType::Minutes), SignedDuration::from_mins(5)),
            (Some(1), Some(TimeUnitsType::Days), SignedDuration::from_hours(24)),
        ] {
            assert_eq!(access_token(&client(number, unit)), expected, "{number:?}");
        }
    }

    #[test]
    fn what_weakens_the_promises_is_a_warning_that_names_it() {
        let plain = Pool(UserPoolType::builder().name("customers").build());
        let ids = |pool: &Pool| pool.checks().into_iter().map(|check| check.id).collect::<Vec<_>>();
        assert_eq!(ids(&plain), ["user-pool", "case"], "a pool that does not say so is case sensitive");
        let words = &plain.checks()[0].words;
        assert!(words.contains("\"customers\"") && words.contains("7 days"), "{words}");
        let email = SchemaAttributeType::builder().name("email").required(true).build();
        let lambdas = LambdaConfigType::builder().pre_sign_up("arn").post_confirmation("arn").build();
        let strict = UserPoolType::builder().mfa_configuration(UserPoolMfaType::On).lambda_config(lambdas);
        let strict = Pool(strict.schema_attributes(email).build());
        assert_eq!(ids(&strict), ["user-pool", "case", "second-factor", "lambda-triggers", "required-attributes"]);
        let triggers = &strict.checks()[3].words;
        assert!(triggers.contains("PreSignUp") && !triggers.contains("PostConfirmation"), "{triggers}");
    }
}
