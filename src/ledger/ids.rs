//! The ids by which records are found: of backends, users and customers.

use std::cell::{Cell, RefCell};

use super::pseudonyms::id_in_records;
use super::store::{RecordStore, Subject};
use super::version_1;
use crate::domain::{Customer, ProfileRef, Result, UserProfile};

/// Makes the ids that records have. Remembers the store's secret for pseudonyms, and the newest pseudonym: a command
/// asks for the same one again and again.
#[derive(Default)]
pub(super) struct Ids {
    key: Cell<Option<[u8; 32]>>,
    /// An id, and the same as a record has it.
    newest: RefCell<(String, String)>,
}

impl Ids {
    /// Returns an id as a record has it.
    ///
    /// # Errors
    /// Exit 8: the store cannot be used.
    pub(super) async fn in_records(&self, store: &dyn RecordStore, id: &str) -> Result<String> {
        if !id.contains('@') {
            return Ok(id.to_owned());
        }
        if let (known, in_records) = &*self.newest.borrow()
            && known == id
        {
            return Ok(in_records.clone());
        }
        let key = match self.key.get() {
            Some(key) => key,
            None => store.pseudonym_key().await?,
        };
        self.key.set(Some(key));
        let in_records = id_in_records(&key, id);
        self.newest.replace((id.to_owned(), in_records.clone()));
        Ok(in_records)
    }

    /// Returns each id as records may have it: as this version writes it, and as an earlier one did.
    ///
    /// # Errors
    /// Exit 8: the store cannot be used.
    pub(super) async fn all_in_records(
        &self,
        store: &dyn RecordStore,
        ids: impl IntoIterator<Item = String>,
    ) -> Result<Vec<String>> {
        let mut all = Vec::new();
        for id in ids {
            for id in [self.in_records(store, &id).await?, id] {
                if !all.contains(&id) {
                    all.push(id);
                }
            }
        }
        Ok(all)
    }

    /// Returns a user and their customer as records may name them.
    ///
    /// # Errors
    /// Exit 8: the store cannot be used.
    pub(super) async fn subject(
        &self,
        store: &dyn RecordStore,
        profile_ref: &ProfileRef,
        customer: &Customer,
        user: Option<&UserProfile>,
    ) -> Result<Subject> {
        let users = user.into_iter().flat_map(UserProfile::ids_in_records);
        let customers = customer.known_as().map(|id| id.as_str().to_owned());
        Ok(Subject {
            backend_ids: backend_ids(profile_ref),
            users: self.all_in_records(store, users).await?,
            customers: self.all_in_records(store, customers).await?,
        })
    }
}

/// Returns the ids of a backend that records may have: as this version writes them, and as an earlier one did.
pub(super) fn backend_ids(profile_ref: &ProfileRef) -> Vec<String> {
    vec![profile_ref.backend_id.clone(), version_1::backend_id(&profile_ref.backend, &profile_ref.profile)]
}
