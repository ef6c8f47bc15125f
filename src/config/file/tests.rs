#![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::domain::{VerificationRules, VerificationWay};

fn parse(text: &str) -> Result<Configuration> {
    Configuration::parse(text, Path::new("config.toml"))
}

fn refused(text: &str) -> String {
    let failure = parse(text).unwrap_err();
    assert_eq!(failure.reason, Reason::Configuration);
    assert_eq!(failure.exit_code(), crate::domain::ExitCode::USAGE);
    failure.message
}

#[test]
fn with_no_file_there_is_the_practice_profile_and_nobody_chose_it() {
    let folder = tempfile::tempdir().unwrap();
    let profile = Configuration::load(&Folders::all_in(folder.path())).unwrap().profile(None).unwrap();
    assert_eq!((profile.name.as_str(), profile.chosen, profile.built_in), ("practice", false, true));
    assert_eq!(profile.protected, None);
    assert_eq!(profile.guards.temporary_password_lasts, Duration::from_hours(24));
}

#[test]
fn naming_practice_chooses_it() {
    assert!(parse("").unwrap().profile(Some("practice")).unwrap().chosen);
}

#[test]
fn everything_that_can_be_said_is_read() {
    let configuration = parse(
        "default = 'training'\n[profiles.training]\nbackend = 'practice'\nprotected = { groups = ['board'], roles = ['it/root'] }\n\
         require = ['ticket', 'verified', 'reason']\nticket_pattern = 'T-[0-9]+'\nmax_resets_per_customer_24h = 3\nmax_resets_per_agent_1h = 30\nallow_without_logout = true\nprove = false\n\
         temporary_password_lasts = '2 days'\nlanguage = 'de-AT'\ntemplates = 'texts'\n[audit]\nforward = { command = ['logger', '-t', 'x'] }\nforward_required = true\nviews = true\n",
    )
    .unwrap();
    let profile = configuration.profile(None).unwrap();
    assert_eq!((profile.name.as_str(), profile.chosen, profile.built_in), ("training", true, false));
    assert_eq!(profile.protected, Some(Protected { groups: vec!["board".into()], roles: vec!["it/root".into()] }));
    assert_eq!(profile.guards.require, [Requirement::Ticket, Requirement::Verified, Requirement::Reason]);
    assert_eq!(profile.guards.ticket_pattern.as_ref().map(crate::domain::Pattern::as_str), Some("T-[0-9]+"));
    assert_eq!(profile.guards.max_resets_per_customer_24h, Some(3));
    assert_eq!(profile.guards.max_resets_per_agent_1h, Some(30));
    assert!(profile.guards.allow_without_logout && !profile.guards.prove);
    assert!(parse("").unwrap().profile(None).unwrap().guards.prove, "unless a profile says otherwise");
    assert_eq!(profile.guards.temporary_password_lasts, Duration::from_hours(48));
    assert_eq!(profile.texts.language.as_ref().map(crate::domain::Language::as_str), Some("de"));
    assert_eq!(profile.texts.templates.as_deref(), Some(Path::new("texts")), "beside the configuration");
    assert_eq!(configuration.audit.forward, Some(Forward::Command(vec!["logger".into(), "-t".into(), "x".into()])));
    assert!(configuration.audit.forward_required && configuration.audit.views);
    assert_eq!(configuration.profile_names(), ["training", "practice"]);
}

#[test]
fn rules_for_callers_and_words_of_messages_have_usual_values() {
    let acme = |tables: &str| {
        let text = format!("[profiles.a]\nbackend = 'practice'\n{tables}");
        parse(&text).unwrap().profile(Some("a")).unwrap()
    };
    let rules = |keys: &str| acme(&format!("[profiles.a.verification]\n{keys}")).guards.verification;
    assert_eq!(rules(""), VerificationRules::default());
    assert_eq!(acme("").guards.verification, VerificationRules::default());
    let all = rules("ways = ['callback']\nattested = false\nvalid = '1h'\ncontact_changed_within = '0'");
    assert_eq!((all.ways.as_slice(), all.attested), (&[VerificationWay::Callback][..], false));
    assert_eq!((all.valid, all.contact_changed_within), (Duration::from_hours(1), Duration::ZERO));
    let messages = acme("[profiles.a.messages]\ndesk = ' Acme '\ncall = '100'").messages.unwrap();
    assert_eq!((messages.desk.as_str(), messages.sign, messages.notices), ("Acme", false, true));
}

