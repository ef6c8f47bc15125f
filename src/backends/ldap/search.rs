//! Searches with bounds on entries, bytes, references, empty pages and time.

use lber::structure::{PL, StructureTag};
use ldap3::controls::{PagedResults, RawControl};
use ldap3::{Ldap, LdapError, LdapResult, Scope, SearchOptions};

use super::ber;
use super::deadline::Deadline;
use super::entry::Entry;
use super::result_code::{ADMIN_LIMIT, SIZE_LIMIT, UNWILLING};
use super::violation::Violation;

/// How many entries a page has.
const PAGE_SIZE: usize = 500;
/// A search for no more entries than this is not paged: servers may refuse pages, and a look-up must not depend on them.
const UNPAGED_LIMIT: usize = 50;
/// The most entries of one search.
const MAX_ENTRIES: usize = 100_000;
/// The most bytes of the entries of one search.
const MAX_BYTES: usize = 64 * 1024 * 1024;
/// The most references and notices of one search.
const MAX_REFERENCES: usize = 1000;
/// The most pages without entries in a row. Active Directory sends some when a search takes it long.
const MAX_EMPTY_PAGES: usize = 20;

/// One search.
#[derive(Clone, Copy)]
pub(super) struct Query<'a> {
    pub(super) base: &'a str,
    pub(super) scope: Scope,
    pub(super) filter: &'a str,
    pub(super) attributes: &'a [&'a str],
    /// About how many entries are wanted.
    pub(super) most: usize,
}

/// How a search asks for several entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SearchMode {
    /// In pages (RFC 2696).
    Pages,
    /// All at once, with the number of wanted entries as the size limit.
    Limited,
    /// All at once. The search is abandoned when there are enough.
    Whole,
}

impl SearchMode {
    pub(super) fn of(query: &Query<'_>, refuses_pages: bool) -> Self {
        match query.scope {
            Scope::Base => Self::Whole,
            _ if query.most <= UNPAGED_LIMIT => Self::Limited,
            _ if refuses_pages => Self::Whole,
            _ => Self::Pages,
        }
    }

    /// Whether this answer refuses the mode, and not the search.
    ///
    /// slapd answers 53 under `size.prtotal=disabled`, and 11 to a page or a limit beyond `size.pr` or `size`.
    pub(super) const fn is_refused_by(self, code: u32, entries: usize) -> bool {
        match self {
            Self::Pages => matches!(code, SIZE_LIMIT | ADMIN_LIMIT | 12 | UNWILLING) && entries == 0,
            Self::Limited => matches!(code, ADMIN_LIMIT | UNWILLING) && entries == 0,
            Self::Whole => false,
        }
    }
}

/// The results of a search so far, counted against the bounds.
struct Tally {
    entries: Vec<Entry>,
    bytes: usize,
    references: usize,
    empty_pages: usize,
}

impl Tally {
    const fn new() -> Self {
        Self { entries: Vec::new(), bytes: 0, references: 0, empty_pages: 0 }
    }

    /// Adds an entry.
    ///
    /// # Errors
    /// It goes over a bound.
    fn add(&mut self, tag: StructureTag, most: usize) -> Result<(), Violation> {
        self.bytes = self.bytes.saturating_add(size(&tag));
        self.entries.extend(Entry::of(tag));
        if self.entries.len() > most {
            return Err(Violation::TooManyEntries(most));
        }
        if self.bytes > MAX_BYTES { Err(Violation::TooManyBytes(MAX_BYTES)) } else { Ok(()) }
    }

    fn add_reference(&mut self) -> Result<(), Violation> {
        self.references += 1;
        if self.references > MAX_REFERENCES { Err(Violation::TooManyReferences(MAX_REFERENCES)) } else { Ok(()) }
    }

    fn end_page(&mut self, before: usize) -> Result<(), Violation> {
        self.empty_pages = if self.entries.len() > before { 0 } else { self.empty_pages + 1 };
        if self.empty_pages > MAX_EMPTY_PAGES { Err(Violation::EmptyPages(MAX_EMPTY_PAGES)) } else { Ok(()) }
    }
}

/// Estimates how much memory an answer takes.
fn size(tag: &StructureTag) -> usize {
    match &tag.payload {
        PL::P(bytes) => bytes.len() + 32,
        PL::C(children) => children.iter().map(size).sum::<usize>() + 32,
    }
}

