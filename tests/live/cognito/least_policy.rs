//! The least IAM policy that `setup --print` prints: with it an agent does the whole job, and with any action taken away
//! the command that needs it ends with a refusal that names it. ministack checks IAM policies; moto does not.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::cognito::{CustomerState, Emulator, IamAgent, Pool, PoolOptions, Server};
use crate::support::{CommandOutput, TestEnvironment};

const CREATE: &[&str] = &[
    "reset",
    "new@example.com",
    "--create",
    "--email",
    "new@example.com",
    "--first-name",
    "New",
    "--last-name",
    "One",
    "--yes",
    "--reveal",
    "stdout",
];
const FIND: &[&str] = &["find", "ada"];
const RESET: &[&str] = &["reset", "ada", "--yes", "--reveal", "stdout"];
const WITHDRAW: &[&str] = &["withdraw", "ada", "--yes"];
const SWEEP: &[&str] = &["withdraw", "--older-than", "0s", "--all", "--yes", "--reason", "expired"];

/// What is refused without an action: by which command, with which exit code.
const REFUSED: [(&str, &[&str], i32); 9] = [
    ("cognito-idp:ListUsers", FIND, 4),
    ("cognito-idp:ListUsers", SWEEP, 4),
    ("cognito-idp:AdminGetUser", FIND, 4),
    ("cognito-idp:AdminGetUser", RESET, 4),
    ("cognito-idp:AdminListGroupsForUser", RESET, 7),
    ("cognito-idp:GetGroup", RESET, 7),
    ("cognito-idp:AdminUserGlobalSignOut", RESET, 4),
    ("cognito-idp:AdminSetUserPassword", RESET, 4),
    ("cognito-idp:AdminCreateUser", CREATE, 4),
];
/// What a reset goes on without.
const TOLD: [&str; 2] = ["cognito-idp:AdminInitiateAuth", "cognito-idp:DescribeUserPool"];
/// What `doctor` alone uses, and the check that names it.
const CHECKED: [(&str, &str); 3] = [
    ("cognito-idp:ListUserPoolClients", "access-tokens"),
    ("cognito-idp:DescribeUserPoolClient", "access-tokens"),
    ("iam:SimulatePrincipalPolicy", "iam-actions"),
];

/// An agent with the printed policy, in a pool where everything that the policy is for is used.
struct Desk {
    pool: Pool,
    agent: IamAgent,
    environment: TestEnvironment,
    policy: Value,
}

impl Desk {
    fn open() -> Self {
        let pool = Pool::with(Server::shared(Emulator::Ministack), &PoolOptions::default());
        pool.add("ada", &[("email", "ada@example.com"), ("name", "Ada Lovelace")], CustomerState::Confirmed);
        pool.add("boss", &[("email", "boss@example.com")], CustomerState::Confirmed);
        pool.put_into_group("boss", "staff-admins");
        let agent = pool.agent("agent", &["cognito-idp:ListUsers"]);
        let environment = TestEnvironment::for_agent_of_pool(&agent, &profile(&pool));
        let plan = environment.run(&["setup", "--print", "-o", "json"]).must(0).json();
        let mut policy: Value = serde_json::from_str(plan["steps"][0]["document"].as_str().unwrap()).unwrap();
        let own_rights = policy["Statement"].as_array_mut().unwrap().last_mut().unwrap();
        assert_eq!(own_rights["Action"], json!(["iam:SimulatePrincipalPolicy"]));
        own_rights["Resource"] = json!("*"); // see the last test
        let desk = Self { pool, agent, environment, policy };
        desk.grant(&desk.policy);
        desk
    }

    fn grant(&self, policy: &Value) {
        self.pool.grant_policy(&self.agent, policy);
    }

    /// The policy without one action; a statement that had no other goes as well.
    fn without(&self, action: &str) -> Value {
        let mut policy = self.policy.clone();
        let statements = policy["Statement"].as_array_mut().unwrap();
        for statement in statements.iter_mut() {
            statement["Action"].as_array_mut().unwrap().retain(|known| known != action);
        }
        statements.retain(|statement| statement["Action"] != json!([]));
        assert_ne!(policy, self.policy, "the policy has {action}");
        policy
    }

    fn run(&self, arguments: &[&str]) -> CommandOutput {
        self.environment.run(arguments)
    }

    /// Whether a temporary password of `ada` is pending.
    fn is_pending(&self) -> bool {
        self.pool.user("ada")["UserStatus"] == "FORCE_CHANGE_PASSWORD"
    }

    /// What `doctor` found by one of its checks: the state, and the words.
    fn check(&self, id: &str) -> (String, String) {
        let found = self.run(&["doctor", "-o", "json"]).json();
        let checks = found["checks"].as_array().unwrap();
        let check = checks.iter().find(|check| check["id"] == id).unwrap_or_else(|| panic!("{id}: {checks:?}"));
        let text = |name: &str| check[name].as_str().unwrap().to_owned();
        (text("state"), text("words"))
    }
}

fn profile(pool: &Pool) -> String {
    format!(
        "{}account = '{}'\nprotected = {{ groups = ['staff-admins'] }}\napp_client = {{ id = '{}', flow = 'admin-user-password' }}\n",
        pool.profile(),
        Emulator::Ministack.account(),
        pool.app().id
    )
}

