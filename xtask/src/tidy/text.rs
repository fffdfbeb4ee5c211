//! Rules about any text file.

use super::{Complaint, File};

/// Texts that we wrote; fixtures and snapshots are what somebody else wrote, faults included.
fn ours(file: &File) -> bool {
    let kinds = [".rs", ".toml", ".md", ".yaml", ".yml", ".sql", ".sh", ".ci/run"];
    kinds.iter().any(|kind| file.is(kind)) && !file.path.contains("/fixtures/")
}

/// No space before the end of a line, one line end at the end of a file.
pub(super) fn line_ends(file: &File) -> Vec<Complaint> {
    if !ours(file) {
        return Vec::new();
    }
    let trailing = |(_, line): &(usize, &str)| line.trim_end() != *line;
    let mut complaints: Vec<Complaint> = file
        .lines()
        .filter(trailing)
        .map(|(line, _)| Complaint::new(file, line, "white space ends the line", "remove it"))
        .collect();
    if !file.text.is_empty() && (!file.text.ends_with('\n') || file.text.ends_with("\n\n")) {
        let last = file.text.lines().count();
        let what = "the file does not end with exactly one line end";
        complaints.push(Complaint::new(file, last, what, "end it with one"));
    }
    complaints
}

/// Nothing is left for later: what is missing is an issue, not a word in the code.
pub(super) fn leftovers(file: &File) -> Vec<Complaint> {
    if !ours(file) {
        return Vec::new();
    }
    let marks = [["TO", "DO"], ["FIX", "ME"], ["XX", "X"]].map(|pieces| pieces.concat());
    let calls = [["to", "do!("], ["unimple", "mented!("], ["db", "g!("]];
    let calls = calls.map(|pieces| pieces.concat());
    let mut complaints = Vec::new();
    for (line, text) in file.lines() {
        let mark = marks.iter().find(|mark| has_word(text, mark));
        let call = calls.iter().find(|call| text.contains(call.as_str()));
        if let Some(found) = mark.or(call) {
            let what = format!("`{found}` leaves something for later");
            complaints.push(Complaint::new(file, line, what, "do it, or open an issue"));
        }
    }
    complaints
}

/// Hosts of package registries are configuration of a machine: a mirror must do as well.
pub(super) fn registry_hosts(file: &File) -> Vec<Complaint> {
    // Cargo writes its lockfile itself, with the address of the registry.
    if file.path == "Cargo.lock" {
        return Vec::new();
    }
    let hosts: &[&[&str]] = &[
        &["crates", ".io"],
        &["npmjs", ".org"],
        &["npmjs", ".com"],
        &["yarnpkg", ".com"],
        &["pypi", ".org"],
        &["python", "hosted"],
        &["proxy.go", "lang"],
        &["sum.go", "lang"],
        &["ruby", "gems.org"],
        &["deb.deb", "ian.org"],
        &["security.deb", "ian.org"],
        &["ftp.deb", "ian.org"],
        &["archive.ubu", "ntu.com"],
        &["repo.mav", "en."],
    ];
    let hosts: Vec<String> = hosts.iter().map(|pieces| pieces.concat()).collect();
    let mut complaints = Vec::new();
    for (line, text) in file.lines() {
        let text = text.to_ascii_lowercase();
        if let Some(host) = hosts.iter().find(|host| text.contains(host.as_str())) {
            let what = format!("`{host}` is a registry's host");
            let help = "name the ecosystem; in fixtures use a host that ends with .example";
            complaints.push(Complaint::new(file, line, what, help));
        }
    }
    complaints
}

/// Users whose homes stand in examples.
const EXAMPLE_USERS: &[&str] = &[
    "somebody", "ana", "ann", "ben", "bob", "kai", "mia", "user", "you", "dev", "d", "gone",
    "lost", "old",
];

/// What every system may have in the home of its first user, and controls ask about.
const TRUST_FILES: &[&str] = &["netrc", "rhosts", "shosts"];

