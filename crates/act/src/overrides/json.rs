//! Where the members of a JSON object stand. Only as much of RFC 8259 as it takes to find places:
//! what is written is read again by those who know the whole format.

/// One member of an object.
pub(super) struct Member<'t> {
    /// As written, without quotes; keys with escapes are never the ones that are looked for.
    pub(super) key: &'t str,
    /// Where its key begins, with the quote.
    pub(super) start: usize,
    /// Where its value begins.
    pub(super) value: usize,
    /// Where its value ends.
    pub(super) end: usize,
}

impl Member<'_> {
    pub(super) fn value_text<'t>(&self, text: &'t str) -> Option<&'t str> {
        text.get(self.value..self.end)
    }
}

/// Where the document's own object begins.
pub(super) fn root(text: &str) -> Option<usize> {
    let at = blank(text, text.len() - text.trim_start_matches('\u{feff}').len());
    text.get(at..)?.starts_with('{').then_some(at)
}

/// The members of the object that begins at `at`; `None` where there is none, or it is broken.
pub(super) fn members(text: &str, at: usize) -> Option<Vec<Member<'_>>> {
    let mut out = Vec::new();
    let mut next = blank(text, at + 1);
    if !text.get(at..)?.starts_with('{') {
        return None;
    }
    while !text.get(next..)?.starts_with('}') {
        let start = next;
        let key_end = string(text, start)?;
        let colon = blank(text, key_end);
        text.get(colon..)?.strip_prefix(':')?;
        let value = blank(text, colon + 1);
        let end = skip(text, value)?;
        out.push(Member { key: text.get(start + 1..key_end - 1)?, start, value, end });
        next = blank(text, end);
        if text.get(next..)?.starts_with(',') {
            next = blank(text, next + 1);
        } else if !text.get(next..)?.starts_with('}') {
            return None;
        }
    }
    Some(out)
}

fn blank(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + (rest.len() - rest.trim_start().len())
}

/// Where a string ends.
fn string(text: &str, at: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    if *bytes.get(at)? != b'"' {
        return None;
    }
    let mut at = at + 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// Where a value ends.
fn skip(text: &str, start: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut depth = 0_usize;
    let mut at = start;
    loop {
        match bytes.get(at)? {
            b'"' => at = string(text, at)?,
            b'{' | b'[' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                at += 1;
            }
            _ if depth > 0 => {
                at += 1;
                continue;
            }
            _ => {
                let rest = text.get(at..)?;
                let scalar = rest.find(|c: char| c.is_whitespace() || ",}]".contains(c))?;
                return (scalar > 0).then_some(at + scalar);
            }
        }
        if depth == 0 {
            return Some(at);
        }
    }
}