#[test]
#[ignore = "needs Cognito's emulators: TELLONCE_LIVE=cognito"]
fn an_agent_with_the_printed_policy_does_the_whole_job() {
    let desk = Desk::open();
    let printed = desk.policy["Statement"].as_array().unwrap().iter();
    let printed: BTreeSet<&str> = printed
        .flat_map(|statement| statement["Action"].as_array().unwrap())
        .map(|action| action.as_str().unwrap())
        .collect();
    let tried = REFUSED.map(|(action, ..)| action).into_iter().chain(TOLD).chain(CHECKED.map(|(action, _)| action));
    assert_eq!(printed, tried.collect(), "each is taken away in a test below, and no test has another");
    assert_eq!(desk.policy["Statement"][0]["Resource"], json!([desk.pool.arn()]), "the pool's own ARN");
    desk.run(FIND).must_say(0, "Ada Lovelace");
    let reset = desk.run(&[RESET, &["-o", "json"]].concat()).must(0).json();
    assert_eq!(reset["proved"], true, "{reset}");
    assert!(desk.is_pending());
    desk.run(&["status", "ada"]).must_say(0, "Force Password Reset");
    desk.run(&["pending"]).must_say(0, "Ada Lovelace");
    desk.run(WITHDRAW).must(0);
    desk.run(CREATE).must(0);
    desk.run(RESET).must(0);
    // The server's clock has seconds: what is newer than the second is not yet older than nothing.
    let swept = std::iter::repeat_with(|| desk.run(&[SWEEP, &["-o", "json"]].concat()).must(0).json())
        .find(|swept| swept["total"] != 0);
    assert!(swept.unwrap().to_string().contains("Ada Lovelace"));
    desk.run(&["reset", "boss", "--yes", "--reveal", "stdout"]).must_say(7, "staff-admins");
    for id in ["iam-actions", "end-sessions", "protection"] {
        let (state, words) = desk.check(id);
        assert_eq!(state, "ok", "{id}: {words}");
    }
    assert!(desk.check("access-tokens").1.contains("at most"), "how long they last is read");
}

#[test]
#[ignore = "needs Cognito's emulators: TELLONCE_LIVE=cognito"]
fn an_action_that_is_taken_away_is_named_by_the_command_that_needs_it() {
    let desk = Desk::open();
    for (action, command, code) in REFUSED {
        desk.grant(&desk.without(action));
        let error = desk.run(&[command, &["-o", "json"]].concat()).must(code).error();
        assert!(error["message"].as_str().unwrap().contains(action), "{action}: {error}");
        assert_eq!(error["changed"], "no", "{action}: {error}");
        assert!(!desk.is_pending(), "{action}");
    }
}

#[test]
#[ignore = "needs Cognito's emulators: TELLONCE_LIVE=cognito"]
fn a_reset_without_the_sign_in_or_the_rules_says_which_action_is_missing() {
    let desk = Desk::open();
    let [action, rules] = TOLD;
    desk.grant(&desk.without(action));
    let reset = desk.run(&[RESET, &["-o", "json"]].concat()).must(0).json();
    assert!(reset["proved"] == false && reset["proof_reason"].as_str().unwrap().contains(action), "{reset}");
    desk.run(RESET).must_say(0, action);
    let (state, words) = desk.check("iam-actions");
    assert!(state == "warning" && words.contains(action), "{words}");
    let action = rules;
    desk.grant(&desk.without(action));
    desk.run(RESET).must(0);
    for id in ["iam-actions", "user-pool"] {
        let (state, words) = desk.check(id);
        assert!(state == "warning" && words.contains(action), "{words}");
    }
}

#[test]
#[ignore = "needs Cognito's emulators: TELLONCE_LIVE=cognito"]
fn what_doctor_may_not_read_it_says_with_the_action() {
    let desk = Desk::open();
    for (action, id) in CHECKED {
        desk.grant(&desk.without(action));
        let (state, words) = desk.check(id);
        assert!(state == "unknown" && words.contains(action), "{action}: {words}");
    }
    desk.grant(&desk.without("cognito-idp:AdminSetUserPassword"));
    let (state, words) = desk.check("iam-actions");
    assert!(state == "fault" && words.contains("cognito-idp:AdminSetUserPassword"), "{words}");
}

/// AWS takes the ARN of the user or role whose policies are simulated (Service Authorization Reference, "Actions defined by
/// AWS Identity and Access Management"). Where this fails, ministack has learned it.
#[test]
#[ignore = "needs Cognito's emulators: TELLONCE_LIVE=cognito"]
fn ministack_lets_policies_be_simulated_only_where_everything_is_the_resource() {
    let desk = Desk::open();
    assert_eq!(desk.check("iam-actions").0, "ok");
    let mut policy = desk.policy.clone();
    let statements = policy["Statement"].as_array_mut().unwrap();
    let account = Emulator::Ministack.account();
    statements.last_mut().unwrap()["Resource"] = json!(format!("arn:aws:iam::{account}:user/{}", desk.agent.name));
    desk.grant(&policy);
    assert_eq!(desk.check("iam-actions").0, "unknown");
}
