//! The customer's app of the practice directory, as pages in a browser on this machine.
//!
//! It shows a trainee what the customer sees: the sign-in, "Choose your own password", "Forgot Your Password?" and the
//! inbox. The practice directory decides everything; nothing here is real, and nothing leaves this machine.

mod app_state;
mod browser_session;
mod connections;
mod handlers;
mod pages;
mod request_checks;
mod routes;
mod rule_hints;
mod workers;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;

use crate::domain::{Error, Kind, Reason, Result};
use workers::Workers;

/// The port that is tried first where none is asked for.
const FIRST_PORT: u16 = 8321;
/// How many ports are tried, from [`FIRST_PORT`] on or after one that is in use.
const PORTS_TRIED: u16 = 100;

/// A port of the loopback address that is open for the app's browsers.
pub(crate) struct AppListener(TcpListener);

impl AppListener {
    /// Opens the port, or the first free one from 8321 on if none is asked for.
    ///
    /// # Errors
    /// Exit 2, naming the next free port: the port that was asked for is in use. Exit 8: no port can be opened.
    pub(crate) fn bind(port: Option<u16>) -> Result<Self> {
        let Some(port) = port else {
            return bind_first_free(FIRST_PORT).map_err(no_port);
        };
        bind_to(port).map_err(|error| {
            if error.kind() != std::io::ErrorKind::AddrInUse {
                return no_port(error);
            }
            let free = bind_first_free(port.saturating_add(1)).ok().map(|listener| listener.port());
            let hint = free.map_or_else(
                || "Leave out `--port`: a free one is taken.".to_owned(),
                |free| format!("The next free one: `tellonce practice app --port {free}`."),
            );
            Error::new(Kind::Usage, Reason::Usage, format!("Port {port} of this machine is in use.")).hint(hint)
        })
    }

    /// Returns the port.
    pub(crate) fn port(&self) -> u16 {
        self.0.local_addr().map_or(0, |address| address.port())
    }

    /// Returns the address of the app's first page.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port())
    }

    /// Serves the app until the process ends. `directory` is the practice directory's file. `timeout` is how long a call
    /// waits for another process's write.
    ///
    /// # Errors
    /// Exit 8: the port cannot be used any more. Exit 1: no thread can be started.
    pub(crate) async fn serve(self, directory: PathBuf, timeout: Duration) -> Result<()> {
        let port = self.port();
        self.0.set_nonblocking(true).map_err(no_port)?;
        let listener = tokio::net::TcpListener::from_std(self.0).map_err(no_port)?;
        let workers = Workers::start(directory, timeout)?;
        connections::serve(&listener, &routes::router(workers, port)?).await;
        Ok(())
    }
}

fn bind_to(port: u16) -> std::io::Result<AppListener> {
    TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).map(AppListener)
}

fn bind_first_free(from: u16) -> std::io::Result<AppListener> {
    let mut last = std::io::Error::from(std::io::ErrorKind::AddrInUse);
    for port in from..=from.saturating_add(PORTS_TRIED) {
        match bind_to(port) {
            Ok(listener) => return Ok(listener),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn no_port(error: std::io::Error) -> Error {
    Error::unavailable("No port of this machine could be opened for the app.").because(error)
}
