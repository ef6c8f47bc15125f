//! The columns of the customers' file.

use crate::config::CustomerColumns;
use crate::delimited::{Field, name_list, position_of_field, position_of_name, positions_of_field};

/// The position of each column.
pub(super) struct Columns {
    pub(super) id: usize,
    pub(super) name: Option<usize>,
    pub(super) first_name: Option<usize>,
    pub(super) last_name: Option<usize>,
    pub(super) email: Option<usize>,
    pub(super) username: Option<usize>,
    /// The columns with e-mail addresses, the one of `email` first.
    pub(super) emails: Vec<usize>,
    pub(super) phones: Vec<usize>,
    pub(super) language: Option<usize>,
    /// The columns that `show` lists.
    pub(super) others: Vec<(usize, String)>,
}

impl Columns {
    /// Finds the columns in a header: those that the profile names, and else those that are recognised.
    ///
    /// # Errors
    /// Why the header cannot be used, worded to follow "The customers' file x: ".
    pub(super) fn from_names(names: &[String], chosen: &CustomerColumns) -> Result<Self, String> {
        let position_of = |name: &String| {
            position_of_name(names, name).ok_or_else(|| {
                format!("it has no column \"{name}\", which the profile names. It has: {}", name_list(names))
            })
        };
        let find = |chosen: &Option<String>, field| match chosen {
            None => Ok(position_of_field(names, field)),
            Some(name) => position_of(name).map(Some),
        };
        let find_all = |chosen: &Option<Vec<String>>, field| match chosen {
            None => Ok(positions_of_field(names, field)),
            Some(chosen) => chosen.iter().map(position_of).collect::<Result<Vec<usize>, String>>(),
        };
        let (name, username) = (find(&chosen.name, Field::Name)?, find(&chosen.username, Field::Username)?);
        let (first_name, last_name) =
            (find(&chosen.first_name, Field::FirstName)?, find(&chosen.last_name, Field::LastName)?);
        let email = find(&chosen.email, Field::Email)?;
        let id = find(&chosen.id, Field::Id)?
            .ok_or_else(|| format!("it has no column \"id\". It has: {}", name_list(names)))?;
        let people = [name, first_name, last_name, email, username];
        if people.iter().all(Option::is_none) {
            let list = name_list(names);
            return Err(format!(
                "it has none of the columns name, first_name, last_name, email and username. It has: {list}"
            ));
        }
        let is_other = |at: usize| at != id && !people.contains(&Some(at));
        let others = names.iter().enumerate().filter(|(at, name)| is_other(*at) && !name.trim().is_empty());
        let others = others.map(|(at, name)| (at, capitalised(name.trim()))).collect();
        let further = find_all(&chosen.emails, Field::FurtherEmail)?.into_iter().filter(|at| Some(*at) != email);
        let emails = email.into_iter().chain(further).collect();
        let phones = find_all(&chosen.phones, Field::Phone)?;
        let language = find(&chosen.language, Field::Language)?;
        Ok(Self { id, name, first_name, last_name, email, username, emails, phones, language, others })
    }

    /// Lists which field is read from which column.
    pub(super) fn words(&self, names: &[String]) -> String {
        let further = self.emails.iter().filter(|at| Some(**at) != self.email);
        let several = further.map(|at| ("emails", Some(*at))).chain(self.phones.iter().map(|at| ("phones", Some(*at))));
        let one = [
            ("id", Some(self.id)),
            ("name", self.name),
            ("first_name", self.first_name),
            ("last_name", self.last_name),
            ("email", self.email),
            ("username", self.username),
        ];
        let all = one.into_iter().chain(several).chain([("language", self.language)]);
        let read = all.filter_map(|(field, at)| at.map(|at| format!("{field} from \"{}\"", names[at].trim())));
        read.collect::<Vec<_>>().join(", ")
    }
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
