//! All texts: those of the binary, with those of a profile's folder over them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, LazyLock};

use fluent_bundle::{FluentArgs, FluentValue};

use super::catalog::Catalog;
use super::source::Source;
use super::spec::{Layout, TextSpec};
use super::specs::ALL;
use super::{built_in, source_check, template_folder};
use crate::domain::{Error, Kind, Language, Reason, Result, find_link};
use crate::output::is_unsafe;

/// The texts of one language. They are parsed at their first use: a command that shows none has no need of them.
type LazyCatalog = LazyLock<Catalog, Box<dyn FnOnce() -> Catalog + Send>>;

/// The texts that the binary holds. They are not checked when they are parsed, which takes most of the time: a test does,
/// and `doctor`.
static BUILT_IN: LazyLock<Arc<Texts>> = LazyLock::new(|| Arc::new(Texts::unparsed()));

fn built_in_catalog(language: &Language) -> Catalog {
    let mut catalog = Catalog::new(language);
    for source in built_in::sources_of(language) {
        catalog.add(source_check::parse(&source, &mut Vec::new()));
    }
    catalog
}

fn empty_catalog(language: Language) -> LazyCatalog {
    LazyLock::new(Box::new(move || Catalog::new(&language)))
}

/// The numbers that each text is tried with. Every plural of every language is among them (Unicode CLDR).
const NUMBERS: [usize; 12] = [0, 1, 2, 3, 5, 6, 7, 10, 11, 12, 21, 100];
/// The number that a text which has one must show.
const SHOWN: usize = 7;

/// The texts in every language that there is.
pub struct Texts {
    english: LazyCatalog,
    others: BTreeMap<Language, LazyCatalog>,
}

impl Texts {
    fn none() -> Self {
        Self { english: empty_catalog(Language::english()), others: BTreeMap::new() }
    }

    /// Makes the texts that the binary holds, none of which is parsed yet.
    fn unparsed() -> Self {
        let mut texts = Self::none();
        for language in built_in::languages() {
            let its_own = language.clone();
            *texts.lazy_catalog(&language) = LazyLock::new(Box::new(move || built_in_catalog(&its_own)));
        }
        texts
    }

    /// Returns the texts that the binary holds.
    pub fn built_in() -> Arc<Self> {
        Arc::clone(&BUILT_IN)
    }

    /// Loads the texts of a profile: those of the binary, and those of its folder over them.
    ///
    /// # Errors
    /// Exit 2: something in the folder cannot be used.
    pub fn load(templates: Option<&Path>) -> Result<Arc<Self>> {
        let Some(folder) = templates else { return Ok(Self::built_in()) };
        let mut builder = Builder::built_in();
        builder.add_folder(folder);
        let Some(first) = builder.faults.first() else { return Ok(Arc::new(builder.texts)) };
        let others = match builder.faults.len() - 1 {
            0 => String::new(),
            1 => " There is one more fault.".to_owned(),
            count => format!(" There are {count} more faults."),
        };
        let message = format!("The texts in {} cannot be used: {first}.{others}", folder.display());
        Err(Error::new(Kind::Usage, Reason::Configuration, message)
            .hint("`tellonce doctor` lists every fault. Mend them, or take `templates` out of the profile."))
    }

    /// Checks the texts of a profile, and lists every fault.
    pub fn check(templates: Option<&Path>) -> Vec<String> {
        let mut builder = Builder::built_in();
        for language in builder.texts.languages() {
            builder.check_language(&language, Path::new("locales"));
        }
        if let Some(folder) = templates {
            builder.add_folder(folder);
        }
        builder.faults
    }

    /// Returns the languages that there are.
    pub fn languages(&self) -> Vec<Language> {
        let mut languages: Vec<Language> = self.others.keys().cloned().chain([Language::english()]).collect();
        languages.sort();
        languages
    }

    /// Whether there are texts in this language.
    pub fn has(&self, language: &Language) -> bool {
        *language == Language::english() || self.others.contains_key(language)
    }

    /// Puts a text together: in this language, or in English if there is none in it.
    pub(super) fn text(&self, language: &Language, spec: &TextSpec, arguments: &FluentArgs<'_>) -> String {
        self.others.get(language).unwrap_or(&self.english).format(spec, arguments).0
    }

    fn lazy_catalog(&mut self, language: &Language) -> &mut LazyCatalog {
        if *language == Language::english() {
            return &mut self.english;
        }
        self.others.entry(language.clone()).or_insert_with(|| empty_catalog(language.clone()))
    }

    fn catalog_mut(&mut self, language: &Language) -> &mut Catalog {
        LazyLock::force_mut(self.lazy_catalog(language))
    }
}

/// Puts texts together layer by layer, and collects what is wrong with them.
struct Builder {
    texts: Texts,
    faults: Vec<String>,
    /// Where each message was read from last.
    places: BTreeMap<(Language, String), String>,
}

impl Builder {
    fn built_in() -> Self {
        let mut builder = Self { texts: Texts::none(), faults: Vec::new(), places: BTreeMap::new() };
        builder.add_layer(&built_in::sources());
        builder
    }

