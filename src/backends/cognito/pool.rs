//! The user pool's own settings, and what they mean for a reset.

use std::time::Duration;

use aws_sdk_cognitoidentityprovider::types::{
    AliasAttributeType, PasswordPolicyType, RecoveryOptionNameType, UserPoolType, UsernameAttributeType,
};

use crate::domain::{Policy, PolicyRead, Rule};

/// The longest password (Cognito API, `AdminSetUserPassword`: at most 256 characters).
const LONGEST_PASSWORD: usize = 256;
/// How long a temporary password lasts unless the pool says otherwise, in days (Cognito API, `PasswordPolicyType`).
const USUAL_VALIDITY: i32 = 7;

/// The pool's settings.
#[derive(Debug)]
pub(super) struct Pool(pub(super) UserPoolType);

impl Pool {
    /// Returns the pool itself.
    pub(super) const fn settings(&self) -> &UserPoolType {
        &self.0
    }

    fn password_policy(&self) -> Option<&PasswordPolicyType> {
        self.0.policies.as_ref()?.password_policy.as_ref()
    }

    /// Returns the password policy.
    pub(super) fn policy(&self) -> PolicyRead {
        let Some(policy) = self.password_policy() else {
            return PolicyRead::Unreadable("the pool shows none".to_owned());
        };
        let number = |number: Option<i32>| number.and_then(|number| usize::try_from(number).ok());
        let classes = [
            (policy.require_uppercase, Rule::Upper(1)),
            (policy.require_lowercase, Rule::Lower(1)),
            (policy.require_numbers, Rule::Digits(1)),
            (policy.require_symbols, Rule::Special(1)),
        ];
        let mut rules = vec![Rule::MaxLength(LONGEST_PASSWORD)];
        rules.extend(number(policy.minimum_length).map(Rule::MinLength));
        rules.extend(classes.into_iter().filter(|(required, _)| *required).map(|(_, rule)| rule));
        rules.extend(number(policy.password_history_size).filter(|last| *last > 0).map(Rule::History));
        PolicyRead::Read(Policy::new(rules))
    }

    /// Whether the pool refuses the last password, so that the temporary one cannot be kept.
    pub(super) fn keeps_history(&self) -> bool {
        self.password_policy().and_then(|policy| policy.password_history_size).is_some_and(|last| last > 0)
    }

    /// Returns how long a temporary password lasts, in days.
    pub(super) fn validity_days(&self) -> i32 {
        let days = self.password_policy().map(|policy| policy.temporary_password_validity_days);
        days.filter(|days| *days > 0).unwrap_or(USUAL_VALIDITY)
    }

    /// Returns how long a temporary password lasts.
    pub(super) fn lifetime(&self) -> Duration {
        Duration::from_hours(24 * u64::try_from(self.validity_days()).unwrap_or_default())
    }

    /// Whether customers can reset their password by a code themselves. `None` if the pool does not say so.
    pub(super) fn has_self_service(&self) -> Option<bool> {
        let ways = self.0.account_recovery_setting.as_ref()?.recovery_mechanisms.as_ref()?;
        Some(ways.iter().any(|way| way.name != RecoveryOptionNameType::AdminOnly))
    }

    /// Whether users sign in by their address or number, so that the pool makes their username.
    pub(super) fn signs_in_by(&self, attribute: &UsernameAttributeType) -> bool {
        self.0.username_attributes.iter().flatten().any(|known| known == attribute)
    }

    /// Whether an address can be used in place of the username, which then must not look like one.
    pub(super) fn has_email_alias(&self) -> bool {
        self.0.alias_attributes.iter().flatten().any(|alias| *alias == AliasAttributeType::Email)
    }

    /// Whether the case of usernames matters. A pool that does not say so is case sensitive (Cognito API,
    /// `UsernameConfigurationType`).
    pub(super) fn is_case_sensitive(&self) -> bool {
        self.0.username_configuration.as_ref().is_none_or(|configuration| configuration.case_sensitive)
    }

    /// Lists the attributes that every user must have, except `sub`, which the pool makes.
    pub(super) fn required_attributes(&self) -> impl Iterator<Item = &str> {
        let attributes = self.0.schema_attributes.iter().flatten();
        let required = attributes.filter(|attribute| attribute.required == Some(true));
        required.filter_map(|attribute| attribute.name.as_deref()).filter(|name| *name != "sub")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use aws_sdk_cognitoidentityprovider::types::{
        AccountRecoverySettingType, RecoveryOptionType, SchemaAttributeType, UserPoolPolicyType,
        UsernameConfigurationType,
    };

    use super::*;

    fn pool(policy: PasswordPolicyType) -> Pool {
        let policies = UserPoolPolicyType::builder().password_policy(policy).build();
        Pool(UserPoolType::builder().policies(policies).build())
    }

    #[test]
    fn the_policy_has_each_rule_that_the_pool_requires() {
        let policy = PasswordPolicyType::builder()
            .minimum_length(12)
            .require_uppercase(true)
            .require_symbols(true)
            .password_history_size(3)
            .temporary_password_validity_days(2)
            .build();
        let found = pool(policy);
        let rules = [Rule::MinLength(12), Rule::MaxLength(256), Rule::Upper(1), Rule::Special(1), Rule::History(3)];
        assert_eq!(found.policy(), PolicyRead::Read(Policy::new(rules)));
        assert!(found.keeps_history());
        assert_eq!(found.validity_days(), 2);
    }

    #[test]
    fn a_pool_that_shows_no_policy_has_an_unknown_one() {
        let none = Pool(UserPoolType::builder().build());
        assert!(matches!(none.policy(), PolicyRead::Unreadable(_)));
        assert!(!none.keeps_history() && none.has_self_service().is_none() && none.is_case_sensitive());
        assert_eq!(none.validity_days(), 7, "AWS's own default");
    }

    #[test]
    fn required_attributes_are_named_but_for_the_one_that_the_pool_makes() {
        let attribute = |name: &str, required| SchemaAttributeType::builder().name(name).required(required).build();
        let found = Pool(
            UserPoolType::builder()
                .schema_attributes(attribute("sub", true))
                .schema_attributes(attribute("email", true))
                .schema_attributes(attribute("custom:tenant", false))
                .username_configuration(UsernameConfigurationType::builder().case_sensitive(false).build().unwrap())
                .build(),
        );
        assert_eq!(found.required_attributes().collect::<Vec<_>>(), ["email"]);
        assert!(!found.is_case_sensitive());
    }

    #[test]
    fn self_service_is_off_where_only_administrators_recover() {
        let with = |name| {
            let way = RecoveryOptionType::builder().name(name).priority(1).build().unwrap();
            let setting = AccountRecoverySettingType::builder().recovery_mechanisms(way).build();
            Pool(UserPoolType::builder().account_recovery_setting(setting).build()).has_self_service()
        };
        assert_eq!(with(RecoveryOptionNameType::AdminOnly), Some(false));
        assert_eq!(with(RecoveryOptionNameType::VerifiedEmail), Some(true));
    }
}