/// Nothing that is true on one machine only.
pub(super) fn machine_paths(file: &File) -> Vec<Complaint> {
    let places: &[&[&str]] = &[
        &["/wo", "rk/"],
        &["/Us", "ers/"],
        &["/.car", "go/registry"],
        &["/.rus", "tup/"],
        &["/ro", "ot/."],
    ];
    let places: Vec<String> = places.iter().map(|pieces| pieces.concat()).collect();
    let home = ["/ho", "me/"].concat();
    let trust: Vec<String> =
        TRUST_FILES.iter().map(|name| ["/ro", "ot/.", name].concat()).collect();
    let mut complaints = Vec::new();
    for (line, text) in file.lines() {
        let text = &trust.iter().fold(text.to_owned(), |text, path| text.replace(path, ""));
        let place = places.iter().find(|place| starts_a_path(text, place));
        let named = |rest: &str| {
            let user = rest.split(|letter: char| !letter.is_ascii_alphanumeric()).next();
            user.is_some_and(|user| !user.is_empty() && !EXAMPLE_USERS.contains(&user))
        };
        let of_user = text.split(home.as_str()).skip(1).any(named);
        if let Some(found) = place.or(of_user.then_some(&home)) {
            let what = format!("`{found}…` is a path of one machine");
            let help = "use a path relative to the root, or a home of an example user";
            complaints.push(Complaint::new(file, line, what, help));
        }
    }
    complaints
}

/// Whether an absolute path begins with `place`, and not only the middle of a relative one.
fn starts_a_path(text: &str, place: &str) -> bool {
    let inside = |before: char| before.is_ascii_alphanumeric() || "._-/*}~$".contains(before);
    text.match_indices(place).any(|(at, _)| {
        // Hidden folders stand in somebody's home, wherever that is.
        place.starts_with("/.") || !text.get(..at).unwrap_or_default().ends_with(inside)
    })
}

/// Whether a word stands in a line by itself.
pub(super) fn has_word(text: &str, word: &str) -> bool {
    let part = |letter: Option<char>| letter.is_some_and(|one| one.is_alphanumeric() || one == '_');
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).unwrap_or_default().chars().next_back();
        let after = text.get(at + word.len()..).unwrap_or_default().chars().next();
        !part(before) && !part(after)
    })
}

#[cfg(test)]
mod tests {
    use super::super::{file, told};
    use super::*;

    #[test]
    fn line_ends_are_clean() {
        let bad = file("a.md", "one \ntwo\n\n");
        let end = "a.md:3: the file does not end with exactly one line end";
        assert_eq!(told(&line_ends(&bad)), ["a.md:1: white space ends the line", end]);
        assert_eq!(line_ends(&file("a.rs", "//! x")).len(), 1);
        assert!(line_ends(&file("a.rs", "//! x\n")).is_empty());
        assert!(line_ends(&file("crates/sense/fixtures/a.toml", "x ")).is_empty());
    }

    #[test]
    fn nothing_is_left_for_later() {
        for word in [["TO", "DO"], ["FIX", "ME"], ["to", "do!()"], ["db", "g!(x)"]] {
            let text = format!("let x = 1; // {}\n", word.concat());
            assert_eq!(leftovers(&file("a.rs", &text)).len(), 1, "{text}");
        }
        assert!(leftovers(&file("Cargo.toml", "todo = \"warn\"\n")).is_empty());
        assert!(leftovers(&file("a.rs", "const TODOS: u8 = 1;\n")).is_empty());
    }

    #[test]
    fn registries_are_not_named() {
        for host in [["crates", ".io"], ["registry.npmjs", ".org"], ["PyPI", ".org"]] {
            let text = format!("see https://{}/x\n", host.concat());
            assert_eq!(registry_hosts(&file("a.md", &text)).len(), 1, "{text}");
            assert!(registry_hosts(&file("Cargo.lock", &text)).is_empty());
        }
        assert!(registry_hosts(&file("a.md", "crates.example, PyPI, npm\n")).is_empty());
    }

    #[test]
    fn paths_of_machines_are_found_and_others_are_not() {
        for path in [["/wo", "rk/main"], ["/ho", "me/kim/x"], ["/ro", "ot/.cargo"]] {
            let text = format!("at {}\n", path.concat());
            assert_eq!(machine_paths(&file("a.rs", &text)).len(), 1, "{text}");
        }
        let home = ["/ho", "me/"].concat();
        for fine in ["a/work/b", "$DIR/work/x", "the end/work.", &format!("{home}somebody/x")] {
            assert!(machine_paths(&file("a.rs", fine)).is_empty(), "{fine}");
        }
    }

    #[test]
    fn words_stand_alone() {
        assert!(has_word("an unsound word", "unsound"));
        assert!(!has_word("unsound_code", "unsound"));
        assert!(!has_word("notunsound", "unsound"));
    }
}