    fn add_folder(&mut self, folder: &Path) {
        if !folder.is_dir() {
            self.faults.push(format!("{} is no folder", folder.display()));
            return;
        }
        let sources = template_folder::read(folder, &mut self.faults);
        self.add_layer(&sources);
        let languages: BTreeSet<&Language> = sources.iter().map(|source| &source.language).collect();
        for language in languages {
            self.check_language(language, folder);
        }
    }

    /// Adds the files of a layer. None of them may have a message that another one of the same language has.
    fn add_layer(&mut self, sources: &[Source]) {
        let mut known = BTreeSet::new();
        for source in sources {
            let resource = source_check::parse(source, &mut self.faults);
            for id in source_check::check(source, &resource, &mut known, &mut self.faults) {
                let place = source.place_of(&id);
                self.places.insert((source.language.clone(), id), place);
            }
            self.texts.catalog_mut(&source.language).add(resource);
        }
    }

    /// Puts every text of a language together as a trial.
    fn check_language(&mut self, language: &Language, folder: &Path) {
        let catalog = self.texts.others.get(language).unwrap_or(&self.texts.english);
        let missing: Vec<&str> = ALL.iter().filter(|spec| !catalog.has(spec)).map(|spec| spec.id).collect();
        if !missing.is_empty() {
            let what = format!(
                "{}: these messages are missing: {}",
                folder.join(language.as_str()).display(),
                missing.join(", ")
            );
            self.faults.push(what);
        }
        for spec in ALL.iter().filter(|spec| catalog.has(spec)) {
            let Some(what) = NUMBERS.iter().find_map(|number| fault_of(catalog, spec, *number)) else { continue };
            let key = (language.clone(), spec.id.to_owned());
            let place = self.places.get(&key).cloned().unwrap_or_else(|| language.to_string());
            let fault = format!("{place}: {} {what}", spec.id);
            if !self.faults.iter().any(|known| known.starts_with(&format!("{place}: {} ", spec.id))) {
                self.faults.push(fault);
            }
        }
    }
}

/// Returns what is wrong with a text as it is put together with samples and this number.
fn fault_of(catalog: &Catalog, spec: &TextSpec, number: usize) -> Option<String> {
    let samples: Vec<(&str, Sample)> = spec.variables.iter().map(|name| (*name, Sample::of(name, number))).collect();
    let mut arguments = FluentArgs::new();
    for (name, sample) in &samples {
        arguments.set(*name, sample.value());
    }
    let (text, faults) = catalog.format(spec, &arguments);
    if let Some(fault) = faults.first() {
        return Some(format!("cannot be put together ({fault})"));
    }
    if text.trim().is_empty() {
        return Some("has no text".to_owned());
    }
    let is_odd = |letter: char| is_unsafe(letter) && !(letter == '\n' && spec.layout == Layout::Lines);
    if let Some(letter) = text.chars().find(|letter| is_odd(*letter)) {
        return Some(format!("holds a character that is not seen ({})", letter.escape_unicode()));
    }
    if let Some(link) = find_link(&text) {
        return Some(format!("holds the link \"{link}\": no text to a customer holds one"));
    }
    let hidden = samples.iter().find(|(name, sample)| spec.required.contains(name) && !sample.is_shown(&text, number));
    hidden.map(|(name, _)| format!("does not say ${name}"))
}

/// A value that a text is tried with.
enum Sample {
    Number(usize),
    Text(String),
}

impl Sample {
    fn of(variable: &str, number: usize) -> Self {
        match variable {
            "count" | "minutes" => Self::Number(number),
            "month" => Self::Number(number.clamp(1, 12)),
            "day" => Self::Number(28),
            "year" => Self::Number(2026),
            _ => Self::Text(format!("{variable}-sample")),
        }
    }

    fn value(&self) -> FluentValue<'_> {
        match self {
            Self::Number(number) => FluentValue::from(*number),
            Self::Text(text) => FluentValue::from(text.as_str()),
        }
    }

    /// Whether the text has the value. A small number may be a word: "one".
    fn is_shown(&self, text: &str, number: usize) -> bool {
        match self {
            Self::Number(_) if number < SHOWN => true,
            Self::Number(value) => text.contains(&value.to_string()),
            Self::Text(value) => text.contains(value.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::specs::RULE_DIGITS;

    #[test]
    fn a_language_is_parsed_when_a_text_of_it_is_asked_for() {
        let texts = Texts::unparsed();
        let english = Language::english();
        assert_eq!(texts.languages().len(), 2);
        assert!(texts.languages().iter().all(|language| texts.has(language)));
        let others_are_parsed = || texts.others.values().any(|catalog| LazyLock::get(catalog).is_some());
        assert!(LazyLock::get(&texts.english).is_none() && !others_are_parsed());
        assert!(!texts.text(&english, &RULE_DIGITS, &FluentArgs::new()).is_empty());
        assert!(LazyLock::get(&texts.english).is_some() && !others_are_parsed());
    }
}
