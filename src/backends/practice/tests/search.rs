//! The search: every way to name a customer, in any case, with anything typed.

use super::{Directory, directory, wait_for};

fn ids(directory: &Directory, text: &str, limit: usize) -> (Vec<String>, Option<u64>) {
    let session = directory.session();
    let found = wait_for(session.directory().find(text, limit)).unwrap();
    (found.customers.iter().map(|customer| customer.id.to_string()).collect(), found.total)
}

#[test]
fn by_id_username_address_and_parts_of_names() {
    let directory = directory();
    for (text, id) in [
        ("c-1001", "C-1001"),
        ("ADA.LOVELACE", "C-1001"),
        ("Ada@Example.com", "C-1001"),
        ("velac", "C-1001"),
        ("ada lov", "C-1001"),
        ("ada.l", "C-1001"),
        ("guðmund", "C-1010"),
        ("BJORK", "C-1010"),
        ("山田", "C-1011"),
        ("花", "C-1011"),
        ("παπαδ", "C-1012"),
        ("ЛАДЫЖ", "C-1013"),
        ("siobhan o'b", "C-1014"),
        ("boyd granville", "C-1036"),
    ] {
        assert_eq!(ids(&directory, text, 5).0.first().map(String::as_str), Some(id), "{text}");
    }
}

#[test]
fn exact_ones_come_first_and_the_total_is_said() {
    let directory = directory();
    let (found, total) = ids(&directory, "mary", 2);
    assert_eq!((found.len(), total), (2, Some(3)), "{found:?}");
    assert_eq!(ids(&directory, "alan@example.com", 5).0, ["C-1003"]);
    let (page, total) = ids(&directory, "example", 100);
    assert!(page.is_empty() && total == Some(0), "the domain that all share is not searched");
}

#[test]
fn nothing_typed_is_an_operator() {
    let directory = directory();
    for text in [
        "%",
        "_",
        "*",
        "\"",
        "'",
        "a* OR b",
        "NEAR(a b)",
        "^ada",
        "ada\" OR \"alan",
        "x'; DROP TABLE user; --",
        "\u{10ffff}",
        "-",
        "(",
    ] {
        let (found, total) = ids(&directory, text, 5);
        assert!(found.len() <= 5 && total.is_some(), "{text}");
    }
    assert!(ids(&directory, "%", 5).0.is_empty() && ids(&directory, "a* OR b", 5).0.is_empty());
    assert_eq!(ids(&directory, "ada", 5).0[0], "C-1001", "and nothing was dropped");
}
