//! Gradle's scripts as statements and blocks, in Groovy and in Kotlin (Groovy's documentation,
//! "Syntax"; Kotlin's, "Grammar"): as much of both as a block of settings is written in.
//!
//! Knows words, texts, signs and braces; must not know what a repository is. Nothing is run: what
//! is worked out stays what it is written as.

use holdfast_model::Span;

use crate::text::Mistake;

/// How deep blocks may lie in one another; what lies deeper is left out.
const MAX_DEPTH: usize = 64;

/// What a piece of a script is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name, a keyword or a number.
    Word,
    /// A text between quotes, without them; `plain` where nothing is put into it.
    Text {
        /// Nothing is put into it and nothing stands for anything else.
        plain: bool,
    },
    /// Any other sign.
    Sign(char),
    /// The end of a line.
    Line,
}

/// A piece of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind,
    pub(super) text: &'t str,
    pub(super) span: Span,
}

/// A statement: what stands before its first brace and between its blocks, and the blocks.
#[derive(Debug, Default)]
pub(super) struct Statement<'t> {
    pub(super) head: Vec<Token<'t>>,
    pub(super) blocks: Vec<Vec<Statement<'t>>>,
}

impl<'t> Statement<'t> {
    /// The names that it begins with, as in `settings.pluginManagement.repositories`.
    pub(super) fn chain(&self) -> &[Token<'t>] {
        let mut end = 0;
        for (at, token) in self.head.iter().enumerate() {
            let fits = match token.kind {
                Kind::Word => at % 2 == 0,
                Kind::Sign('.') => at % 2 == 1,
                _ => false,
            };
            if !fits {
                break;
            }
            end = if token.kind == Kind::Word { at + 1 } else { end };
        }
        self.head.get(..end).unwrap_or_default()
    }

    /// The last of these names: what is called or assigned to.
    pub(super) fn name(&self) -> &'t str {
        self.chain().last().map_or("", |token| token.text)
    }

    /// What stands behind the names, up to the first brace.
    pub(super) fn rest(&self) -> &[Token<'t>] {
        self.head.get(self.chain().len()..).unwrap_or_default()
    }

    /// Every statement of every block.
    pub(super) fn inner(&self) -> impl Iterator<Item = &Statement<'t>> {
        self.blocks.iter().flatten()
    }

    /// From its first sign to behind the last one of its head.
    pub(super) fn span(&self) -> Span {
        let start = self.head.first().map_or(0, |token| token.span.start);
        let end = self.head.last().map_or(start, |token| token.span.end);
        Span { start, end }
    }
}

/// Reads a script; a brace without its pair is told, and what stands around it is read.
pub(super) fn parse(text: &str) -> (Vec<Statement<'_>>, Vec<Mistake>) {
    let mut builder = Builder {
        frames: vec![Frame::default()],
        too_deep: 0,
        told_deep: false,
        mistakes: Vec::new(),
    };
    let mut at = 0;
    let mut before = Kind::Line;
    while let Some((token, next)) = token(text, at, before) {
        before = token.kind;
        builder.take(token);
        at = next;
    }
    builder.finish()
}

#[derive(Default)]
struct Frame<'t> {
    statements: Vec<Statement<'t>>,
    now: Statement<'t>,
    /// Open brackets; a line does not end a statement within.
    brackets: usize,
    /// The brace that began it.
    opened: Option<Span>,
}

impl Frame<'_> {
    fn end_statement(&mut self) {
        let now = std::mem::take(&mut self.now);
        if !now.head.is_empty() || !now.blocks.is_empty() {
            self.statements.push(now);
        }
    }
}

struct Builder<'t> {
    /// The last one is the innermost; there is always one.
    frames: Vec<Frame<'t>>,
    /// Braces that are open below the depth that is read.
    too_deep: usize,
    told_deep: bool,
    mistakes: Vec<Mistake>,
}

impl<'t> Builder<'t> {
    fn take(&mut self, token: Token<'t>) {
        match token.kind {
            Kind::Sign('{') => self.open(token.span),
            Kind::Sign('}') => self.close(token.span),
            _ if self.too_deep > 0 => {}
            kind => {
                let Some(frame) = self.frames.last_mut() else { return };
                match kind {
                    Kind::Line if frame.brackets > 0 => return,
                    Kind::Line | Kind::Sign(';') => return frame.end_statement(),
                    Kind::Sign('(' | '[') => frame.brackets += 1,
                    Kind::Sign(')' | ']') => frame.brackets = frame.brackets.saturating_sub(1),
                    _ => {}
                }
                frame.now.head.push(token);
            }
        }
    }

