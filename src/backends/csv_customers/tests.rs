//! Tests of the customers' file.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

use super::*;
use crate::config::CustomerColumns;

fn with_columns<T>(text: impl AsRef<[u8]>, columns: CustomerColumns, look: impl AsyncFnOnce(CsvCustomers) -> T) -> T {
    let folder = tempfile::tempdir().unwrap();
    let csv = folder.path().join("customers.csv");
    std::fs::write(&csv, text).unwrap();
    let customers = CsvCustomers::new(CustomersSource { csv, owner: None, columns });
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(look(customers))
}

fn with<T>(text: impl AsRef<[u8]>, look: impl AsyncFnOnce(CsvCustomers) -> T) -> T {
    with_columns(text, CustomerColumns::default(), look)
}

fn refusal(text: impl AsRef<[u8]>) -> String {
    let error = with(text, async |csv| csv.exact("nobody").await.unwrap_err());
    assert_eq!(error.exit_code(), crate::domain::ExitCode::USAGE);
    error.message
}

const THREE: &str = "\u{feff}ID,Name,E-Mail,Phone,username,branch\nC-1,Ada Lovelace,ada@example.com,+44 1,ada,London\n\
                     C-2,\"Hopper, Grace\",GRACE@example.com,,,\nC-3,Ada Byron,ada@example.com,,,\n";

#[test]
fn every_column_of_a_row_is_read() {
    let found = with(THREE, async |csv| csv.exact("c-1").await.unwrap());
    assert_eq!((found.len(), found[0].name.as_str(), found[0].username.as_deref()), (1, "Ada Lovelace", Some("ada")));
    assert_eq!(found[0].details, [("Phone".into(), "+44 1".into()), ("Branch".into(), "London".into())]);
    let grace = with(THREE, async |csv| csv.exact("grace@EXAMPLE.com").await.unwrap());
    assert_eq!((grace[0].name.as_str(), grace[0].username.as_deref()), ("Hopper, Grace", None));
}

#[test]
fn customers_who_share_an_address_are_found_and_matches_of_a_name_are_counted() {
    assert_eq!(with(THREE, async |csv| csv.exact("ada@example.com").await.unwrap()).len(), 2);
    let found = with(THREE, async |csv| csv.find("ADA", 1).await.unwrap());
    assert_eq!((found.customers.len(), found.total), (1, Some(2)));
    assert!(with(THREE, async |csv| csv.get(&CustomerId::new("c-1")).await.unwrap()).is_none());
    assert!(with(THREE, async |csv| csv.get(&CustomerId::new("C-3")).await.unwrap()).is_some());
}

#[test]
fn two_customers_with_one_id_are_ambiguous() {
    let text = format!("{THREE}C-1,Ada King,king@example.com,,king,\nC-3,Ada Byron,ada@example.com,,,\n");
    let (exact, same, got, twice) = with(&text, async |csv| {
        let king = csv.exact("king@example.com").await.unwrap().remove(0);
        (
            csv.exact("C-1").await.unwrap(),
            csv.of_same_id(&king).await.unwrap(),
            csv.get(&CustomerId::new("C-1")).await.map_err(|error| error.exit_code().number()),
            csv.get(&CustomerId::new("C-3")).await.unwrap(),
        )
    });
    assert_eq!((exact.len(), same.len(), got), (2, 2, Err(5)));
    assert_eq!(twice.unwrap().name, "Ada Byron", "a line that is there twice is one customer");
}

#[test]
fn a_file_that_cannot_be_used_is_refused_with_its_line() {
    for (text, what) in [
        ("name,email\nAda,a@b.c\n", "no column \"id\". It has: \"name\", \"email\""),
        ("id\nC-1\n", "none of the columns name, first_name"),
        ("id,email,E-Mail\nC-1,a,b\n", "line 1: the header has two columns of one name: \"email\" and \"E-Mail\""),
        ("id,name\nC-1,\"Ada\nC-2,Grace\n", "line 2: a quote that is opened there is never closed"),
        ("id,name\nC-1,\"Ada\nC-2,Grace\"x\nC-3,Edith\n", "line 2: there is text after a closing quote"),
        ("", "it has no header"),
        ("%PDF-1.4", "it is a PDF, not CSV"),
        ("PK\u{3}\u{4}..[Content_Types].xml", "it is an Excel workbook (.xlsx), not CSV"),
    ] {
        let told = refusal(text);
        assert!(told.contains(what), "{text:?}: {told}");
    }
    assert!(open(std::path::Path::new("/nowhere"), None).unwrap_err().contains("cannot be read"));
    assert!(open(std::path::Path::new("/"), None).unwrap_err().contains("is not a regular file"));
}

