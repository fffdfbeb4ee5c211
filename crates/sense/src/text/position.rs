//! Byte offsets to lines and columns, without going quadratic on one-line files.
//!
//! Knows bytes and characters only.

/// Every so many bytes the count of characters is noted.
const STEP: usize = 1024;

/// The line starts of one text. A question costs a binary search and a count of at most two
/// steps, however long the line is (`model::Lines` counts the whole line).
#[derive(Debug)]
pub struct Positions {
    starts: Vec<usize>,
    /// Characters before every `STEP`th byte; empty for ASCII, where a byte is a character.
    marks: Vec<usize>,
}

impl Positions {
    /// One pass over the text.
    pub fn new(text: &str) -> Self {
        let mut starts = vec![0];
        starts.extend(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1));
        let mut marks = Vec::new();
        if !text.is_ascii() {
            let mut seen = 0;
            for chunk in text.as_bytes().chunks(STEP) {
                marks.push(seen);
                seen += characters(chunk);
            }
        }
        Self { starts, marks }
    }

    /// Line and column, from 1, columns in characters; offsets past the end mean the end.
    pub fn at(&self, text: &str, offset: usize) -> (u32, u32) {
        let offset = offset.min(text.len());
        let index = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let start = self.starts.get(index).copied().unwrap_or_default();
        let before = self.before(text, offset).saturating_sub(self.before(text, start));
        (super::number(index) + 1, super::number(before) + 1)
    }

    /// The byte at which a line begins, counted from 1; the last line's where there are fewer.
    pub fn start(&self, line: u32) -> usize {
        let index = (line as usize).saturating_sub(1).min(self.starts.len().saturating_sub(1));
        self.starts.get(index).copied().unwrap_or_default()
    }

    /// The text of the line that holds `offset`, without its end, at most `limit` bytes of it.
    pub fn line<'t>(&self, text: &'t str, offset: usize, limit: usize) -> &'t str {
        let index = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let start = self.starts.get(index).copied().unwrap_or_default();
        let end = self.starts.get(index + 1).map_or(text.len(), |next| next.saturating_sub(1));
        let end = text.floor_char_boundary(end.min(start.saturating_add(limit)));
        text.get(start..end).unwrap_or_default().trim_end_matches('\r')
    }

    fn before(&self, text: &str, offset: usize) -> usize {
        let chunk = offset / STEP;
        match self.marks.get(chunk.min(self.marks.len().saturating_sub(1))) {
            None => offset,
            Some(seen) => {
                let from = chunk.min(self.marks.len().saturating_sub(1)) * STEP;
                seen + characters(text.as_bytes().get(from..offset).unwrap_or_default())
            }
        }
    }
}

/// A character begins at every byte that is not a UTF-8 continuation byte.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| (**byte & 0xC0) != 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_model::Lines;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_the_model(text in "[a-zäß\\n🦀 ]{0,3000}", offset in 0_usize..9000) {
            let positions = Positions::new(&text);
            let offset = text.floor_char_boundary(offset);
            prop_assert_eq!(positions.at(&text, offset), Lines::new(text.as_bytes()).at(offset));
        }
    }

    #[test]
    fn a_line_is_cut_at_a_character() {
        let text = "ä\nüüü\r\n";
        assert_eq!(Positions::new(text).line(text, 4, 3), "ü");
        assert_eq!(Positions::new(text).line(text, 4, 300), "üüü");
    }
}
