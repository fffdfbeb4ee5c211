//! A topic as a page in Markdown, and the same page for the terminal.
//!
//! Knows the few marks that topics use: headings, lists, code between marks. Must not know what any
//! topic is about.

use std::fmt::Write as _;

use holdfast_engine::explain::Topic;

use super::style::{Style, wrap};

/// The whole page.
pub fn page(topic: &Topic) -> String {
    format!("# {}\n\n{}\n\n`{}`\n", topic.id, topic.text, topic.file)
}

/// For people, in a terminal: words are wrapped, code stays as it is.
pub fn human(topic: &Topic, style: &Style, out: &mut String) {
    let _ = writeln!(out, "{} `{}` ({})", topic.kind, topic.id, topic.file);
    let mut words = Words { text: String::new(), is_item: false, width: style.width };
    let mut open: Option<&str> = None;
    for line in topic.text.lines() {
        if let Some(mark) = open {
            if line == mark {
                open = None;
            } else {
                let _ = writeln!(out, "{}{line}", if line.is_empty() { "" } else { "    " });
            }
        } else if let Some(mark) = mark_of(line) {
            words.end(out);
            open = Some(mark);
        } else if let Some(title) = line.strip_prefix("## ").or_else(|| line.strip_prefix("### ")) {
            words.end(out);
            let _ = writeln!(out, "  {}", style.strong(title));
        } else if line.is_empty() {
            words.end(out);
            out.push('\n');
        } else if let Some(item) = line.strip_prefix("- ") {
            words.end(out);
            words.is_item = true;
            words.text.push_str(item);
        } else {
            words.text.push(' ');
            words.text.push_str(line);
        }
    }
    words.end(out);
}

/// The marks with which code begins.
fn mark_of(line: &str) -> Option<&str> {
    let after = line.trim_start_matches('`');
    line.strip_suffix(after).filter(|mark| mark.len() >= 3)
}

/// A paragraph or an item of a list that is not written yet.
struct Words {
    text: String,
    is_item: bool,
    width: usize,
}

impl Words {
    fn end(&mut self, out: &mut String) {
        let (first, rest) = if self.is_item { ("  - ", "    ") } else { ("  ", "  ") };
        let lines = wrap(&self.text, self.width.saturating_sub(rest.len()));
        for (at, line) in lines.iter().enumerate() {
            let _ = writeln!(out, "{}{line}", if at == 0 { first } else { rest });
        }
        self.text.clear();
        self.is_item = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(text: &str) -> Topic {
        Topic {
            kind: "control",
            id: "door".to_owned(),
            text: text.to_owned(),
            file: "rules/control/door.yaml".to_owned(),
        }
    }

    const TEXT: &str = "The door is shut\n\nSomebody walks in, whoever it is and wherever they come \
                        from.\n\n- how soon: soon, and that is sooner than anything else that is \
                        here\n- second\n\n## What is checked\n\n```sh\n# no title\n\n    - no item\n\
                        ``\n```\n\n### By hand\n\n````text\n```\n````\nafter";

    #[test]
    fn words_are_wrapped_and_code_is_not() {
        let mut out = String::new();
        human(&topic(TEXT), &Style { width: 40, colour: false }, &mut out);
        let wanted = "control `door` (rules/control/door.yaml)
  The door is shut

  Somebody walks in, whoever it is and
  wherever they come from.

  - how soon: soon, and that is sooner
    than anything else that is here
  - second

  What is checked

    # no title

        - no item
    ``

  By hand

    ```
  after
";
        assert_eq!(out, wanted);
    }

    #[test]
    fn a_page_has_its_name_its_text_and_its_file() {
        let wanted = "# door\n\nIt is shut.\n\n`rules/control/door.yaml`\n";
        assert_eq!(page(&topic("It is shut.")), wanted);
    }
}
