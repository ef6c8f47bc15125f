//! The names of columns, as exporters write them.

use crate::domain::without_secret_keys;

/// How many columns a message lists.
const LISTED: usize = 20;

/// What a column of people holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// The id in the system that the file is from.
    Id,
    /// The name to sign in with.
    Username,
    /// The e-mail address.
    Email,
    /// The whole name.
    Name,
    /// The given name.
    FirstName,
    /// The family name.
    LastName,
    /// A further e-mail address.
    FurtherEmail,
    /// A telephone number.
    Phone,
    /// The preferred language.
    Language,
}

/// The names of columns with a further e-mail address, with those of a first one: a file may have several.
const FURTHER_EMAIL: [&str; 19] = [
    "email",
    "mail",
    "primaryemail",
    "emailaddress",
    "email1",
    "email2",
    "email3",
    "emailaddress2",
    "mail2",
    "workemail",
    "homeemail",
    "privateemail",
    "personalemail",
    "secondemail",
    "secondaryemail",
    "recoveryemail",
    "alternateemail",
    "alternateemailaddress",
    "othermails",
];
/// The names of columns with a telephone number.
const PHONE: [&str; 24] = [
    "phone",
    "phone1",
    "phone2",
    "phonenumber",
    "telephone",
    "telephone2",
    "telephonenumber",
    "mobile",
    "mobile2",
    "mobilephone",
    "mobilenumber",
    "cell",
    "cellphone",
    "workphone",
    "homephone",
    "officephone",
    "businessphone",
    "businessphones",
    "primaryphone",
    "secondaryphone",
    "recoveryphone",
    "otherphone",
    "othermobile",
    "tel",
];

impl Field {
    /// Returns the names that it goes by, the one that wins first.
    ///
    /// They are those of Keycloak, Okta, Entra ID (portal and Graph), Google Workspace (console and GAM), csvde, and
    /// `Get-ADUser | Export-Csv`.
    const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Id => &["id", "customerid", "customer", "userid", "objectid", "objectguid"],
            Self::Username => &["username", "login", "samaccountname", "userprincipalname", "upn", "uid"],
            Self::Email => &["email", "mail", "primaryemail", "emailaddress"],
            Self::Name => &["name", "displayname", "fullname", "namefullname", "cn"],
            Self::FirstName => &["firstname", "givenname", "namegivenname"],
            Self::LastName => &["lastname", "surname", "familyname", "namefamilyname", "sn"],
            Self::FurtherEmail => &FURTHER_EMAIL,
            Self::Phone => &PHONE,
            Self::Language => &["language", "preferredlanguage", "locale", "languagecode"],
        }
    }
}

/// Returns a name without what exporters write differently: case, spaces, `-`, `_`, `.`, and a remark in brackets.
pub(super) fn normalized(name: &str) -> String {
    let name = name.trim();
    let without_remark = name.strip_suffix(']').and_then(|name| name.rsplit_once('[')).map_or(name, |(name, _)| name);
    let name = if without_remark.trim().is_empty() { name } else { without_remark };
    name.to_lowercase().chars().filter(|letter| !letter.is_whitespace() && !matches!(letter, '-' | '_' | '.')).collect()
}

/// Finds the column of a field.
pub(crate) fn position_of_field(names: &[String], field: Field) -> Option<usize> {
    field.names().iter().find_map(|wanted| names.iter().position(|name| normalized(name) == *wanted))
}

/// Finds all columns of a field, in the file's order.
pub(crate) fn positions_of_field(names: &[String], field: Field) -> Vec<usize> {
    let is_named = |at: &usize| field.names().contains(&normalized(&names[*at]).as_str());
    (0..names.len()).filter(is_named).collect()
}

/// Finds the column of this name: to the letter, or else as exporters would write it.
pub(crate) fn position_of_name(names: &[String], wanted: &str) -> Option<usize> {
    let is_same = |name: &String| normalized(name) == normalized(wanted);
    names.iter().position(|name| name.trim() == wanted.trim()).or_else(|| names.iter().position(is_same))
}

