//! A mail server over TLS that misbehaves as a test says: it hangs, drops, refuses, offers less, or talks too early.

mod dialog;

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rustls::ServerConfig;

use super::test_certificates::{Authority, Validity};
use dialog::{Dialog, Wire};

/// When something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// When the connection is there.
    Accept,
    Greeting,
    Hello,
    StartTls,
    Handshake,
    Auth,
    Mail,
    Rcpt,
    Data,
    /// After the final dot.
    Content,
    Quit,
}

/// What the server does then.
#[derive(Clone, Debug)]
pub enum Act {
    /// It keeps the connection and says nothing.
    Hang,
    /// It closes the connection.
    Drop,
    /// It says this in place of its answer.
    Say(String),
}

/// A server, as it is to be.
pub struct FakeSmtp {
    pub start_tls: bool,
    /// The name in its certificate.
    pub name: &'static str,
    pub validity: Validity,
    /// What it offers beside STARTTLS, once it is encrypted.
    pub offers: Vec<&'static str>,
    /// The user who has to sign in.
    pub user: Option<(&'static str, &'static str)>,
    pub act: Option<(Stage, Act)>,
}

impl Default for FakeSmtp {
    fn default() -> Self {
        Self {
            start_tls: false,
            name: "127.0.0.1",
            validity: Validity::Long,
            offers: vec!["8BITMIME", "AUTH PLAIN LOGIN"],
            user: None,
            act: None,
        }
    }
}

/// What came over the wire.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Each command: whether it was encrypted, and its text.
    pub commands: Vec<(bool, String)>,
    /// Each mail that was accepted.
    pub mails: Vec<String>,
}

/// A server that runs as long as the process.
pub struct RunningSmtp {
    pub port: u16,
    /// The file with its authority.
    pub authority: PathBuf,
    folder: tempfile::TempDir,
    seen: Arc<Mutex<Seen>>,
}

impl FakeSmtp {
    /// Acts at one stage.
    pub fn acting(stage: Stage, act: Act) -> Self {
        Self { act: Some((stage, act)), ..Self::default() }
    }

    pub fn start(self) -> RunningSmtp {
        let folder = tempfile::tempdir().unwrap();
        let authority = folder.path().join("ca.pem");
        let issuer = Authority::new("tellonce test mail CA");
        issuer.write(&authority);
        let tls = issuer.server(self.name, self.validity);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::<Mutex<Seen>>::default();
        let kept = Arc::clone(&seen);
        let server = Arc::new(self);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (server, kept, tls) = (Arc::clone(&server), Arc::clone(&kept), Arc::clone(&tls));
                std::thread::spawn(move || serve(stream, &server, &kept, tls));
            }
        });
        RunningSmtp { port, authority, folder, seen }
    }
}

fn serve(stream: std::net::TcpStream, server: &FakeSmtp, seen: &Mutex<Seen>, tls: Arc<ServerConfig>) {
    let mut dialog = Dialog { server, seen, wire: Wire::Clear(stream) };
    let _ = dialog.run(tls); // the client may leave at any time
}

impl RunningSmtp {
    /// Returns what came so far.
    pub fn seen(&self) -> Seen {
        self.seen.lock().unwrap().clone()
    }

    /// Returns the commands so far, without their arguments.
    pub fn verbs(&self) -> Vec<String> {
        let verb = |text: &str| text.split_whitespace().next().unwrap_or_default().to_owned();
        self.seen().commands.iter().map(|(_, text)| verb(text)).collect()
    }

    /// Returns the keys of a sender in a profile that trusts this server.
    pub fn keys(&self, more: &str) -> String {
        format!(
            "[profiles.acme.senders.email]\nsmtp = '127.0.0.1:{}'\nfrom = 'Example Support <support@example.com>'\n\
             ca_cert = '{}'\n{more}",
            self.port,
            self.authority.display()
        )
    }

    /// Writes a credential beside the authority, for its owner only.
    pub fn password(&self, password: &str) -> PathBuf {
        let path = self.folder.path().join("password");
        write_secret(&path, password);
        path
    }
}

/// Writes a file that only its owner may read.
pub fn write_secret(path: &Path, text: &str) {
    std::fs::write(path, format!("{text}\n")).unwrap();
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
}
