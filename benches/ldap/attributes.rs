//! The attributes that a reset reads of a user, as the backend reads them, so that both sides ask for the same.

/// What a look-up reads of every customer.
pub(crate) const CUSTOMER: [&str; 8] =
    ["objectClass", "cn", "displayName", "givenName", "sn", "mail", "telephoneNumber", "description"];

/// The attributes that one kind of server is asked for besides.
pub(crate) struct Attributes {
    /// How customers are named.
    pub(crate) names: &'static [&'static str],
    /// What is read before the set and after it.
    pub(crate) stamp: &'static [&'static str],
    /// What is read before the set alone.
    pub(crate) facts: &'static [&'static str],
}

pub(crate) const ACTIVE_DIRECTORY: Attributes = Attributes {
    names: &["sAMAccountName", "userPrincipalName", "employeeID"],
    stamp: &["pwdLastSet", "userAccountControl", "msDS-User-Account-Control-Computed", "replPropertyMetaData"],
    facts: &[
        "objectSid",
        "accountExpires",
        "lockoutTime",
        "adminCount",
        "memberOf",
        "tokenGroups",
        "msDS-ResultantPSO",
        "distinguishedName",
        "nTSecurityDescriptor",
    ],
};

pub(crate) const OPENLDAP: Attributes = Attributes {
    names: &["uid"],
    stamp: &["pwdReset", "pwdChangedTime", "entryCSN", "modifiersName", "pwdFailureTime", "pwdPolicySubentry"],
    facts: &["gidNumber", "pwdAccountLockedTime", "pwdStartTime", "pwdEndTime", "pwdHistory"],
};

/// What the agent may write. A single reset reads it, the rows of a run share it.
pub(crate) const WRITABLE: &str = "allowedAttributesEffective";
