//! A service that takes messages over HTTP, in clear or over TLS, and answers as the test says.

use std::io::{BufRead, BufReader, Read, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// One call.
#[derive(Clone, Debug)]
pub struct Call {
    /// The request's line and headers.
    pub head: String,
    pub body: String,
}

/// What the service does with a call.
#[derive(Clone, Debug)]
pub enum Answer {
    /// It sends this status line and these headers.
    Say(String),
    /// It reads the call and closes the connection.
    Drop,
    /// It reads the call and says nothing.
    Hang,
}

pub struct HttpService {
    pub port: u16,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl HttpService {
    pub fn start(tls: Option<Arc<ServerConfig>>, answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let calls = Arc::<Mutex<Vec<Call>>>::default();
        let kept = Arc::clone(&calls);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (tls, answer, kept) = (tls.clone(), answer.clone(), Arc::clone(&kept));
                std::thread::spawn(move || accept(stream, tls, &answer, &kept));
            }
        });
        Self { port, calls }
    }

    /// Returns the calls so far.
    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }
}

fn accept(stream: TcpStream, tls: Option<Arc<ServerConfig>>, answer: &Answer, calls: &Mutex<Vec<Call>>) {
    let _ = match tls {
        Some(tls) => serve(StreamOwned::new(ServerConnection::new(tls).unwrap(), stream), answer, calls),
        None => serve(stream, answer, calls),
    }; // the client may leave at any time
}

fn serve(stream: impl Read + Write, answer: &Answer, calls: &Mutex<Vec<Call>>) -> Result<()> {
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head)? == 0 {
            return Ok(());
        }
    }
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or_default()];
    stream.read_exact(&mut body)?;
    calls.lock().unwrap().push(Call { head, body: String::from_utf8(body).unwrap() });
    match answer {
        Answer::Say(text) => {
            let text = format!("HTTP/1.1 {text}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.get_mut().write_all(text.as_bytes())?;
            stream.get_mut().flush()
        }
        Answer::Drop => Ok(()),
        Answer::Hang => stream.read_to_end(&mut Vec::new()).map(drop), // until the client has had enough
    }
}
