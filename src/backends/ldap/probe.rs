//! What `doctor` and `profile add` find out of the servers before anybody is signed in: reachable, certificate, clock,
//! and whether it is the directory that the profile says.

use jiff::{SignedDuration, Timestamp};
use ldap3::{Ldap, LdapError};
use tokio::time::timeout_at;
use url::Url;

use super::bind::LdapSignIn;
use super::deadline::Deadline;
use super::dn::is_below;
use super::entry::{Entry, generalized_time};
use super::errors;
use super::search::entry;
use super::settings::{ACTIVE_DIRECTORY, LdapSettings};
use crate::domain::{Check, CheckState, Result};
use crate::net::describe_certificate;

/// Clocks that differ by more than this make times of issue look wrong.
const MAX_CLOCK_SKEW: SignedDuration = SignedDuration::from_secs(60);
/// supportedCapabilities of Active Directory and Samba ([MS-ADTS] section 3.1.1.3.4.3.1).
const ACTIVE_DIRECTORY_CAPABILITY: &str = "1.2.840.113556.1.4.800";

/// What one server told.
struct Told {
    root: Entry,
    /// In DER; none without encryption.
    certificate: Option<Vec<u8>>,
}

/// Each server in turn; unattended, whether the sign-in works as well.
pub(super) async fn servers(sign_in: &LdapSignIn) -> Vec<Check> {
    let mut found = Vec::new();
    for url in &sign_in.settings.urls {
        found.push((url, told(sign_in, url).await));
    }
    let one_answers = found.iter().any(|(_, told)| told.is_ok());
    let mut checks = Vec::new();
    for (url, told) in &found {
        match told {
            Ok(told) => {
                let now = sign_in.clock.now();
                checks.extend(of_one(&sign_in.settings, url, told, now, &sign_in.profile_ref.backend));
            }
            Err(error) if one_answers => {
                checks.push(Check::new(
                    "server",
                    CheckState::Warning,
                    format!("{error} Another one serves meanwhile."),
                ));
            }
            Err(error) => checks.push(Check::new("server", CheckState::Fault, error.to_string())),
        }
    }
    if one_answers && sign_in.settings.unattended.is_some() {
        let bound = sign_in.unattended().await.map(drop);
        checks.push(Check::of("unattended", &bound, |()| "the profile's agent and credential sign in".to_owned()));
    }
    checks
}

async fn told(sign_in: &LdapSignIn, url: &Url) -> Result<Told> {
    let server = url.as_str().trim_end_matches('/');
    let deadline = Deadline::after(sign_in.one_call);
    let read = async {
        let mut link = super::transport::connect(url, sign_in.settings.start_tls, sign_in.tls.as_ref()).await?;
        let root = root(&mut link.ldap, deadline).await.map_err(|error| link.cause(error))?;
        let _ = link.ldap.unbind().await; // it said all that was asked
        Ok(Told { root, certificate: link.certificate })
    };
    let told: Result<Told, LdapError> =
        timeout_at(deadline.instant(), read).await.unwrap_or_else(|elapsed| Err(elapsed.into()));
    told.map_err(|error| errors::connect_error(server, error))
}

/// The server's own entry (RFC 4512 section 5.1); empty where strangers may not read it.
async fn root(ldap: &mut Ldap, deadline: Deadline) -> Result<Entry, LdapError> {
    let attributes = ["namingContexts", "supportedCapabilities", "currentTime"];
    Ok(entry(ldap, "", "(objectClass=*)", &attributes, deadline).await?.unwrap_or_default())
}

fn of_one(settings: &LdapSettings, url: &Url, told: &Told, now: Timestamp, backend: &str) -> Vec<Check> {
    let server = url.as_str().trim_end_matches('/');
    let encrypted = if url.scheme() == "ldap" && !settings.start_tls { ", without encryption" } else { ", encrypted" };
    let mut checks = vec![Check::new("server", CheckState::Ok, format!("{server} answers{encrypted}"))];
    if let Some(der) = &told.certificate {
        let check = describe_certificate(der, now);
        checks.push(Check { words: format!("{server}: {}", check.words), ..check });
    }
    if let Some(time) = told.root.text("currentTime").as_deref().and_then(generalized_time) {
        let skew = time.duration_since(now);
        checks.push(if skew.abs() <= MAX_CLOCK_SKEW {
            Check::new("clock", CheckState::Ok, "this machine and the server agree on the time")
        } else {
            let words = format!(
                "{server}: its clock is {} seconds off this machine's: times of issue are the server's",
                skew.as_secs()
            );
            Check::new("clock", CheckState::Warning, words)
        });
    }
    let contexts = told.root.texts("namingContexts");
    let is_active_directory =
        told.root.texts("supportedCapabilities").iter().any(|known| known == ACTIVE_DIRECTORY_CAPABILITY);
    let known = !contexts.is_empty();
    if known && is_active_directory != (backend == ACTIVE_DIRECTORY) {
        let (is, other) = if is_active_directory { ("an", ACTIVE_DIRECTORY) } else { ("no", "openldap") };
        let words = format!("{server} is {is} Active Directory: set backend = \"{other}\" in the profile");
        checks.push(Check::new("backend", CheckState::Fault, words));
    } else if known && !contexts.iter().any(|context| is_below(&settings.base, context)) {
        let words = format!("base {} is not in this directory, which holds {}", settings.base, contexts.join("; "));
        checks.push(Check::new("base", CheckState::Fault, words));
    }
    checks
}