/// Returns two columns of one name.
pub(super) fn duplicate(names: &[String]) -> Option<(&str, &str)> {
    let mut seen = std::collections::HashMap::new();
    names.iter().find_map(|name| {
        let normalized = normalized(name);
        let earlier = (!normalized.is_empty()).then(|| seen.insert(normalized, name.trim())).flatten()?;
        Some((earlier, name.trim()))
    })
}

/// Lists the columns for a message.
pub(crate) fn name_list(names: &[String]) -> String {
    let listed = names.iter().take(LISTED).map(|name| format!("\"{}\"", without_secret_keys(name.trim())));
    let more = names.len().saturating_sub(LISTED);
    let mut list: Vec<String> = listed.collect();
    if more > 0 {
        list.push(format!("{more} more"));
    }
    list.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(header: &str) -> Vec<String> {
        header.split(',').map(str::to_owned).collect()
    }

    #[test]
    fn headers_of_exporters_are_recognised() {
        use Field::{Email, FirstName, Id, LastName, Name, Username};
        for (header, expected) in [
            ("id,username,email,firstName,lastName", [0, 1, 2, 9, 3, 4]),
            ("id,login,email,firstName,lastName", [0, 1, 2, 9, 3, 4]),
            ("userPrincipalName,displayName,surname,mail,givenName,id", [5, 0, 3, 1, 4, 2]),
            ("primaryEmail,id,name.givenName,name.familyName,name.fullName", [1, 9, 0, 4, 2, 3]),
            ("First Name [Required],Last Name [Required],Email Address [Required]", [9, 9, 2, 9, 0, 1]),
            ("DN,objectGUID,cn,sn,givenName,displayName,sAMAccountName,userPrincipalName,mail", [1, 6, 8, 5, 4, 3]),
            ("GivenName,Name,ObjectGUID,SamAccountName,Surname,UserPrincipalName", [2, 3, 9, 1, 0, 4]),
        ] {
            let names = names(header);
            let found = [Id, Username, Email, Name, FirstName, LastName]
                .map(|field| position_of_field(&names, field).unwrap_or(9));
            assert_eq!(found, expected, "{header}");
        }
    }

    #[test]
    fn all_columns_with_addresses_and_numbers_are_recognised() {
        for (header, emails, phones) in [
            ("id,email,Email 2,E-Mail 3,Work Email", vec![1, 2, 3, 4], vec![]),
            ("id,login,email,secondEmail,mobilePhone,primaryPhone", vec![2, 3], vec![4, 5]),
            ("primaryEmail,recoveryEmail,recoveryPhone,Phone,Telephone,Cell", vec![0, 1], vec![2, 3, 4, 5]),
            ("mail,MobilePhone,OfficePhone,HomePhone,telephoneNumber", vec![0], vec![1, 2, 3, 4]),
            ("id,emailVerified,phone type,mobile provider,fax", vec![], vec![]),
        ] {
            let names = names(header);
            assert_eq!(positions_of_field(&names, Field::FurtherEmail), emails, "{header}");
            assert_eq!(positions_of_field(&names, Field::Phone), phones, "{header}");
        }
    }

    #[test]
    fn columns_of_one_name_are_found_whatever_their_spelling() {
        for (header, expected) in [
            ("id,email,E-Mail", Some(("email", "E-Mail"))),
            ("First Name,first_name", Some(("First Name", "first_name"))),
            ("Email,Email [Required]", Some(("Email", "Email [Required]"))),
            ("id,,,", None),
            ("C,C#,[C],email,mail", None),
        ] {
            assert_eq!(duplicate(&names(header)), expected, "{header}");
        }
    }

    #[test]
    fn a_name_that_fits_to_the_letter_wins() {
        assert_eq!(position_of_name(&names("user-name, User Name"), "User Name"), Some(1));
        assert_eq!(position_of_name(&names("id,Login Name"), "login_name"), Some(1));
        assert_eq!(position_of_name(&names("id,name"), "login"), None);
        assert!(name_list(&vec!["x".to_owned(); 30]).ends_with("\"x\", 10 more"));
    }
}