    fn open(&mut self, span: Span) {
        if self.too_deep > 0 || self.frames.len() > MAX_DEPTH {
            self.too_deep += 1;
            if !self.told_deep {
                self.told_deep = true;
                let message = format!("blocks lie more than {MAX_DEPTH} deep here");
                self.mistakes.push(Mistake::loss("feed-setting-unreadable", span, message));
            }
            return;
        }
        self.frames.push(Frame { opened: Some(span), ..Frame::default() });
    }

    fn close(&mut self, span: Span) {
        if self.too_deep > 0 {
            self.too_deep -= 1;
        } else if self.frames.len() > 1 {
            self.end_block();
        } else {
            let message = "this brace closes a block that nothing began";
            self.mistakes.push(Mistake::loss("feed-setting-unreadable", span, message));
        }
    }

    /// Hands the innermost block to the statement that it belongs to.
    fn end_block(&mut self) {
        let Some(mut frame) = self.frames.pop() else { return };
        frame.end_statement();
        if let Some(around) = self.frames.last_mut() {
            around.now.blocks.push(frame.statements);
        }
    }

    fn finish(mut self) -> (Vec<Statement<'t>>, Vec<Mistake>) {
        while self.frames.len() > 1 {
            let opened = self.frames.last().and_then(|frame| frame.opened);
            let opened = opened.unwrap_or(Span { start: 0, end: 0 });
            let message = "this block begins and does not end; the file may be cut off";
            self.mistakes.push(Mistake::loss("feed-setting-unreadable", opened, message));
            self.end_block();
        }
        let mut whole = self.frames.pop().unwrap_or_default();
        whole.end_statement();
        (whole.statements, self.mistakes)
    }
}

/// The next piece from an offset on, and where it ends.
fn token(text: &str, from: usize, before: Kind) -> Option<(Token<'_>, usize)> {
    let mut at = from;
    loop {
        let rest = text.get(at..)?;
        let first = rest.chars().next()?;
        let made = |kind, skip: usize, length: usize, next: usize| {
            let span = Span { start: at + skip, end: at + skip + length };
            Some((Token { kind, text: span.of(text).unwrap_or_default(), span }, at + next))
        };
        match first {
            '\n' => return made(Kind::Line, 0, 1, 1),
            _ if first.is_whitespace() || first == '\u{FEFF}' => at += first.len_utf8(),
            // A line that goes on.
            '\\' => at += 1 + usize::from(rest.starts_with("\\\n")),
            '/' if rest.starts_with("//") => at += rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => {
                let end = rest.get(2..).and_then(|inner| inner.find("*/"));
                at += end.map_or(rest.len(), |end| end + 4);
            }
            '"' | '\'' => {
                let (skip, length, next, plain) = quoted(rest, first);
                return made(Kind::Text { plain }, skip, length, next);
            }
            // A pattern of Groovy's, which can only stand where a value begins.
            '/' if matches!(before, Kind::Sign('(' | ',' | '=')) => {
                let line = rest.split('\n').next().unwrap_or_default();
                return match line.get(1..).and_then(|inner| inner.find('/')) {
                    Some(length) => made(Kind::Text { plain: true }, 1, length, length + 2),
                    None => made(Kind::Sign('/'), 0, 1, 1),
                };
            }
            '`' => {
                let line = rest.split('\n').next().unwrap_or_default();
                return match line.get(1..).and_then(|inner| inner.find('`')) {
                    Some(length) => made(Kind::Word, 1, length, length + 2),
                    None => made(Kind::Sign('`'), 0, 1, 1),
                };
            }
            _ if is_of_word(first) => {
                let length = rest.find(|c| !is_of_word(c)).unwrap_or(rest.len());
                return made(Kind::Word, 0, length, length);
            }
            other => {
                let length = other.len_utf8();
                return made(Kind::Sign(other), 0, length, length);
            }
        }
    }
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$' | '@')
}

