//! The way to a server: TCP without delay, TLS, and whose certificate is good.

use std::path::Path;
use std::sync::Arc;

use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapError, StdStream};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use url::Url;

use crate::domain::{Answer, Failure, Kind, Reason};

/// Trusts the authorities of this file alone; none named: those of the system.
///
/// # Errors
/// Exit 2: the file cannot be read, or has no certificate in it.
pub(super) fn tls(ca_cert: Option<&Path>) -> Answer<Option<Arc<ClientConfig>>> {
    let Some(path) = ca_cert else { return Ok(None) };
    let wrong =
        |what: String| Failure::new(Kind::Usage, Reason::Configuration, format!("ca_cert {}: {what}.", path.display()));
    let mut roots = RootCertStore::empty();
    let certificates =
        CertificateDer::pem_file_iter(path).map_err(|error| wrong(format!("it cannot be read ({error})")))?;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| wrong(format!("it is damaged ({error})")))?;
        roots.add(certificate).map_err(|error| wrong(format!("it cannot be used ({error})")))?;
    }
    if roots.is_empty() {
        return Err(wrong("it has no certificate in it".to_owned()));
    }
    Ok(Some(Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())))
}

/// Name, TCP without delay (the library leaves Nagle's algorithm on: 40 ms a connection), TLS. Nobody is bound yet.
pub(super) async fn reach(url: &Url, start_tls: bool, tls: Option<&Arc<ClientConfig>>) -> Result<Ldap, LdapError> {
    let port = url.port().unwrap_or(if url.scheme() == "ldaps" { 636 } else { 389 });
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let stream = TcpStream::connect((host, port)).await?;
    stream.set_nodelay(true)?;
    let mut settings =
        LdapConnSettings::new().set_starttls(start_tls).set_std_stream(StdStream::Tcp(stream.into_std()?));
    if let Some(tls) = tls {
        settings = settings.set_config(Arc::clone(tls));
    }
    let (connection, ldap) = LdapConnAsync::from_url_with_settings(settings, url).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.drive().await {
            tracing::debug!(%error, "the connection ended");
        }
    });
    Ok(ldap)
}
