//! TLS trust: the certificate authorities, and an explanation for a certificate that is refused.

use std::error::Error as StdError;
use std::fmt;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::parse_x509_certificate;
use x509_parser::x509::X509Version;

use crate::domain::{Error, Kind, Reason, Result};
use crate::platform::{Holds, open_private_file};

/// The most names of a certificate that a message lists.
const MAX_NAMES: usize = 5;

/// Loads the certificate authorities to trust: those of the profile's `ca_cert` alone, or the system's without one.
///
/// A profile that names its authority must not trust the hundred others of the system as well.
///
/// # Errors
/// Exit 2: the file cannot be read, or has no usable certificate in it.
pub(crate) fn load_roots(ca_cert: Option<&Path>) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    let Some(path) = ca_cert else {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        return Ok(roots);
    };
    let shown = path.display();
    let wrong = |what: String| Error::new(Kind::Usage, Reason::Configuration, format!("ca_cert: {shown} {what}."));
    let opened = open_private_file(path, Holds::Settings).map_err(|found| {
        let error = Error::new(Kind::Usage, Reason::Configuration, format!("ca_cert: {}.", found.what));
        found.hint.into_iter().fold(error, Error::hint)
    })?;
    let mut file = opened.ok_or_else(|| wrong("cannot be read: it is not there".to_owned()))?;
    let mut pem = Vec::new();
    file.read_to_end(&mut pem).map_err(|error| wrong(format!("cannot be read ({error})")))?;
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<_, _>>()
        .map_err(|error| wrong(format!("is damaged ({error})")))?;
    if certificates.is_empty() {
        return Err(wrong("has no certificate in PEM form".to_owned()));
    }
    for certificate in certificates {
        roots.add(certificate).map_err(|error| wrong(format!("has a certificate that cannot be used ({error})")))?;
    }
    Ok(roots)
}

/// Returns TLS settings that trust these authorities, and explain why a certificate is refused.
///
/// # Errors
/// Exit 2: these authorities cannot be used.
pub(crate) fn client_config(roots: RootCertStore) -> Result<Arc<ClientConfig>> {
    if roots.is_empty() {
        // Every certificate is refused then. The explaining verifier cannot be built without an authority.
        return Ok(Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()));
    }
    let verifier = WebPkiServerVerifier::builder(Arc::new(roots)).build().map_err(|error| {
        let message = format!("The certificate authorities cannot be used ({error}).");
        Error::new(Kind::Usage, Reason::Configuration, message)
    })?;
    let config = ClientConfig::builder().dangerous().with_custom_certificate_verifier(explaining(verifier));
    Ok(Arc::new(config.with_no_client_auth()))
}

/// Wraps a verifier so that its refusals say why. It accepts exactly what the inner one does.
pub(crate) fn explaining(verifier: Arc<dyn ServerCertVerifier>) -> Arc<dyn ServerCertVerifier> {
    Arc::new(Explaining(verifier))
}

/// Explains why a certificate was refused, in a text that begins with "its certificate". Returns `None` for an error that
/// is not about a certificate. The text says more if the connection used an [`explaining`] verifier.
pub(crate) fn explanation(error: &(dyn StdError + 'static)) -> Option<String> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(tls) = error.downcast_ref::<rustls::Error>() {
            let rustls::Error::InvalidCertificate(wrong) = tls else { return None };
            if let CertificateError::Other(OtherError(inner)) = wrong
                && let Some(refused) = inner.downcast_ref::<Refused>()
            {
                return Some(refused.0.clone());
            }
            return Some(explain_without_certificate(wrong, "the server's host"));
        }
        // `source` of an I/O error skips the error that it holds, and returns the cause of that.
        next = match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

/// A verifier whose refusals say why.
#[derive(Debug)]
struct Explaining(Arc<dyn ServerCertVerifier>);

/// Why a certificate was refused.
#[derive(Debug)]
struct Refused(String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for Refused {}

impl ServerCertVerifier for Explaining {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified = self.0.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        verified.map_err(|error| match error {
            rustls::Error::InvalidCertificate(wrong) => {
                let refused = Refused(explain_certificate(&wrong, end_entity, server_name));
                rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(refused))))
            }
            other => other,
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

/// Explains a refusal from the certificate itself, which says more than the error: its names, and who signed it.
fn explain_certificate(wrong: &CertificateError, der: &CertificateDer<'_>, host: &ServerName<'_>) -> String {
    let host = host.to_str();
    let Ok((_, certificate)) = parse_x509_certificate(der) else {
        return "its certificate cannot be read; have it reissued".to_owned();
    };
    if certificate.version() != X509Version::V3 {
        let version = certificate.version().0.saturating_add(1);
        return format!(
            "its certificate is of version {version}, which no client accepts any more; have it reissued as version 3 with {host} as subjectAltName"
        );
    }
    match wrong {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => unknown_issuer(&certificate),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            let names = host_names(&certificate);
            if names.is_empty() {
                return format!(
                    "its certificate names no host; have it reissued with {host} as subjectAltName (the common name does not count)"
                );
            }
            let listed = names.iter().take(MAX_NAMES).cloned().collect::<Vec<_>>().join(", ");
            let more = if names.len() > MAX_NAMES { " and others" } else { "" };
            format!(
                "its certificate is for {listed}{more}, not for {host}; use a name of the certificate in the profile, or have it reissued"
            )
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            format!("its certificate has expired ({})", date(certificate.validity().not_after.timestamp()))
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            let date = date(certificate.validity().not_before.timestamp());
            format!("its certificate is not valid yet (before {date}); is this machine's clock right?")
        }
        other if is_authority(&certificate) && !is_purpose(other) => {
            "its certificate is an authority's own; have it issue one for the server".to_owned()
        }
        other => explain_without_certificate(other, &host),
    }
}

const fn is_purpose(wrong: &CertificateError) -> bool {
    matches!(wrong, CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. })
}

