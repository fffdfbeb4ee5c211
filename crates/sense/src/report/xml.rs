//! Takes an XML document of any length apart into the items that a reader wants, while only one
//! of them is held.
//!
//! Knows elements (XML 1.0) through `quick-xml`, which reads attributes and references; must not
//! know any report. Paths are written as `Report/ReportHost`, without prefixes of namespaces.

use std::borrow::Cow;

use quick_xml::events::BytesStart;

use super::LONGEST_ITEM;
use super::cursor::At;
use super::json::Take;
use super::node::{Attributes, Node};
use super::say::Wrong;
use super::xml_scan::{Piece, Scan};

/// What a document holds.
#[derive(Debug)]
pub(crate) enum Event<'a> {
    /// An element that is looked into begins.
    Open(&'a str, &'a Attributes),
    /// It ends, or the document does; whether it ended itself.
    Close(&'a str, bool),
    /// A whole element.
    Item(&'a str, Node, At),
    /// Something is written wrongly.
    Wrong(Wrong),
}

/// How deep elements may lie in one another.
const DEPTH: usize = 64;

type On<'o> = &'o mut dyn FnMut(Event<'_>);

/// The state of taking apart.
pub(crate) struct Splitter {
    scan: Option<Scan>,
    state: State,
}

struct State {
    select: fn(&str) -> Take,
    path: String,
    /// For each open element the length of the path without it.
    frames: Vec<usize>,
    /// Open elements of an item, the item first.
    nodes: Vec<Node>,
    item_at: At,
    /// About how many bytes the item holds.
    size: usize,
    /// How many elements are open in what is passed over.
    skip: usize,
    root: bool,
    not_utf8: bool,
}

impl Splitter {
    pub(crate) fn new(select: fn(&str) -> Take) -> Self {
        Self {
            scan: Some(Scan::new()),
            state: State {
                select,
                path: String::new(),
                frames: Vec::new(),
                nodes: Vec::new(),
                item_at: At::START,
                size: 0,
                skip: 0,
                root: false,
                not_utf8: false,
            },
        }
    }

    /// Takes the next bytes.
    pub(crate) fn push(&mut self, mut bytes: &[u8], on: On<'_>) {
        let Some(scan) = &mut self.scan else { return };
        while !bytes.is_empty() {
            let (used, piece) = scan.next(bytes);
            bytes = bytes.get(used..).unwrap_or_default();
            if let Some(piece) = piece {
                self.state.piece(&piece, on);
                scan.clear();
                scan.text = self.state.skip == 0 && !self.state.nodes.is_empty();
            }
        }
    }

    /// The document ends here: closes what is open.
    pub(crate) fn end(&mut self, on: On<'_>) {
        let Some(scan) = self.scan.take() else { return };
        let state = &mut self.state;
        let whole = state.root && state.frames.is_empty() && state.skip == 0 && scan.outside();
        if !whole {
            let message = "the report ends here, before its last element is closed";
            on(Event::Wrong(
                Wrong::loss("xml-cut-off", scan.at, message)
                    .help("copy it again, or let the scanner write it again"),
            ));
        }
        state.nodes.clear();
        while let Some(length) = state.frames.pop() {
            on(Event::Close(&state.path, false));
            state.path.truncate(length);
        }
    }
}

impl State {
    fn piece(&mut self, piece: &Piece<'_>, on: On<'_>) {
        match piece {
            Piece::Doctype { at } => {
                let wrong = Wrong::loss(
                    "xml-doctype",
                    *at,
                    "this report declares a document type, which was passed over with its entities",
                );
                on(Event::Wrong(wrong.help("reports need none; ask where this file comes from")));
            }
            Piece::Text { bytes, cut, at } => {
                if self.wants_text() {
                    let text = self.decoded(bytes, *at, on);
                    let text = resolved(&text, *cut, *at, on);
                    self.text(&text);
                }
            }
            Piece::Data { bytes, at } => {
                if self.wants_text() {
                    let text = self.decoded(bytes, *at, on);
                    self.text(&text);
                }
            }
            Piece::Tag { inside, cut, at } => self.tag(inside, *cut, *at, on),
        }
    }

    fn wants_text(&self) -> bool {
        self.skip == 0 && !self.nodes.is_empty()
    }

    fn decoded<'b>(&mut self, bytes: &'b [u8], at: At, on: On<'_>) -> Cow<'b, str> {
        // Several times as fast as looking for what is wrong, where nothing is.
        if let Ok(text) = std::str::from_utf8(bytes) {
            return Cow::Borrowed(text);
        }
        if !std::mem::replace(&mut self.not_utf8, true) {
            let wrong = Wrong::loss("not-utf-8", at, "some bytes of this report are no UTF-8");
            on(Event::Wrong(wrong.help("they were read as `\u{FFFD}`; save the report as UTF-8")));
        }
        String::from_utf8_lossy(bytes)
    }

    fn text(&mut self, text: &str) {
        self.size = self.size.saturating_add(text.len());
        if let Some(node) = self.nodes.last_mut() {
            node.text.push_str(text);
        }
    }

    fn tag(&mut self, inside: &[u8], cut: bool, at: At, on: On<'_>) {
        if let Some(name) = inside.strip_prefix(b"/") {
            if self.skip > 0 {
                self.skip -= 1;
            } else {
                let name = self.decoded(name, at, on);
                self.closing(local(name.trim()), at, on);
            }
            return;
        }
        let (inside, closed) = match inside.strip_suffix(b"/") {
            Some(inside) if !cut => (inside, true),
            _ => (inside, false),
        };
        if self.skip > 0 {
            self.skip += usize::from(!closed);
            return;
        }
        let text = self.decoded(inside, at, on);
        let length = text.find(|c: char| c.is_ascii_whitespace()).unwrap_or(text.len());
        let name = local(text.get(..length).unwrap_or_default());
        // No name of XML holds a mark of our paths, so that none can pass for another.
        if name.is_empty() || name.contains('/') || self.root && self.frames.is_empty() {
            on(Event::Wrong(syntax(at, "a tag stands here that XML does not allow")));
            return;
        }
        if cut {
            on(Event::Wrong(Wrong::loss(
                "xml-too-large",
                at,
                "this tag is longer than 1 MiB; its attributes were left out",
            )));
        }
        self.opening(name, (!cut).then_some((&*text, length)), closed, at, on);
    }

    fn opening(
        &mut self,
        name: &str,
        tag: Option<(&str, usize)>,
        closed: bool,
        at: At,
        on: On<'_>,
    ) {
        let before = self.path.len();
        if before > 0 {
            self.path.push('/');
        }
        self.path.push_str(name);
        let deep = self.frames.len() >= DEPTH;
        // The root is always looked into: the reader says whether it knows it.
        let take = match (self.root, deep) {
            (_, true) => Take::Skip,
            (false, false) => Take::Into,
            (true, false) => (self.select)(&self.path),
        };
        self.root = true;
        if deep {
            let message =
                format!("elements lie more than {DEPTH} levels deep; the rest was left out");
            on(Event::Wrong(Wrong::loss("xml-too-deep", at, message)));
        }
        if take == Take::Skip {
            self.path.truncate(before);
            self.skip = usize::from(!closed);
            return;
        }
        let attributes = tag.map(|(text, length)| attributes(text, length, at, on));
        let attributes = attributes.unwrap_or_default();
        self.frames.push(before);
        if take == Take::Item || !self.nodes.is_empty() {
            if self.nodes.is_empty() {
                self.item_at = at;
                self.size = 0;
            }
            self.size = self.size.saturating_add(tag.map_or(64, |(text, _)| text.len() + 64));
            let name = name.to_owned();
            self.nodes.push(Node { name, attributes, ..Node::default() });
        } else {
            on(Event::Open(&self.path, &attributes));
        }
        if self.size > LONGEST_ITEM && !self.nodes.is_empty() {
            self.give_up_item(on);
        } else if closed {
            self.pop(true, on);
        }
    }

    /// Passes over the rest of an item that is too long.
    fn give_up_item(&mut self, on: On<'_>) {
        let message =
            format!("this item is longer than {} MiB and was left out", LONGEST_ITEM >> 20);
        on(Event::Wrong(
            Wrong::loss("report-item-too-large", self.item_at, message)
                .help("let the scanner leave out raw output"),
        ));
        self.skip = self.nodes.len();
        for _ in self.nodes.drain(..) {
            if let Some(length) = self.frames.pop() {
                self.path.truncate(length);
            }
        }
        self.size = 0;
    }

    fn closing(&mut self, name: &str, at: At, on: On<'_>) {
        let open = self.frames.iter().rev().scan(self.path.len(), |end, start| {
            let segment = self.path.get(*start..*end).unwrap_or_default();
            *end = *start;
            Some(segment.trim_start_matches('/') == name)
        });
        let Some(above) = open.enumerate().find(|(_, same)| *same).map(|(above, _)| above) else {
            on(Event::Wrong(syntax(at, "an element ends here that never began")));
            return;
        };
        if above > 0 {
            on(Event::Wrong(syntax(at, "an element ends here while one in it is still open")));
        }
        for rest in (0..=above).rev() {
            self.pop(rest == 0, on);
        }
    }

    fn pop(&mut self, itself: bool, on: On<'_>) {
        let Some(length) = self.frames.pop() else { return };
        if let Some(node) = self.nodes.pop() {
            match self.nodes.last_mut() {
                Some(parent) => parent.children.push(node),
                None if self.size > LONGEST_ITEM => {
                    let at = self.item_at;
                    let message = "this item is too long and was left out";
                    on(Event::Wrong(Wrong::loss("report-item-too-large", at, message)));
                }
                None => on(Event::Item(&self.path, node, self.item_at)),
            }
        } else {
            on(Event::Close(&self.path, itself));
        }
        self.path.truncate(length);
    }
}

fn syntax(at: At, message: &str) -> Wrong {
    Wrong::loss("xml-syntax", at, message).help("let the scanner write this report again")
}

fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// The text with its references resolved; only the five of XML and numbers are known.
fn resolved<'t>(text: &'t str, cut: bool, at: At, on: On<'_>) -> Cow<'t, str> {
    match quick_xml::escape::unescape(text) {
        Ok(text) => text,
        Err(_) if cut => Cow::Borrowed(text),
        Err(_) => {
            let message = "a reference stands here to an entity that XML itself does not have";
            on(Event::Wrong(
                Wrong::loss("xml-entity", at, message)
                    .help("entities of a document type are never read; it was left out"),
            ));
            let known =
                |name: &str| quick_xml::escape::resolve_predefined_entity(name).or(Some(""));
            Cow::Owned(
                quick_xml::escape::unescape_with(text, known)
                    .map_or_else(|_| text.to_owned(), Cow::into_owned),
            )
        }
    }
}

fn attributes(text: &str, length: usize, at: At, on: On<'_>) -> Attributes {
    let start = BytesStart::from_content(text, length);
    let mut out = Attributes::with_room(text.len());
    for attribute in start.attributes() {
        let Ok(attribute) = attribute else {
            on(Event::Wrong(syntax(at, "an attribute stands here twice or without its quotes")));
            continue;
        };
        // Parts of a text, cut at signs of ASCII.
        let key = std::str::from_utf8(attribute.key.local_name().into_inner()).unwrap_or_default();
        let raw = std::str::from_utf8(&attribute.value).unwrap_or_default();
        out.push(key, &resolved(raw, false, at, on));
    }
    out
}
