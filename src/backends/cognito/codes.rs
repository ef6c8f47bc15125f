//! The codes of AWS's refusals.

/// The codes by which AWS says that it did not begin, because there are too many calls.
const THROTTLED: [&str; 5] =
    ["TooManyRequestsException", "ThrottlingException", "Throttling", "RequestLimitExceeded", "SlowDown"];
/// The codes by which AWS says that something of its own failed.
const INTERNAL: [&str; 5] = [
    "InternalErrorException",
    "InternalFailure",
    "InternalServerError",
    "ServiceUnavailable",
    "ServiceUnavailableException",
];

/// Further codes that do not end in "Exception" (STS API and IAM API, "Common Errors").
const OTHERS: [&str; 8] = [
    "AccessDenied",
    "ExpiredToken",
    "IDPCommunicationError",
    "IDPRejectedClaim",
    "InvalidClientTokenId",
    "InvalidIdentityToken",
    "SignatureDoesNotMatch",
    "ValidationError",
];

/// Whether the service did not begin with the call.
pub(super) fn is_throttled(code: &str) -> bool {
    THROTTLED.contains(&code)
}

/// Whether the service failed, perhaps after it applied the call.
pub(super) fn is_internal(code: &str, status: u16) -> bool {
    INTERNAL.contains(&code) || status >= 500
}

/// Whether a text has the form of AWS's codes. Whoever answers in its place may repeat the request there.
pub(super) fn is_code(text: &str) -> bool {
    let is_exception = text.ends_with("Exception") && text.bytes().all(|letter| letter.is_ascii_alphabetic());
    (is_exception && text.len() <= 64)
        || THROTTLED.contains(&text)
        || INTERNAL.contains(&text)
        || OTHERS.contains(&text)
}
