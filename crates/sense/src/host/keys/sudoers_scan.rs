//! The signs of a sudoers file: blanks, joined lines, comments, words and quotes.
//!
//! Knows one text and a position in it. It must not know what lines mean.

/// A position in a text.
#[derive(Debug, Clone)]
pub(super) struct Scan<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Scan<'t> {
    /// The beginning.
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// The offset.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// What is still ahead.
    pub(super) fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The next sign.
    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Takes the next sign.
    pub(super) fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    /// Takes a text if it comes next.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let there = self.rest().starts_with(text);
        if there {
            self.at += text.len();
        }
        there
    }

    /// The length of a joint of two lines that comes next: `\`, blanks, line end.
    fn joint(&self) -> Option<usize> {
        let behind = self.rest().strip_prefix('\\')?;
        let end = behind.trim_start_matches([' ', '\t', '\r']).strip_prefix('\n')?;
        Some(self.rest().len() - end.len())
    }

    /// Passes over blanks and joints.
    pub(super) fn blanks(&mut self) {
        loop {
            if let Some(length) = self.joint() {
                self.at += length;
            } else if matches!(self.peek(), Some(' ' | '\t' | '\r')) {
                self.at += 1;
            } else {
                return;
            }
        }
    }

    /// Whether a line ends here; a comment ends it too.
    pub(super) fn ends(&self) -> bool {
        matches!(self.peek(), None | Some('\n' | '#'))
    }

    /// Goes behind the end of the joined line. A comment is never joined to the next line.
    pub(super) fn skip_line(&mut self) {
        let mut blank = true;
        while let Some(c) = self.peek() {
            if let Some(length) = self.joint() {
                self.at += length;
                blank = true;
                continue;
            }
            self.next();
            match c {
                '\n' => return,
                '\\' => {
                    self.next();
                    blank = false;
                }
                // `#` and a digit is the number of a user.
                '#' if blank && !self.peek().is_some_and(|c| c.is_ascii_digit()) => {
                    let length = self.rest().find('\n').map_or(self.rest().len(), |end| end + 1);
                    self.at += length;
                    return;
                }
                ' ' | '\t' => blank = true,
                _ => blank = false,
            }
        }
    }

    /// A name of a setting: letters, digits and `_`.
    pub(super) fn name(&mut self) -> &'t str {
        let rest = self.rest();
        let end =
            rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let (name, _) = rest.split_at_checked(end).unwrap_or_default();
        self.at += name.len();
        name
    }

    /// A value, quoted or not; `stops` end one that is not. `Err` where a quote does not end.
    pub(super) fn value(&mut self, stops: &[char]) -> Result<String, ()> {
        let quoted = self.take("\"");
        let mut out = String::new();
        loop {
            if let Some(length) = self.joint() {
                self.at += length;
                if quoted {
                    // The blanks that indent the next line are no part of the value.
                    let rest = self.rest();
                    self.at += rest.len() - rest.trim_start_matches([' ', '\t']).len();
                    continue;
                }
                return Ok(out);
            }
            match self.peek() {
                None | Some('\n') => return if quoted { Err(()) } else { Ok(out) },
                Some('"') if quoted => {
                    self.next();
                    return Ok(out);
                }
                Some('\\') => {
                    self.next();
                    match self.peek() {
                        // Within quotes only the quote is escaped.
                        Some(c) if !quoted || c == '"' => {
                            self.next();
                            out.push(c);
                        }
                        _ => out.push('\\'),
                    }
                }
                Some(c) if !quoted && (c == '\r' || stops.contains(&c)) => return Ok(out),
                Some(c) => {
                    self.next();
                    out.push(c);
                }
            }
        }
    }
}
