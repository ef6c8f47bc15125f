//! What a sign-in page says and asks: as much of HTML as the server's own pages need.

/// A form: where it goes, and the fields that it already has.
#[derive(Clone, Debug)]
pub struct Form {
    /// Where it is posted.
    pub action: String,
    /// Its fields with their values, in order.
    pub fields: Vec<(String, String)>,
}

impl Form {
    /// The form with this id.
    pub fn by_id(page: &str, id: &str) -> Option<Self> {
        Self::all(page).into_iter().find(|(found, _)| found == id).map(|(_, form)| form)
    }

    /// Every form with its id.
    pub fn all(page: &str) -> Vec<(String, Self)> {
        let mut rest = page;
        let mut forms = Vec::new();
        while let Some(start) = rest.find("<form") {
            rest = &rest[start..];
            let end = rest.find("</form>").unwrap_or(rest.len());
            let (text, after) = rest.split_at(end);
            let tag = tag(text);
            let fields = tags(text, "<input")
                .into_iter()
                .filter(|input| !matches!(attribute(input, "type").as_deref(), Some("checkbox" | "submit")))
                .filter_map(|input| Some((attribute(input, "name")?, attribute(input, "value").unwrap_or_default())))
                .collect();
            let action = attribute(tag, "action").unwrap_or_default();
            forms.push((attribute(tag, "id").unwrap_or_default(), Self { action, fields }));
            rest = after;
        }
        forms
    }

    /// Fills in one field.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(field, _)| field != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// What the page tells in words: errors beside fields, and notices.
pub fn said(page: &str) -> Vec<String> {
    ["kc-feedback-text", "id=\"kc-error-message\"", "pf-v5-c-alert__title"]
        .into_iter()
        .flat_map(|mark| elements(page, mark))
        .filter(|words| !words.is_empty())
        .fold(Vec::new(), |mut all, words| {
            if !all.contains(&words) {
                all.push(words);
            }
            all
        })
}

/// The heading.
pub fn title(page: &str) -> String {
    elements(page, "id=\"kc-page-title\"").into_iter().next().unwrap_or_default()
}

/// The addresses of the links whose text or attributes contain this.
pub fn links(page: &str, containing: &str) -> Vec<String> {
    tags(page, "<a ")
        .into_iter()
        .filter(|tag| tag.contains(containing))
        .filter_map(|tag| attribute(tag, "href"))
        .collect()
}

/// The page as text, without tags, scripts and empty lines.
pub fn text(page: &str) -> String {
    let body = page.find("<body").map_or(page, |start| &page[start..]);
    let lines = strip(body);
    lines.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// The text of the elements whose tag contains the mark.
fn elements(page: &str, mark: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(hit) = page[at..].find(mark) {
        let start = at + hit;
        at = start + mark.len();
        let Some(open) = page[..start].rfind('<') else { continue };
        let name: String = page[open + 1..].chars().take_while(char::is_ascii_alphanumeric).collect();
        let Some(inner) = page[start..].find('>').map(|end| start + end + 1) else { continue };
        let Some(end) = page[inner..].find(&format!("</{name}>")) else { continue };
        found.push(strip(&page[inner..inner + end]).split_whitespace().collect::<Vec<_>>().join(" "));
    }
    found
}

fn strip(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = if rest.starts_with("<!--") {
            rest.find("-->").map(|end| end + 3)
        } else if rest.starts_with("<script") {
            rest.find("</script>").map(|end| end + 9)
        } else {
            rest.find('>').map(|end| end + 1)
        };
        rest = &rest[end.unwrap_or(rest.len())..];
    }
    out.push_str(rest);
    unescape(&out)
}

fn tag(text: &str) -> &str {
    &text[..text.find('>').unwrap_or(text.len())]
}

fn tags<'a>(text: &'a str, opening: &str) -> Vec<&'a str> {
    text.match_indices(opening).map(|(at, _)| tag(&text[at..])).collect()
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let mark = format!("{name}=\"");
    let at = tag.match_indices(&mark).map(|(at, _)| at).find(|at| tag[..*at].ends_with(char::is_whitespace))?;
    let value = &tag[at + mark.len()..];
    Some(unescape(&value[..value.find('"')?]))
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&#x27;", "'")
        .replace("&amp;", "&")
}
