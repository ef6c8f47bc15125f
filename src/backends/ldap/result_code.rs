//! LDAP result codes (RFC 4511 appendix A): their names, their meanings, and what to do about each.

/// sizeLimitExceeded: the entries that were sent are a part.
pub(super) const SIZE_LIMIT: u32 = 4;
/// referral: another server holds the entry.
pub(super) const REFERRAL: u32 = 10;
/// adminLimitExceeded.
pub(super) const ADMIN_LIMIT: u32 = 11;
/// noSuchAttribute.
pub(super) const NO_SUCH_ATTRIBUTE: u32 = 16;
/// constraintViolation.
pub(super) const CONSTRAINT: u32 = 19;
/// noSuchObject.
pub(super) const NO_SUCH_OBJECT: u32 = 32;
/// invalidDNSyntax.
pub(super) const INVALID_NAME: u32 = 34;
/// invalidCredentials.
pub(super) const WRONG_CREDENTIALS: u32 = 49;
/// insufficientAccessRights.
pub(super) const NO_RIGHT: u32 = 50;
/// busy: the request was not carried out, and may be later.
pub(super) const BUSY: u32 = 51;
/// unavailable: the same, of a server that starts or stops.
pub(super) const NOT_AVAILABLE: u32 = 52;
/// unwillingToPerform.
pub(super) const UNWILLING: u32 = 53;
/// entryAlreadyExists.
pub(super) const EXISTS: u32 = 68;
/// assertionFailed (RFC 4528).
pub(super) const ASSERTION_FAILED: u32 = 122;

/// Whether a change was refused for its values, so that the same change is refused again (RFC 4511 appendix A.2:
/// undefinedAttributeType, constraintViolation, attributeOrValueExists, invalidAttributeSyntax, namingViolation,
/// objectClassViolation, notAllowedOnRDN, objectClassModsProhibited).
pub(super) const fn is_about_values(code: u32) -> bool {
    matches!(code, 17 | CONSTRAINT | 20 | 21 | 64 | 65 | 67 | 69)
}

/// The meaning of a result code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Meaning {
    /// Completes "the server refused the request:".
    pub(super) words: &'static str,
    /// What to do next, as a sentence.
    pub(super) advice: &'static str,
}

const ENCRYPT: &str = "Use an ldaps:// address, or start_tls = true, in the profile.";
const SCHEMA: &str =
    "Compare the names in the profile (customer_id, object_classes, create_in) with the directory's schema.";
const RAISE_LIMITS: &str =
    "Have the agents' limits raised; for slapd: `limits group=\"…\" size=unlimited size.prtotal=unlimited`.";
const LOG: &str = "The server's log says more: ask its administrator.";

/// Returns the meaning of a result code.
#[rustfmt::skip]
pub(super) const fn meaning(code: u32) -> Meaning {
    let (words, advice) = match code {
        1 => ("it cannot do that now", "Sign in again: `tellonce login`. If that does not help, ask for its log."),
        2 => ("it does not understand the request", "Is url in the profile the address of a directory server? `tellonce doctor` looks."),
        3 => ("its time limit for a search was reached", "Have the attributes that are searched by indexed, or the agents' time limit raised (slapd: `limits … time=`)."),
        4 => ("its size limit for a search was reached", RAISE_LIMITS),
        7 => ("it takes no sign-in by name and password", "Ask its administrator to allow simple binds over TLS for agents."),
        8 => ("it asks for a stronger or an encrypted sign-in", ENCRYPT),
        10 => ("it refers to another server", "Name a server that can be written to as url."),
        11 => ("a limit of its administrator was reached", RAISE_LIMITS),
        12 => ("it does not know a control that is needed", "Ask its administrator whether its version is one that docs/backends names."),
        13 => ("it asks for encryption", ENCRYPT),
        16 => ("the entry does not have that attribute", SCHEMA),
        17 => ("it does not know that attribute", SCHEMA),
        18 => ("it cannot search by that attribute", SCHEMA),
        19 => ("a rule of the directory forbids that value", LOG),
        20 => ("the value is there already", "Look again: `tellonce find TEXT`."),
        21 => ("the attribute cannot have that value", SCHEMA),
        32 => ("there is no such entry, or you may not see it", "Compare base, create_in and groups in the profile with the directory."),
        33 | 36 => ("an alias in the directory leads nowhere", LOG),
        34 => ("it does not know that name (DN)", "Compare the names (DN) in the profile with the directory."),
        48 => ("that user cannot sign in with a password", "Sign in as a user who has a password: `tellonce login`."),
        49 => ("the name or the password is wrong", "Sign in again: `tellonce login`."),
        50 => ("you do not have the right", "Ask whoever delegates rights in the directory; `tellonce whoami` lists yours."),
        51 => ("it is busy", "Try again in a minute."),
        52 => ("it is not available", "Try again in a minute."),
        53 => ("it is not willing to do that", LOG),
        54 => ("servers refer to each other in a circle", LOG),
        64 => ("new entries cannot have such a name there", SCHEMA),
        65 => ("the entry would break the directory's schema", SCHEMA),
        66 => ("there are entries below it", LOG),
        67 | 69 => ("that part of an entry cannot be changed", SCHEMA),
        68 => ("there is such an entry already", "Look again: `tellonce find TEXT`."),
        71 => ("more than one server would have to do it", "Name the server that holds base as url."),
        80 => ("something went wrong in it", LOG),
        122 => ("the entry changed meanwhile", "Try again."),
        _ => ("it gives no reason but a number", LOG),
    };
    Meaning { words, advice }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_standard_has_words_and_advice() {
        let other = meaning(9999);
        let known = [
            1, 2, 3, 4, 7, 8, 10, 11, 12, 13, 16, 17, 18, 19, 20, 21, 32, 33, 34, 36, 48, 49, 50, 51, 52, 53, 54, 64,
            65, 66, 67, 68, 69, 71, 80, 122,
        ];
        for code in known {
            let meaning = meaning(code);
            assert!(meaning != other && !meaning.words.ends_with('.') && meaning.advice.ends_with('.'), "{code}");
        }
        for code in [4, 11] {
            assert!(meaning(code).advice.contains("size.prtotal=unlimited"), "{code} names the limit to raise");
        }
        for code in [8, 13] {
            assert!(meaning(code).advice.contains("start_tls"), "{code}");
        }
    }
}
