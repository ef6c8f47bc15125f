//! The parser of a realm's password policy, such as `length(12) and upperCase(1)` (Keycloak's Server Administration
//! Guide, "Password policies").

use crate::domain::{Pattern, Policy, PolicyRead, Rule};

/// Parses a realm's policy string.
pub(super) fn parse(text: &str) -> PolicyRead {
    let mut rules = Vec::new();
    let mut unknown = Vec::new();
    for part in split(text) {
        match rule(&part) {
            Ok(found) => rules.extend(found),
            Err(why) => unknown.push(why),
        }
    }
    let policy = Policy::new(rules);
    if unknown.is_empty() { PolicyRead::Read(policy) } else { PolicyRead::InPart(policy, unknown.join("; ")) }
}

/// Splits a policy at each ` and ` outside of parentheses. A pattern may hold ` and ` too.
fn split(text: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let end = rest.match_indices(" and ").map(|(at, _)| at).find(|at| is_whole(&rest[..*at]));
        let (part, after) = end.map_or((rest, ""), |at| (&rest[..at], &rest[at + 5..]));
        parts.push(part.trim().to_owned());
        rest = after.trim();
    }
    parts
}

/// Reports whether a part is complete: an id alone, or an id with its closing parenthesis.
fn is_whole(part: &str) -> bool {
    !part.contains('(') || part.trim_end().ends_with(')')
}

/// Parses one part. Returns `None` if it is no rule about what a password looks like.
fn rule(part: &str) -> Result<Option<Rule>, String> {
    let (id, value) =
        part.split_once('(').map_or((part, ""), |(id, value)| (id, value.strip_suffix(')').unwrap_or(value)));
    let number = |usual: usize| match value.trim() {
        "" | "undefined" => Ok(usual),
        digits => digits.parse().map_err(|_| format!("the rule \"{part}\" has no number")),
    };
    Ok(Some(match id.trim() {
        "length" => Rule::MinLength(number(8)?),
        "maxLength" => Rule::MaxLength(number(64)?),
        "upperCase" => Rule::Upper(number(1)?),
        "lowerCase" => Rule::Lower(number(1)?),
        "digits" => Rule::Digits(number(1)?),
        "specialChars" => Rule::Special(number(1)?),
        "notUsername" => Rule::NotUsername,
        "notEmail" => Rule::NotEmail,
        "notContainsUsername" => Rule::NotContainsUsername,
        "passwordHistory" => Rule::History(number(3)?),
        "passwordBlacklist" => Rule::NotWellKnown,
        "forceExpiredPasswordChange"
        | "hashIterations"
        | "hashAlgorithm"
        | "passwordAge"
        | "maxAuthAge"
        | "recoveryCodesWarningThreshold" => return Ok(None),
        // The server matches the whole password (java.util.regex.Matcher.matches).
        "regexPattern" => {
            let pattern = Pattern::from_java(value)
                .map_err(|why| format!("it has the pattern {value}, which tellonce cannot evaluate: {why}"))?;
            Rule::Pattern(pattern)
        }
        other => return Err(format!("it has a rule that is not known here: {other}")),
    }))
}

/// Reports whether the policy refuses the last password, so that the temporary one cannot be kept.
pub(super) fn keeps_history(policy: &str) -> bool {
    split(policy).iter().any(|part| matches!(rule(part), Ok(Some(Rule::History(last))) if last >= 1))
}

/// Returns the policy without its password history.
pub(super) fn without_history(policy: &str) -> String {
    let kept: Vec<String> = split(policy).into_iter().filter(|part| !part.starts_with("passwordHistory")).collect();
    kept.join(" and ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;

    #[test]
    fn every_rule_that_there_is_is_read() {
        let text = "length(12) and maxLength(64) and upperCase(1) and lowerCase(2) and digits(3) and specialChars(1) and \
                    notUsername(undefined) and notEmail(undefined) and notContainsUsername(undefined) and passwordHistory(3) and \
                    passwordBlacklist(10k.txt) and passwordAge(2) and forceExpiredPasswordChange(365) and hashIterations(1) and \
                    hashAlgorithm(pbkdf2-sha512) and maxAuthAge(300) and recoveryCodesWarningThreshold(4)";
        let expected = Policy::new([
            Rule::MinLength(12),
            Rule::MaxLength(64),
            Rule::Upper(1),
            Rule::Lower(2),
            Rule::Digits(3),
            Rule::Special(1),
            Rule::NotUsername,
            Rule::NotEmail,
            Rule::NotContainsUsername,
            Rule::NotWellKnown,
            Rule::History(3),
        ]);
        assert_eq!(parse(text), PolicyRead::Read(expected));
        assert_eq!(parse(""), PolicyRead::Read(Policy::default()));
        assert_eq!(
            parse("notUsername and length"),
            PolicyRead::Read(Policy::new([Rule::NotUsername, Rule::MinLength(8)]))
        );
    }

    #[test]
    fn a_rule_that_cannot_be_evaluated_is_named_beside_those_that_can() {
        for (text, why, known) in [
            ("regexPattern(^[a-z&&[^b]]+$) and length(12)", "the pattern ^[a-z&&[^b]]+$", Some(Rule::MinLength(12))),
            ("length(twelve)", "length(twelve)", None),
            ("digits(2) and quantumSafe(7)", "quantumSafe", Some(Rule::Digits(2))),
        ] {
            let PolicyRead::InPart(policy, reason) = parse(text) else { panic!("{text}") };
            assert!(reason.contains(why), "{reason}");
            assert_eq!(policy, Policy::new(known), "{text}");
        }
        assert_eq!(split("regexPattern(a and b) and length(3)").len(), 2);
    }

    #[test]
    fn patterns_are_rules_whatever_parentheses_they_have() {
        for pattern in ["^(a|b)(c|(d))$", r"^(?=.*[@$!%*?&])[A-Za-z\d@$!%*?&]{8,}$", "^(a and b)$", "(x)"] {
            let PolicyRead::Read(policy) = parse(&format!("length(9) and regexPattern({pattern})")) else {
                panic!("{pattern}")
            };
            let expected = Rule::Pattern(Pattern::from_java(pattern).unwrap());
            assert_eq!(policy, Policy::new([Rule::MinLength(9), expected]));
        }
        let two = parse("regexPattern(^.{9,}$) and regexPattern(^[^ ]+$)");
        assert_eq!(two.describe(), ["must match the pattern ^.{9,}$", "must match the pattern ^[^ ]+$"]);
    }

    #[test]
    fn history_is_found() {
        assert!(keeps_history("length(8) and passwordHistory(1)") && !keeps_history("length(8)"));
        let policy = "length(8) and passwordHistory(0) and regexPattern(^(a and b)$)";
        assert_eq!(without_history(policy), "length(8) and regexPattern(^(a and b)$)");
    }
}
