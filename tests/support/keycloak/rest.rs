//! Admin calls as somebody: the server's administrator, or whoever a token belongs to.

use serde_json::Value;

use super::server::Server;
use super::web::{Body, Client, Method, Reply};

/// Admin calls below one address.
#[derive(Clone)]
pub struct Rest<'a> {
    base: String,
    client: Client,
    who: Who<'a>,
}

#[derive(Clone)]
enum Who<'a> {
    Administrator(&'a Server),
    Bearer(String),
}

impl<'a> Rest<'a> {
    /// As the administrator of the whole server.
    pub fn of_administrator(server: &'a Server, base: String) -> Self {
        Self { base, client: server.client().clone(), who: Who::Administrator(server) }
    }

    /// As whoever this token belongs to.
    pub fn of_bearer(client: &Client, base: String, token: &str) -> Self {
        Self { base, client: client.clone(), who: Who::Bearer(token.to_owned()) }
    }

    /// One call, whatever it answers.
    #[track_caller]
    pub fn call(&self, method: Method, path: &str, body: Option<Value>) -> Reply {
        let token = match &self.who {
            Who::Administrator(server) => server.administrator_token(),
            Who::Bearer(token) => token.clone(),
        };
        let bearer = format!("Bearer {token}");
        let body = body.map_or(Body::Nothing, Body::Json);
        self.client.send(
            method,
            &format!("{}{path}", self.base),
            &[("authorization", &bearer), ("accept", "application/json")],
            body,
        )
    }

    #[track_caller]
    fn must(&self, method: Method, path: &str, body: Option<Value>) -> Reply {
        let reply = self.call(method.clone(), path, body);
        assert!((200..300).contains(&reply.status), "{method} {path}: {reply:#?}");
        reply
    }

    /// Reads.
    #[track_caller]
    pub fn get(&self, path: &str) -> Value {
        self.must(Method::GET, path, None).json()
    }

    /// Makes; its answer has the new thing's id where there is one.
    #[track_caller]
    pub fn post(&self, path: &str, body: Value) -> Reply {
        self.must(Method::POST, path, Some(body))
    }

    /// Puts in place.
    #[track_caller]
    pub fn put(&self, path: &str, body: Value) {
        self.must(Method::PUT, path, Some(body));
    }

    /// Removes.
    #[track_caller]
    pub fn delete(&self, path: &str) {
        self.must(Method::DELETE, path, None);
    }
}
