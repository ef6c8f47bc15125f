//! Calls to Cognito (JSON) and to IAM (its query protocol), signed with somebody's keys or with nobody's.

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::support::keycloak::{Body, Client, Method, Reply};

/// An access key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    pub id: String,
    pub secret: String,
}

/// What a server refused: the error's code, and its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub code: String,
    pub message: String,
}

/// Where calls go.
#[derive(Clone)]
pub struct Endpoint {
    pub client: Client,
    pub url: String,
}

impl Endpoint {
    /// Calls Cognito.
    pub fn cognito(&self, keys: Option<(&Keys, &str)>, action: &str, input: Value) -> Result<Value, Refusal> {
        self.cognito_reply(keys, action, &input).map(|reply| reply.json())
    }

    /// Calls Cognito, and returns the whole reply.
    pub fn cognito_reply(&self, keys: Option<(&Keys, &str)>, action: &str, input: &Value) -> Result<Reply, Refusal> {
        let target = format!("AWSCognitoIdentityProviderService.{action}");
        let headers = [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", &target)];
        let by = keys.map(|(keys, region)| (keys, region, "cognito-idp"));
        let reply = self.send(by, &headers, serde_json::to_vec(input).unwrap());
        if reply.status == 200 {
            return Ok(reply);
        }
        let error: Value = serde_json::from_str(&reply.text).unwrap_or_default();
        let words = |name: &str| error[name].as_str().unwrap_or(&reply.text).to_owned();
        Err(Refusal { code: words("__type"), message: words("message") })
    }

    /// Calls IAM, which must not refuse it.
    #[track_caller]
    pub fn iam(&self, keys: &Keys, action: &str, fields: &[(&str, &str)]) -> String {
        let fields = [&[("Action", action), ("Version", "2010-05-08")], fields].concat();
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
        let body = body.replace('*', "%2A"); // moto signs what it would have sent
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let reply = self.send(Some((keys, "us-east-1", "iam")), &headers, body.into_bytes());
        assert_eq!(reply.status, 200, "{action}: {reply:?}");
        reply.text
    }

    fn send(&self, by: Option<(&Keys, &str, &str)>, headers: &[(&str, &str)], body: Vec<u8>) -> Reply {
        let Some((keys, region, service)) = by else {
            return self.client.send(Method::POST, &self.url, headers, Body::Bytes(body));
        };
        let now = Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
        let host = self.url.rsplit('/').next().unwrap();
        let mut signed = [headers, &[("host", host), ("x-amz-date", &now)]].concat();
        signed.sort_unstable();
        let authorization = sign(keys, (region, service, &now), &signed, &body);
        let headers = [headers, &[("x-amz-date", &now), ("authorization", &authorization)]].concat();
        self.client.send(Method::POST, &self.url, &headers, Body::Bytes(body))
    }
}

/// The header `Authorization` of a POST to `/` (Signature Version 4).
fn sign(keys: &Keys, (region, service, now): (&str, &str, &str), headers: &[(&str, &str)], body: &[u8]) -> String {
    let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let lines = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect::<Vec<_>>().concat();
    let request = format!("POST\n/\n\n{lines}\n{names}\n{}", hex(&Sha256::digest(body)));
    let scope = format!("{}/{region}/{service}/aws4_request", &now[..8]);
    let text = format!("AWS4-HMAC-SHA256\n{now}\n{scope}\n{}", hex(&Sha256::digest(request)));
    let first = format!("AWS4{}", keys.secret).into_bytes();
    let key = scope.split('/').fold(first, |key, part| hmac(&key, part));
    let signature = hex(&hmac(&key, &text));
    format!("AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}", keys.id)
}

/// HMAC with SHA-256.
pub fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}
