//! `A < B` lines: a list of comparisons that somebody believes, checked against an order.

use std::cmp::Ordering;

use holdfast_model::{Ecosystem, Place, Problem};

use super::{Order, order_of};

/// A line with which the order disagrees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// From 1.
    pub line: u32,
    /// The line as written.
    pub text: String,
    /// What the order says: `<`, `=` or `>`.
    pub found: char,
}

/// What became of the lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compared {
    /// How many lines were compared, the wrong ones included.
    pub compared: u64,
    /// Those with which the order disagrees.
    pub wrong: Vec<Wrong>,
    /// Lines that could not be read, or whose versions are none of this order.
    pub problems: Vec<Problem>,
}

/// Compares the lines `A < B`, `A = B`, `A > B` of `text`; empty lines and those that begin with
/// `#` or `//` say nothing. Both directions of a line are compared. `path` names the text in
/// problems.
pub fn compare_lines(ecosystem: &Ecosystem, path: &str, text: &str) -> Compared {
    let mut out = Compared::default();
    let Some(order) = order_of(ecosystem) else {
        out.problems.push(no_order(ecosystem));
        return out;
    };
    for (number, line) in (1_u32..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') || line.starts_with("//") {
            continue;
        }
        let at = || Place { path: path.into(), line: number, column: 1 };
        let words: Vec<&str> = line.split_whitespace().collect();
        let [a, wanted, b] = words.as_slice() else {
            out.problems.push(bad_line(at(), line));
            continue;
        };
        let wanted = match *wanted {
            "<" => Ordering::Less,
            "=" | "==" => Ordering::Equal,
            ">" => Ordering::Greater,
            _ => {
                out.problems.push(bad_line(at(), line));
                continue;
            }
        };
        match (order.compare(a, b), order.compare(b, a)) {
            (Some(there), Some(back)) => {
                out.compared += 1;
                if there != wanted || back != wanted.reverse() {
                    let found = if there == wanted { sign(back.reverse()) } else { sign(there) };
                    out.wrong.push(Wrong { line: number, text: line.to_owned(), found });
                }
            }
            _ => out.problems.push(not_versions(at(), order, a, b, line)),
        }
    }
    out
}

fn sign(ordering: Ordering) -> char {
    match ordering {
        Ordering::Less => '<',
        Ordering::Equal => '=',
        Ordering::Greater => '>',
    }
}

fn no_order(ecosystem: &Ecosystem) -> Problem {
    let known: Vec<&str> = super::ORDERS.iter().map(|order| order.about.id).collect();
    Problem::new("version-order-unknown", format!("`{}` has no version order", ecosystem.as_str()))
        .help(format!("the orders are: {}", known.join(", ")))
}

fn bad_line(place: Place, line: &str) -> Problem {
    Problem::at("comparison-unreadable", place, "this line is no comparison")
        .help("write `A < B`, `A = B` or `A > B`, with spaces round the sign")
        .excerpt(line, line.chars().count())
}

fn not_versions(place: Place, order: &Order, a: &str, b: &str, line: &str) -> Problem {
    let mut key = Vec::new();
    let culprit = if order.key(a, &mut key) { b } else { a };
    Problem::at("version-unreadable", place, format!("`{culprit}` is no version of this order"))
        .help(format!("versions are read as {} write them", order.about.title))
        .excerpt(line, line.chars().count())
}
