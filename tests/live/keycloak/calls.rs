//! A reset makes no call that it does not need.

use std::collections::BTreeMap;

use crate::support::TestEnvironment;
use crate::support::fault_proxy::FaultProxy;
use crate::support::keycloak::{PROTECTED, Realm, Rights, Server};

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn each_call_of_a_reset_is_needed() {
    let realm = Realm::shipped(Server::shared());
    let proxy = FaultProxy::before(realm.url());
    let env = TestEnvironment::for_agent_with(&realm.reached_by(proxy.address()), Rights::AndViewRealm, PROTECTED);
    let id = realm.user_id("ada.lovelace");
    for customer in ["ada.lovelace", "ada@example.com", id.as_str()] {
        proxy.mend();
        env.reset(customer, &["-o", "json"]).must(0);
        let below = format!("/admin/realms/{}", realm.name());
        let mut calls: BTreeMap<String, usize> = BTreeMap::new();
        for seen in proxy.seen() {
            let path = seen.path.split('?').next().unwrap().replace(&below, "").replace(&id, "ID");
            *calls.entry(format!("{} {path}", seen.method)).or_default() += 1;
        }
        // The search for the customer: two concurrent reads.
        let looked = ["GET /users", "GET /users/ada.lovelace"].map(|call| calls.remove(call).unwrap_or(0));
        let whole = usize::from(customer == id);
        assert_eq!(looked.iter().sum::<usize>() + whole, 2, "{customer}: {calls:?}");
        let expected = [
            ("GET ", 1),
            ("GET /authentication/required-actions", 1), // whether the password makes its owner choose another
            ("GET /groups", 2),                          // the pending group, and whether the protected one is there
            ("GET /roles/treasurer", 1),
            ("GET /users/ID", 2 + whole),  // before the set, and read back
            ("GET /users/ID/consents", 1), // offline sessions
            ("GET /users/ID/credentials", 3),
            ("GET /users/ID/groups", 1),
            ("GET /users/ID/role-mappings/realm/composite", 1),
            ("POST /users/ID/logout", 1),
            ("PUT /users/ID/reset-password", 1),
        ];
        let expected: BTreeMap<String, usize> = expected.map(|(call, times)| (call.to_owned(), times)).into();
        assert_eq!(calls, expected, "{customer}");
    }
}