/// Opens a file that may belong to this user as well. Returns the whole refusal.
fn open(csv: &std::path::Path, owner: Option<&str>) -> Result<(), String> {
    let (csv, owner) = (csv.to_owned(), owner.map(str::to_owned));
    let customers = CsvCustomers::new(CustomersSource { csv, owner, columns: CustomerColumns::default() });
    customers.open().map(drop).map_err(|error| error.message_with_hint())
}

#[test]
fn a_file_that_others_can_write_or_that_is_a_link_or_somebody_elses_is_refused() {
    use std::os::unix::fs::{PermissionsExt, chown, symlink};
    let folder = tempfile::tempdir().unwrap();
    let [file, link] = ["customers.csv", "link.csv"].map(|name| folder.path().join(name));
    std::fs::write(&file, THREE).unwrap();
    symlink(&file, &link).unwrap();
    let set_mode = |mode| std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
    set_mode(0o644);
    open(&file, None).unwrap();
    assert!(open(&link, None).unwrap_err().contains("it is a symbolic link"));
    set_mode(0o664);
    let told = open(&file, None).unwrap_err();
    assert!(told.contains("others can write it") && told.contains("chmod go-w"), "{told}");
    set_mode(0o644);
    assert!(open(&file, Some("no-such-user")).unwrap_err().contains("is no user of this machine"));
    if chown(&file, Some(65534), None).is_err() {
        return; // only root can give a file away
    }
    let told = open(&file, None).unwrap_err();
    assert!(told.contains("belongs to somebody else") && told.contains("owner = "), "{told}");
    open(&file, Some("65534")).unwrap();
    open(&file, Some("nobody")).unwrap();
    assert!(open(&file, Some("daemon")).is_err());
}

#[test]
fn a_row_that_cannot_be_used_spoils_no_other() {
    let text = b"id,name,email\nC-1,Ada,ada@example.com\n,Grace,grace@example.com\nC-3,Edith\n\
                 C-4,Ma\xffry,mary@example.com\nC-5,\xc3\x89dith,e5@example.com\n";
    with(text, async |csv| {
        assert_eq!(csv.exact("ada@example.com").await.unwrap()[0].id.as_str(), "C-1");
        assert_eq!(csv.exact("c-5").await.unwrap()[0].name, "Édith");
        assert!(csv.of_same_id(&Customer::known_by(CustomerId::new("C-1"))).await.is_ok());
        for (who, what) in [
            ("grace@example.com", "line 3: it has no id"),
            ("edith", "line 4: it has 2 cells, and the header has 3"),
            ("c-3", "line 4: it has 2 cells"),
            ("mary@example.com", "line 5: it is not UTF-8 text"),
        ] {
            let told = csv.exact(who).await.unwrap_err().message;
            assert!(told.contains(what), "{who}: {told}");
        }
        let found = csv.find("dith", 10).await.unwrap();
        assert_eq!((found.customers.len(), found.total), (1, Some(1)));
        assert!(found.left_out[0].contains("line 4: it has 2 cells"), "{:?}", found.left_out);
        let check = csv.check();
        assert_eq!(check.state, CheckState::Warning);
        assert!(check.words.contains("3 of its rows cannot be used") && check.words.contains("line 5"), "{check:?}");
    });
    let check = with(THREE, async |csv| csv.check());
    assert_eq!(check.state, CheckState::Ok);
    assert!(
        check.words.contains("3 customers; id from \"ID\", name from \"Name\", email from \"E-Mail\""),
        "{check:?}"
    );
    assert_eq!(with("id,name\n", async |csv| csv.check()).state, CheckState::Fault);
}

#[test]
fn columns_that_are_not_recognised_are_named_in_the_profile() {
    let text = "Kundennummer;Name;Mailadresse\nK-1;Ada;ada@example.com\n";
    let told = refusal(text);
    assert!(told.contains("It has: \"Kundennummer\", \"Name\", \"Mailadresse\""), "{told}");
    let columns = CustomerColumns {
        id: Some("Kundennummer".to_owned()),
        email: Some("mailadresse".to_owned()),
        ..CustomerColumns::default()
    };
    let found = with_columns(text, columns, async |csv| csv.exact("ada@example.com").await.unwrap());
    assert_eq!((found[0].id.as_str(), found[0].name.as_str()), ("K-1", "Ada"));
    let columns = CustomerColumns { id: Some("Nummer".to_owned()), ..CustomerColumns::default() };
    let error = with_columns(text, columns, async |csv| csv.exact("K-1").await.unwrap_err());
    assert!(error.message.contains("no column \"Nummer\", which the profile names"), "{error}");
    assert!(error.hint.unwrap().contains("columns = { id = "));
}

