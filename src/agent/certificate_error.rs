//! Why a server's certificate is not trusted, in words, and what to do.

use std::error::Error;
use std::io;

use rustls::CertificateError;

/// The certificate's error among what lies beneath a failure.
pub fn certificate_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a CertificateError> {
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(rustls::Error::InvalidCertificate(found)) = cause.downcast_ref::<rustls::Error>() {
            return Some(found);
        }
        next = match cause.downcast_ref::<io::Error>() {
            // What an I/O error was made from is not among its sources.
            Some(error) => error.get_ref().map(|inner| inner as &(dyn Error + 'static)),
            None => cause.source(),
        };
    }
    None
}

/// What is wrong with the certificate of this host, and what to do.
pub fn certificate_words(error: &CertificateError, host: &str) -> (String, String) {
    let own = "If it has a certificate authority of its own, name it in the profile: ca_cert = \"ca.pem\".";
    let reissue = |what: &str| format!("Have the server's administrator reissue it {what}.");
    let told = |words: &str, hint: String| (words.to_owned(), hint);
    match error {
        CertificateError::NotValidForNameContext { presented, .. } if presented.is_empty() => {
            told("its certificate names no host (it has no subjectAltName)", reissue(&format!("with the name {host}")))
        }
        CertificateError::NotValidForNameContext { presented, .. } => {
            let words = format!("its certificate is for {}, not for {host}", names(presented));
            (words, format!("Use a name of the certificate as url, or have it reissued with the name {host}."))
        }
        CertificateError::NotValidForName => {
            told(&format!("its certificate is not for {host}"), reissue(&format!("with the name {host}")))
        }
        CertificateError::UnknownIssuer => {
            told("its certificate is self-signed, or its authority is not known here", own.to_owned())
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            told("its certificate has run out", "Have the server's administrator renew it.".to_owned())
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => told(
            "its certificate is not valid yet",
            "Is this machine's clock right? `tellonce doctor` compares.".to_owned(),
        ),
        other => {
            let text = other.to_string();
            if text.contains("UnsupportedCertVersion") {
                told("its certificate is of version 1", reissue("as version 3, with a subjectAltName"))
            } else if text.contains("CaUsedAsEndEntity") {
                told(
                    "its certificate is self-signed and a certificate authority at once",
                    reissue("from an authority, and name that in the profile: ca_cert = \"ca.pem\""),
                )
            } else {
                told("its certificate was not signed by an authority that is known here", own.to_owned())
            }
        }
    }
}

/// The names as people write them: the library gives `DnsName("id.example.com")`.
fn names(presented: &[String]) -> String {
    let plain = |name: &String| name.split('"').nth(1).map_or_else(|| name.clone(), str::to_owned);
    presented.iter().map(plain).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::ServerName;

    use super::*;

    #[test]
    fn each_kind_is_told_with_what_to_do() {
        let name = |presented: &[&str]| CertificateError::NotValidForNameContext {
            expected: ServerName::try_from("id.example.com").unwrap_or_else(|_| unreachable!()),
            presented: presented.iter().map(|name| (*name).to_owned()).collect(),
        };
        for (error, words, hint) in [
            (name(&[]), "names no host", "reissue"),
            (name(&["DnsName(\"other\")"]), "is for other, not for id.example.com", "as url"),
            (CertificateError::UnknownIssuer, "self-signed", "ca_cert"),
            (CertificateError::Expired, "run out", "renew"),
        ] {
            let told = certificate_words(&error, "id.example.com");
            assert!(told.0.contains(words) && told.1.contains(hint), "{told:?}");
        }
    }

    #[test]
    fn it_is_found_beneath_an_io_error() {
        let beneath = rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
        let error = io::Error::other(io::Error::other(beneath));
        assert_eq!(certificate_error(&error), Some(&CertificateError::UnknownIssuer));
        assert_eq!(certificate_error(&io::Error::other("no certificate")), None);
    }
}
