//! Rules about Rust files.

use super::text::has_word;
use super::{Complaint, File};

/// The most lines of a Rust file.
const MOST_LINES: usize = 500;

/// Rooms: pure, and strangers to each other.
pub(super) const ROOMS: &[&str] =
    &["sense", "advisories", "posture", "events", "findings", "decide", "act", "learn"];

/// Files stay readable in one sitting.
pub(super) fn length(file: &File) -> Vec<Complaint> {
    let lines = file.text.lines().count();
    if !file.is(".rs") || lines <= MOST_LINES {
        return Vec::new();
    }
    let what = format!("the file has {lines} lines, more than {MOST_LINES}");
    vec![Complaint::new(file, MOST_LINES + 1, what, "split it by what it knows")]
}

/// A module's own words at its top say what it knows.
pub(super) fn top_comment(file: &File) -> Vec<Complaint> {
    // Tests beside a module say by their place what they are about.
    if !file.is(".rs") || file.is("tests.rs") || file.path.contains("/fixtures/") {
        return Vec::new();
    }
    let says = file.lines().find(|(_, line)| !line.trim().is_empty());
    if says.is_some_and(|(_, line)| line.starts_with("//! ")) {
        return Vec::new();
    }
    let help = "begin with `//! ` and say what it knows and must not know";
    vec![Complaint::new(file, 1, "the module does not say what it is", help)]
}

/// SQL stands in `crates/store/sql`, one query a file, and nowhere else.
pub(super) fn sql(file: &File) -> Vec<Complaint> {
    let home = "crates/store/sql/";
    if file.is(".sql") && !file.path.starts_with(home) {
        let help = "move it to crates/store/sql";
        return vec![Complaint::new(file, 1, "SQL outside the store", help)];
    }
    // Tests outside `src` may harm a store on purpose, which no query of ours can do.
    let source = file.crate_folder().is_some() && file.path.contains("/src/");
    if !file.is(".rs") || !source {
        return Vec::new();
    }
    let verbs = [
        "SELECT ",
        "INSERT INTO ",
        "INSERT OR ",
        "UPDATE ",
        "DELETE FROM ",
        "CREATE TABLE ",
        "CREATE INDEX ",
        "CREATE UNIQUE ",
        "ALTER TABLE ",
        "DROP TABLE ",
        "PRAGMA ",
    ];
    let mut complaints = Vec::new();
    for (line, text) in file.lines().filter(|(_, text)| !is_comment(text)) {
        // A query begins right behind a quote, or stands alone on a line of a longer string.
        let begins = |verb: &&str| {
            text.trim_start().starts_with(*verb) || text.contains(&format!("\"{verb}"))
        };
        if let Some(verb) = verbs.iter().find(|verb| begins(verb)) {
            let what = format!("`{}…` is SQL in the code", verb.trim_end());
            let help = "put it into a file of crates/store/sql";
            complaints.push(Complaint::new(file, line, what, help));
        }
    }
    complaints
}

/// Code that the compiler does not check stands in one place.
pub(super) fn unchecked_code(file: &File) -> Vec<Complaint> {
    let allowed = "crates/world/src/files/map.rs";
    if !file.is(".rs") || file.path == allowed {
        return Vec::new();
    }
    let word = ["un", "safe"].concat();
    let found = |(_, text): &(usize, &str)| {
        let code = text.split("//").next().unwrap_or_default();
        has_word(&without_strings(code), &word)
    };
    let complaint = |(line, _)| {
        let what = format!("`{word}` code");
        Complaint::new(file, line, what, "the memory map in `world` is the only place for it")
    };
    file.lines().filter(found).map(complaint).collect()
}

