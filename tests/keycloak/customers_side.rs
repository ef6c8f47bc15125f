//! What a customer sees.

use super::rig::{Entered, Realm, Server, old_password};

const NEW: &str = "Chosen-by-me-2026";

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_temporary_password_asks_for_a_new_one() {
    let realm = Realm::shipped(Server::shared());
    assert!(matches!(realm.browser().sign_in("ada.lovelace", old_password()), Entered::SignedIn(_)));
    realm.set_temporary("ada.lovelace", "Temporary-2026").unwrap();
    assert_eq!(realm.browser().sign_in("ada.lovelace", old_password()).refused(), "Invalid username or password.");
    let customer = realm.browser();
    let form = customer.sign_in("ada.lovelace", "Temporary-2026").change_required();
    println!("{}", form.says);
    println!("{:?}", customer.choose(&form, "short"));
    println!("{:?}", customer.choose(&form, NEW));
    println!("{:?}", realm.password_grant("ada.lovelace", NEW));
    let asked = realm.browser().forgot_password("ada.lovelace", "ada@example.com");
    println!("{asked:?}");
    let link = asked.link();
    println!("{link} {:?}", realm.browser().redeem_mailed(&link, "Chosen-by-mail-2026"));
    println!("{:?}", realm.browser().redeem_mailed(&link, "Chosen-by-mail-2027"));
    let device = realm.begin_device();
    println!("{:?}", realm.poll_device(&device));
    println!("{:?}", realm.browser().approve_device(&device.verification_uri_complete, "sam", old_password()));
    println!("{:?}", realm.poll_device(&device));
}
