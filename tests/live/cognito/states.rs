//! Users in every state that a pool knows: what the tool does with each.

use crate::support::TestEnvironment;
use crate::support::cognito::{CustomerState, Emulator, FIND, Pool, PoolOptions, RESET, Server};

#[test]
#[ignore = "needs Cognito's emulators: TELLONCE_LIVE=cognito"]
fn each_state_of_a_user_is_reset_or_refused_as_the_page_says() {
    for emulator in [Emulator::Ministack, Emulator::Moto] {
        let pool = Pool::with(Server::shared(emulator), &PoolOptions::default());
        let agent = pool.agent("agent", &[FIND, RESET].concat());
        let profile = format!("{}{}protected = 'none'\n", pool.profile(), pool.proof());
        let environment = TestEnvironment::for_agent_of_pool(&agent, &profile);
        for (state, refused) in [
            (CustomerState::Confirmed, None),
            (CustomerState::Unconfirmed, None),
            (CustomerState::ForceChangePassword, None),
            (CustomerState::ResetRequired, None),
            (CustomerState::Disabled, Some("disabled")),
            (CustomerState::ExternalProvider, Some("external")),
        ] {
            if !pool.can_be(state) {
                continue;
            }
            let name = format!("{state:?}").to_lowercase();
            let email = format!("{name}@example.com");
            let name = if state == CustomerState::ExternalProvider {
                pool.add_federated(&name, &email)
            } else {
                pool.add(&name, &[("email", &email), ("email_verified", "true")], state);
                name
            };
            let before = pool.user(&name);
            let ended = environment.run(&["reset", &name, "--yes", "--reveal", "stdout", "-o", "json"]);
            if let Some(reason) = refused {
                assert_eq!(ended.must(7).error()["reason"], reason, "{emulator:?} {state:?}");
                assert_eq!(pool.user(&name), before, "{emulator:?} {state:?}");
            } else {
                let reset = ended.must(0).json();
                assert_eq!(reset["proved"], true, "{emulator:?} {state:?}: {reset}");
                assert_eq!(pool.user(&name)["UserStatus"], "FORCE_CHANGE_PASSWORD", "{emulator:?} {state:?}");
            }
        }
    }
}