fn addresses(customer: &Customer) -> Vec<&str> {
    customer.contacts.on_file.iter().map(|contact| contact.address.as_str()).collect()
}

#[test]
fn every_address_and_number_of_a_row_is_on_file() {
    let text = "id,name,E-Mail,email2,Work Email,phone,mobile,language\n\
                C-1,Ada,ada@example.com,ADA@example.com; ada@example.org ;,,+44 20 7946 0018,\"+44 20 7946 0019;020\",de-AT\n\
                C-2,Grace,,,,,,\nC-3,Mary,\"mary@example.com;m@example.org\",,,none,,klingon!\n";
    let found = with(text, async |csv| csv.find("", 9).await.unwrap()).customers;
    let ada = ["ada@example.com", "ada@example.org", "+44 20 7946 0018", "+44 20 7946 0019", "020"];
    assert_eq!(addresses(&found[0]), ada);
    assert!(found[0].contacts.on_file.iter().all(|contact| contact.changed == crate::domain::ContactChanged::Unknown));
    assert_eq!(found[0].contacts.language.as_ref().unwrap().as_str(), "de");
    assert_eq!(found[1].contacts, crate::domain::Contacts::default());
    assert_eq!(addresses(&found[2]), ["mary@example.com", "m@example.org", "none"]);
    assert_eq!((found[2].email.as_deref(), &found[2].contacts.language), (Some("mary@example.com"), &None));
    with(text, async |csv| {
        for text in ["mary@example.com", "M@EXAMPLE.ORG", "mary@example.com;m@example.org"] {
            assert_eq!(csv.exact(text).await.unwrap().len(), 1, "{text}");
        }
        assert!(csv.exact("ada@example.org").await.unwrap().is_empty(), "a further address names nobody");
        let words = csv.check().words;
        for part in ["emails from \"email2\", emails from \"Work Email\"", "phones from \"mobile\"", "language from"] {
            assert!(words.contains(part), "{words}");
        }
    });
    let many: Vec<String> = (0..60).map(|number| format!("a{number}@example.com")).collect();
    let text = format!("id,email\nC-1,\"{}\"\n", many.join(";"));
    let found = with(text, async |csv| csv.exact("c-1").await.unwrap());
    assert_eq!(found[0].contacts.on_file.len(), 50);
    assert_eq!(found[0].contacts.unreadable, ["10 more values of column 2"]);
}

#[test]
fn columns_of_other_languages_are_named_in_the_profile() {
    let german = "Nr;Name;Adresse;Private Mail;Handy;Telefon;Sprache;phone\n\
                  K-1;Ada;ada@example.com;a@example.org;0170 1;030 1;de;+44 1\n";
    let french = "N°;Name;Courriel;Courriel 2;Portable;Téléphone;Langue\n\
                  K-1;Ada;ada@example.com;a@example.org;0170 1;030 1;fr\n";
    for (text, [id, email, more, mobile, phone, language], expected) in [
        (german, ["Nr", "adresse", "Private Mail", "Handy", "Telefon", "Sprache"], "de"),
        (french, ["N°", "Courriel", "courriel 2", "Portable", "Téléphone", "Langue"], "fr"),
    ] {
        let owned = |name: &str| Some(name.to_owned());
        let columns = CustomerColumns {
            id: owned(id),
            email: owned(email),
            emails: Some(vec![more.to_owned()]),
            phones: Some(vec![mobile.to_owned(), phone.to_owned()]),
            language: owned(language),
            ..CustomerColumns::default()
        };
        let found = with_columns(text, columns, async |csv| csv.exact("K-1").await.unwrap());
        assert_eq!(addresses(&found[0]), ["ada@example.com", "a@example.org", "0170 1", "030 1"]);
        assert_eq!(found[0].contacts.language.as_ref().unwrap().as_str(), expected);
    }
    let (id, phones) = (Some("Nr".to_owned()), Some(vec!["Fax".to_owned()]));
    let columns = CustomerColumns { id, phones, ..CustomerColumns::default() };
    let error = with_columns(german, columns, async |csv| csv.exact("K-1").await.unwrap_err());
    assert!(error.message.contains("no column \"Fax\", which the profile names"), "{error}");
}

#[test]
fn a_hundred_thousand_rows_are_looked_through_row_by_row() {
    let row = |number| format!("C-{number},First{number},Last{number},c{number}@example.com\n");
    let rows: String = (0..100_000).map(row).collect();
    let text = format!("id,first_name,last_name,email\n{rows}");
    let found = with(&text, async |csv| csv.exact("c99999@example.com").await.unwrap());
    assert_eq!((found.len(), found[0].name.as_str()), (1, "First99999 Last99999"));
}