/// Explains a refusal from the error alone.
fn explain_without_certificate(wrong: &CertificateError, host: &str) -> String {
    match wrong {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "its certificate is signed by an authority that is not trusted here; name the right one as ca_cert"
                .to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!("its certificate is not for {host}; use the name in it in the profile, or have it reissued")
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "its certificate has expired".to_owned(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its certificate is not valid yet; is this machine's clock right?".to_owned()
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "its certificate is not for servers (no serverAuth in extendedKeyUsage); have it reissued".to_owned()
        }
        CertificateError::Revoked => "its certificate was revoked; have it reissued".to_owned(),
        CertificateError::BadEncoding => "its certificate cannot be read; have it reissued".to_owned(),
        other => format!("its certificate is not good ({other})"),
    }
}

fn unknown_issuer(certificate: &X509Certificate<'_>) -> String {
    if certificate.issuer().as_raw() == certificate.subject().as_raw() {
        return "its certificate is self-signed, and this machine does not trust it; name that certificate as ca_cert if it is the right one"
            .to_owned();
    }
    format!(
        "its certificate is signed by an authority that is not trusted here ({}); name the right one as ca_cert",
        certificate.issuer()
    )
}

fn is_authority(certificate: &X509Certificate<'_>) -> bool {
    certificate.is_ca()
}

/// Lists the hosts of a certificate's subjectAltName (RFC 5280 section 4.2.1.6).
fn host_names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else { return Vec::new() };
    let name = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match **bytes {
            [a, b, c, d] => Some(std::net::Ipv4Addr::new(a, b, c, d).to_string()),
            _ => <[u8; 16]>::try_from(*bytes).ok().map(|octets| std::net::Ipv6Addr::from(octets).to_string()),
        },
        _ => None,
    };
    extension.value.general_names.iter().filter_map(name).collect()
}

fn date(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| "far away".to_owned(), |at| at.strftime("%F %T UTC").to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;

    use super::*;
    use crate::net::certificate::tests::DER;

    fn explained(wrong: &CertificateError) -> String {
        let der = CertificateDer::from(BASE64_STANDARD.decode(DER).unwrap());
        explain_certificate(wrong, &der, &ServerName::try_from("id.example.com").unwrap())
    }

    #[test]
    fn the_certificate_says_more_than_the_error() {
        assert!(explained(&CertificateError::NotValidForName).contains("names no host"));
        assert!(explained(&CertificateError::UnknownIssuer).contains("self-signed"));
        assert!(explained(&CertificateError::NotValidYet).contains("before 2026-11-24"));
        assert!(explained(&CertificateError::Expired).contains("has expired (2036-11-21"));
        assert!(explained(&CertificateError::InvalidPurpose).contains("serverAuth"));
        assert!(explained(&CertificateError::ApplicationVerificationFailure).contains("an authority's own"));
        let server = ServerName::try_from("id").unwrap();
        let none = CertificateDer::from(b"no certificate".to_vec());
        assert!(explain_certificate(&CertificateError::BadEncoding, &none, &server).contains("cannot be read"));
    }

    #[test]
    fn a_file_of_authorities_takes_the_place_of_the_systems() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        let refusal = || load_roots(Some(&path)).unwrap_err();
        assert!(refusal().message.contains("cannot be read"));
        for (text, said) in [
            ("no certificate", "has no certificate"),
            ("-----BEGIN CERTIFICATE-----\n", "is damaged"),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "cannot be used"),
        ] {
            std::fs::write(&path, text).unwrap();
            let error = refusal();
            assert!(error.message.contains(said) && error.message.contains("ca.pem"), "{error}");
            assert_eq!((error.kind, error.reason), (Kind::Usage, Reason::Configuration));
        }
        std::fs::write(&path, format!("-----BEGIN CERTIFICATE-----\n{DER}\n-----END CERTIFICATE-----\n")).unwrap();
        assert_eq!(load_roots(Some(&path)).unwrap().len(), 1);
        let link = folder.path().join("link.pem");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert_eq!(load_roots(Some(&link)).unwrap().len(), 1, "the system's own authorities are links");
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o666)).unwrap();
        for path in [&path, &link] {
            assert!(load_roots(Some(path)).unwrap_err().message.contains("others can write it"));
        }
    }

    #[test]
    fn an_explanation_is_found_beneath_other_errors() {
        let refused = Refused("its certificate is bad".to_owned());
        let other = CertificateError::Other(OtherError(Arc::new(refused)));
        let error = std::io::Error::other(rustls::Error::InvalidCertificate(other));
        assert_eq!(explanation(&error).as_deref(), Some("its certificate is bad"));
        let bare = std::io::Error::other(rustls::Error::InvalidCertificate(CertificateError::Revoked));
        assert!(explanation(&bare).is_some_and(|words| words.contains("revoked")));
        assert_eq!(explanation(&std::io::Error::other(rustls::Error::DecryptError)), None);
        assert_eq!(explanation(&std::io::Error::other("no route to host")), None);
    }
}
