//! Certificates that are not good, each told in words with what to do; the server is `openssl s_server`.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::support::{CommandOutput, TestEnvironment};

fn openssl(folder: &Path, arguments: &[&str]) {
    let ran = Command::new("openssl").args(arguments).current_dir(folder).output().unwrap();
    assert!(ran.status.success(), "{arguments:?}: {}", CommandOutput::from(ran).text());
}

const KEY: [&str; 5] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

/// An authority, `ca.crt`, and another one, `other.crt`.
fn authorities() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["ca", "other"] {
        let (subject, key, certificate) =
            (format!("/CN={name} authority"), format!("{name}.key"), format!("{name}.crt"));
        let more = ["-days", "30", "-subj", &subject, "-keyout", &key, "-out", &certificate];
        let extensions = ["-addext", "basicConstraints=critical,CA:TRUE"];
        openssl(folder.path(), &[&["req", "-x509"][..], &KEY, &more, &extensions].concat());
    }
    folder
}

/// A certificate of this authority with these extensions; without any it is of version 1.
fn issued(folder: &Path, name: &str, authority: &str, days: &str, extensions: &str) {
    let (key, request, certificate) = (format!("{name}.key"), format!("{name}.csr"), format!("{name}.crt"));
    openssl(folder, &[&["req"][..], &KEY, &["-subj", "/CN=localhost", "-keyout", &key, "-out", &request]].concat());
    let (by, by_key, file) = (format!("{authority}.crt"), format!("{authority}.key"), format!("{name}.ext"));
    std::fs::write(folder.join(&file), extensions).unwrap();
    let sign = ["x509", "-req", "-in", &request, "-CA", &by, "-CAkey", &by_key, "-CAcreateserial", "-days", days];
    let with: &[&str] = if extensions.is_empty() { &[] } else { &["-extfile", &file] };
    openssl(folder, &[&sign[..], with, &["-out", &certificate]].concat());
}

/// One that signed itself, with these extensions.
fn self_signed(folder: &Path, name: &str, extension: &str) {
    let (key, certificate) = (format!("{name}.key"), format!("{name}.crt"));
    let more = ["-days", "30", "-subj", "/CN=localhost", "-keyout", &key, "-out", &certificate];
    let extensions = ["-addext", "subjectAltName=DNS:localhost", "-addext", extension];
    openssl(folder, &[&["req", "-x509"][..], &KEY, &more, &extensions].concat());
}

struct TlsServer {
    child: Child,
    port: u16,
}

impl TlsServer {
    fn start(folder: &Path, name: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let accept = format!("127.0.0.1:{port}");
        let (key, certificate) = (format!("{name}.key"), format!("{name}.crt"));
        let child = Command::new("openssl")
            .args(["s_server", "-quiet", "-accept", &accept, "-key", &key, "-cert", &certificate])
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            std::thread::yield_now();
        }
        Self { child, port }
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        let _ = self.child.kill(); // it ended
        let _ = self.child.wait();
    }
}

/// A sign-in to the server with this certificate ends with exit 8 and these words, and so does `doctor`.
#[track_caller]
fn refused(folder: &Path, name: &str, trusted: &str, said: &[&str]) {
    let server = TlsServer::start(folder, name);
    let authority: PathBuf = folder.join(trusted);
    let profile = format!(
        "backend = \"openldap\"\nurl = \"ldaps://localhost:{}\"\nca_cert = '{}'\nbase = 'dc=example,dc=com'\ndefault_policy = 'cn=default'\nprotected = \"none\"\n",
        server.port,
        authority.display()
    );
    let env = TestEnvironment::with_profile(&profile);
    let login = ["--timeout", "2s", "login", "--agent", "cn=agent", "--password-stdin", "--store", "file"];
    for (arguments, code) in [(&login[..], 8), (&["--timeout", "2s", "-o", "json", "doctor"], 11)] {
        let ended = env.run_with(arguments, "Ag3nts-Password\n");
        assert_eq!(ended.code, code, "{name}: {}", ended.text());
        for words_of_it in said {
            assert!(ended.text().contains(words_of_it), "{name}, \"{words_of_it}\": {}", ended.text());
        }
        assert!(!ended.text().contains("Context"), "{name}, no words of a library: {}", ended.text());
    }
}

