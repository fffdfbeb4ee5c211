//! The tokens of a shell script, POSIX XCU 2.3. Nothing is run or expanded.
//!
//! Knows quotes, comments, continuations, substitutions and here-documents. Must not know what any
//! word means.

/// One word, without its quotes. What is only known when it runs stays as it is written, but of
/// `${PATH:+…}` only the name, and in commands no colons: what divides lists divides no expansion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    /// Where it begins.
    pub(super) at: usize,
}

/// What a script is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Word(Word),
    /// The end of a line, or `;`.
    End,
    /// `&&`, `||`, `|`, `&`, `;;`, `(`, `)`.
    Sign(&'static str),
}

/// More are no configuration.
const MOST: usize = 20_000;

/// The tokens of a script in their order, and whether all of it could be read.
pub(super) fn tokens(text: &str) -> (Vec<Token>, bool) {
    let mut lexer = Lexer { text, at: 0, waiting: Vec::new(), sound: true };
    let mut out = Vec::new();
    while let Some(token) = lexer.next() {
        if out.len() >= MOST {
            return (out, false);
        }
        out.push(token);
    }
    (out, lexer.sound)
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    /// The ends of here-documents that begin at the next line, and whether tabs are taken off.
    waiting: Vec<(String, bool)>,
    sound: bool,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn take(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    fn next(&mut self) -> Option<Token> {
        loop {
            match self.peek()? {
                ' ' | '\t' | '\r' => self.at += 1,
                '\\' if self.rest().starts_with("\\\n") => self.at += 2,
                '#' => {
                    let line = self.rest().find('\n').unwrap_or(self.rest().len());
                    self.at += line;
                }
                '<' | '>' => self.redirection(),
                _ => match self.token() {
                    // `2>/dev/null`: the number belongs to what follows.
                    Token::Word(word)
                        if self.rest().starts_with(['<', '>'])
                            && word.text.bytes().all(|b| b.is_ascii_digit()) => {}
                    token => return Some(token),
                },
            }
        }
    }

    fn token(&mut self) -> Token {
        if self.take("\n") {
            self.documents();
            return Token::End;
        }
        for sign in ["&&", "||", ";;"] {
            if self.take(sign) {
                return Token::Sign(sign);
            }
        }
        if self.take(";") {
            return Token::End;
        }
        for sign in ["|", "&", "(", ")"] {
            if self.take(sign) {
                return Token::Sign(sign);
            }
        }
        Token::Word(self.word())
    }

    /// Passes over a redirection and its word; what a here-document ends with is kept.
    fn redirection(&mut self) {
        let document = !self.rest().starts_with("<<<") && self.take("<<");
        let tabs = document && self.take("-");
        while self.rest().starts_with(['<', '>', '&', '|']) {
            self.at += 1;
        }
        while self.rest().starts_with([' ', '\t']) {
            self.at += 1;
        }
        let word = self.word();
        if document {
            self.waiting.push((word.text, tabs));
        }
    }

    /// Passes over the here-documents that begin here.
    fn documents(&mut self) {
        for (end, tabs) in std::mem::take(&mut self.waiting) {
            loop {
                let line = self.rest().split('\n').next().unwrap_or_default().to_owned();
                if self.at >= self.text.len() {
                    self.sound = false;
                    return;
                }
                self.at = (self.at + line.len() + 1).min(self.text.len());
                let shown = if tabs { line.trim_start_matches('\t') } else { &line };
                if shown == end {
                    break;
                }
            }
        }
    }

    fn word(&mut self) -> Word {
        let at = self.at;
        let mut out = String::new();
        while let Some(c) = self.peek() {
            match c {
                ' ' | '\t' | '\r' | '\n' | ';' | '&' | '|' | '<' | '>' | '(' | ')' => break,
                '\\' => {
                    self.bump();
                    match self.bump() {
                        Some('\n') | None => {}
                        Some(other) => out.push(other),
                    }
                }
                '\'' => {
                    self.bump();
                    let inner = self.rest().split('\'').next().unwrap_or_default().to_owned();
                    self.at += inner.len();
                    self.sound &= self.take("'");
                    out.push_str(&inner);
                }
                '"' => self.quoted(&mut out),
                '$' | '`' => self.expansion(&mut out),
                other => {
                    self.bump();
                    out.push(other);
                }
            }
        }
        if self.at == at {
            // Nothing that a word can hold: it must not stand here for ever.
            self.bump();
            self.sound = false;
        }
        Word { text: out, at }
    }

    fn quoted(&mut self, out: &mut String) {
        self.bump();
        loop {
            match self.peek() {
                None => {
                    self.sound = false;
                    return;
                }
                Some('"') => {
                    self.bump();
                    return;
                }
                Some('\\') => {
                    self.bump();
                    match self.bump() {
                        Some('\n') | None => {}
                        Some(c @ ('$' | '`' | '"' | '\\')) => out.push(c),
                        Some(c) => out.extend(['\\', c]),
                    }
                }
                Some('$' | '`') => self.expansion(out),
                Some(c) => {
                    self.bump();
                    out.push(c);
                }
            }
        }
    }

    /// `$NAME`, `${NAME…}`, `$(…)`, `$((…))` and backticks: as written, but without what stands
    /// inside the braces behind the name, and without the commands.
    fn expansion(&mut self, out: &mut String) {
        if self.take("`") {
            let inner = self.rest().split('`').next().unwrap_or_default().to_owned();
            self.at += inner.len();
            self.sound &= self.take("`");
            out.push_str("$(");
            out.push_str(&inner.replace(':', " "));
            out.push(')');
        } else if self.take("$(") {
            let start = self.at;
            self.balanced('(', ')');
            let inner = self.text.get(start..self.at).unwrap_or_default();
            out.push_str("$(");
            out.push_str(&inner.replace(':', " "));
        } else if self.take("${") {
            let name: String =
                self.rest().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            self.balanced('{', '}');
            out.push_str("${");
            out.push_str(&name);
            out.push('}');
        } else {
            self.bump();
            out.push('$');
        }
    }

    /// To behind the sign that closes what was just opened.
    fn balanced(&mut self, open: char, close: char) {
        let mut depth = 1_usize;
        while let Some(c) = self.bump() {
            if c == '\\' {
                self.bump();
            } else if c == '\'' || c == '"' {
                // A quote inside keeps its signs to itself.
                while let Some(inner) = self.bump() {
                    if inner == '\\' && c == '"' {
                        self.bump();
                    } else if inner == c {
                        break;
                    }
                }
            } else if c == open {
                depth += 1;
            } else if c == close {
                depth -= 1;
                if depth == 0 {
                    return;
                }
            }
        }
        self.sound = false;
    }
}
