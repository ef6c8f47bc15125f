//! The cost of a reset and the throughput of a bulk run in a user pool on ministack, against the same calls of the AWS SDK
//! made bare: see benches/README.md.
//!
//! `TELLONCE_LIVE=cognito cargo bench --bench cognito`; without it nothing is measured.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a benchmark may stop at what it does not expect, and prints what it found"
)]
#![allow(unreachable_pub, reason = "`pub` marks what another file of this program uses")]

use std::cell::Cell;
use std::time::{Duration, Instant};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::types::AuthFlowType;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use futures_util::future::join_all;
use support::TestEnvironment;
use support::cognito::{CustomerState, Emulator, FIND, IamAgent, Pool, PoolOptions, RESET, Server};
use support::fault_proxy::FaultProxy;

#[path = "../tests/support/mod.rs"]
mod support;

const KEY: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
const PASSWORD: &str = "Kd4m-7XpR-tqWn";
/// The calls that a row makes: what stands in one list goes out side by side.
const OF_A_ROW: &[&[&str]] = &[
    &["AdminGetUser"],
    &["AdminGetUser", "AdminListGroupsForUser"],
    &["AdminSetUserPassword"],
    &["AdminUserGlobalSignOut"],
    &["AdminGetUser"],
    &["InitiateAuth"],
    &["AdminGetUser"],
];
/// The calls that come before them once a process: who the agent is, the pool, and whether sessions can be ended.
const ONCE: &[&[&str]] = &[&["GetCallerIdentity"], &["DescribeUserPool", "AdminUserGlobalSignOut"]];

fn main() {
    if !std::env::var("TELLONCE_LIVE").unwrap_or_default().split(',').any(|name| name == "cognito") {
        println!("nothing is measured without TELLONCE_LIVE=cognito");
        return;
    }
    let quick = std::env::args().any(|argument| argument == "--quick");
    let (rows, turns, resets) = if quick { (80, 3, 10) } else { (400, 5, 60) };
    let bench = Bench::new(rows);
    bench.makes_these_calls();
    bench.load(4); // warms up the server
    let mut ratios = Vec::new();
    for _ in 0..turns {
        let before = bench.load(4);
        let ours = bench.bulk();
        let after = bench.load(4);
        let ratio = ours / before.midpoint(after);
        println!(
            "bulk: {ours:.1} rows a second, {ratio:.2} of the bare calls at the same concurrency ({before:.1} before, {after:.1} after; the bar: 0.95)"
        );
        ratios.push(ratio);
    }
    ratios.sort_by(f64::total_cmp);
    println!("bulk, median of {turns}: {:.2}", ratios[turns / 2]);
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..resets {
        ours.push(time(|| bench.reset(&bench.env)));
        bare.push(time(|| bench.bare_reset()));
    }
    ours.sort_unstable();
    bare.sort_unstable();
    let (ours, bare) = (ours[resets / 2], bare[resets / 2]);
    let ratio = ours.as_secs_f64() / bare.as_secs_f64();
    println!("a reset, the whole process, against the same calls made bare: {ratio:.2} ({ours:.1?} and {bare:.1?})");
}

fn time(work: impl FnOnce()) -> Duration {
    let started = Instant::now();
    work();
    started.elapsed()
}

/// A pool of customers, and an agent.
struct Bench {
    pool: Pool,
    agent: IamAgent,
    env: TestEnvironment,
    names: Vec<String>,
    runtime: tokio::runtime::Runtime,
}

impl Bench {
    fn new(rows: usize) -> Self {
        let pool = Pool::with(Server::shared(Emulator::Ministack), &PoolOptions::default());
        let names: Vec<String> = (0..rows).map(|number| format!("row-{number:04}")).collect();
        for name in &names {
            pool.add(name, &[], CustomerState::Confirmed);
        }
        let agent = pool.agent("bench", &[FIND, RESET].concat());
        let env = environment(&pool, &agent, pool.server().url());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { pool, agent, env, names, runtime }
    }

    fn reset(&self, env: &TestEnvironment) {
        env.run(&["-q", "reset", &self.names[0], "--yes", "--reveal", "stdout"]).must(0);
    }

    /// Runs `bulk`, and returns rows a second.
    fn bulk(&self) -> f64 {
        let many = self.names.len().to_string();
        let env = environment(&self.pool, &self.agent, self.pool.server().url());
        env.write("in.csv", &format!("customer\n{}\n", self.names.join("\n")));
        let all = ["bulk", "in.csv", "--yes", "--expect", &many, "--out", "out.jsonl", "--seal-to", KEY];
        let took = time(|| drop(env.run(&[&all[..], &["--progress", "json"]].concat()).must(0)));
        self.names.len() as f64 / took.as_secs_f64()
    }