/// Rooms touch nothing outside: no files, network, environment, processes, threads, clock.
pub(super) fn purity(file: &File) -> Vec<Complaint> {
    let pure = |name: &str| ROOMS.contains(&name) || matches!(name, "model" | "rulefile");
    let tests = file.is("tests.rs") || file.path.contains("/tests/");
    // Examples are programs of their own, which only developers run.
    let room = file.path.contains("/src/") && file.crate_folder().is_some_and(pure);
    if !file.is(".rs") || tests || !room {
        return Vec::new();
    }
    let doors = [
        "std::fs",
        "std::net",
        "std::env",
        "std::process",
        "std::thread",
        "std::io::stdin",
        "SystemTime",
        "Instant::now",
        "Timestamp::now",
        "Zoned::now",
        "TimeZone::system",
    ];
    let mut complaints = Vec::new();
    for (line, text) in file.lines().filter(|(_, text)| !is_comment(text)) {
        // Tests at the end of a file may look for real data.
        if text.trim() == "#[cfg(test)]" {
            break;
        }
        if let Some(door) = doors.iter().find(|door| text.contains(**door)) {
            let what = format!("`{door}` in a room, which is pure");
            let help = "take what it gives as an argument; `world` asks and `engine` hands over";
            complaints.push(Complaint::new(file, line, what, help));
        }
    }
    complaints
}

fn is_comment(text: &str) -> bool {
    text.trim_start().starts_with("//")
}

/// The line with what stands between quotes taken out.
fn without_strings(text: &str) -> String {
    text.split('"').step_by(2).collect::<Vec<_>>().join("\"")
}

#[cfg(test)]
mod tests {
    use super::super::{file, told};
    use super::*;

    #[test]
    fn long_files_are_found() {
        let lines = |count: usize| file("a.rs", &"//! x\n".repeat(count));
        assert!(length(&lines(MOST_LINES)).is_empty());
        let what = "a.rs:501: the file has 501 lines, more than 500";
        assert_eq!(told(&length(&lines(MOST_LINES + 1))), [what]);
    }

    #[test]
    fn modules_say_what_they_are() {
        assert!(top_comment(&file("a.rs", "//! What it knows.\n")).is_empty());
        assert!(top_comment(&file("a/tests.rs", "use super::*;\n")).is_empty());
        for bad in ["", "use std::fmt;\n", "// Not a module's comment.\n", "//!\n"] {
            assert_eq!(top_comment(&file("a.rs", bad)).len(), 1, "{bad}");
        }
    }

    #[test]
    fn sql_stands_in_the_store() {
        let path = "crates/engine/src/a.rs";
        let inline = file(path, "//! x\nlet q = \"SELECT 1\";\nlet r = \"\n  DELETE FROM x\";\n");
        assert_eq!(
            told(&sql(&inline)),
            [
                format!("{path}:2: `SELECT…` is SQL in the code"),
                format!("{path}:4: `DELETE FROM…` is SQL in the code"),
            ]
        );
        assert_eq!(sql(&file("crates/engine/a.sql", "SELECT 1;\n")).len(), 1);
        assert!(sql(&file("crates/store/sql/a.sql", "SELECT 1;\n")).is_empty());
        assert!(
            sql(&file("crates/store/tests/harm.rs", "//! x\nlet q = \"UPDATE x\";\n")).is_empty()
        );
        let fine = "// SELECT is a verb\nlet a = \"UPDATED\"; let b = \"select one\";\n";
        assert!(sql(&file(path, fine)).is_empty());
    }

    #[test]
    fn unchecked_code_has_one_place() {
        let word = ["un", "safe"].concat();
        let code = format!("//! x\nlet map = {word} {{ map() }};\n");
        assert_eq!(unchecked_code(&file("crates/world/src/run.rs", &code)).len(), 1);
        assert!(unchecked_code(&file("crates/world/src/files/map.rs", &code)).is_empty());
        let fine = format!("//! {word}\n#![deny({word}_code)]\nlet a = \"{word}\"; // {word}\n");
        assert!(unchecked_code(&file("a.rs", &fine)).is_empty());
    }

    #[test]
    fn rooms_are_pure_and_their_tests_may_look() {
        let code = "//! x\nlet now = std::time::SystemTime::now();\n";
        let what = "crates/sense/src/a.rs:2: `SystemTime` in a room, which is pure";
        assert_eq!(told(&purity(&file("crates/sense/src/a.rs", code))), [what]);
        assert!(purity(&file("crates/world/src/a.rs", code)).is_empty());
        for outside in ["tests", "examples"] {
            assert!(purity(&file(&format!("crates/sense/{outside}/a.rs"), code)).is_empty());
        }
        let tests = "//! x\n#[cfg(test)]\nmod tests { use std::fs; }\n";
        assert!(purity(&file("crates/sense/src/a.rs", tests)).is_empty());
    }
}
