//! A real Keycloak, started by `tests/servers/keycloak.sh` and stopped when this process ends, however it ends.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use super::rest::Rest;
use super::web::{Body, Client, Method};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/keycloak.sh");

/// How a server is started.
#[derive(Clone, Default)]
pub struct ServerOptions {
    /// https alone, with an own CA.
    pub tls: bool,
    /// More flags for `kc.sh start`.
    pub flags: String,
    /// Features that it is built without.
    pub without: String,
}

/// A running server. Dropped, it is stopped and its folder removed.
pub struct Server {
    folder: PathBuf,
    options: ServerOptions,
    url: String,
    ca: Option<PathBuf>,
    administrator: (String, String),
    client: Client,
    token: Mutex<Option<(Instant, String)>>,
    guard: Option<Child>,
    temporary_folder: Option<tempfile::TempDir>,
}

impl Server {
    /// The one that all tests of this process share: plain http. With `TELLONCE_KEYCLOAK=DIR` it is the one that
    /// `keycloak.sh start DIR` started before, and is left running: for working on tests.
    ///
    /// # Panics
    ///
    /// If `TELLONCE_LIVE` does not name keycloak, or the server does not start: a failure, never a skip.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Server> = OnceLock::new();
        SHARED.get_or_init(|| match std::env::var_os("TELLONCE_KEYCLOAK") {
            Some(folder) => Self::at(PathBuf::from(folder)),
            None => Self::start(ServerOptions::default()),
        })
    }

    /// One of its own, for tests that stop or freeze it, or need TLS.
    pub fn start(options: ServerOptions) -> Self {
        let live = std::env::var("TELLONCE_LIVE").unwrap_or_default();
        assert!(live.split(',').any(|name| name == "keycloak"), "this test needs TELLONCE_LIVE=keycloak");
        let temporary = tempfile::Builder::new().prefix("tellonce-keycloak-").tempdir().unwrap();
        let folder = temporary.path().to_owned();
        // It outlives this process by as long as stopping takes. A group of its own: Ctrl-C is not for it.
        let guard =
            std::os::unix::process::CommandExt::process_group(Command::new(SCRIPT).arg("guard").arg(&folder), 0)
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
        run(&folder, &options, "start", &[]);
        let mut server = Self::at(folder);
        server.options = options;
        server.guard = Some(guard);
        server.temporary_folder = Some(temporary);
        server
    }

    fn at(folder: PathBuf) -> Self {
        let text = std::fs::read_to_string(folder.join("env")).unwrap();
        let env: BTreeMap<&str, &str> = text.lines().filter_map(|line| line.split_once('=')).collect();
        let ca = Some(env["CA"]).filter(|ca| !ca.is_empty()).map(PathBuf::from);
        Self {
            url: env["URL"].to_owned(),
            administrator: (env["ADMINISTRATOR"].to_owned(), env["PASSWORD"].to_owned()),
            client: Client::new(ca.as_deref()),
            token: Mutex::default(),
            options: ServerOptions { tls: ca.is_some(), ..ServerOptions::default() },
            guard: None,
            temporary_folder: None,
            folder,
            ca,
        }
    }

    /// Its address, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its CA, where it speaks TLS.
    pub fn ca(&self) -> Option<&Path> {
        self.ca.as_deref()
    }

    /// HTTP that trusts its CA.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The name and password of the administrator of the whole server (realm `master`).
    pub fn administrator(&self) -> (&str, &str) {
        (&self.administrator.0, &self.administrator.1)
    }

    /// Where the programs are that come with it, such as `kcadm.sh`.
    pub fn programs(&self) -> PathBuf {
        self.folder.join("home/bin")
    }

    /// What the server wrote to its log.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap()
    }

    /// A token of the administrator's that is good for 20 s at least.
    pub fn administrator_token(&self) -> String {
        let mut token = self.token.lock().unwrap();
        if let Some((at, token)) = &*token
            && at.elapsed() < Duration::from_secs(40)
        {
            return token.clone();
        }
        let fields = [
            ("grant_type", "password"),
            ("client_id", "admin-cli"),
            ("username", &self.administrator.0),
            ("password", &self.administrator.1),
        ];
        let url = format!("{}/realms/master/protocol/openid-connect/token", self.url);
        let form = Body::Form(fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec());
        let reply = self.client.send(Method::POST, &url, &[], form);
        assert_eq!(reply.status, 200, "{reply:#?}");
        let fresh = reply.json()["access_token"].as_str().unwrap().to_owned();
        *token = Some((Instant::now(), fresh.clone()));
        fresh
    }

    /// The admin calls of the whole server, as its administrator: paths below `/admin/realms`.
    pub fn rest(&self) -> Rest<'_> {
        Rest::of_administrator(self, format!("{}/admin/realms", self.url))
    }

    /// Stops it; its data and its port are kept.
    pub fn stop(&self) {
        run(&self.folder, &self.options, "stop", &["--keep"]);
        self.token.lock().unwrap().take();
    }

    /// Starts it again where it was, and waits until it is ready.
    pub fn start_again(&self) {
        self.start_again_with(&[]);
    }

    /// Starts it again where it was, and returns while it boots: it answers 503 for some seconds.
    pub fn start_again_without_waiting(&self) {
        self.start_again_with(&[("KEYCLOAK_NO_WAIT", "1")]);
    }

    fn start_again_with(&self, more: &[(&str, &str)]) {
        let port = reqwest::Url::parse(&self.url).unwrap().port().unwrap().to_string();
        let mut env = vec![("KEYCLOAK_PORT", port.as_str())];
        env.extend(more);
        run_with(&self.folder, &self.options, "start", &[], &env);
    }

    /// Holds it still: it takes connections and answers nothing.
    pub fn freeze(&self) {
        self.signal(rustix::process::Signal::STOP);
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal(rustix::process::Signal::CONT);
    }

    fn signal(&self, signal: rustix::process::Signal) {
        let pid: i32 = std::fs::read_to_string(self.folder.join("pid")).unwrap().trim().parse().unwrap();
        rustix::process::kill_process_group(rustix::process::Pid::from_raw(pid).unwrap(), signal).unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut guard) = self.guard.take() {
            drop(guard.stdin.take());
            drop(guard.wait());
        }
    }
}

fn run(folder: &Path, options: &ServerOptions, verb: &str, arguments: &[&str]) {
    run_with(folder, options, verb, arguments, &[]);
}

fn run_with(folder: &Path, options: &ServerOptions, verb: &str, arguments: &[&str], env: &[(&str, &str)]) {
    let mut command = Command::new(SCRIPT);
    command.arg(verb).arg(folder).args(arguments).envs(env.iter().copied()).stdin(Stdio::null());
    command.env("KEYCLOAK_FLAGS", &options.flags).env("KEYCLOAK_TLS", if options.tls { "1" } else { "" });
    command.env("KEYCLOAK_WITHOUT", &options.without);
    // To files, not pipes: the server inherits nothing of this process that could be waited on.
    let errors = folder.join("errors");
    std::fs::create_dir_all(folder).unwrap();
    command.stdout(Stdio::null()).stderr(std::fs::File::create(&errors).unwrap());
    let status = command.status().unwrap();
    let said = std::fs::read_to_string(&errors).unwrap_or_default();
    assert!(status.success(), "keycloak.sh {verb} ended with {status}: {said}");
}
