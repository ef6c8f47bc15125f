//! Accepts connections, and bounds their number and their time.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The most connections that are open at once. The idle one that was opened first makes room for another.
const MAX_CONNECTIONS: usize = 256;
/// How long a connection may take to send a request's head, also between two requests.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest head of a request, in bytes.
const MAX_HEAD: usize = 16 * 1024;
/// The pause after a connection could not be accepted, for example because no descriptor is free.
const ACCEPT_RETRY_PAUSE: Duration = Duration::from_millis(50);

/// One connection that may still be open.
struct Connection {
    task: JoinHandle<()>,
    /// Whether a request of it is being answered.
    is_busy: Arc<AtomicBool>,
}

/// Serves the router to every connection, for as long as the process lives.
pub(super) async fn serve(listener: &TcpListener, router: &Router) {
    let mut open: VecDeque<Connection> = VecDeque::new();
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::debug!(%error, "a connection was not accepted");
                tokio::time::sleep(ACCEPT_RETRY_PAUSE).await;
                continue;
            }
        };
        open.retain(|connection| !connection.task.is_finished());
        if open.len() >= MAX_CONNECTIONS {
            close_oldest_idle(&mut open);
        }
        let is_busy = Arc::new(AtomicBool::new(false));
        let marked = router.clone().layer(middleware::from_fn_with_state(Arc::clone(&is_busy), mark_busy));
        let service = TowerToHyperService::new(marked);
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .max_buf_size(MAX_HEAD)
            .serve_connection(TokioIo::new(stream), service);
        let task = tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended");
            }
        });
        open.push_back(Connection { task, is_busy });
    }
}

/// Closes the idle connection that was opened first, or the first of all if each is being answered.
fn close_oldest_idle(open: &mut VecDeque<Connection>) {
    let idle = open.iter().position(|connection| !connection.is_busy.load(Ordering::Relaxed)).unwrap_or(0);
    if let Some(connection) = open.remove(idle) {
        connection.task.abort();
    }
}

/// Notes for as long as a request is being answered that its connection is busy.
async fn mark_busy(
    axum::extract::State(is_busy): axum::extract::State<Arc<AtomicBool>>,
    request: Request,
    next: Next,
) -> axum::response::Response {
    is_busy.store(true, Ordering::Relaxed);
    let response = next.run(request).await;
    is_busy.store(false, Ordering::Relaxed);
    response
}