#[test]
fn rules_for_callers_that_cannot_be_are_refused_with_what_may_stand_there() {
    for (table, said) in [
        ("verification]\nvalid = '61m'", "at most 1 hour"),
        ("verification]\nvalid = '0'", "more than 0"),
        ("verification]\nvalid = 'soon'", "valid: \"soon\" is not a duration"),
        ("verification]\ncontact_changed_within = '367d'", "at most 366 days"),
        ("verification]\nquestions = true", "questions"),
        ("messages]\ndesk = 'Acme'", "call"),
        ("messages]\ndesk = \"Ac\\nme\"\ncall = '100'", "Ac\\nme"),
    ] {
        let message = refused(&format!("[profiles.a]\nbackend = 'practice'\n[profiles.a.{table}\n"));
        assert!(message.contains(said), "{table}: {message}");
    }
}

#[test]
fn protection_is_switched_off_only_by_saying_so() {
    let profile =
        parse("[profiles.a]\nbackend = 'practice'\nprotected = 'none'\n").unwrap().profile(Some("a")).unwrap();
    assert_eq!(profile.protected, Some(Protected::default()));
}

#[test]
fn what_is_wrong_is_named_with_file_line_and_key() {
    for (text, line, key) in [
        ("defualt = 'x'\n", "line 1", "defualt"),
        ("[profiles.a]\nbackend = 'practice'\nprotected = { groups = [], users = [] }\n", "line 3", "protected"),
        ("[profiles.a]\nrequire = ['ticket']\n", "line 1", "backend"),
        ("[profiles.a]\nbackend = 'practice'\nrequire = ['nothing']\n", "line 3", "nothing"),
        (
            "[profiles.a]\nbackend = 'practice'\ntemporary_password_lasts = 'soon'\n",
            "line 3",
            "temporary_password_lasts: \"soon\"",
        ),
        (
            "[profiles.a]\nbackend = 'practice'\ntemporary_password_lasts = '31d'\n",
            "line 3",
            "temporary_password_lasts is more than 0, and at most 30 days",
        ),
        ("[profiles.a]\nbackend = 'practice'\ntemporary_password_lasts = '0'\n", "line 3", "temporary_password_lasts"),
        (
            "[profiles.a]\nbackend = 'practice'\nmax_resets_per_customer_24h = 0\n",
            "line 3",
            "a limit of resets is at least 1",
        ),
        ("[profiles.a]\nbackend = 'practice'\nprotected = 'all'\n", "line 3", "protected"),
        ("[profiles.a]\nbackend = 'practice'\nticket_pattern = 'T-[0-9'\n", "line 3", "ticket_pattern \"T-[0-9\""),
        ("[profiles.a]\nbackend = 'practice'\nticket_pattern = 'a)(b'\n", "line 3", "ticket_pattern"),
        ("[profiles.a]\nbackend = 'practice'\nlanguage = 'german'\n", "line 3", "\"german\" is no language"),
        ("[profiles.a]\nbackend = 'practice'\ntemplates = 7\n", "line 3", "string"),
        ("[audit]\nforward = { mail = true }\n", "line 2", "forward"),
        ("default = [\n", "line", ""),
    ] {
        let message = refused(text);
        assert!(
            message.starts_with("config.toml: ") && message.contains(line) && message.contains(key),
            "{text:?}: {message}"
        );
    }
}

#[test]
fn what_does_not_go_together_is_refused() {
    for (text, line, key) in [
        ("\ndefault = 'missing'\n", "line 2", "default = \"missing\""),
        ("[audit]\n\nforward_required = true\n", "line 3", "audit.forward_required"),
        ("[audit]\nforward = { syslog = false }\nforward_required = true\n", "line 3", "audit.forward_required"),
        ("[audit]\nforward = { command = [] }\n", "line 2", "audit.forward.command"),
    ] {
        let message = refused(text);
        assert!(message.contains(line) && message.contains(key), "{text:?}: {message}");
    }
    let audit = parse("[audit]\nforward_required = false\n").unwrap().audit;
    assert!(!audit.forward_required && !audit.views);
}

#[test]
fn a_profile_whose_name_is_a_path_is_refused() {
    let message = refused("\n[profiles.'../../etc']\nbackend = 'practice'\n");
    assert!(message.contains("line 2") && message.contains("../../etc"), "{message}");
}

#[test]
fn an_unknown_profile_is_reported_with_those_there_are() {
    let failure = parse("[profiles.acme]\nbackend = 'practice'\n").unwrap().profile(Some("acne")).unwrap_err();
    assert!(failure.hint.unwrap().contains("acme, practice"));
}

