//! How many findings a report holds: instances, and grouped as the importer that everybody knows
//! groups them, so that both can be compared with it.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use holdfast_model::{Fact, Foreign, TestResult, Tested};

/// Counts the findings of one report while its facts pass by.
///
/// Grouping by reader: `nessus` groups by severity and title over all hosts and ports; `sarif`
/// (one a location), `cyclonedx` (one an affected component) and `trivy` do not group at all.
/// Findings that the report itself dismisses are counted. Of reports of tests, those that failed
/// are, one by one.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    by_title: bool,
    instances: usize,
    groups: HashSet<u64>,
}

impl Counts {
    /// For the reader with this id.
    pub fn of(reader: &str) -> Self {
        Self { by_title: reader == "nessus", ..Self::default() }
    }

    /// Counts a fact, if it is a finding.
    pub fn take(&mut self, fact: &Fact) {
        let (severity, title) = match fact {
            Fact::Foreign(Foreign { severity, title, .. }) => (severity, title),
            Fact::Tested(Tested { result: TestResult::Failed, severity, title, .. }) => {
                (severity, title)
            }
            _ => return,
        };
        self.instances += 1;
        if self.by_title {
            let mut hasher = DefaultHasher::new();
            (severity, title).hash(&mut hasher);
            self.groups.insert(hasher.finish());
        }
    }

    /// How many instances there are.
    pub fn instances(&self) -> usize {
        self.instances
    }

    /// How many groups they make.
    pub fn grouped(&self) -> usize {
        if self.by_title { self.groups.len() } else { self.instances }
    }
}
