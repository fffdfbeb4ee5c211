//! What other people's scanners say: findings of theirs, and of which asset.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Coverage, Place, Severity, Timestamp};

/// Who speaks, and of what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The scanner: `nessus`, `trivy`, a SARIF driver's name.
    pub scanner: Arc<str>,
    /// Its version; else empty.
    pub version: Arc<str>,
    /// When it looked, where it says so.
    pub at: Option<Timestamp>,
}

/// An asset as a scanner names it. Everything that could join it with ours; empty where not said.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Named {
    /// What the report calls it; unique within it.
    pub name: Arc<str>,
    /// The machine id of the system, where the scanner knows it.
    pub machine_id: Arc<str>,
    /// The scanner's agent on it.
    pub agent_id: Arc<str>,
    /// The cloud's instance id.
    pub instance_id: Arc<str>,
    /// The UUID of the firmware, lower case.
    pub bios_uuid: Arc<str>,
    /// MAC addresses, lower case with colons, sorted.
    pub macs: Vec<Arc<str>>,
    /// Addresses, sorted.
    pub addresses: Vec<Arc<str>>,
    /// Full names, lower case, sorted.
    pub full_names: Vec<Arc<str>>,
    /// An image, a repository or a path that the report is about.
    pub artifact: Arc<str>,
}

/// What a report says of how much it saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Covered {
    /// Of which asset, by its name in the report.
    pub asset: Arc<str>,
    /// Whether it claims to have seen everything in its scope.
    pub coverage: Coverage,
    /// Why, in words: `credentialed scan`, `no credentials`.
    pub because: String,
    /// When the look at it ended, where the report says so.
    pub at: Option<Timestamp>,
}

/// Where on an asset a scanner's finding is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ForeignLocus {
    /// A package: its purl without version where the report has one, else its name as written, and
    /// the file it was read from where the report says so.
    Package {
        /// `pkg:deb/debian/openssl`, or a bare name.
        package: Arc<str>,
        /// Relative to what was scanned; else empty.
        path: Arc<str>,
    },
    /// A port of a host.
    Port {
        /// 0 where it is about the host itself.
        number: u16,
        /// `tcp`, `udp`.
        protocol: Arc<str>,
    },
    /// A place in a file, with the tool's own fingerprint where it has one.
    File {
        /// Relative to what was scanned.
        path: Arc<str>,
        /// The text that is meant, white space normalised; else empty.
        context: Arc<str>,
        /// The tool's own; the caller uses it only where it is unique in its report.
        fingerprint: Arc<str>,
    },
    /// The asset as a whole.
    Whole,
}

/// One instance of a finding in somebody else's report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Foreign {
    /// Of which asset, by its name in the report.
    pub asset: Arc<str>,
    /// What the scanner calls the weakness: a plugin number, a rule id, an advisory.
    pub plugin: Arc<str>,
    /// The known names of the weakness that it stands for, CVE first; sorted, without repeats.
    pub names: Vec<Arc<str>>,
    /// One sentence, as the scanner says it.
    pub title: String,
    /// How soon, from the scanner's own scale.
    pub severity: Severity,
    /// Where on the asset.
    pub locus: ForeignLocus,
    /// The version that was seen; else empty.
    pub version: Arc<str>,
    /// The version that mends it; else empty.
    pub fixed_in: Arc<str>,
    /// Set where the report itself says that this is no problem: a state of its analysis, a
    /// suppression with its reason.
    pub dismissed: String,
    /// Where it stands in the report.
    pub place: Place,
}

/// What came of one test of somebody else's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TestResult {
    /// As it should be.
    Passed,
    /// Not as it should be.
    Failed,
    /// There is nothing on the asset that it speaks of.
    NotApplicable,
    /// It was skipped, or could not be made; never the same as passed.
    NotAssessed,
}

impl TestResult {
    /// The word, the same in files and for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::NotApplicable => "not applicable",
            Self::NotAssessed => "not assessed",
        }
    }
}

/// One test in somebody else's report of tests, whatever came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tested {
    /// Of which asset, by its name in the report.
    pub asset: Arc<str>,
    /// What the tool calls the test; the same in every report.
    pub id: Arc<str>,
    /// Names by which rules elsewhere may know it: `SCHEME:ID`, such as `devsec:sshd-06`; sorted,
    /// without repeats.
    pub refs: Vec<Arc<str>>,
    /// One sentence, as the tool says it.
    pub title: String,
    /// How soon, from the tool's own scale, where it fails.
    pub severity: Severity,
    /// What came of it.
    pub result: TestResult,
    /// Why, in the tool's words: what was expected and found, why it was skipped; else empty.
    pub because: String,
    /// Which of several things that the test speaks of; else empty.
    pub resource: Arc<str>,
    /// Set where it fails and the report itself says that this is no problem: a waiver with its
    /// reason.
    pub dismissed: String,
    /// Where it stands in the report.
    pub place: Place,
}