#[test]
fn a_file_that_others_can_write_is_not_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let folders = Folders::all_in(folder.path());
    std::fs::write(folders.config_file(), "").unwrap();
    for (mode, trusted) in [(0o600, true), (0o644, true), (0o664, false), (0o606, false)] {
        std::fs::set_permissions(folders.config_file(), std::fs::Permissions::from_mode(mode)).unwrap();
        let loaded = Configuration::load(&folders);
        assert_eq!(loaded.is_ok(), trusted, "{mode:o}");
    }
}

#[test]
fn a_file_that_is_no_file_or_no_text_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let folders = Folders::all_in(folder.path());
    std::fs::create_dir(folders.config_file()).unwrap();
    assert_eq!(Configuration::load(&folders).unwrap_err().reason, Reason::Configuration);
    std::fs::remove_dir(folders.config_file()).unwrap();
    std::fs::write(folders.config_file(), b"\xff\xfe").unwrap();
    assert_eq!(Configuration::load(&folders).unwrap_err().reason, Reason::Configuration);
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    url: String,
    credential: Option<super::super::Credential>,
}

#[test]
fn a_backend_reads_its_own_keys() {
    let text = "[profiles.a]\nbackend = 'x'\nurl = 'https://id'\ncredential = { file = 'secret' }\nrequire = []\n";
    let profile = parse(text).unwrap().profile(Some("a")).unwrap();
    let shape: Shape = profile.settings.read().unwrap();
    assert_eq!(shape.url, "https://id");
    assert_eq!(shape.credential, Some(super::super::Credential::File("secret".into())));
    assert_eq!(profile.settings.path(Path::new("ca.pem")), Path::new("ca.pem"));
}

#[test]
fn a_backends_own_key_that_is_wrong_is_named_with_file_line_and_key() {
    for (text, line, key) in [
        ("[profiles.a]\nbackend = 'x'\nurl = 'x'\n\nrealms = 'x'\n", "line 5", "realms"),
        ("[profiles.a]\nbackend = 'x'\n\nurl = 7\n", "line 4", "url"),
        ("\n[profiles.a]\nbackend = 'x'\n", "line 2", "url"),
        ("[profiles.a]\nbackend = 'x'\nurl = 'x'\ncredential = { file = 7 }\n", "line 4", "credential"),
        ("[profiles.a]\nbackend = 'x'\nurl = 'x'\ncredential = { env = 'X' }\n", "line 4", "env"),
    ] {
        let settings = parse(text).unwrap().profile(Some("a")).unwrap().settings;
        let message = settings.read::<Shape>().unwrap_err().message;
        assert!(message.contains(line) && message.contains(key), "{text:?}: {message}");
    }
}

#[test]
fn rules_that_no_caller_can_meet_are_refused_with_their_line() {
    let rules = |require: &str, rules: &str| {
        format!("[profiles.a]\nbackend = 'practice'\nrequire = [{require}]\n[profiles.a.verification]\n{rules}\n")
    };
    let words = refused(&rules("'verified'", "ways = []\nattested = false"));
    assert!(words.contains("config.toml: line 4: verification.ways is empty"), "{words}");
    for (require, lines) in [
        ("'verified'", "ways = []"),
        ("'verified'", "ways = ['callback']\nattested = false"),
        ("", "ways = []\nattested = false"),
    ] {
        parse(&rules(require, lines)).unwrap();
    }
    let words = refused(&rules("", "ways = ['fax']"));
    assert!(words.contains("line 5") && words.contains("fax") && words.contains("callback"), "{words}");
    assert!(refused(&rules("", "valid = '2h'")).contains("line 5: valid is more than 0, and at most 1 hour"));
}

#[test]
fn what_messages_say_of_the_desk_has_no_link() {
    let messages = |desk: &str, call: &str| {
        format!("[profiles.a]\nbackend = 'practice'\n[profiles.a.messages]\ndesk = '{desk}'\ncall = '{call}'\n")
    };
    parse(&messages("Acme Support", "extension 100, day/night")).unwrap();
    for (desk, call, line) in
        [("Acme www.example.com", "100", 4), ("Acme", "https://example.com", 5), ("Acme", "100 or example.com/help", 5)]
    {
        let words = refused(&messages(desk, call));
        assert!(words.contains(&format!("line {line}: ")) && words.contains("has a link in it"), "{words}");
    }
}