/// A text that begins with a quote: where it begins, how long it is, what comes next, and whether
/// it is plain. One that its line does not end goes to the end of the line, and may be half of one.
fn quoted(rest: &str, quote: char) -> (usize, usize, usize, bool) {
    let three: String = std::iter::repeat_n(quote, 3).collect();
    let filled = |inner: &str| quote == '"' && inner.contains('$') || inner.contains('\\');
    if let Some(inner) = rest.strip_prefix(three.as_str()) {
        let length = inner.find(three.as_str());
        let end = length.unwrap_or(inner.len());
        let plain = length.is_some() && !filled(inner.get(..end).unwrap_or_default());
        return (3, end, 3 + end + if length.is_some() { 3 } else { 0 }, plain);
    }
    let inner = rest.get(1..).unwrap_or_default();
    let mut bytes = inner.bytes().enumerate();
    let mut end = inner.len();
    let mut closed = false;
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\\' => {
                bytes.next();
            }
            b'\n' => {
                end = at;
                break;
            }
            _ if char::from(byte) == quote => {
                (end, closed) = (at, true);
                break;
            }
            _ => {}
        }
    }
    // An escape may have skipped the middle of a character; a text ends at one.
    let end = inner.floor_char_boundary(end);
    let plain = closed && !filled(inner.get(..end).unwrap_or_default());
    (1, end, 1 + end + usize::from(closed), plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(statements: &[Statement<'_>]) -> String {
        let one = |statement: &Statement<'_>| {
            let head: Vec<&str> = statement.head.iter().map(|token| token.text).collect();
            let blocks: Vec<String> = statement.blocks.iter().map(|block| shown(block)).collect();
            let blocks: Vec<String> = blocks.iter().map(|block| format!("{{{block}}}")).collect();
            format!("{}{}", head.join(" "), blocks.concat())
        };
        statements.iter().map(one).collect::<Vec<_>>().join("; ")
    }

    fn read(text: &str) -> (String, usize) {
        let (statements, mistakes) = parse(text);
        (shown(&statements), mistakes.len())
    }

    #[test]
    fn statements_end_with_lines_outside_brackets() {
        assert_eq!(
            read("a 'x' // no\nb(\n 1,\n 2\n)\nc = \"y\"; d { e { f } }\n"),
            ("a x; b ( 1 , 2 ); c = y; d{e{f}}".to_owned(), 0)
        );
        assert_eq!(read("if (x) {\n a\n} else {\n b\n}\nc"), ("if ( x ) else{a}{b}; c".into(), 0));
        assert_eq!(read("/* { */ a /* \n */ { '''{''' }"), ("a{{}".to_owned(), 0));
    }

    #[test]
    fn texts_say_whether_something_is_put_into_them() {
        let plain = |text: &str| match parse(text).0[0].head[0].kind {
            Kind::Text { plain } => plain,
            other => panic!("{other:?}"),
        };
        assert!(plain("'$x'") && plain("\"x\"") && plain("\"\"\"x\"\"\""));
        assert!(!plain("\"$x\"") && !plain("\"${x}y\"") && !plain("'a\\nb'"));
        let (statements, _) = parse("m(/com\\.acme.*/)\n");
        assert_eq!(statements[0].head[2].text, "com\\.acme.*");
    }

    #[test]
    fn names_are_chains() {
        let (statements, _) = parse("settings.pluginManagement.repositories { }\nurl = uri('x')\n");
        let chain: Vec<&str> = statements[0].chain().iter().map(|token| token.text).collect();
        assert_eq!(chain, ["settings", ".", "pluginManagement", ".", "repositories"]);
        assert_eq!((statements[0].name(), statements[1].name()), ("repositories", "url"));
        assert_eq!(statements[1].rest().len(), 5);
    }

    #[test]
    fn braces_without_a_pair_are_told() {
        assert_eq!(read("a {\n b {\n c\n"), ("a{b{c}}".to_owned(), 2));
        assert_eq!(read("}\na }"), ("a".to_owned(), 2));
        let (_, mistakes) = parse(&"{".repeat(1000));
        assert_eq!(mistakes.len(), 65);
        assert_eq!(read("a 'x\nb \"é\\é\n"), ("a x; b é\\é".to_owned(), 0));
    }
}
