//! A signal between the set and the reveal waits, then there is no reveal.

use rustix::process::Signal;

use crate::fail_point::ADA;
use crate::support::TestEnvironment;

#[test]
fn a_signal_after_the_set_means_no_reveal() {
    for (signal, point) in [
        (Signal::TERM, "set:after"),
        (Signal::HUP, "set:after"),
        (Signal::INT, "set:after"),
        (Signal::QUIT, "set:after"),
        (Signal::TERM, "intend:after"),
        (Signal::TERM, "read_back:after"),
        (Signal::TERM, "record_set:after"),
    ] {
        let env = TestEnvironment::signed_in_telling_nobody("sam");
        let stopped = env.reset_stopped_at(point);
        stopped.send(signal);
        let ended = stopped.go_on();
        assert_eq!(ended.code, 9, "{signal:?} {point}: {}", ended.stderr);
        assert_eq!(ended.stdout, "", "{signal:?} {point}");
        let error = ended.error();
        assert_eq!((&error["reason"], &error["changed"]), (&"interrupted".into(), &"yes".into()), "{signal:?} {point}");
        assert_eq!(env.events(ADA), ["intent", "set", "failed yes"], "{signal:?} {point}");
        let again = env.reset_ada(None);
        assert_eq!(env.sign_in("ada@example.com", &again.password()), "change_required", "{signal:?} {point}");
    }
}

#[test]
fn stopped_and_continued_without_a_signal_it_ends_well() {
    let env = TestEnvironment::signed_in_telling_nobody("sam");
    let ended = env.reset_stopped_at("set:after").go_on();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(env.events(ADA), ["intent", "set", "delivery shown"]);
    assert_eq!(env.sign_in("ada@example.com", &ended.password()), "change_required");
}

#[test]
fn a_backend_that_never_answers_and_a_signal_are_over_within_the_minute_and_its_clean_up() {
    std::thread::scope(|scope| {
        for (point, changed) in [("set:after", "yes"), ("set:before", "unknown"), ("read_back:before", "yes")] {
            scope.spawn(move || {
                let env = TestEnvironment::signed_in_telling_nobody("sam");
                let stopped = env.reset_stopped_at(&format!("{point}:hang,intend:after"));
                stopped.send(Signal::TERM);
                let ended = stopped.go_on();
                assert_eq!(ended.code, 9, "{point}: {}", ended.stderr);
                let error = ended.error();
                assert_eq!(error["changed"], changed, "{point}: {error}");
                assert!(error["message"].as_str().unwrap().contains("within 60 seconds"), "{error}");
                assert_eq!(ended.stdout, "", "{point}");
            });
        }
    });
}