const FOR_SERVERS: &str = "extendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n";

#[test]
#[ignore = "needs openssl: TELLONCE_LIVE=openldap"]
fn each_certificate_that_is_not_good_is_explained() {
    let folder = authorities();
    let folder = folder.path();
    let here = format!("subjectAltName=DNS:localhost,IP:127.0.0.1\n{FOR_SERVERS}");
    issued(folder, "nameless", "ca", "30", FOR_SERVERS);
    refused(folder, "nameless", "ca.crt", &["names no host; have it reissued with localhost as subjectAltName"]);
    issued(
        folder,
        "other-host",
        "ca",
        "30",
        &format!("subjectAltName=DNS:dc1.example.com,IP:192.0.2.7\n{FOR_SERVERS}"),
    );
    refused(folder, "other-host", "ca.crt", &["is for dc1.example.com, 192.0.2.7, not for localhost", "reissued"]);
    issued(folder, "version-1", "ca", "30", "");
    refused(folder, "version-1", "ca.crt", &["of version 1", "reissued as version 3", "subjectAltName"]);
    issued(folder, "for-clients", "ca", "30", "subjectAltName=DNS:localhost\nextendedKeyUsage=clientAuth\n");
    refused(folder, "for-clients", "ca.crt", &["is not for servers", "serverAuth"]);
    issued(folder, "expired", "ca", "-1", &here);
    refused(folder, "expired", "ca.crt", &["has expired (20"]);
    issued(folder, "of-another", "other", "30", &here);
    refused(folder, "of-another", "ca.crt", &["not trusted here (CN=other authority)", "as ca_cert"]);
    self_signed(folder, "alone", "basicConstraints=CA:FALSE");
    refused(folder, "alone", "ca.crt", &["is self-signed", "as ca_cert"]);
    self_signed(folder, "authority", "basicConstraints=critical,CA:TRUE");
    refused(folder, "authority", "authority.crt", &["an authority's own"]);
    // What is good gets past TLS: openssl says nothing that is LDAP, and nobody blames the certificate.
    issued(folder, "good", "ca", "30", &here);
    refused(folder, "good", "ca.crt", &["did not answer in time"]);
    refused(folder, "alone", "alone.crt", &["did not answer in time"]);
}

/// The output of a sign-in at `localhost` whose system trusts `ca.crt`, with these keys in its profile.
fn sign_in_where_the_system_trusts(folder: &Path, keys: &str) -> String {
    let env = TestEnvironment::with_profile(&format!("protected = \"none\"\n{keys}"))
        .with_variable("SSL_CERT_FILE", folder.join("ca.crt"));
    let login = ["--timeout", "2s", "login", "--agent", "cn=agent", "--password-stdin", "--store", "file"];
    env.run_with(&login, "Ag3nts-Password\n").text()
}

#[test]
#[ignore = "needs openssl: TELLONCE_LIVE=openldap"]
fn ca_cert_takes_the_place_of_the_systems_authorities() {
    let folder = authorities();
    let folder = folder.path();
    issued(folder, "good", "ca", "30", &format!("subjectAltName=DNS:localhost\n{FOR_SERVERS}"));
    let server = TlsServer::start(folder, "good");
    let port = server.port;
    let directory = format!(
        "backend = \"openldap\"\nurl = \"ldaps://localhost:{port}\"\nbase = 'dc=example,dc=com'\ndefault_policy = 'cn=default'\n"
    );
    let realm = format!("backend = \"keycloak\"\nurl = \"https://localhost:{port}\"\nrealm = \"customers\"\n");
    for keys in [&directory, &realm] {
        let named = |file: &str| format!("{keys}ca_cert = '{}'\n", folder.join(file).display());
        let by_the_system = sign_in_where_the_system_trusts(folder, keys);
        assert!(by_the_system.contains("did not answer in time"), "{by_the_system}");
        let by_the_profile = sign_in_where_the_system_trusts(folder, &named("ca.crt"));
        assert!(by_the_profile.contains("did not answer in time"), "{by_the_profile}");
        let by_neither = sign_in_where_the_system_trusts(folder, &named("other.crt"));
        assert!(by_neither.contains("not trusted here (CN=ca authority)"), "{by_neither}");
    }
}
