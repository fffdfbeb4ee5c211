//! What a pattern finds on a host, to whoever stands on it.
//!
//! Knows what the script would find; must not know what becomes of it.

use super::pattern::{is_wild, matches};
use super::{ENTRY_LIMIT, Here, LINKED_TOO_OFTEN};
use crate::{Answer, FileType, Need};

/// What a pattern finds.
pub(super) struct Search<'a> {
    here: &'a dyn Here,
    /// Whether it is a file, and its path.
    pub(super) found: Vec<(bool, String)>,
    /// Whether there is more.
    pub(super) cut: bool,
    /// Whether something may be there that does not show.
    pub(super) hidden: bool,
}

impl<'a> Search<'a> {
    /// What a pattern of these segments finds; or why nobody can tell.
    pub(super) fn of(here: &'a dyn Here, segments: &[&str]) -> Result<Self, Answer> {
        let mut search = Self { here, found: Vec::new(), cut: false, hidden: false };
        search.below(String::new(), segments, false)?;
        Ok(search)
    }

    /// Goes on from a folder; `wild` says whether a wildcard led there.
    fn below(
        &mut self,
        mut folder: String,
        mut segments: &[&str],
        wild: bool,
    ) -> Result<(), Answer> {
        while let Some((segment, rest)) = segments.split_first() {
            let deeper = rest.iter().any(|segment| is_wild(segment));
            if is_wild(segment) {
                return self.each(&folder, segment, rest, deeper);
            }
            if *segment == ".git" {
                return Ok(());
            }
            if wild && deeper && self.is_closed(&folder) {
                return Err(Answer::Denied);
            }
            folder = format!("{folder}/{segment}");
            segments = rest;
        }
        match self.here.answer(&Need::Stat(folder.as_str().into())) {
            Answer::Stat(_) if self.found.len() >= ENTRY_LIMIT => self.cut = true,
            Answer::Stat(_) => {
                let is_file = self.here.kind(&folder) == Ok(FileType::File);
                self.found.push((is_file, folder));
            }
            Answer::Denied => self.hidden = true,
            _ => {}
        }
        Ok(())
    }

    /// Goes on from each name in a folder that fits.
    fn each(
        &mut self,
        folder: &str,
        segment: &str,
        rest: &[&str],
        deeper: bool,
    ) -> Result<(), Answer> {
        let names = match self.here.names(if folder.is_empty() { "/" } else { folder }) {
            Ok(names) => names,
            Err(Answer::Missing) => return Ok(()),
            Err(Answer::Unreadable(why)) if *why == *LINKED_TOO_OFTEN => {
                self.hidden = true;
                return Ok(());
            }
            Err(other) => return Err(other),
        };
        if self.is_closed(folder) {
            if deeper {
                return Err(Answer::Denied);
            }
            self.hidden = true;
        }
        for name in names.iter().filter(|name| *name != ".git" && matches(segment, name)) {
            self.below(format!("{folder}/{name}"), rest, true)?;
        }
        Ok(())
    }

    /// Whether a folder may not be entered.
    fn is_closed(&self, folder: &str) -> bool {
        self.here.kind(&format!("{folder}/.")) == Err(Answer::Denied)
    }
}
