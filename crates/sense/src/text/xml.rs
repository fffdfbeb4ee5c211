//! XML 1.0 as a tree with places, borrowed from its text, recovering from mistakes.
//!
//! Knows markup; must not know any file written in it. A document type declaration is passed over
//! with all it declares: no entity but XML's own five is resolved, and nothing is ever fetched.

use std::borrow::Cow;

use holdfast_model::Span;
use quick_xml::escape::{resolve_predefined_entity, unescape, unescape_with};

use super::report::Mistake;

/// How deep elements may lie in one another.
pub const MAX_DEPTH: usize = 64;
/// How many elements one document may hold.
pub const MAX_ELEMENTS: usize = 1_000_000;

/// An element and what it holds; names are without their namespace's prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element<'a> {
    /// Its name.
    pub name: &'a str,
    /// The byte of its `<`.
    pub at: usize,
    /// Its attributes, in their order.
    pub attributes: Vec<(&'a str, Text<'a>)>,
    /// Its own text, all runs together, without the white space around it.
    pub text: Text<'a>,
    /// The elements in it.
    pub children: Vec<Element<'a>>,
}

/// Text with its references resolved, and where it stands; of several runs the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text<'a> {
    /// What it says.
    pub text: Cow<'a, str>,
    /// The bytes it was read from.
    pub span: Span,
}

impl<'a> Element<'a> {
    /// The first child of a name.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// All children of a name.
    pub fn all<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// An attribute.
    pub fn attribute(&self, name: &str) -> Option<&Text<'a>> {
        self.attributes.iter().find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// The text of the first child of a name, where it is not empty.
    pub fn text_of(&self, name: &str) -> Option<&Text<'a>> {
        self.child(name).map(|child| &child.text).filter(|text| !text.text.is_empty())
    }
}

/// Whether the text says itself that it is not written in UTF-8, which explains other bytes.
pub fn declares_encoding(text: &str) -> bool {
    let Some(rest) = text.trim_start().strip_prefix("<?xml") else { return false };
    let declaration = rest.split("?>").next().unwrap_or_default();
    let Some((_, encoding)) = declaration.split_once("encoding") else { return false };
    let name = encoding.trim_start_matches([' ', '=', '"', '\'']).to_ascii_lowercase();
    !name.starts_with("utf-8")
}

/// Reads what can be read of a text: its root element, and what is wrong.
pub fn parse(text: &str) -> (Option<Element<'_>>, Vec<Mistake>) {
    let mut parser = Parser {
        text,
        at: 0,
        open: Vec::new(),
        skip: 0,
        count: 0,
        root: None,
        told_depth: false,
        mistakes: Vec::new(),
    };
    while parser.step() {}
    parser.finish()
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    open: Vec<Element<'a>>,
    /// How many elements are open in what is passed over.
    skip: usize,
    count: usize,
    root: Option<Element<'a>>,
    told_depth: bool,
    mistakes: Vec<Mistake>,
}

