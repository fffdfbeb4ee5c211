//! The advisories of the demonstration: the starter set as the feeds of a day. What a feed says is
//! real; on which day it first said so is not.

use holdfast_advisories::kev::{Catalogue, Exploited};
use holdfast_advisories::{Compiler, Origin, osv, starter};
use holdfast_model::{Problem, Timestamp};

use super::sites::PUBLISHED;
use super::stage::Parts;
use crate::index_file::STARTER;

/// No feed of this ecosystem is there: what is not assessed is shown, too.
const WITHOUT: &str = "pypi";

/// The records by their ids, read once, and what of them is known to be exploited.
pub(super) struct Records {
    records: Vec<(String, Vec<u8>)>,
    exploited: Catalogue,
}

impl Records {
    /// Reads the starter set.
    pub(super) fn read() -> Self {
        let record = |(path, text): &(&str, &str)| {
            let (record, _) = starter::record_from_yaml(&(*path).into(), text);
            let id = path.rsplit('/').next()?.strip_suffix(".yaml")?.to_uppercase();
            Some((id, record?))
        };
        let rules = STARTER.iter().filter_map(|(path, text)| {
            starter::parse(&(*path).into(), text).0.filter(|rule| rule.exploited)
        });
        let names = rules.flat_map(|rule| rule.aliases).filter(|name| name.starts_with("CVE-"));
        let listed = Exploited { added: None, due: None, ransomware: false };
        let entries = names.map(|name| (name, listed)).collect();
        Self {
            records: STARTER.iter().filter_map(record).collect(),
            exploited: Catalogue { entries, ..Catalogue::default() },
        }
    }

    /// The compiled feeds of a day.
    ///
    /// # Errors
    ///
    /// Where a record cannot be compiled.
    pub(super) fn on(&self, day: u16, at: Timestamp) -> Result<Vec<u8>, Problem> {
        let mut compiler = Compiler::new();
        compiler.kev(&self.exploited);
        for (id, record) in &self.records {
            let published = PUBLISHED.iter().find(|(one, _)| one == id);
            if published.is_some_and(|(_, from)| *from > day) {
                continue;
            }
            let parsed = osv::parse(id, record)?;
            for ecosystem in parsed.ecosystems() {
                if ecosystem.eq_ignore_ascii_case(WITHOUT) {
                    compiler.add("starter", &parsed, Origin::Starter);
                } else {
                    compiler.add(ecosystem, &parsed, Origin::Feed);
                }
            }
        }
        let compiled = compiler.finish(at);
        match compiled.problems.into_iter().next() {
            Some(problem) => Err(problem),
            None => Ok(compiled.bytes),
        }
    }

    /// Of what something new is said on a day: of a distribution's packages, of others.
    pub(super) fn news(&self, day: u16) -> Parts {
        let mut news = Parts { host: false, tree: false };
        for (id, _) in PUBLISHED.iter().filter(|(_, from)| *from == day) {
            let record = self.records.iter().find(|(one, _)| one == id);
            let parsed = record.and_then(|(id, record)| osv::parse(id, record).ok());
            for ecosystem in parsed.iter().flat_map(osv::Record::ecosystems) {
                let host = ecosystem.starts_with("Debian");
                news = news.or(Parts { host, tree: !host });
            }
        }
        news
    }
}
