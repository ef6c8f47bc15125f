//! Agents: IAM users with the rights that a test gives them.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::calls::Keys;
use super::pool::Pool;

/// What an agent needs to find customers, and no more.
pub const FIND: &[&str] = &[
    "cognito-idp:ListUsers",
    "cognito-idp:AdminGetUser",
    "cognito-idp:AdminListGroupsForUser",
    "cognito-idp:DescribeUserPool",
    "cognito-idp:ListUserPoolClients",
    "cognito-idp:DescribeUserPoolClient",
];

/// What an agent needs beside that to issue temporary passwords.
pub const RESET: &[&str] = &[
    "cognito-idp:AdminCreateUser",
    "cognito-idp:AdminSetUserPassword",
    "cognito-idp:AdminUserGlobalSignOut",
    "cognito-idp:AdminInitiateAuth",
    "iam:SimulatePrincipalPolicy",
];

/// An IAM user.
#[derive(Clone, Debug)]
pub struct IamAgent {
    pub name: String,
    pub keys: Keys,
}

impl IamAgent {
    /// The same with a secret key that is wrong.
    #[must_use]
    pub fn with_wrong_secret(&self) -> Self {
        let secret = self.keys.secret.chars().rev().collect();
        Self { keys: Keys { secret, ..self.keys.clone() }, ..self.clone() }
    }
}

impl Pool {
    /// Creates an agent who may do these things (to this pool, where a right is one of Cognito's), and nothing else.
    pub fn agent(&self, name: &str, actions: &[&str]) -> IamAgent {
        let name = format!("{name}-{}", self.id().rsplit('_').next().unwrap());
        self.server().iam("CreateUser", &[("UserName", &name)]);
        let agent = IamAgent { keys: self.create_key(&name), name };
        self.grant(&agent, actions);
        agent
    }

    /// Replaces what an agent may do.
    pub fn grant(&self, agent: &IamAgent, actions: &[&str]) {
        let of_cognito = |wanted: bool| {
            actions.iter().filter(|action| action.starts_with("cognito-idp:") == wanted).collect::<Vec<_>>()
        };
        let statements: Vec<_> = [(of_cognito(true), self.arn()), (of_cognito(false), "*")]
            .into_iter()
            .filter(|(actions, _)| !actions.is_empty())
            .map(|(actions, resource)| json!({ "Effect": "Allow", "Action": actions, "Resource": resource }))
            .collect();
        self.grant_policy(agent, &json!({ "Version": "2012-10-17", "Statement": statements }));
    }

    /// Gives an agent this policy in place of the one they have.
    pub fn grant_policy(&self, agent: &IamAgent, policy: &Value) {
        let document = policy.to_string();
        let fields = [("UserName", agent.name.as_str()), ("PolicyName", "rights"), ("PolicyDocument", &document)];
        self.server().iam("PutUserPolicy", &fields);
    }

    fn create_key(&self, name: &str) -> Keys {
        let answer = self.server().iam("CreateAccessKey", &[("UserName", name)]);
        let text = |tag: &str| {
            let (_, rest) = answer.split_once(&format!("<{tag}>")).unwrap_or_else(|| panic!("{tag}: {answer}"));
            rest.split_once('<').unwrap().0.to_owned()
        };
        Keys { id: text("AccessKeyId"), secret: text("SecretAccessKey") }
    }
}

/// The text of an AWS credentials file with these profiles.
pub fn credentials_file(profiles: &[(&str, &Keys)]) -> String {
    let mut text = String::new();
    for (name, Keys { id, secret }) in profiles {
        writeln!(text, "[{name}]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n").unwrap();
    }
    text
}
