//! The user is named, and is one customer's alone: customers from a file who lead to one user, and new users whose
//! names are taken.

use age::x25519::Identity;

use super::bulk::{delivered, rows, works};
use crate::support::ldap::{Kind, Server};

const CUSTOMERS: &str = "id,name,email,username\n\
    C-0,No Name,ada@example.com,\n\
    C-1,Ada L.,ada@work.example.com,ada\n\
    C-2,Ada King,king@example.com,ADA\n\
    C-3,Gus,gus@example.com,\n\
    C-4,Gustav,gus@example.com,\n\
    C-5,Vip,vip@example.com,vip\n\
    C-6,Fay,fay@example.com,\n";

/// Two customers who lead to one user: the second is refused, and whoever has only the address of somebody's user.
fn a_user_is_one_customers_alone(server: &Server) {
    let env = server.environment_with("", "protected = \"none\"\ncustomers = { csv = \"customers.csv\" }\n");
    env.write("customers.csv", CUSTOMERS);
    let found = env.run_must_say(&["find", "example.com", "-o", "json"], 0, "").json();
    let username = |id: &str| {
        let all = found["customers"].as_array().unwrap();
        let one = all.iter().find(|customer| customer["id"] == id).unwrap();
        let not_known = found["users_not_known"].as_array().unwrap();
        (one["username"].as_str(), not_known.iter().any(|user| user["customer"] == id))
    };
    assert_eq!((username("C-3"), username("C-2")), ((Some("gus"), false), (Some("ada"), false)));
    assert_eq!(username("C-6"), (None, true), "two users have that address");
    let shown = env.run_must_say(&["show", "C-1"], 0, &format!("ada ({})", server.dn("ada"))).text();
    assert!(shown.contains("e-mail address is ada@example.com"), "{shown}");

    let reset = |customer: &str| env.run(&["reset", customer, "--yes", "--reveal", "stdout", "-o", "json"]);
    let refused = |customer: &str| {
        let error = reset(customer).must(7).error();
        assert_eq!((&error["reason"], &error["changed"]), (&"user_shared".into(), &"no".into()), "{error}");
    };
    refused("C-0"); // the user goes by Ada's username, and this customer has only the address
    let issued = reset("C-1").must(0).json();
    assert_eq!(
        (issued["user"]["username"].as_str(), issued["user"]["id"].as_str()),
        (Some("ada"), Some(&*server.dn("ada")))
    );
    assert!(issued["differences"].to_string().contains("The user's name is"), "{issued}");
    refused("C-2");
    assert!(works(server, "ada", issued["temporary_password"].as_str().unwrap()), "Ada's password was left alone");
    reset("C-1").must(0);
    let records = env.records();
    let intent = records.iter().find(|record| record["event"] == "intent").unwrap();
    assert_eq!((&intent["user"], &intent["username"]), (&issued["user"]["immutable_id"], &"ada".into()));
    assert!(intent["user"].is_string(), "{intent}");

    // In a run the rows have no history yet, and both may be in flight.
    let key = Identity::generate();
    env.write("in.csv", "customer\nC-3\nC-4\nC-5\n");
    let out = env.file("out.jsonl");
    let (sealed_to, to) = (key.to_public().to_string(), out.display().to_string());
    env.run_must_say(&["bulk", "in.csv", "--dry-run"], 10, "leads to the user gus");
    env.run(&["bulk", "in.csv", "--yes", "--expect", "3", "--out", &to, "--seal-to", &sealed_to]).must(10);
    let passwords = delivered(&key, &out);
    assert_eq!(passwords.len(), 2, "{:?}", rows(&out));
    assert!(works(server, "gus", &passwords["gus"]) && works(server, "vip", &passwords["vip"]));
    let refused: Vec<String> = rows(&out)
        .iter()
        .filter(|row| row["outcome"] == "refused")
        .map(|row| row["message"].as_str().unwrap().to_owned())
        .collect();
    assert!(refused.len() == 1 && refused[0].contains("leads to the user gus"), "{refused:?}");
}

#[test]
#[ignore = "needs slapd: TELLONCE_LIVE=openldap"]
fn a_user_of_slapd_is_one_customers_alone() {
    a_user_is_one_customers_alone(&Server::start(Kind::OpenLdap));
}

/// slapo-unique(5) and slapo-constraint(5) refuse with one code: neither is the password policy.
#[test]
#[ignore = "needs slapd: TELLONCE_LIVE=openldap"]
fn a_value_that_slapd_refuses_is_not_called_a_password() {
    let server = Server::start(Kind::OpenLdap);
    server.serve_with(
        "",
        "moduleload unique\nmoduleload constraint\n",
        "overlay unique\nunique_uri ldap:///?sn?sub\noverlay constraint\nconstraint_attribute givenName regex ^[A-Z][a-z]+$\n",
    );
    let env = server.environment();
    let create = |email: &str, first: &str, last: &str| {
        let create = ["--create", "--email", email, "--first-name", first, "--last-name", last];
        env.run(&[&["reset", email, "--yes", "--reveal", "stdout", "-o", "json"][..], &create].concat())
    };
    let refused = |(email, first, last): (&str, &str, &str), reason: &str| {
        let error = create(email, first, last).must(7).error();
        assert_eq!((error["reason"].as_str(), error["changed"].as_str()), (Some(reason), Some("no")), "{error}");
        assert!(!error["message"].as_str().unwrap().contains("password"), "{error}");
    };
    create("uma@example.com", "Uma", "Unique").must(0);
    refused(("una@example.com", "Una", "Unique"), "not_unique");
    refused(("xx@example.com", "X-9", "Other"), "refused_by_backend");
    env.write("in.csv", "customer,create,email,first_name,last_name\nyy@example.com,yes,yy@example.com,Y-9,Another\n");
    let (key, out) = (Identity::generate(), env.file("out.jsonl"));
    let (sealed_to, to) = (key.to_public().to_string(), out.display().to_string());
    env.run(&["bulk", "in.csv", "--yes", "--expect", "1", "--out", &to, "--seal-to", &sealed_to]).must(10);
    assert_eq!(rows(&out)[0]["outcome"], "refused", "it is not waited for");
}

#[test]
#[ignore = "needs Samba as a domain controller, and root: TELLONCE_LIVE=active-directory"]
fn a_user_of_a_domain_is_one_customers_alone_and_a_new_one_has_free_names() {
    let server = Server::start(Kind::ActiveDirectory);
    a_user_is_one_customers_alone(&server);
    server.change(&format!(
        "dn: CN=other,{}\nchangetype: add\nobjectClass: user\nsAMAccountName: other\nuserPrincipalName: kay@tellonce.test\n",
        server.value("OU")
    ));
    let env = server.environment();
    let create = ["--create", "--email", "kay@example.com", "--first-name", "Kay", "--last-name", "New"];
    let reset = ["reset", "kay@example.com", "--yes", "--reveal", "stdout", "-o", "json"];
    let issued = env.run(&[&reset[..], &create].concat()).must(0).json();
    assert_eq!(issued["user"]["username"], "kay2", "{issued}");
    assert!(works(&server, "kay2", issued["temporary_password"].as_str().unwrap()));
}
