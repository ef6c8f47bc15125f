//! Probes the servers before anybody is signed in: connection, certificate, clock, kind of server, base.

use jiff::{SignedDuration, Timestamp};
use ldap3::{Ldap, LdapError};
use tokio::time::timeout_at;
use url::Url;

use super::bind::LdapSignIn;
use super::deadline::Deadline;
use super::dn::is_below;
use super::entry::{Entry, generalized_time};
use super::errors;
use super::search::read_entry;
use super::settings::{ACTIVE_DIRECTORY, LdapSettings};
use crate::domain::{Check, CheckState, Result};
use crate::net::describe_certificate;

/// The clock difference from which times of issue look wrong.
const MAX_CLOCK_SKEW: SignedDuration = SignedDuration::from_secs(60);
/// supportedCapabilities of Active Directory and Samba ([MS-ADTS] section 3.1.1.3.4.3.1).
const ACTIVE_DIRECTORY_CAPABILITY: &str = "1.2.840.113556.1.4.800";

/// The result of probing one server.
struct Probe {
    root: Entry,
    /// The certificate in DER. `None` without encryption.
    certificate: Option<Vec<u8>>,
}

/// Probes each server in turn, and the unattended sign-in if the profile has one.
pub(super) async fn check_servers(sign_in: &LdapSignIn) -> Vec<Check> {
    let mut found = Vec::new();
    for url in &sign_in.settings.urls {
        found.push((url, probe(sign_in, url).await));
    }
    let one_answers = found.iter().any(|(_, probed)| probed.is_ok());
    let mut checks = Vec::new();
    for (url, probed) in &found {
        match probed {
            Ok(probe) => {
                let now = sign_in.clock.now();
                checks.extend(check_server(&sign_in.settings, url, probe, now, &sign_in.profile_ref.backend));
            }
            Err(error) if one_answers => {
                checks.push(Check::new(
                    "server",
                    CheckState::Warning,
                    format!("{error} Another server of the profile answers."),
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

async fn probe(sign_in: &LdapSignIn, url: &Url) -> Result<Probe> {
    let server = url.as_str().trim_end_matches('/');
    let deadline = Deadline::after(sign_in.call_timeout);
    let read = async {
        let mut link = super::transport::connect(url, sign_in.settings.start_tls, sign_in.tls.as_ref()).await?;
        let root = root(&mut link.ldap, deadline).await.map_err(|error| link.cause(error))?;
        let _ = link.ldap.unbind().await; // an error no longer matters
        Ok(Probe { root, certificate: link.certificate })
    };
    let probed: Result<Probe, LdapError> =
        timeout_at(deadline.instant(), read).await.unwrap_or_else(|elapsed| Err(elapsed.into()));
    probed.map_err(|error| errors::connect_error(server, error))
}

/// Reads the root DSE (RFC 4512 section 5.1). It is empty if anonymous clients may not read it.
async fn root(ldap: &mut Ldap, deadline: Deadline) -> Result<Entry, LdapError> {
    let attributes = ["namingContexts", "supportedCapabilities", "currentTime"];
    Ok(read_entry(ldap, "", "(objectClass=*)", &attributes, deadline).await?.unwrap_or_default())
}

/// Checks one server by what it answered.
fn check_server(settings: &LdapSettings, url: &Url, probe: &Probe, now: Timestamp, backend: &str) -> Vec<Check> {
    let server = url.as_str().trim_end_matches('/');
    let encrypted = if url.scheme() == "ldap" && !settings.start_tls { ", without encryption" } else { ", encrypted" };
    let mut checks = vec![Check::new("server", CheckState::Ok, format!("{server} answers{encrypted}"))];
    if let Some(der) = &probe.certificate {
        let check = describe_certificate(der, now);
        checks.push(Check { words: format!("{server}: {}", check.words), ..check });
    }
    if let Some(time) = probe.root.text("currentTime").as_deref().and_then(generalized_time) {
        let skew = time.duration_since(now);
        checks.push(if skew.abs() <= MAX_CLOCK_SKEW {
            Check::new("clock", CheckState::Ok, "this machine and the server agree on the time")
        } else {
            let words = format!(
                "{server}: its clock differs from this machine's by {} seconds; times of issue are the server's",
                skew.as_secs()
            );
            Check::new("clock", CheckState::Warning, words)
        });
    }
    let contexts = probe.root.texts("namingContexts");
    let is_active_directory =
        probe.root.texts("supportedCapabilities").iter().any(|known| known == ACTIVE_DIRECTORY_CAPABILITY);
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
