//! Certificates that are made at run time (RFC 5280, with the keys of RFC 8410), and servers that show them.

use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rand::TryRng as _;
use rand::rngs::SysRng;
use rustls::crypto::aws_lc_rs::sign::any_eddsa_type;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::SigningKey;
use rustls::{ServerConfig, SignatureScheme};

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 2;
const BIT_STRING: u8 = 3;
const OCTET_STRING: u8 = 4;
const OBJECT_ID: u8 = 6;
const UTF8_STRING: u8 = 12;
const GENERALIZED_TIME: u8 = 24;
/// Ed25519, the common name, subjectAltName, basicConstraints: 1.3.101.112, 2.5.4.3, 2.5.29.17 and 2.5.29.19.
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
const COMMON_NAME: &[u8] = &[0x55, 4, 3];
const ALT_NAME: &[u8] = &[0x55, 0x1d, 17];
const CONSTRAINTS: &[u8] = &[0x55, 0x1d, 19];
/// What stands before the 32 bytes of an Ed25519 key in PKCS #8.
const PKCS8: &[u8] = &[0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/// How long a certificate is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    Long,
    /// It runs out in a few days.
    Short,
    Expired,
}

/// A certificate authority of this test alone.
pub struct Authority {
    name: String,
    key: Arc<dyn SigningKey>,
    certificate: CertificateDer<'static>,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let (key, _) = new_key();
        let is_authority = tlv(SEQUENCE, &tlv(1, &[0xff]));
        let constraints = extension(CONSTRAINTS, &is_authority);
        let certificate = certificate(name, name, &key, &key, Validity::Long, &constraints);
        Self { name: name.to_owned(), key, certificate }
    }

    /// Writes the authority's certificate as PEM.
    pub fn write(&self, path: &Path) {
        let text = BASE64_STANDARD.encode(&self.certificate);
        std::fs::write(path, format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")).unwrap();
    }

    /// Returns the TLS settings of a server with a certificate for this name.
    pub fn server(&self, host: &str, validity: Validity) -> Arc<ServerConfig> {
        let (key, pkcs8) = new_key();
        let name = match host.parse::<std::net::Ipv4Addr>() {
            Ok(address) => tlv(0x87, &address.octets()),
            Err(_) => tlv(0x82, host.as_bytes()),
        };
        let names = extension(ALT_NAME, &tlv(SEQUENCE, &name));
        let shown = certificate(host, &self.name, &key, &self.key, validity, &names);
        let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(pkcs8));
        let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![shown], private);
        Arc::new(config.unwrap())
    }
}

fn new_key() -> (Arc<dyn SigningKey>, Vec<u8>) {
    let secret: [u8; 32] = random();
    let pkcs8 = [PKCS8, &secret].concat();
    (any_eddsa_type(&PrivatePkcs8KeyDer::from(pkcs8.clone())).unwrap(), pkcs8)
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SysRng.try_fill_bytes(&mut bytes).unwrap();
    bytes
}

fn certificate(
    subject: &str,
    issuer: &str,
    key: &Arc<dyn SigningKey>,
    signer: &Arc<dyn SigningKey>,
    validity: Validity,
    extension: &[u8],
) -> CertificateDer<'static> {
    let algorithm = tlv(SEQUENCE, &tlv(OBJECT_ID, ED25519));
    let serial: [u8; 8] = random();
    let body = [
        tlv(0xa0, &tlv(INTEGER, &[2])),
        tlv(INTEGER, &[&[1][..], &serial].concat()),
        algorithm.clone(),
        name(issuer),
        period(validity),
        name(subject),
        key.public_key().unwrap().to_vec(),
        tlv(0xa3, &tlv(SEQUENCE, extension)),
    ];
    let body = tlv(SEQUENCE, &body.concat());
    let signature = signer.choose_scheme(&[SignatureScheme::ED25519]).unwrap().sign(&body).unwrap();
    let signature = tlv(BIT_STRING, &[&[0][..], &signature].concat());
    CertificateDer::from(tlv(SEQUENCE, &[body, algorithm, signature].concat()))
}

fn name(text: &str) -> Vec<u8> {
    let common = [tlv(OBJECT_ID, COMMON_NAME), tlv(UTF8_STRING, text.as_bytes())].concat();
    tlv(SEQUENCE, &tlv(SET, &tlv(SEQUENCE, &common)))
}

fn period(validity: Validity) -> Vec<u8> {
    let now = jiff::Timestamp::now();
    let at = |hours: i64| {
        let at = now + jiff::SignedDuration::from_hours(hours);
        tlv(GENERALIZED_TIME, at.strftime("%Y%m%d%H%M%SZ").to_string().as_bytes())
    };
    let until = match validity {
        Validity::Long => 24 * 365,
        Validity::Short => 24 * 5,
        Validity::Expired => -24,
    };
    tlv(SEQUENCE, &[at(-48), at(until)].concat())
}

fn extension(id: &[u8], value: &[u8]) -> Vec<u8> {
    tlv(SEQUENCE, &[tlv(OBJECT_ID, id), tlv(OCTET_STRING, value)].concat())
}

/// Encodes a value with its tag and length (X.690 section 8.1).
fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
    let length = match u8::try_from(value.len()) {
        Ok(short) if short < 128 => vec![short],
        Ok(longer) => vec![0x81, longer],
        Err(_) => {
            let [high, low] = u16::try_from(value.len()).unwrap().to_be_bytes();
            vec![0x82, high, low]
        }
    };
    [&[tag][..], &length, value].concat()
}