/// Reads one entry by its name, before there is a [`Connection`](super::connection::Connection).
pub(super) async fn read_entry(
    ldap: &mut Ldap,
    base: &str,
    filter: &str,
    attributes: &[&str],
    deadline: Deadline,
) -> Result<Option<Entry>, LdapError> {
    let query = Query { base, scope: Scope::Base, filter, attributes, most: 1 };
    let mut tally = Tally::new();
    read_page(ldap, &query, (SearchMode::Whole, Vec::new()), &mut tally, deadline).await?;
    Ok(tally.entries.into_iter().next())
}

/// Sends the search once, for the page with this cookie if it is paged, and adds the results.
async fn read_page(
    ldap: &mut Ldap,
    query: &Query<'_>,
    (mode, cookie): (SearchMode, Vec<u8>),
    tally: &mut Tally,
    deadline: Deadline,
) -> Result<LdapResult, LdapError> {
    let mut controls = ber::controls_for(query.attributes);
    let mut options = SearchOptions::new();
    match mode {
        SearchMode::Pages => {
            let size = i32::try_from(query.most.min(PAGE_SIZE)).unwrap_or(i32::MAX);
            controls.push(PagedResults { size, cookie }.into());
        }
        SearchMode::Limited => options = options.sizelimit(i32::try_from(query.most).unwrap_or(i32::MAX)),
        SearchMode::Whole => {}
    }
    ldap.with_timeout(deadline.remaining()).with_controls(controls).with_search_options(options);
    let mut stream = ldap.streaming_search(query.base, query.scope, query.filter, query.attributes.to_vec()).await?;
    // The last page may bring more than is wanted, but not more than a page.
    let excess = if query.scope == Scope::Base { 0 } else { PAGE_SIZE };
    let most = query.most.saturating_add(excess).min(MAX_ENTRIES);
    let mut enough = false;
    while let Some(found) = stream.next().await? {
        let counted =
            if found.is_ref() || found.is_intermediate() { tally.add_reference() } else { tally.add(found.0, most) };
        counted.map_err(Violation::as_error)?;
        if query.scope != Scope::Base && mode != SearchMode::Pages && tally.entries.len() > query.most {
            enough = true;
            break;
        }
    }
    if enough {
        tally.entries.truncate(query.most);
        let number = stream.ldap_handle().last_id();
        stream.finish().await;
        ldap.with_timeout(deadline.remaining()).abandon(number).await?;
        return Ok(LdapResult {
            rc: SIZE_LIMIT,
            matched: String::new(),
            text: String::new(),
            refs: Vec::new(),
            ctrls: Vec::new(),
        });
    }
    Ok(stream.finish().await)
}

/// Whether the entry of this name comes with an answer to a control.
pub(super) async fn answers_control(
    ldap: &mut Ldap,
    dn: &str,
    control: RawControl,
    deadline: Deadline,
) -> Result<bool, LdapError> {
    let oid = control.ctype.clone();
    ldap.with_timeout(deadline.remaining()).with_controls(control);
    let mut stream = ldap.streaming_search(dn, Scope::Base, "(objectClass=*)", vec!["1.1"]).await?;
    let mut is_answered = false;
    while let Some(found) = stream.next().await? {
        is_answered |= found.1.iter().any(|control| control.1.ctype == oid);
    }
    stream.finish().await;
    Ok(is_answered)
}

/// Reads everything that was asked for, page by page.
pub(super) async fn read_pages(
    ldap: &mut Ldap,
    query: &Query<'_>,
    mode: SearchMode,
    deadline: Deadline,
) -> Result<(Vec<Entry>, LdapResult), LdapError> {
    let mut tally = Tally::new();
    let mut cookie = Vec::new();
    loop {
        let before = tally.entries.len();
        let result = read_page(ldap, query, (mode, cookie), &mut tally, deadline).await?;
        match ber::next_page(&result) {
            Some(next) if mode == SearchMode::Pages && result.rc == 0 && tally.entries.len() < query.most => {
                tally.end_page(before).map_err(Violation::as_error)?;
                cookie = next;
            }
            _ => return Ok((tally.entries, result)),
        }
    }
}
