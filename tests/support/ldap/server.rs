//! A server of the test's own, and homes of agents who are signed in to it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard};

use tempfile::TempDir;

use super::AgentEnvironment;
use crate::support::{CommandOutput, TestEnvironment, feed};

/// A domain controller has the ports that it has: one at a time.
static ONE_DOMAIN: Mutex<()> = Mutex::new(());

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    _alone: Option<MutexGuard<'static, ()>>,
}

impl Server {
    /// If `TELLONCE_LIVE` does not name it, or it does not start, that is a failure, never a skip.
    pub fn start(kind: Kind) -> Self {
        Self::start_with(kind, &[])
    }

    /// The same, with these settings of its script.
    pub fn start_with(kind: Kind, settings: &[(&str, &str)]) -> Self {
        let (name, script) = match kind {
            Kind::OpenLdap => ("openldap", "slapd.sh"),
            Kind::ActiveDirectory => ("active-directory", "samba-ad.sh"),
        };
        let live = std::env::var("TELLONCE_LIVE").unwrap_or_default();
        assert!(live.split(',').any(|named| named == name), "this test needs TELLONCE_LIVE={name}");
        let alone = (kind == Kind::ActiveDirectory)
            .then(|| ONE_DOMAIN.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers").join(script);
        let folder = tempfile::tempdir().unwrap();
        let mut start = Command::new(&script);
        start.arg("start").arg(folder.path().join("server")).envs(settings.iter().copied());
        let started = CommandOutput::from(start.output().unwrap());
        assert!(started.is_success(), "{name} starts: {}", started.text());
        let told = &started.stdout;
        let values = told.lines().filter_map(|line| line.strip_prefix("export ")?.split_once('='));
        let values = values.map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned())).collect();
        Self { kind, script, folder, values, _alone: alone }
    }

    /// Stops slapd, and keeps its folder.
    pub fn stop(&self) {
        let stopped =
            Command::new(&self.script).arg("stop").arg(self.folder.path().join("server")).arg("--keep").status();
        assert!(stopped.unwrap().success());
    }

    /// Starts it again, where it was before.
    pub fn start_again(&self) {
        let port = |url: &str| url.rsplit(':').next().unwrap_or_default().to_owned();
        let ports = [("SLAPD_TLS_PORT", port(self.url())), ("SLAPD_PORT", port(self.value("STARTTLS_URL")))];
        let mut start = Command::new(&self.script);
        let started = CommandOutput::from(
            start.arg("start").arg(self.folder.path().join("server")).envs(ports).output().unwrap(),
        );
        assert!(started.is_success(), "{}", started.text());
    }

    /// Has slapd serve with these access rules before its own, and these settings before and after the database.
    pub fn serve_with(&self, rules: &str, before: &str, after: &str) {
        let (own, access) = (self.file("access.own"), self.file("access.conf"));
        if !own.exists() {
            std::fs::copy(&access, &own).unwrap();
        }
        std::fs::write(access, format!("{rules}\n{}", std::fs::read_to_string(own).unwrap())).unwrap();
        std::fs::write(self.file("global.conf"), before).unwrap();
        std::fs::write(self.file("more.conf"), after).unwrap();
        self.stop();
        self.start_again();
    }

    /// A rule of slapd: what the agent may do with these attributes of an entry.
    pub fn rule(&self, dn: &str, attributes: &str, level: &str) -> String {
        let agent = self.value("AGENT");
        format!(
            "access to dn.exact=\"{dn}\" attrs={attributes} by dn.exact=\"{agent}\" {level} by self read by anonymous auth\n"
        )
    }

    /// A file of the server's own folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join("server").join(name)
    }

    pub fn value(&self, name: &str) -> &str {
        let prefix = if self.kind == Kind::OpenLdap { "TELLONCE_OPENLDAP" } else { "TELLONCE_AD" };
        &self.values[&format!("{prefix}_{name}")]
    }

    pub fn url(&self) -> &str {
        self.value("URL")
    }

    pub fn address(&self) -> String {
        self.url().trim_start_matches("ldaps://").to_owned()
    }

    /// A name to bind with.
    pub fn name(&self, customer: &str) -> String {
        match self.kind {
            Kind::OpenLdap => format!("uid={customer},{}", self.value("OU")),
            Kind::ActiveDirectory => format!("{customer}@tellonce.test"),
        }
    }

    /// The entry of a customer.
    pub fn dn(&self, customer: &str) -> String {
        let attribute = if self.kind == Kind::OpenLdap { "uid" } else { "CN" };
        format!("{attribute}={customer},{}", self.value("OU"))
    }

    /// Runs one of the server's tools, bound with this name and password.
    pub fn tool(&self, program: &str, name: &str, password: &str, arguments: &[&str], input: &str) -> CommandOutput {
        let mut command = Command::new(program);
        command.args(["-x", "-H", self.url(), "-D", name, "-w", password]).args(arguments);
        feed(command.env("LDAPTLS_CACERT", self.value("CA")), input)
    }

    /// Makes these changes (LDIF, RFC 2849) as the server's administrator.
    pub fn change(&self, ldif: &str) {
        let changed = self.tool("ldapmodify", self.value("ADMIN"), self.value("ADMIN_PW"), &[], ldif);
        assert!(changed.is_success(), "{ldif}: {}", changed.text());
    }

    /// What samba-tool says, run on the domain's own files.
    pub fn samba_tool(&self, arguments: &[&str]) -> String {
        let ran = CommandOutput::from(
            Command::new("samba-tool").args(arguments).args(["-s", self.value("SMBCONF")]).output().unwrap(),
        );
        assert!(ran.is_success(), "{arguments:?}: {}", ran.text());
        ran.text()
    }

    /// An attribute of an entry, as the server's administrator reads it.
    pub fn value_of(&self, dn: &str, attribute: &str) -> String {
        let given = ["-LLL", "-o", "ldif-wrap=no", "-s", "base", "-b", dn, attribute];
        let read = self.tool("ldapsearch", self.value("ADMIN"), self.value("ADMIN_PW"), &given, "");
        let text = read.text();
        let value = text.lines().find_map(|line| line.strip_prefix(attribute)?.strip_prefix(": "));
        value.unwrap_or_else(|| panic!("{attribute} of {dn}: {text}")).to_owned()
    }

    /// The same, of an attribute whose value may be bytes (in base64 then).
    pub fn value_of_any(&self, dn: &str, attribute: &str) -> String {
        let given = ["-LLL", "-o", "ldif-wrap=no", "-s", "base", "-b", dn, attribute];
        let text = self.tool("ldapsearch", self.value("ADMIN"), self.value("ADMIN_PW"), &given, "").text();
        let value =
            text.lines().find_map(|line| line.strip_prefix(attribute)?.trim_start_matches(':').strip_prefix(' '));
        value.unwrap_or_else(|| panic!("{attribute} of {dn}: {text}")).to_owned()
    }

    /// One attribute of an entry, replaced as the server's administrator.
    pub fn replace(&self, dn: &str, attribute: &str, value: &str) {
        self.change(&format!("dn: {dn}\nchangetype: modify\nreplace: {attribute}\n{attribute}: {value}\n"));
    }

    /// Whether somebody gets in with this password; told by the tool's exit code and words.
    pub fn binds(&self, name: &str, password: &str) -> CommandOutput {
        self.tool("ldapsearch", name, password, &["-e", "ppolicy", "-LLL", "-s", "base", "-b", name, "1.1"], "")
    }

    /// Fails to sign in until the server locks them out.
    pub fn lock_out(&self, name: &str) {
        for _ in 0..11 {
            let refused = self.tool("ldapsearch", name, "wrong", &["-s", "base", "-b", ""], "");
            assert_eq!(refused.code, 49, "{}", refused.text());
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
        CommandOutput::from(made).must(0);
        path
    }

    /// The profile's own keys, with the server's address, or with others.
    pub fn profile(&self, url: &str, authority: &Path) -> String {
        let url = if url.is_empty() { format!("\"{}\"", self.url()) } else { url.to_owned() };
        let (backend, more) = match self.kind {
            Kind::OpenLdap => {
                let (policies, agents) = (self.value("BASE"), self.value("BASE"));
                let more = "default_policy = 'cn=default,ou=policies,";
                ("openldap", format!("{more}{policies}'\nagents = 'ou=agents,{agents}'\n"))
            }
            Kind::ActiveDirectory => ("active-directory", String::new()),
        };
        format!(
            "backend = \"{backend}\"\nurl = {url}\nca_cert = \"{}\"\nbase = '{}'\n{more}",
            authority.display(),
            self.value("OU")
        )
    }

    /// Creates the environment of an agent, and signs them in.
    pub fn environment(&self) -> AgentEnvironment {
        self.environment_with("", "protected = \"none\"\n")
    }

    /// Creates the same for another address (as it stands in the profile, in quotes or brackets), with further keys.
    pub fn environment_with(&self, url: &str, more: &str) -> AgentEnvironment {
        self.environment_trusting(url, more, Path::new(self.value("CA")))
    }

    pub fn environment_trusting(&self, url: &str, more: &str, authority: &Path) -> AgentEnvironment {
        let env = TestEnvironment::with_profile(&format!("{}{more}", self.profile(url, authority)));
        let login = env.run_with(&LOGIN, &format!("{}\n", self.value("AGENT_PW")));
        AgentEnvironment { env, login }
    }
}

/// The agent of every server signs in by this.
pub const LOGIN: [&str; 8] = ["--timeout", "5s", "login", "--agent", "agent", "--password-stdin", "--store", "file"];

impl Drop for Server {
    fn drop(&mut self) {
        let _ = Command::new(&self.script).arg("stop").arg(self.folder.path().join("server")).status();
    }
}