    /// Looks at the calls of a reset by a proxy: those that are made bare must be the same.
    fn makes_these_calls(&self) {
        let proxy = FaultProxy::before(self.pool.server().url());
        self.reset(&environment(&self.pool, &self.agent, proxy.address()));
        let mut seen: Vec<String> =
            proxy.seen().iter().map(|seen| seen.path.trim_start_matches('/').to_owned()).collect();
        println!("a reset: {} calls: {}", seen.len(), seen.join(", "));
        let mut expected: Vec<&str> = ONCE.iter().chain(OF_A_ROW).flat_map(|step| step.iter().copied()).collect();
        seen.sort_unstable();
        expected.sort_unstable();
        assert_eq!(seen, expected, "the bare calls are not those of a reset any more");
    }

    /// Makes the calls of all rows bare, so many rows at once, and returns rows a second.
    fn load(&self, at_once: usize) -> f64 {
        let client = self.client();
        let next = Cell::new(0);
        let worker = async || {
            while let Some(name) = self.names.get(next.replace(next.get() + 1)) {
                self.make(&client, OF_A_ROW, name).await;
            }
        };
        let took = time(|| drop(self.runtime.block_on(join_all((0..at_once).map(|_| worker())))));
        self.names.len() as f64 / took.as_secs_f64()
    }

    /// Makes the calls of a reset, with a new client.
    fn bare_reset(&self) {
        self.runtime.block_on(async {
            let client = self.client();
            self.make(&client, ONCE, &self.names[0]).await;
            self.make(&client, OF_A_ROW, &self.names[0]).await;
        });
    }

    async fn make(&self, client: &Bare, steps: &[&[&str]], name: &str) {
        for step in steps {
            join_all(step.iter().map(|call| self.call(client, call, name))).await;
        }
    }

    async fn call(&self, client: &Bare, call: &str, name: &str) {
        let (pool, cognito) = (self.pool.id(), &client.cognito);
        match call {
            "GetCallerIdentity" => drop(client.sts.get_caller_identity().send().await.unwrap()),
            "DescribeUserPool" => drop(cognito.describe_user_pool().user_pool_id(pool).send().await.unwrap()),
            "AdminGetUser" => drop(cognito.admin_get_user().user_pool_id(pool).username(name).send().await.unwrap()),
            "AdminListGroupsForUser" => {
                drop(cognito.admin_list_groups_for_user().user_pool_id(pool).username(name).send().await.unwrap());
            }
            "AdminSetUserPassword" => {
                let set = cognito.admin_set_user_password().user_pool_id(pool).username(name);
                set.password(PASSWORD).permanent(false).send().await.unwrap();
            }
            "AdminUserGlobalSignOut" => {
                cognito.admin_user_global_sign_out().user_pool_id(pool).username(name).send().await.unwrap();
            }
            "InitiateAuth" => {
                let sign_in = cognito.initiate_auth().auth_flow(AuthFlowType::UserPasswordAuth);
                let sign_in = sign_in.client_id(&self.pool.app().id).auth_parameters("USERNAME", name);
                sign_in.auth_parameters("PASSWORD", PASSWORD).send().await.unwrap();
            }
            other => panic!("{other}"),
        }
    }

    fn client(&self) -> Bare {
        let keys = &self.agent.keys;
        let credentials = Credentials::new(keys.id.clone(), keys.secret.clone(), None, None, "bench");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(self.pool.region()))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(OverReqwest(reqwest::Client::builder().no_proxy().build().unwrap()))
            .retry_config(RetryConfig::disabled())
            .endpoint_url(self.pool.server().url())
            .build();
        Bare { cognito: Client::new(&config), sts: aws_sdk_sts::Client::new(&config) }
    }
}

/// An agent's environment, at this address.
fn environment(pool: &Pool, agent: &IamAgent, address: &str) -> TestEnvironment {
    let profile = format!("protected = 'none'\n{}{}", pool.proof(), pool.profile_at(address));
    TestEnvironment::for_agent_of_pool(agent, &profile)
}

/// The SDK's clients, with nothing of this project's around them.
struct Bare {
    cognito: Client,
    sts: aws_sdk_sts::Client,
}

/// The least that the SDK needs to send requests by this project's HTTP library.
#[derive(Clone, Debug)]
struct OverReqwest(reqwest::Client);

impl HttpConnector for OverReqwest {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = self.0.clone();
        HttpConnectorFuture::new(async move {
            let (parts, body) = request.try_into_http1x().unwrap().into_parts();
            let mut sent = reqwest::Request::new(parts.method, parts.uri.to_string().parse().unwrap());
            *sent.headers_mut() = parts.headers;
            *sent.body_mut() = Some(reqwest::Body::wrap(body));
            let failed = |error: reqwest::Error| ConnectorError::other(error.into(), None);
            let answer = client.execute(sent).await.map_err(failed)?;
            let status = answer.status().as_u16().try_into().unwrap();
            let body = answer.bytes().await.map_err(failed)?;
            Ok(HttpResponse::new(status, SdkBody::from(body)))
        })
    }
}

impl HttpClient for OverReqwest {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
