//! Known problems: what can be wrong with a thing, independent of where.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// The one name of a weakness: a pure function of its alias group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WeaknessId(pub Arc<str>);

impl WeaknessId {
    /// The CVE of an alias group, else the GHSA, else the smallest name; the smallest where there
    /// are several. `None` for an empty group.
    pub fn of_group<'a>(names: impl Iterator<Item = &'a str>) -> Option<Self> {
        let rank = |name: &str| match name {
            _ if name.starts_with("CVE-") => 0,
            _ if name.starts_with("GHSA-") => 1,
            _ => 2,
        };
        names.min_by_key(|name| (rank(name), *name)).map(|name| Self(name.into()))
    }

    /// A pending security update that no advisory names yet.
    pub fn update(source: &str) -> Self {
        Self(format!("update:{source}").into())
    }
}

impl fmt::Display for WeaknessId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How soon something should be mended. Ordered: `Now` is greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Severity {
    /// When you can.
    #[serde(rename = "when you can")]
    WhenYouCan,
    /// Soon.
    #[serde(rename = "soon")]
    Soon,
    /// Now.
    #[serde(rename = "now")]
    Now,
}

impl Severity {
    /// The word, the same in files and for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::WhenYouCan => "when you can",
            Self::Soon => "soon",
            Self::Now => "now",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::WhenYouCan, Self::Soon, Self::Now].into_iter().find(|s| s.word() == word)
    }

    /// One step more urgent.
    #[must_use]
    pub fn raised(self) -> Self {
        match self {
            Self::WhenYouCan => Self::Soon,
            Self::Soon | Self::Now => Self::Now,
        }
    }

    /// One step less urgent.
    #[must_use]
    pub fn lowered(self) -> Self {
        match self {
            Self::Now => Self::Soon,
            Self::Soon | Self::WhenYouCan => Self::WhenYouCan,
        }
    }
}

/// Advisories that inform and name no vulnerability.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Informational {
    /// Nobody maintains the package.
    Unmaintained,
    /// Its interface permits undefined behaviour.
    Unsound,
    /// Anything else that its authors want known.
    Notice,
    /// Nobody mends this release any more.
    EndOfLife,
    /// Its publisher took this version back.
    Yanked,
    /// Its publisher advises against this version.
    Deprecated,
}

impl Informational {
    /// The word in files and for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unmaintained => "unmaintained",
            Self::Unsound => "unsound",
            Self::Notice => "notice",
            Self::EndOfLife => "end_of_life",
            Self::Yanked => "yanked",
            Self::Deprecated => "deprecated",
        }
    }
}

/// What is known of a weakness, whoever published it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Weakness {
    /// Its one name.
    pub id: WeaknessId,
    /// Every other name, sorted.
    pub aliases: Vec<Arc<str>>,
    /// One sentence.
    pub title: String,
    /// The CVSS base score, 0 to 10, greatest of the group.
    pub cvss: Option<f64>,
    /// The probability of exploitation within 30 days (FIRST's EPSS), 0 to 1.
    pub epss: Option<f64>,
    /// Known to be exploited (CISA's catalogue, or stated by the record).
    pub exploited: bool,
    /// As of when the probability is: FIRST computes it anew each day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epss_at: Option<Timestamp>,
    /// Set where it is no vulnerability.
    pub informational: Option<Informational>,
    /// The package was made to do harm: there is nothing to mend, only to remove.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub malicious: bool,
    /// Who published it, for *seen by*: `RUSTSEC-2020-0071`, `starter`.
    pub published_by: Vec<Arc<str>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_group_does_not_depend_on_order() {
        let names = ["RUSTSEC-2020-0071", "GHSA-wcg3-cvx6-7396", "CVE-2020-26235"];
        let id = WeaknessId::of_group(names.into_iter());
        assert_eq!(id, WeaknessId::of_group(names.into_iter().rev()));
        assert_eq!(id, Some(WeaknessId("CVE-2020-26235".into())));
        assert_eq!(WeaknessId::of_group(std::iter::empty()), None);
    }

    #[test]
    fn severities_are_ordered_and_bounded() {
        assert!(Severity::Now > Severity::Soon && Severity::Soon > Severity::WhenYouCan);
        assert_eq!(Severity::Now.raised(), Severity::Now);
        assert_eq!(Severity::WhenYouCan.lowered(), Severity::WhenYouCan);
        assert_eq!(Severity::parse("when you can"), Some(Severity::WhenYouCan));
    }
}
