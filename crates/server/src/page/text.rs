//! Words on a page: numbers with their unit, sentences, code among words, and what is done with
//! characters that would deceive.
//!
//! Knows how texts look. Must not know what they are about.

use maud::{Markup, Render, html};

/// A number with thin groups of three: `1,205`.
pub(super) fn number(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number and its unit: `1 finding`, `1,205 findings`.
pub(super) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(count), if count == 1 { one } else { many })
}

/// How many there are in a list.
pub(super) fn len<T>(list: &[T]) -> u64 {
    u64::try_from(list.len()).unwrap_or(u64::MAX)
}

/// Words as a sentence of its own: a capital first, a stop last. What begins with code, or with a
/// name with dots, keeps its beginning.
pub(super) fn sentence(words: &str) -> Markup {
    let words = words.trim();
    let is_name =
        words.split(' ').next().is_some_and(|word| word.trim_end_matches('.').contains('.'));
    let mut letters = words.chars();
    let first = letters.next().map(String::from).unwrap_or_default();
    let first = if is_name { first } else { first.to_uppercase() };
    let stop =
        if words.ends_with(['.', '?', ':', ';', '…']) || words.is_empty() { "" } else { "." };
    prose(&format!("{first}{}{stop}", letters.as_str()))
}

/// Words with code among them, which stands between backticks.
pub(super) fn prose(words: &str) -> Markup {
    // An odd backtick at the end is a backtick.
    let pairs = words.matches('`').count() / 2;
    html! {
        @for (index, part) in words.splitn(pairs * 2 + 1, '`').enumerate() {
            @if index % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// A value as code, unless its writer has already said which part of it is code.
pub(super) fn value(words: &str) -> Markup {
    if words.contains('`') {
        prose(words)
    } else {
        html! { code { (words) } }
    }
}

/// Words in a row: `a`, `a and b`, `a, b and c`.
pub(super) fn listed<T: AsRef<str>>(words: &[T]) -> String {
    match words {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [rest @ .., last] => {
            let rest: Vec<&str> = rest.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", rest.join(", "), last.as_ref())
        }
    }
}

/// The beginning of a text, with an ellipsis where something is left out.
pub(super) fn beginning(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default().trim_end()),
        None => text.to_owned(),
    }
}

/// A whole page in which nothing reorders or hides what people read.
///
/// Directional formatting (UAX #9, explicit and implicit) can make a line of code or a title read
/// as another one ("Trojan Source", CVE-2021-42574); control characters are errors in HTML and
/// hide what follows in terminals. Our own pages hold none, so that the page as a whole is
/// searched: nobody can forget a field.
pub(super) fn honest(page: String) -> String {
    if page.chars().any(is_deceitful) {
        page.chars().map(|letter| if is_deceitful(letter) { '\u{fffd}' } else { letter }).collect()
    } else {
        page
    }
}

fn is_deceitful(letter: char) -> bool {
    matches!(letter,
        '\u{202a}'..='\u{202e}'     // embeddings and overrides
        | '\u{2066}'..='\u{2069}'   // isolates
        | '\u{200e}' | '\u{200f}' | '\u{61c}' // marks
        | '\u{200b}' | '\u{2060}' | '\u{feff}' // no width at all
        | '\u{2028}' | '\u{2029}'   // line ends that are not
        | '\u{e0000}'..='\u{e007f}' // tags
    ) || (letter.is_control() && letter != '\n' && letter != '\t' && letter != '\r')
}

/// A name that is written by others: its direction stays its own.
pub(super) struct Foreign<'a>(pub(super) &'a str);

impl Render for Foreign<'_> {
    fn render_to(&self, out: &mut String) {
        html! { bdi { (self.0) } }.render_to(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_groups() {
        let all = [(0, "0"), (999, "999"), (1_205, "1,205"), (1_234_567, "1,234,567")];
        for (count, text) in all {
            assert_eq!(number(count), text);
        }
        assert_eq!(counted(1, "finding", "findings"), "1 finding");
    }

    #[test]
    fn sentences_begin_and_end() {
        assert_eq!(sentence("one more person has to say yes").0, "One more person has to say yes.");
        assert_eq!(sentence("`sshd` is not there").0, "<code>sshd</code> is not there.");
        assert_eq!(sentence("finding.severity is soon").0, "finding.severity is soon.");
        assert_eq!(sentence("").0, "");
    }

    #[test]
    fn code_is_marked_and_escaped() {
        assert_eq!(
            prose("found `<b>`, wanted `no`").0,
            "found <code>&lt;b&gt;</code>, wanted <code>no</code>"
        );
        assert_eq!(prose("a ` alone").0, "a ` alone");
        assert_eq!(prose("`a` and ` alone").0, "<code>a</code> and ` alone");
        assert_eq!(value("no").0, "<code>no</code>");
        assert_eq!(value("at most `0640`").0, "at most <code>0640</code>");
    }

    #[test]
    fn words_in_a_row() {
        assert_eq!(listed::<&str>(&[]), "");
        assert_eq!(listed(&["a"]), "a");
        assert_eq!(listed(&["a", "b", "c"]), "a, b and c");
        assert_eq!(beginning("abcdef", 3), "abc…");
        assert_eq!(beginning("äöü", 3), "äöü");
    }

    #[test]
    fn nothing_reorders_what_is_read() {
        assert_eq!(
            honest("a\u{202e}b\u{2066}c\u{0}d\u{1b}[2J\n\t".to_owned()),
            "a\u{fffd}b\u{fffd}c\u{fffd}d\u{fffd}[2J\n\t"
        );
        assert_eq!(honest("שלום, ütf".to_owned()), "שלום, ütf");
    }
}
