//! The fault proxy does what its rules say: what other tests lean on.

use std::time::Duration;

use crate::support::fault_proxy::{Fault, FaultProxy, Gate, Rule};

/// A server that answers `{}` and remembers what came: the witness is one. Before it, the proxy under test.
fn both() -> (FaultProxy, FaultProxy) {
    let server = FaultProxy::witness();
    let proxy = FaultProxy::before(server.address());
    (server, proxy)
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().timeout(Duration::from_mins(1)).build().unwrap()
}

/// Status and body.
async fn put(proxy: &FaultProxy, path: &str) -> Result<(u16, Vec<u8>), reqwest::Error> {
    let request = client().put(format!("{}{path}", proxy.address())).bearer_auth("t").body("secret");
    let answer = request.send().await?;
    let status = answer.status().as_u16();
    Ok((status, answer.bytes().await?.to_vec()))
}

#[tokio::test]
async fn without_a_rule_it_hands_everything_on_by_one_connection() {
    let (server, proxy) = both();
    let client = client();
    for path in ["/a?b=c", "/d"] {
        let answer = client.put(format!("{}{path}", proxy.address())).bearer_auth("t").body("secret").send().await;
        assert_eq!(answer.unwrap().text().await.unwrap(), "{}");
    }
    let seen = server.seen();
    assert_eq!((&*seen[0].method, &*seen[0].path, &*seen[0].body), ("PUT", "/a?b=c", b"secret".as_slice()));
    assert!(seen[0].authorized);
    assert_eq!((proxy.count("PUT", "/"), proxy.count("GET", "/"), proxy.connections()), (2, 0, 1));
}

#[tokio::test]
async fn cut_before_and_after_it_was_applied() {
    let (server, proxy) = both();
    proxy.rule(Rule::on("PUT", "/before", Fault::Cut));
    proxy.rule(Rule::on("PUT", "/after", Fault::Cut).applied());
    assert!(put(&proxy, "/before").await.is_err());
    assert_eq!(server.seen().len(), 0);
    assert!(put(&proxy, "/after").await.is_err());
    assert!(server.count("PUT", "/after") >= 1);
}

#[tokio::test]
async fn statuses_headers_bodies_and_how_often() {
    let (server, proxy) = both();
    proxy.rule(Rule::on("*", "/busy", Fault::too_many(7)).times(1));
    proxy.rule(Rule::on("PUT", "/later", Fault::status(503)).after(1).times(1));
    proxy.rule(Rule::on("PUT", "/wrong", Fault::json("{\"id\": 7}")));
    let busy = client().get(format!("{}/busy", proxy.address())).send().await.unwrap();
    assert_eq!((busy.status().as_u16(), &busy.headers()["retry-after"]), (429, &"7".parse().unwrap()));
    assert_eq!(put(&proxy, "/busy").await.unwrap().0, 200);
    let later = [put(&proxy, "/later").await, put(&proxy, "/later").await, put(&proxy, "/later").await];
    assert_eq!(later.map(|answer| answer.unwrap().0), [200, 503, 200]);
    assert_eq!(put(&proxy, "/wrong").await.unwrap().1, b"{\"id\": 7}");
    assert_eq!(server.count("*", "/wrong"), 0);
    proxy.mend();
    assert_eq!(put(&proxy, "/wrong").await.unwrap().1, b"{}");
}

#[tokio::test]
async fn half_an_answer_is_an_error() {
    let (_server, proxy) = both();
    proxy.rule(Rule::on("PUT", "/half", Fault::Truncate));
    assert!(put(&proxy, "/half").await.is_err());
}

#[tokio::test]
async fn bodies_of_any_length_end_when_the_reader_hangs_up() {
    let (_server, proxy) = both();
    proxy.rule(Rule::on("PUT", "/huge", Fault::Huge(100_000)));
    proxy.rule(Rule::on("PUT", "/endless", Fault::Endless));
    assert_eq!(put(&proxy, "/huge").await.unwrap().1.len(), 100_000);
    let url = format!("{}/endless", proxy.address());
    let mut answer = client().put(url).send().await.unwrap();
    assert!(!answer.chunk().await.unwrap().unwrap().is_empty());
    drop(answer);
    assert!(proxy.seen().last().unwrap().sent < 1 << 30);
}

#[tokio::test]
async fn a_redirect_leads_to_the_witness() {
    let (server, proxy) = both();
    let elsewhere = FaultProxy::witness();
    proxy.rule(Rule::on("*", "/moved", Fault::RedirectTo(elsewhere.address().to_owned())));
    assert_eq!(put(&proxy, "/moved").await.unwrap().0, 200);
    assert_eq!((server.seen().len(), elsewhere.count("PUT", "/moved")), (0, 1));
    assert!(!elsewhere.seen()[0].authorized, "reqwest does not send it to another host");
}

#[tokio::test]
async fn held_until_told() {
    let (server, proxy) = both();
    let gate = Gate::default();
    proxy.rule(Rule::on("PUT", "/held", Fault::Hold(gate.clone())));
    let watching = proxy.clone();
    let watcher = std::thread::spawn(move || {
        watching.wait_for("PUT", "/held", 1);
        let before = server.seen().len();
        gate.open();
        before
    });
    assert_eq!(put(&proxy, "/held").await.unwrap().0, 200);
    assert_eq!(watcher.join().unwrap(), 0, "nothing was handed on before");
}

#[tokio::test]
async fn a_refusing_address_refuses() {
    let error = client().get(FaultProxy::refusing()).send().await.unwrap_err();
    assert!(error.is_connect());
}
