//! What the pool answers to each call.

use serde_json::{Value, json};

use super::{ACCOUNT, APP, FakeUser, Pages, STAFF, State};

/// How many users a page has.
const PAGE: usize = 60;

/// A refusal's code and message.
type Refused = (&'static str, &'static str);

const NO_USER: Refused = ("UserNotFoundException", "User does not exist.");
const WRONG_PASSWORD: Refused = ("NotAuthorizedException", "Incorrect username or password.");

impl State {
    /// Takes a call of the user pools.
    pub(super) fn take(&mut self, name: &str, input: &Value) -> Result<Value, Refused> {
        match name {
            "DescribeUserPool" => Ok(json!({ "UserPool": self.pool() })),
            "ListUserPoolClients" => Ok(json!({ "UserPoolClients": [{ "ClientId": APP, "ClientName": "app" }] })),
            "DescribeUserPoolClient" => Ok(json!({ "UserPoolClient": { "ClientId": APP, "AccessTokenValidity": 2 } })),
            "ListUsers" => self.list(input),
            "GetGroup" if input["GroupName"] == STAFF => Ok(json!({ "Group": { "GroupName": STAFF } })),
            "GetGroup" => Err(("ResourceNotFoundException", "Group not found.")),
            "AdminGetUser" => Ok(self.look(input)?.shown("UserAttributes")),
            "AdminListGroupsForUser" => {
                let user = self.look(input)?;
                let groups = user.groups.iter().map(|name| json!({ "GroupName": name }));
                Ok(json!({ "Groups": groups.collect::<Value>() }))
            }
            "AdminUserGlobalSignOut" => {
                self.find(input)?.signed_out += 1;
                Ok(json!({}))
            }
            "AdminSetUserPassword" => {
                let now = self.now();
                let user = self.find(input)?;
                if user.status == "EXTERNAL_PROVIDER" {
                    return Err(("UnsupportedUserStateException", "User is federated."));
                }
                user.password = input["Password"].as_str().map(str::to_owned);
                user.modified = now;
                let permanent = input["Permanent"] == true;
                (if permanent { "CONFIRMED" } else { "FORCE_CHANGE_PASSWORD" }).clone_into(&mut user.status);
                Ok(json!({}))
            }
            "AdminCreateUser" => self.create(input),
            "InitiateAuth" | "AdminInitiateAuth" => self.sign_in(input),
            other => panic!("{other} is not played"),
        }
    }

    fn find(&mut self, input: &Value) -> Result<&mut FakeUser, Refused> {
        let name = input["Username"].as_str().unwrap();
        let same = |user: &&mut FakeUser| {
            user.username == name
                || user.attributes["sub"] == name
                || user.attributes.get("email").is_some_and(|email| email == name)
        };
        self.users.iter_mut().find(same).ok_or(NO_USER)
    }

    /// A user, who may be of the crowd.
    fn look(&mut self, input: &Value) -> Result<FakeUser, Refused> {
        let name = input["Username"].as_str().unwrap_or_default();
        let number = name.strip_prefix("crowd-").and_then(|name| name.split('@').next()?.parse().ok());
        match number.filter(|number| *number < self.crowd) {
            Some(number) => Ok(FakeUser::of_crowd(number, self.crowd_is_pending)),
            None => self.find(input).map(|user| user.clone()),
        }
    }

    fn list(&self, input: &Value) -> Result<Value, Refused> {
        let filter =
            input["Filter"].as_str().map(|text| parse(text).ok_or(("InvalidParameterException", "Wrong filter.")));
        let filter = filter.transpose()?;
        let token = input["PaginationToken"].as_str().map_or(0, |token| token.parse::<usize>().unwrap());
        let start = if self.pages == Pages::ToTheEnd { token } else { 0 };
        let all = self.users.len() + self.crowd;
        let (mut page, mut at) = (Vec::new(), start);
        while at < all && page.len() < PAGE {
            let made = at.checked_sub(self.users.len()).map(|number| FakeUser::of_crowd(number, self.crowd_is_pending));
            let user = made.as_ref().unwrap_or_else(|| &self.users[at]);
            if filter.as_ref().is_none_or(|filter| user.matches(filter)) {
                page.push(user.shown("Attributes"));
            }
            at += 1;
        }
        let mut output = json!({ "Users": page });
        let next = match self.pages {
            Pages::ToTheEnd => (at < all).then_some(at),
            Pages::SameToken => Some(1),
            Pages::InTurns => Some(if token == 1 { 2 } else { 1 }),
        };
        if let Some(next) = next {
            output["PaginationToken"] = next.to_string().into();
        }
        Ok(output)
    }

    fn create(&mut self, input: &Value) -> Result<Value, Refused> {
        if self.find(input).is_ok() {
            return Err(("UsernameExistsException", "User account already exists"));
        }
        let name = input["Username"].as_str().unwrap();
        let mut user = FakeUser::new(name).in_state("FORCE_CHANGE_PASSWORD");
        user.attributes.clear();
        for pair in input["UserAttributes"].as_array().unwrap() {
            user = user.with(pair["Name"].as_str().unwrap(), pair["Value"].as_str().unwrap());
        }
        user.password = input["TemporaryPassword"].as_str().map(str::to_owned);
        let (number, now) = (self.users.len(), self.now());
        let mut user = user.completed(number, now);
        if !self.pool()["UsernameAttributes"].is_null() {
            user.username.clone_from(&user.attributes["sub"]); // the pool makes the name itself
        }
        let shown = user.shown("Attributes");
        self.users.push(user);
        Ok(json!({ "User": shown }))
    }

    fn sign_in(&mut self, input: &Value) -> Result<Value, Refused> {
        let parameters = &input["AuthParameters"];
        let user = self.find(&json!({ "Username": parameters["USERNAME"] }))?;
        if user.password.as_deref() != parameters["PASSWORD"].as_str() {
            return Err(WRONG_PASSWORD);
        }
        Ok(if user.status == "FORCE_CHANGE_PASSWORD" {
            json!({ "ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": "session", "ChallengeParameters": {} })
        } else {
            json!({ "AuthenticationResult": { "AccessToken": "a", "ExpiresIn": 3600 } })
        })
    }
}

/// Takes a filter apart: attribute, operator, and the text with its escapes undone.
fn parse(filter: &str) -> Option<(String, String, String)> {
    let (left, text) = filter.split_once('"')?;
    let (attribute, operator) = left.trim().split_once(' ')?;
    let (mut plain, mut letters) = (String::new(), text.strip_suffix('"')?.chars());
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => plain.push(letters.next()?),
            '"' => return None,
            letter => plain.push(letter),
        }
    }
    Some((attribute.to_owned(), operator.trim().to_owned(), plain))
}

/// The answer to a call of STS or IAM.
pub(super) fn query(name: &str) -> String {
    let result = match name {
        "GetCallerIdentity" => format!(
            "<Arn>arn:aws:iam::{ACCOUNT}:user/sam</Arn><UserId>AIDAFAKE</UserId><Account>{ACCOUNT}</Account>"
        ),
        "SimulatePrincipalPolicy" => "<IsTruncated>false</IsTruncated>".to_owned(),
        "AssumeRole" | "AssumeRoleWithWebIdentity" => {
            "<Credentials><AccessKeyId>ASIAFAKE</AccessKeyId><SecretAccessKey>secret-of-the-role-5d0e</SecretAccessKey>\
             <SessionToken>token-of-the-role-91aa</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials>"
                .to_owned()
        }
        other => panic!("{other} is not played"),
    };
    format!("<{name}Response><{name}Result>{result}</{name}Result></{name}Response>")
}
