//! A server of the test's own, and homes of agents who are signed in to it.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    ActiveDirectory,
    OpenLdap,
}

pub struct Server {
    /// Which.
    pub kind: Kind,
    script: PathBuf,
    folder: TempDir,
    values: HashMap<String, String>,
}

impl Server {
    /// If `TELLONCE_LIVE` does not name it, or it does not start, that is a failure, never a skip.
    pub fn start(kind: Kind) -> Self {
        let (name, script) = match kind {
            Kind::OpenLdap => ("openldap", "slapd.sh"),
            Kind::ActiveDirectory => ("active-directory", "samba-ad.sh"),
        };
        let live = std::env::var("TELLONCE_LIVE").unwrap_or_default();
        assert!(live.split(',').any(|named| named == name), "this test needs TELLONCE_LIVE={name}");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers").join(script);
        let folder = tempfile::tempdir().unwrap();
        let started = Command::new(&script).arg("start").arg(folder.path().join("server")).output().unwrap();
        assert!(started.status.success(), "{name} starts: {}", words(&started));
        let told = String::from_utf8_lossy(&started.stdout).into_owned();
        let values = told.lines().filter_map(|line| line.strip_prefix("export ")?.split_once('='));
        let values = values.map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned())).collect();
        Self { kind, script, folder, values }
    }

    fn value(&self, name: &str) -> &str {
        let prefix = if self.kind == Kind::OpenLdap { "TELLONCE_OPENLDAP" } else { "TELLONCE_AD" };
        &self.values[&format!("{prefix}_{name}")]
    }

    pub fn url(&self) -> &str {
        self.value("URL")
    }

    pub fn unit(&self) -> &str {
        self.value("OU")
    }

    pub fn authority(&self) -> &str {
        self.value("CA")
    }

    pub fn address(&self) -> String {
        self.url().trim_start_matches("ldaps://").to_owned()
    }

    /// Fails to sign in as this customer until the server locks them out.
    pub fn lock_out(&self, customer: &str) {
        let name = match self.kind {
            Kind::OpenLdap => format!("uid={customer},{}", self.value("OU")),
            Kind::ActiveDirectory => format!("{customer}@tellonce.test"),
        };
        for _ in 0..11 {
            let refused = Command::new("ldapsearch")
                .args(["-x", "-H", self.url(), "-D", &name, "-w", "wrong", "-s", "base", "-b", ""])
                .env("LDAPTLS_CACERT", self.value("CA"))
                .output()
                .unwrap();
            assert_eq!(refused.status.code(), Some(49), "{}", words(&refused));
        }
    }

    /// The certificate of an authority that has signed nothing here.
    pub fn other_authority(&self) -> PathBuf {
        let path = self.folder.path().join("other.crt");
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=another", "-keyout"])
            .arg(self.folder.path().join("other.key"))
            .arg("-out")
            .arg(&path)
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", words(&made));
        path
    }

    /// An agent's home; with `url`, at another address than the server's own.
    pub fn home(&self, url: &str) -> Home {
        self.home_with(url, Path::new(self.value("CA")))
    }

    pub fn home_with(&self, url: &str, authority: &Path) -> Home {
        let folder = tempfile::tempdir().unwrap();
        let url = if url.is_empty() { self.url() } else { url };
        let (backend, more) = match self.kind {
            Kind::OpenLdap => {
                let policies = format!("ou=policies,{}", self.value("BASE"));
                ("openldap", format!("default_policy = \"cn=default,{policies}\"\n"))
            }
            Kind::ActiveDirectory => ("active-directory", String::new()),
        };
        let profile = format!(
            "default = \"live\"\n[profiles.live]\nbackend = \"{backend}\"\nurl = \"{url}\"\nca_cert = \"{}\"\nbase = \"{}\"\nprotected = \"none\"\n{more}",
            authority.display(),
            self.value("OU")
        );
        std::fs::write(folder.path().join("config.toml"), profile).unwrap();
        let login = run(
            folder.path(),
            &["--timeout", "5s", "login", "--agent", self.value("AGENT"), "--password-stdin", "--store", "file"],
            &format!("{}\n", self.value("AGENT_PW")),
        );
        Home { folder, login }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = Command::new(&self.script).arg("stop").arg(self.folder.path().join("server")).status();
    }
}

pub struct Home {
    folder: TempDir,
    /// How the sign-in ended.
    pub login: Output,
}

impl Home {
    pub fn run(&self, arguments: &[&str], input: &str) -> Output {
        run(self.folder.path(), arguments, input)
    }

    pub fn reset(&self, customer: &str) -> Output {
        self.run(&["reset", customer, "--yes", "--reveal", "stdout"], "")
    }

    pub fn audit_log(&self) -> PathBuf {
        self.folder.path().join("audit.jsonl")
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn protect(&mut self, group: &str) {
        let path = self.folder.path().join("config.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        let protected = format!("protected = {{ groups = [\"{group}\"] }}");
        std::fs::write(path, text.replace("protected = \"none\"", &protected)).unwrap();
    }
}

fn run(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tellonce"))
        .args(arguments)
        .env_clear()
        .env("TELLONCE_HOME", folder)
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

pub fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout)
}
