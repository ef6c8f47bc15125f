//! An emulator, started by `tests/servers/cognito.sh` and stopped when this process ends, however it ends.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

use super::calls::{Endpoint, Keys, Refusal};
use crate::support::keycloak::{Body, Client, Method, Reply};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/cognito.sh");

/// Which emulator. None of them is Amazon Cognito.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Emulator {
    /// Checks signatures and IAM policies: the agent's side.
    Ministack,
    /// Checks the challenge's session and the new password: the customer's side.
    Moto,
}

impl Emulator {
    /// Its name in the script.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ministack => "ministack",
            Self::Moto => "moto",
        }
    }

    /// The account that everybody is in.
    pub const fn account(self) -> &'static str {
        match self {
            Self::Ministack => "000000000000",
            Self::Moto => "123456789012",
        }
    }
}

/// A running emulator. When this process ends, it is stopped and its folder removed.
pub struct Server {
    emulator: Emulator,
    endpoint: Endpoint,
    root: Keys,
    /// Waits for the end of this process.
    _guard: Child,
}

impl Server {
    /// The one that all tests of this process share.
    ///
    /// # Panics
    ///
    /// If `TELLONCE_LIVE` does not name cognito, or the emulator does not start: a failure, never a skip.
    pub fn shared(emulator: Emulator) -> &'static Self {
        static SHARED: [OnceLock<Server>; 2] = [const { OnceLock::new() }; 2];
        SHARED[emulator as usize].get_or_init(|| Self::start(emulator))
    }

    fn start(emulator: Emulator) -> Self {
        let live = std::env::var("TELLONCE_LIVE").unwrap_or_default();
        assert!(live.split(',').any(|name| name == "cognito"), "this test needs TELLONCE_LIVE=cognito");
        let folder = tempfile::Builder::new().prefix("tellonce-cognito-").tempdir().unwrap().keep();
        // It outlives this process by as long as stopping takes. A group of its own: Ctrl-C is not for it.
        let mut guard = Command::new(SCRIPT);
        std::os::unix::process::CommandExt::process_group(&mut guard, 0);
        guard.arg("guard").arg(&folder).stdin(Stdio::piped());
        let guard = guard.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let settings = run(&folder, emulator);
        let root = Keys { id: settings["ROOT_KEY"].clone(), secret: settings["ROOT_SECRET"].clone() };
        let endpoint = Endpoint { client: Client::new(None), url: settings["URL"].clone() };
        Self { emulator, endpoint, root, _guard: guard }
    }

    /// Which it is.
    pub const fn emulator(&self) -> Emulator {
        self.emulator
    }

    /// Its address, without a slash at the end: `endpoint` in a profile.
    pub fn url(&self) -> &str {
        &self.endpoint.url
    }

    pub(super) const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The keys of whoever may do everything.
    pub const fn root(&self) -> &Keys {
        &self.root
    }

    /// Calls Cognito as root in a region.
    pub fn try_call(&self, region: &str, action: &str, input: Value) -> Result<Value, Refusal> {
        self.endpoint.cognito(Some((&self.root, region)), action, input)
    }

    /// The same for what must not be refused.
    #[track_caller]
    pub fn call(&self, region: &str, action: &str, input: Value) -> Value {
        self.try_call(region, action, input).unwrap_or_else(|refusal| panic!("{action}: {refusal:?}"))
    }

    /// Calls IAM as root.
    #[track_caller]
    pub fn iam(&self, action: &str, fields: &[(&str, &str)]) -> String {
        self.endpoint.iam(&self.root, action, fields)
    }

    /// Everything that was mailed to this address, newest last. Only ministack keeps mails.
    pub fn mails_to(&self, address: &str) -> Vec<String> {
        if self.emulator != Emulator::Ministack {
            return Vec::new();
        }
        let all = self.get(&format!("{}/_ministack/ses/messages", self.url())).json();
        let mails = all["messages"].as_object().unwrap_or_else(|| panic!("mails: {all}")).values();
        let mails = mails.flat_map(|of_account| of_account.as_array().unwrap());
        mails.map(Value::to_string).filter(|mail| mail.contains(address)).collect()
    }

    pub(super) fn get(&self, url: &str) -> Reply {
        self.endpoint.client.send(Method::GET, url, &[], Body::Nothing)
    }
}

/// Starts an emulator, and returns its settings.
fn run(folder: &Path, emulator: Emulator) -> BTreeMap<String, String> {
    let mut command = Command::new(SCRIPT);
    command.arg("start").arg(folder).arg(emulator.name()).stdin(Stdio::null());
    let output = crate::support::CommandOutput::from(command.output().unwrap());
    assert!(output.is_success(), "cognito.sh starts {}: {}", emulator.name(), output.text());
    let lines = output.stdout.lines().filter_map(|line| line.split_once('='));
    lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
