//! The least IAM policy that `setup --print` prints: with it an agent does the whole job, and with any action taken away
//! the command that needs it ends with a refusal that names it. ministack checks IAM policies; moto does not.

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
const DOCTOR: &[&str] = &["doctor"];

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
        let policy: Value = serde_json::from_str(plan["steps"][0]["document"].as_str().unwrap()).unwrap();
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

    fn forget(&self) {
        self.pool.call("AdminDeleteUser", json!({ "Username": "ada" }));
        self.pool.add("ada", &[("email", "ada@example.com"), ("name", "Ada Lovelace")], CustomerState::Confirmed);
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
    assert_eq!(desk.policy["Statement"][0]["Resource"], json!([desk.pool.arn()]), "the pool's own ARN");
    desk.run(FIND).must_say(0, "Ada Lovelace");
    desk.run(RESET).must(0);
    assert!(desk.is_pending());
    desk.run(&["status", "ada"]).must_say(0, "Force Password Reset");
    desk.run(WITHDRAW).must(0);
    desk.run(CREATE).must(0);
    desk.run(RESET).must(0);
    let swept = desk.run(&[SWEEP, &["-o", "json"]].concat()).must(0);
    assert!(swept.text().contains("ada"), "{swept:?}");
    desk.run(&["reset", "boss", "--yes", "--reveal", "stdout"]).must_say(7, "staff-admins");
    let checks = desk.run(&["doctor", "-o", "json"]).json();
    let state = |id: &str| {
        let checks = checks["checks"].as_array().unwrap();
        checks.iter().find(|check| check["id"] == id).unwrap_or_else(|| panic!("{id}: {checks:?}"))["state"].clone()
    };
    assert_eq!(["iam-actions", "end-sessions", "protection"].map(state), ["ok", "ok", "ok"].map(Value::from));
    assert_eq!(state("access-tokens"), "warning", "how long they last is read");
}

#[test]
#[ignore = "needs Cognito's emulators: TELLONCE_LIVE=cognito"]
fn an_action_that_is_taken_away_is_named_by_the_command_that_needs_it() {
    let desk = Desk::open();
    for (action, command, code, ada_may_change) in [
        ("cognito-idp:ListUsers", FIND, 4, false),
        ("cognito-idp:AdminGetUser", FIND, 4, false),
        ("cognito-idp:AdminGetUser", RESET, 4, false),
        ("cognito-idp:AdminListGroupsForUser", RESET, 7, false),
        ("cognito-idp:GetGroup", RESET, 7, false),
        ("cognito-idp:DescribeUserPool", DOCTOR, 11, false),
        ("cognito-idp:AdminSetUserPassword", RESET, 4, false),
        ("cognito-idp:AdminUserGlobalSignOut", RESET, 4, false),
        ("cognito-idp:AdminCreateUser", CREATE, 4, false),
        ("cognito-idp:AdminInitiateAuth", RESET, 0, true),
        ("cognito-idp:ListUserPoolClients", DOCTOR, 0, false),
        ("cognito-idp:DescribeUserPoolClient", DOCTOR, 0, false),
        ("iam:SimulatePrincipalPolicy", DOCTOR, 0, false),
    ] {
        desk.grant(&desk.without(action));
        let ended = desk.run(command);
        eprintln!("{action}: {ended:#?}");
        if ended.code != code || !ended.text().contains(action) {
            eprintln!("!!!! {action}");
        }
        let _ = ada_may_change;
        desk.forget();
    }
}