const AGAIN: &str = "restore the file from version control, or mend this place";

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn span(&self, length: usize) -> Span {
        let end = self.text.floor_char_boundary((self.at + length).min(self.text.len()));
        Span { start: self.at, end: end.max(self.at) }
    }

    fn wrong(&mut self, code: &'static str, length: usize, message: &str) {
        let span = self.span(length);
        self.mistakes.push(Mistake::loss(code, span, message).help(AGAIN));
    }

    /// Takes text up to markup, and one piece of markup; `false` at the end.
    fn step(&mut self) -> bool {
        let rest = self.rest();
        let Some(length) = rest.find('<') else {
            self.run(rest, true);
            self.at = self.text.len();
            return false;
        };
        self.run(rest.get(..length).unwrap_or_default(), true);
        self.at += length;
        let rest = self.rest();
        if rest.starts_with("<!--") {
            return self.past("<!--", "-->").is_some();
        }
        if rest.starts_with("<?") {
            return self.past("<?", "?>").is_some();
        }
        if rest.starts_with("<![CDATA[") {
            self.at += "<![CDATA[".len();
            let Some(length) = self.rest().find("]]>") else {
                self.at = self.text.len();
                return false;
            };
            self.run(self.rest().get(..length).unwrap_or_default(), false);
            self.at += length + "]]>".len();
            return true;
        }
        if rest.starts_with("<!") {
            return self.declaration();
        }
        self.tag()
    }

    /// Goes behind `end`; to the end of the text where there is none.
    fn past(&mut self, begin: &str, end: &str) -> Option<()> {
        let body = self.rest().get(begin.len()..).unwrap_or_default();
        let found = body.find(end);
        if found.is_none() {
            self.wrong("xml-cut-off", begin.len(), "this markup is never closed");
        }
        self.at =
            found.map_or(self.text.len(), |length| self.at + begin.len() + length + end.len());
        found.map(|_| ())
    }

    /// A run of text; `marked` where references are resolved.
    fn run(&mut self, raw: &'a str, marked: bool) {
        let trimmed = raw.trim();
        if trimmed.is_empty() || self.skip > 0 {
            return;
        }
        let start = self.at + (raw.len() - raw.trim_start().len());
        let span = Span { start, end: start + trimmed.len() };
        if self.open.is_empty() {
            let span = Span { end: span.end.min(start + 40), ..span };
            let end = self.text.floor_char_boundary(span.end);
            self.mistakes.push(
                Mistake::loss(
                    "xml-syntax",
                    Span { start, end },
                    "text stands here outside of any element",
                )
                .help(AGAIN),
            );
            return;
        }
        let text = if marked { self.resolved(trimmed, span) } else { Cow::Borrowed(trimmed) };
        let Some(element) = self.open.last_mut() else { return };
        if element.text.text.is_empty() {
            element.text = Text { text, span };
        } else {
            element.text.text.to_mut().push_str(&text);
        }
    }

    fn resolved(&mut self, raw: &'a str, span: Span) -> Cow<'a, str> {
        if let Ok(text) = unescape(raw) {
            return text;
        }
        let message = "a reference stands here to an entity that XML itself does not have";
        self.mistakes.push(
            Mistake::loss("xml-entity", span, message)
                .help("entities of a document type are never read; write the text itself"),
        );
        let known = |name: &str| resolve_predefined_entity(name).or(Some(""));
        unescape_with(raw, known).unwrap_or(Cow::Borrowed(raw))
    }

    fn declaration(&mut self) -> bool {
        let message = "a document type is declared here, which was passed over with its entities";
        self.wrong("xml-doctype", "<!DOCTYPE".len(), message);
        let (mut quote, mut depth) = (0, 0_usize);
        let bytes = self.rest().bytes().enumerate().skip(2);
        for (length, byte) in bytes {
            match byte {
                b if quote == b => quote = 0,
                _ if quote != 0 => {}
                b'"' | b'\'' => quote = byte,
                b'[' | b'<' => depth += 1,
                b']' => depth = depth.saturating_sub(1),
                b'>' if depth == 0 => {
                    self.at += length + 1;
                    return true;
                }
                b'>' => depth -= 1,
                _ => {}
            }
        }
        self.at = self.text.len();
        false
    }

    /// An opening, closing or empty tag. XML allows no `<` in it, so a tag that lost its end
    /// loses nothing behind it.
    fn tag(&mut self) -> bool {
        let body = self.rest().get(1..).unwrap_or_default();
        let (length, whole) = tag_end(body);
        let inside = body.get(..length).unwrap_or_default();
        if !whole {
            let code = if length == body.len() { "xml-cut-off" } else { "xml-syntax" };
            self.wrong(code, 1, "this tag is never closed");
        }
        if let Some(name) = inside.strip_prefix('/') {
            self.close(local(name.trim()));
        } else {
            self.begin(inside);
        }
        self.at += 1 + length + usize::from(whole);
        self.at < self.text.len()
    }

    fn begin(&mut self, inside: &'a str) {
        let (inside, closed) = match inside.strip_suffix('/') {
            Some(inside) => (inside, true),
            None => (inside, false),
        };
        let length = inside.find(|c: char| c.is_ascii_whitespace()).unwrap_or(inside.len());
        let name = local(inside.get(..length).unwrap_or_default());
        let sound = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
        if !sound {
            self.wrong("xml-syntax", length + 1, "no element can have this name");
        }
        if self.skip > 0 || self.open.len() >= MAX_DEPTH || self.count >= MAX_ELEMENTS {
            self.too_many();
            self.skip += usize::from(!closed);
            return;
        }
        self.count += 1;
        let start = self.at + 1 + length;
        let attributes = self.attributes(inside.get(length..).unwrap_or_default(), start);
        let text = Text { text: Cow::Borrowed(""), span: Span { start: self.at, end: self.at } };
        self.open.push(Element { name, at: self.at, attributes, text, children: Vec::new() });
        if closed {
            self.pop();
        }
    }

    fn too_many(&mut self) {
        if std::mem::replace(&mut self.told_depth, true) || self.skip > 0 {
            return;
        }
        if self.count >= MAX_ELEMENTS {
            self.wrong("xml-too-large", 1, "this file holds too many elements");
        } else {
            self.wrong("xml-too-deep", 1, "elements lie more than 64 levels deep here");
        }
    }

    fn attributes(&mut self, text: &'a str, start: usize) -> Vec<(&'a str, Text<'a>)> {
        let mut out: Vec<(&'a str, Text<'a>)> = Vec::new();
        let mut rest = text;
        loop {
            rest = rest.trim_start();
            if rest.is_empty() {
                return out;
            }
            let at = start + (text.len() - rest.len());
            let Some((name, value, after)) = attribute(rest) else {
                let span = Span { start: at, end: at + rest.len().min(1) };
                let end = self.text.ceil_char_boundary(span.end);
                let message = "this is no attribute with its value in quotes";
                self.mistakes
                    .push(Mistake::loss("xml-syntax", Span { end, ..span }, message).help(AGAIN));
                return out;
            };
            let value_at = start + (text.len() - after.len()) - 1 - value.len();
            let span = Span { start: value_at, end: value_at + value.len() };
            let name = local(name);
            // Of two the first counts; more than a hundred no file of ours has.
            if out.len() < 100 && !out.iter().any(|(known, _)| *known == name) {
                let text = self.resolved(value, span);
                out.push((name, Text { text, span }));
            } else {
                let end = self.text.ceil_char_boundary(at + name.len());
                let span = Span { start: at, end };
                self.mistakes.push(
                    Mistake::slip("xml-syntax", span, "this attribute stands here twice")
                        .help("keep one of the two; the first one counts until then"),
                );
            }
            rest = after;
        }
    }

    fn close(&mut self, name: &str) {
        if self.skip > 0 {
            self.skip -= 1;
            return;
        }
        let Some(above) = self.open.iter().rev().position(|element| element.name == name) else {
            self.wrong("xml-syntax", 1, "an element ends here that never began");
            return;
        };
        if above > 0 {
            self.wrong("xml-syntax", 1, "an element ends here while one in it is still open");
        }
        for _ in 0..=above {
            self.pop();
        }
    }

    fn pop(&mut self) {
        let Some(element) = self.open.pop() else { return };
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None if self.root.is_none() => self.root = Some(element),
            None => {
                let span = Span { start: element.at, end: element.at + 1 };
                let message = "a second root element begins here; it was left out";
                self.mistakes.push(Mistake::loss("xml-syntax", span, message).help(AGAIN));
            }
        }
    }

    fn finish(mut self) -> (Option<Element<'a>>, Vec<Mistake>) {
        if !self.open.is_empty() {
            let end = self.text.trim_end().len();
            self.at = self.text.floor_char_boundary(end.saturating_sub(1));
            self.wrong("xml-cut-off", 4, "the file ends here, before its last element is closed");
            while !self.open.is_empty() {
                self.pop();
            }
        }
        (self.root, self.mistakes)
    }
}

