//! A text as a document of Atlassian's format (ADF 1), which Jira's interface takes. Its text is
//! not parsed, so that nothing has to be escaped; an empty text node is refused.

use serde_json::{Value, json};

use crate::connector::{Action, Block, Link, Text, one_line, text};

/// Characters of a document, as it is sent: Jira takes 32,767.
const DOCUMENT: usize = 28_000;

/// The document; a mark stands at its end where it has to be found again by its words.
pub(super) fn document(text: &Text, mark: Option<&str>) -> Value {
    let end = ending(text, mark);
    let mut used = 300 + size(&end);
    let mut content = Vec::new();
    let mut missing = 0;
    for (index, block) in text.blocks.iter().enumerate() {
        let node = node(block);
        used += size(std::slice::from_ref(&node));
        if used > DOCUMENT {
            missing = text.blocks.len() - index;
            break;
        }
        content.push(node);
    }
    if missing > 0 {
        content.push(paragraph(&[words(&text::left_out(missing))]));
    }
    content.extend(end);
    json!({"type": "doc", "version": 1, "content": content})
}

/// The headline as a paragraph, for comments, which have no title.
pub(super) fn comment(text: &Text, mark: &str) -> Value {
    let mut document = document(text, Some(mark));
    if let Some(content) = document.get_mut("content").and_then(Value::as_array_mut) {
        content.insert(0, paragraph(&[strong(&one_line(&text.headline, 400))]));
    }
    document
}

fn size(nodes: &[Value]) -> usize {
    nodes.iter().map(|node| node.to_string().chars().count() + 1).sum()
}

fn ending(text: &Text, mark: Option<&str>) -> Vec<Value> {
    let mut end = vec![paragraph(&[strong(text::DO_THIS)])];
    if let Action::Command(command) = &text.action {
        end.push(code("shell", &one_line(command, 1_000)));
    }
    for link in text.links() {
        end.push(paragraph(&[linked(link)]));
    }
    if let Some(mark) = mark {
        end.push(paragraph(&[words(mark)]));
    }
    end
}

fn node(block: &Block) -> Value {
    match block {
        Block::Paragraph(text) => paragraph(&[words(&text::cut(&text::visible(text), 8_000))]),
        Block::Facts(facts) => {
            let item = |(name, value): &(String, String)| {
                let name = strong(&format!("{}:", one_line(name, 100)));
                item(&[name, words(&format!(" {}", one_line(value, 1_000)))])
            };
            list(&facts.iter().map(item).collect::<Vec<_>>())
        }
        Block::List(items) => {
            let line = |line: &String| item(&[words(&one_line(line, 1_000))]);
            list(&items.iter().map(line).collect::<Vec<_>>())
        }
        Block::Code(text) => code("text", &text::cut(&text::visible(text), 8_000)),
    }
}

fn list(items: &[Value]) -> Value {
    if items.is_empty() {
        // A list without items is refused.
        return paragraph(&[]);
    }
    json!({"type": "bulletList", "content": items})
}

fn item(content: &[Value]) -> Value {
    json!({"type": "listItem", "content": [paragraph(content)]})
}

fn paragraph(content: &[Value]) -> Value {
    json!({"type": "paragraph", "content": content})
}

fn words(text: &str) -> Value {
    let text = if text.is_empty() { " " } else { text };
    json!({"type": "text", "text": text})
}

fn strong(text: &str) -> Value {
    let mut words = words(text);
    if let Some(node) = words.as_object_mut() {
        node.insert("marks".to_owned(), json!([{"type": "strong"}]));
    }
    words
}

fn linked(link: &Link) -> Value {
    let text = one_line(&link.text, 200);
    if !link.followable() {
        return words(&format!("{text}: {}", one_line(&link.address, 400)));
    }
    let mut words = words(&text);
    if let Some(node) = words.as_object_mut() {
        let mark = json!([{"type": "link", "attrs": {"href": link.address}}]);
        node.insert("marks".to_owned(), mark);
    }
    words
}

fn code(language: &str, text: &str) -> Value {
    json!({
        "type": "codeBlock",
        "attrs": {"language": language},
        "content": [words(text)],
    })
}
