//! One sealed password is opened again by whoever holds the key.

use super::fixture::{FIRST, Fixture};

#[test]
fn the_newest_is_opened_without_a_session_and_leaves_a_record() {
    let fixture = Fixture::new(60);
    fixture.input(2);
    for out in ["out.csv", "out.jsonl"] {
        fixture.sealed(out, 2, &[]).must(0);
        let customer = format!("C-{FIRST}");
        let unseal = |key: &str| {
            let pipe = ["unseal", out, "--identity", key, "--customer", &customer, "--reveal", "stdout"];
            fixture.env.run(&pipe)
        };
        let password = unseal("key.txt").must(0).stdout;
        let status = fixture.env.run(&["show", &customer, "-o", "json"]).must(0).json();
        let username = status["customer"]["username"].as_str().unwrap().to_owned();
        assert_eq!(fixture.env.sign_in(&username, password.trim()), "change_required");
        assert_eq!(fixture.env.last_event(), "unsealed");
        unseal("in.csv").must(2);
        std::fs::write(fixture.path("other.txt"), other_key()).unwrap();
        unseal("other.txt").must(7);
    }
    fixture.env.run(&["logout"]).must(0);
    let nobody = ["unseal", "out.csv", "--identity", "key.txt", "--customer", "C-9", "--reveal", "stdout"];
    fixture.env.run(&nobody).must(3);
    fixture.env.run(&["audit", "verify"]).must(0);
}

fn other_key() -> String {
    use age::secrecy::ExposeSecret;
    age::x25519::Identity::generate().to_string().expose_secret().to_owned()
}
