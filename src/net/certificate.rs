//! The `doctor` check for the days that a server's certificate is still valid.

use jiff::Timestamp;
use reqwest::Response;
use reqwest::tls::TlsInfo;
use x509_parser::parse_x509_certificate;

use crate::domain::{Check, CheckState};

/// The days before its end from which on a certificate is worth a warning.
const WARNING_DAYS: i64 = 21;
const SECONDS_PER_DAY: i64 = 24 * 60 * 60;

/// Checks the certificate of a response's connection. Returns `None` without TLS, and for a client that keeps no
/// certificates ([`super::https::Server::client_with_certificates`] does).
pub(crate) fn certificate_check(response: &Response, now: Timestamp) -> Option<Check> {
    let der = response.extensions().get::<TlsInfo>()?.peer_certificate()?;
    Some(describe_certificate(der, now))
}

/// Checks a certificate in DER form (RFC 5280).
pub(crate) fn describe_certificate(der: &[u8], now: Timestamp) -> Check {
    let Ok((_, certificate)) = parse_x509_certificate(der) else {
        return Check::new("certificate", CheckState::Unknown, "when the server's certificate runs out cannot be read");
    };
    let until = certificate.validity().not_after.timestamp();
    let days = (until - now.as_second()).div_euclid(SECONDS_PER_DAY);
    let date = Timestamp::from_second(until).map_or_else(|_| "far away".to_owned(), |at| at.to_string());
    if days < WARNING_DAYS {
        let words = format!("it runs out in {days} days ({date}): have the server's administrator renew it");
        return Check::new("certificate", CheckState::Warning, words);
    }
    Check::new("certificate", CheckState::Ok, format!("good for {days} days ({date})"))
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;

    use super::*;

    /// Good until 2036-11-21T19:29:55Z; its key was thrown away.
    pub(crate) const DER: &str = "MIIBhjCCAS2gAwIBAgIUf7bjU/AMxdCBfIwat82oE42gv18wCgYIKoZIzj0EAwIwGTEXMBUGA1UEAwwOaWQuZXhhbXBsZS5jb20wHhcNMjYxMTI0MTkyOTU1WhcNMzYxMTIxMTkyOTU1WjAZMRcwFQYDVQQDDA5pZC5leGFtcGxlLmNvbTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABOsok5N+rpVeuL68x1R+9fkpWOtimFcxVGNyutD3nUc1PKca4AUvrerVtvP55oEwWbzvlF1Db3riGd1mYmx3FCOjUzBRMB0GA1UdDgQWBBSgsBukoWAlLLUnCaXJo19tite3hTAfBgNVHSMEGDAWgBSgsBukoWAlLLUnCaXJo19tite3hTAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0cAMEQCIBwESxKtLUqn4r5OWWyfyRTFfbpZfkB0tr5wzQj1rwcaAiBWcoVGK4VJoLLhuH8yUd6M8Tehs3ga7QSnuV1A4P1Yxw==";

    #[test]
    fn the_days_are_counted_and_few_are_a_note() {
        let der = BASE64_STANDARD.decode(DER).unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let found = describe_certificate(&der, at("2026-11-24T19:29:55Z"));
        assert!(found.state == CheckState::Ok && found.words.contains("3650 days"), "{found:?}");
        let found = describe_certificate(&der, at("2036-11-11T18:29:55Z"));
        assert!(found.state == CheckState::Warning && found.words.contains("in 10 days"), "{found:?}");
        assert_eq!(describe_certificate(b"no certificate", at("2026-11-24T00:00:00Z")).state, CheckState::Unknown);
    }
}
