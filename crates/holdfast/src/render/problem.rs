//! Problems as the Rust compiler shows them: what, where with the source underlined, help.

use std::fmt::Write as _;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use holdfast_model::Problem;

use super::style::Style;

/// A problem that everything else survives, with its final line end.
pub fn render(problem: &Problem, style: &Style) -> String {
    with_level(problem, Level::WARNING, style)
}

/// A problem that ended the command, with its final line end.
pub fn error(problem: &Problem, style: &Style) -> String {
    with_level(problem, Level::ERROR, style)
}

fn with_level(problem: &Problem, level: Level<'_>, style: &Style) -> String {
    let renderer = if style.colour { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.term_width(style.width);
    let title = level.primary_title(problem.message.as_str()).id(problem.code.as_str());
    let group = match (&problem.place, &problem.excerpt) {
        (Some(place), Some(excerpt)) => {
            let column = place.column.saturating_sub(1) as usize;
            let start = byte_of(&excerpt.line, column);
            let end = byte_of(&excerpt.line, column + excerpt.length as usize).max(start);
            let snippet = Snippet::source(excerpt.line.as_str())
                .path(super::style::on_one_line(&place.path))
                .line_start(place.line as usize)
                .annotation(AnnotationKind::Primary.span(start..end));
            title.element(snippet)
        }
        (Some(place), None) => title.element(
            annotate_snippets::Origin::path(super::style::on_one_line(&place.path))
                .line(place.line as usize)
                .char_column(place.column as usize),
        ),
        (None, _) => annotate_snippets::Group::with_title(title),
    };
    let group = if problem.help.is_empty() {
        group
    } else {
        group.element(Level::HELP.message(problem.help.as_str()))
    };
    let mut out = String::new();
    let _ = writeln!(out, "{}", renderer.render(&[group]));
    out
}

/// The byte where the character of this index begins, or the end of the line.
fn byte_of(line: &str, character: usize) -> usize {
    line.char_indices().nth(character).map_or(line.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_model::Place;

    #[test]
    fn the_source_is_underlined() {
        let place = Place { path: "holdfast.toml".into(), line: 3, column: 5 };
        let problem = Problem::at("unknown-key", place, "`tema` is not a key here")
            .help("did you mean `team`?")
            .excerpt("ä = tema", 4);
        let text = render(&problem, &Style::plain());
        assert!(text.contains("holdfast.toml:3:5"), "{text}");
        assert!(text.contains("^^^^"), "{text}");
        assert!(text.contains("help: did you mean `team`?"), "{text}");
    }

    #[test]
    fn a_place_past_the_line_is_no_panic() {
        let place = Place { path: "x".into(), line: 1, column: 900 };
        let problem = Problem::at("x", place, "m").excerpt("short", 3);
        assert!(render(&problem, &Style::plain()).contains("x:1:"));
    }
}
