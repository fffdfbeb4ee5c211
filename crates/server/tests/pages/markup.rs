//! Reads the HTML that our pages consist of, strictly: what a browser would have to guess is an
//! error here.

/// Elements that have no end (HTML, section 13.1.2).
const VOID: [&str; 6] = ["br", "hr", "img", "input", "link", "meta"];

/// Elements of drawings that may end where they begin.
const SHAPES: [&str; 4] = ["circle", "line", "path", "rect"];

/// An element.
#[derive(Debug, Default)]
pub struct Element {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    /// Whether it stands in code, which may say anything.
    pub in_code: bool,
    /// Whether it ends where it begins.
    is_over: bool,
    /// The form it stands in, by its number.
    pub form: Option<usize>,
}

impl Element {
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// A page.
#[derive(Debug, Default)]
pub struct Page {
    pub elements: Vec<Element>,
    /// What people read, code excepted: text, and the attributes that are read aloud or shown.
    pub words: Vec<String>,
    /// What stands in code.
    pub code: Vec<String>,
}

/// Reads a page.
///
/// # Panics
///
/// Where a browser would have to guess.
pub fn read(html: &str) -> Page {
    let mut page = Page::default();
    let mut open: Vec<String> = Vec::new();
    let mut forms: Vec<usize> = Vec::new();
    let mut rest = html.strip_prefix("<!DOCTYPE html>").expect("a doctype");
    while !rest.is_empty() {
        let (text, behind) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
        let code = open.iter().any(|name| matches!(name.as_str(), "code" | "pre" | "bdi"));
        let text = unescaped(text);
        if !text.trim().is_empty() {
            if code { page.code.push(text) } else { page.words.push(text) }
        }
        if behind.is_empty() {
            break;
        }
        if let Some(end) = behind.strip_prefix("</") {
            let (name, behind) = end.split_once('>').expect("an end tag that ends");
            assert_eq!(open.pop().as_deref(), Some(name), "closed in another order");
            if name == "form" {
                forms.pop();
            }
            rest = behind;
            continue;
        }
        let (mut element, behind) = tag(&behind[1..]);
        element.in_code = code;
        if element.name == "form" {
            forms.push(page.elements.len());
            assert_eq!(forms.len(), 1, "a form in a form");
        }
        element.form = forms.last().copied();
        for name in ["aria-label", "placeholder", "alt"] {
            page.words.extend(element.get(name).map(str::to_owned));
        }
        if !VOID.contains(&element.name.as_str()) && !element.is_over {
            open.push(element.name.clone());
        }
        page.elements.push(element);
        rest = behind;
    }
    assert!(open.is_empty(), "never closed: {open:?}");
    page
}

/// A tag behind its `<`, and what follows it.
fn tag(text: &str) -> (Element, &str) {
    let end = text.find([' ', '>']).expect("a tag that ends");
    let (name, mut rest) = text.split_at(end);
    assert!(name.chars().all(|letter| letter.is_ascii_alphanumeric()), "a tag named `{name}`");
    let mut element = Element { name: name.to_owned(), ..Element::default() };
    while let Some(attribute) = rest.strip_prefix(' ') {
        let end = attribute.find(['=', ' ', '>']).expect("an attribute that ends");
        let (name, behind) = attribute.split_at(end);
        assert!(element.get(name).is_none(), "`{name}` twice on `{}`", element.name);
        let (value, behind) = match behind.strip_prefix("=\"") {
            Some(quoted) => quoted.split_once('"').expect("a value that ends"),
            None => ("", behind),
        };
        element.attributes.push((name.to_owned(), unescaped(value)));
        rest = behind;
    }
    // In a drawing, an element may end where it begins (HTML, section 13.1.2.1).
    if SHAPES.contains(&element.name.as_str())
        && let Some(behind) = rest.strip_prefix("/>")
    {
        element.is_over = true;
        return (element, behind);
    }
    (element, rest.strip_prefix('>').expect("nothing between attributes and the end of a tag"))
}

fn unescaped(text: &str) -> String {
    for (at, _) in text.match_indices('&') {
        let known = ["&amp;", "&lt;", "&gt;", "&quot;"];
        assert!(known.iter().any(|name| text[at..].starts_with(name)), "a bare `&` in {text:?}");
    }
    assert!(!text.contains('<'), "a bare `<` in {text:?}");
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

#[test]
fn it_sees_what_breaks_out() {
    for broken in [
        "<!DOCTYPE html><p>a",
        "<!DOCTYPE html><p>a</b></p>",
        "<!DOCTYPE html><p title=\"a\"b\">a</p>",
        "<!DOCTYPE html><p class=\"a\" class=\"b\">a</p>",
        "<!DOCTYPE html><p>a & b</p>",
    ] {
        assert!(std::panic::catch_unwind(|| read(broken)).is_err(), "{broken}");
    }
    let page = read("<!DOCTYPE html><p title=\"&lt;\">a<code>b</code><br></p>");
    assert_eq!(page.elements[0].get("title"), Some("<"));
    assert_eq!((page.words, page.code), (vec!["a".to_owned()], vec!["b".to_owned()]));
}
