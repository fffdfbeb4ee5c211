//! `modified_id.csv`: which records an export holds, and when each last changed.
//!
//! Knows lines of `TIME,ID`, compares them with what is held, and trusts neither their order nor
//! the clock: newest first is a custom, and records appear with times of long ago.

use std::collections::BTreeMap;

use holdfast_model::{Lines, Place, Problem, Timestamp};

/// The longest name of a record, in bytes.
const LONGEST_ID: usize = 128;
/// How many lines that cannot be read are told one by one.
const MOST_TOLD: usize = 5;
/// How many lines are read: as many as an export may have entries.
const MOST_LINES: usize = 2_000_000;

/// As of when a record is held or listed, in seconds, since some who write the same time leave its
/// fractions out; the least where nobody says.
pub type AsOf = i64;

/// Reads a time.
pub fn as_of(text: Option<&str>) -> AsOf {
    text.and_then(Timestamp::parse).map_or(AsOf::MIN, |time| time.0.div_euclid(1_000))
}

/// Whether this can be a record's name, which becomes a file's: one segment that leads nowhere
/// else. OSV says no more than "a string"; all databases that it lists keep to these letters.
pub fn is_id(id: &str) -> bool {
    id.len() <= LONGEST_ID
        && id.starts_with(|c: char| c.is_ascii_alphanumeric())
        && id.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:+".contains(c))
        && !id.contains("..")
}

/// What a list says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// By name.
    pub records: BTreeMap<String, AsOf>,
    /// Lines that could not be read.
    pub problems: Vec<Problem>,
    /// How many those are.
    pub refused: usize,
}

/// How a list and what is held differ.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Records that are new or newer.
    pub changed: Vec<(String, AsOf)>,
    /// How many are held that the list does not name.
    pub gone: usize,
}

/// Reads a list.
pub fn read(path: &str, bytes: &[u8]) -> Listed {
    let mut out = Listed::default();
    let lines = Lines::new(bytes);
    for (number, line) in bytes.split(|byte| *byte == b'\n').take(MOST_LINES).enumerate() {
        let line = String::from_utf8_lossy(line);
        let line = line.trim();
        // The first line may be a head, as tables have.
        if line.is_empty() || number == 0 && line.eq_ignore_ascii_case("modified,id") {
            continue;
        }
        let pair = line.split_once(',').map(|(time, id)| (time.trim(), id.trim()));
        let Some((time, id)) = pair.filter(|(_, id)| is_id(id)) else {
            out.refused += 1;
            if out.refused <= MOST_TOLD {
                let line = u32::try_from(number + 1).unwrap_or(u32::MAX);
                let place = Place { path: path.into(), line, column: 1 };
                let text = lines.text(line);
                let message = "this line names no record that can be fetched";
                out.problems.push(
                    Problem::at("feed-list-line", place, message)
                        .help("lines are `TIME,ID`; the whole export is compared when it changes")
                        .excerpt(&text, text.chars().count()),
                );
            }
            continue;
        };
        let as_of = as_of(Some(time));
        let known = out.records.entry(id.to_owned()).or_insert(as_of);
        *known = (*known).max(as_of);
    }
    out
}

impl Listed {
    /// What is to be fetched so that nothing of the list is missing or older.
    pub fn compared(&self, held: &BTreeMap<String, AsOf>) -> Difference {
        let changed =
            self.records.iter().filter(|(id, as_of)| held.get(*id).is_none_or(|held| held < as_of));
        let gone = held.keys().filter(|id| !self.records.contains_key(*id)).count();
        Difference { changed: changed.map(|(id, as_of)| (id.clone(), *as_of)).collect(), gone }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn held(all: &[(&str, i64)]) -> BTreeMap<String, AsOf> {
        all.iter().map(|(id, as_of)| ((*id).to_owned(), *as_of)).collect()
    }

    #[test]
    fn a_list_is_compared_with_what_is_held_whatever_its_order() {
        let text = "1970-01-01T00:00:02Z,A-2\n1970-01-01T00:00:09.5Z,A-1\r\n\
                    0001-01-01T00:00:00Z,A-4\nno time,A-5\n1970-01-01T00:00:01Z,A-1\n";
        let listed = read("l.csv", text.as_bytes());
        assert_eq!(listed.problems, []);
        assert_eq!(listed.records.get("A-1"), Some(&9));
        let difference = listed.compared(&held(&[("A-1", 8), ("A-2", 2), ("A-3", 1)]));
        let names: Vec<&str> = difference.changed.iter().map(|(id, _)| id.as_str()).collect();
        // Without a time, a record is fetched where there is none, and once.
        assert_eq!((names, difference.gone), (vec!["A-1", "A-4", "A-5"], 1));
        assert_eq!(listed.compared(&listed.records), Difference::default());
    }

    #[test]
    fn lines_that_name_no_record_are_told_with_their_place() {
        let mut text = "modified,id\n2026-01-01T00:00:00Z,A-1\n".to_owned();
        for bad in ["<html>", "2026-01-01T00:00:00Z,../../etc/x", "2026-01-01T00:00:00Z,a/b", "x,"]
        {
            text.push_str(bad);
            text.push('\n');
        }
        let listed = read("l.csv", &[text.as_bytes(), b"\xff,\xff\n\xff\n"].concat());
        assert_eq!((listed.records.len(), listed.refused, listed.problems.len()), (1, 6, 5));
        let places: Vec<String> =
            listed.problems.iter().map(|one| one.place.as_ref().unwrap().to_string()).collect();
        assert_eq!(places.first().unwrap(), "l.csv:3:1");
    }

    #[test]
    fn names_lead_nowhere_else() {
        for fine in ["GHSA-till-till-till", "openSUSE-SU-2024:1-1", "CVE-2026-1", "GO-2026-1"] {
            assert!(is_id(fine), "{fine}");
        }
        for wrong in
            ["", "..", ".", "../x", "a/b", "a/../b", "a..b", "=file", "-x", "a\0", "a\n", "ä"]
        {
            assert!(!is_id(wrong), "{wrong:?}");
        }
        assert!(!is_id(&"a".repeat(LONGEST_ID + 1)));
    }

    proptest! {
        /// Whatever stands in a list, every line is a record or is refused, and what is held of all of
        /// it lacks nothing.
        #[test]
        fn any_list_is_read(lines in proptest::collection::vec("[0-9TZ:.,A-C/é-]{0,12}", 0..20)) {
            let text = lines.join("\n");
            let listed = read("l.csv", text.as_bytes());
            let filled = lines.iter().filter(|line| !line.trim().is_empty()).count();
            prop_assert!(listed.records.len() + listed.refused <= filled);
            prop_assert!(listed.refused > 0 || listed.problems.is_empty());
            prop_assert!(listed.records.keys().all(|id| is_id(id)));
            prop_assert_eq!(listed.compared(&listed.records), Difference::default());
        }
    }
}
