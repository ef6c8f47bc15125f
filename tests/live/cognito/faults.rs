//! Something goes wrong between the tool and ministack, whose users then sign in: what is told of the password is true.
//!
//! Every other fault is played before a fake pool: `tests/black_box/cognito/faults.rs`.

use crate::support::cognito::{CustomerState, Emulator, Entered, FIND, Pool, PoolOptions, RESET, Server, old_password};
use crate::support::fault_proxy::{Fault, FaultProxy, Gate, Rule};
use crate::support::{CommandOutput, TestEnvironment};

const SET: &str = "AdminSetUserPassword";

struct Bench {
    pool: Pool,
    proxy: FaultProxy,
    env: TestEnvironment,
}

impl Bench {
    fn new() -> Self {
        let pool = Pool::with(Server::shared(Emulator::Ministack), &PoolOptions::default());
        pool.add("ada", &[("email", "ada@example.com")], CustomerState::Confirmed);
        let proxy = FaultProxy::before(pool.server().url());
        let agent = pool.agent("agent", &[FIND, RESET].concat());
        let profile = format!("protected = 'none'\n{}{}", pool.proof(), pool.profile_at(proxy.address()));
        let env = TestEnvironment::for_agent_of_pool(&agent, &profile);
        Self { pool, proxy, env }
    }

    fn with(&self, rule: Rule) -> CommandOutput {
        self.proxy.mend();
        self.proxy.rule(rule);
        self.env.run(&["-o", "json", "--timeout", "3s", "reset", "ada", "--yes", "--reveal", "stdout"])
    }

    fn enters(&self, password: &str) -> Entered {
        self.pool.customers().sign_in("ada", password)
    }
}

/// ministack takes the signature that the proxy hands on, as the `Host` is the proxy's.
#[test]
#[ignore = "needs Cognito's emulators: TELLONCE_LIVE=cognito"]
fn a_passing_fault_is_waited_out_and_the_password_is_in_force() {
    let bench = Bench::new();
    let throttled = || {
        let body = r#"{"__type":"TooManyRequestsException","message":"Rate exceeded"}"#;
        Fault::Answer(400, Vec::new(), body.as_bytes().to_vec())
    };
    for (name, rule, sets) in [
        ("nothing", Rule::on("POST", "nothing", Fault::Cut), 1),
        ("a read is cut", Rule::on("POST", "AdminGetUser", Fault::Cut).times(1), 1),
        ("a read is half there", Rule::on("POST", "DescribeUserPool", Fault::Truncate).times(1), 1),
        ("the set is too many", Rule::on("POST", SET, throttled()).times(2), 3),
        ("the set is too many, for a second", Rule::on("POST", SET, Fault::too_many(1)).times(1), 2),
        ("sessions end at the second try", Rule::on("POST", "GlobalSignOut", Fault::Cut).applied().times(2), 1),
    ] {
        let issued = bench.with(rule);
        assert_eq!(issued.code, 0, "{name}: {issued:?}");
        assert_eq!(bench.proxy.count("POST", SET), sets, "{name}");
        assert!(matches!(bench.enters(&issued.password()), Entered::ChangeRequired(_)), "{name}");
    }
}

#[test]
#[ignore = "needs Cognito's emulators: TELLONCE_LIVE=cognito"]
fn a_lost_answer_locks_the_customer_out_until_another_is_issued() {
    let gate = Gate::default();
    for (name, rule, applied) in [
        ("cut before", Rule::on("POST", SET, Fault::Cut), false),
        ("cut after", Rule::on("POST", SET, Fault::Cut).applied(), true),
        ("500 after", Rule::on("POST", SET, Fault::status(500)).applied(), true),
        ("late", Rule::on("POST", SET, Fault::Hold(gate.clone())).applied(), true),
        ("never", Rule::on("POST", SET, Fault::Hold(gate.clone())), false),
    ] {
        let bench = Bench::new();
        let Entered::In(tokens) = bench.enters(old_password()) else { panic!("{name}: not in") };
        let error = bench.with(rule).must(9).error();
        assert_eq!(error["changed"], if applied { "yes" } else { "unknown" }, "{name}: {error}");
        assert_eq!(bench.proxy.count("POST", SET), 1, "{name}");
        assert!(!bench.pool.customers().is_let_in_by(&tokens), "{name}: sessions are ended all the same");
        let status = bench.pool.user("ada")["UserStatus"].clone();
        assert_eq!(status == "FORCE_CHANGE_PASSWORD", applied, "{name}: {status}");
        assert_eq!(matches!(bench.enters(old_password()), Entered::In(_)), !applied, "{name}");
        let issued = bench.with(Rule::on("POST", "nothing", Fault::Cut)).must(0);
        assert!(matches!(bench.enters(&issued.password()), Entered::ChangeRequired(_)), "{name}: the newest works");
    }
    gate.open();
}