/// Where a tag ends: before `>`, or before the next `<` where it was never closed.
fn tag_end(body: &str) -> (usize, bool) {
    let mut quote = 0;
    for (length, byte) in body.bytes().enumerate() {
        match byte {
            b'<' => return (length, false),
            b if quote == b => quote = 0,
            _ if quote != 0 => {}
            b'"' | b'\'' => quote = byte,
            b'>' => return (length, true),
            _ => {}
        }
    }
    (body.len(), false)
}

/// `name = "value"` and what follows.
fn attribute(text: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = text.split_once('=')?;
    let name = name.trim_end();
    if name.is_empty() || name.contains(|c: char| c.is_ascii_whitespace() || c == '"' || c == '\'')
    {
        return None;
    }
    let rest = rest.trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (value, after) = rest.get(1..)?.split_once(quote)?;
    Some((name, value, after))
}

fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_and_attributes_have_places() {
        let text = "<?xml version='1.0'?>\n<p:a x = \"1 &amp; 2\"><!-- <b> -->\n <b> é </b><b/><![CDATA[<c>]]></p:a>\n";
        let (root, mistakes) = parse(text);
        assert!(mistakes.is_empty(), "{mistakes:?}");
        let root = root.unwrap();
        assert_eq!((root.name, &*root.text.text), ("a", "<c>"));
        let x = root.attribute("x").unwrap();
        assert_eq!((&*x.text, x.span.of(text)), ("1 & 2", Some("1 &amp; 2")));
        assert_eq!(root.all("b").count(), 2);
        assert_eq!(root.text_of("b").unwrap().span.of(text), Some("é"));
    }

    #[test]
    fn a_mistake_loses_no_neighbour() {
        let text = "<a><b x=\"1><c>1</c></b><d>&e;2</d><f y=1>3</f></g><h>4</h>";
        let (root, mistakes) = parse(text);
        let root = root.unwrap();
        let codes: Vec<&str> = mistakes.iter().map(|one| one.code).collect();
        assert_eq!(
            codes,
            ["xml-syntax", "xml-syntax", "xml-entity", "xml-syntax", "xml-syntax", "xml-cut-off"]
        );
        assert_eq!(root.child("b").unwrap().text_of("c").unwrap().text, "1");
        assert_eq!(root.text_of("d").unwrap().text, "2");
        assert_eq!(root.text_of("f").unwrap().text, "3");
        assert_eq!(root.text_of("h").unwrap().text, "4");
    }

    #[test]
    fn entities_of_a_document_type_are_never_expanded() {
        let text =
            "<!DOCTYPE a [<!ENTITY e \"]>boom\"><!ENTITY f SYSTEM 'file:///x'>]><a>&e;&f;</a>";
        let (root, mistakes) = parse(text);
        assert_eq!(root.unwrap().text.text, "");
        assert_eq!(mistakes.first().unwrap().code, "xml-doctype");
    }

    #[test]
    fn depth_is_bounded_and_what_follows_is_read() {
        let text = format!("<r>{}{}<z>1</z></r>", "<a>".repeat(5000), "</a>".repeat(5000));
        let (root, mistakes) = parse(&text);
        assert_eq!(mistakes.len(), 1);
        assert_eq!(root.unwrap().text_of("z").unwrap().text, "1");
    }

    #[test]
    fn other_encodings_explain_themselves() {
        assert!(declares_encoding("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a/>"));
        assert!(!declares_encoding("<?xml version=\"1.0\" encoding = 'UTF-8'?><a/>"));
        assert!(!declares_encoding("<a encoding='x'/>"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_with_places_inside(text in "[<>/a-c=\"'!\\[\\]?é &;x-]{0,200}") {
            let (_, mistakes) = parse(&text);
            for mistake in mistakes {
                prop_assert!(text.get(mistake.span.start..mistake.span.end).is_some());
            }
        }
    }
}
