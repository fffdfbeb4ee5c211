//! Whose yes a proposal has, and whose is missing.
//!
//! Knows the rules by which approvals count. Must not know where they are kept; time and the rules
//! that are in force now are arguments.

use holdfast_model::{Approval, Needed, Timestamp};

use crate::proposal::Proposal;

/// Where a proposal stands with the people who are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consent {
    /// Somebody's yes is missing.
    Waiting {
        /// How many more people have to say yes; at least 1.
        missing: u8,
        /// Who said yes and counts, in the order of their approvals.
        by: Vec<String>,
        /// Whether the author may be one of those who are missing.
        author_may: bool,
    },
    /// Everybody who has to said yes.
    Given {
        /// Who, in the order of their approvals.
        by: Vec<String>,
        /// The author alone, which the rules allow: "approved by one".
        by_one: bool,
    },
    /// Somebody said no, which ends it.
    Refused {
        /// Who was the first.
        by: String,
        /// Why, in their words.
        because: String,
    },
    /// Its time is over, whoever said yes before.
    Expired,
}

impl Consent {
    /// What is missing or why nothing will come of it, for people; empty where it is approved.
    pub fn in_words(&self) -> String {
        match self {
            Self::Waiting { missing, by, author_may } => {
                let more = if by.is_empty() { "" } else { "more " };
                let people = match missing {
                    1 => format!("one {more}person has"),
                    n => format!("{} {more}people have", number(*n)),
                };
                let but = if *author_may { "" } else { ", other than who planned it" };
                format!("{people} to say yes{but}")
            }
            Self::Given { .. } => String::new(),
            Self::Refused { by, because } if because.is_empty() => format!("`{by}` said no"),
            Self::Refused { by, because } => format!("`{by}` said no: {because}"),
            Self::Expired => "nobody can say yes any more: it has expired".to_owned(),
        }
    }
}

/// Small numbers as words.
fn number(n: u8) -> String {
    let words = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    words.get(usize::from(n)).map_or_else(|| n.to_string(), |word| (*word).to_owned())
}

impl Proposal {
    /// Where it stands, by what was said of it and by the rules of its day and of now.
    ///
    /// - An approval counts only for exactly this digest, and only before it expires.
    /// - A single no ends it, whoever says it and whatever others said.
    /// - Each person counts once. Names that differ in letter case or spaces around them are one
    ///   person: taking two for one asks once more, taking one for two would let somebody approve
    ///   their own change.
    /// - The author counts only where the rules of its day *and* those of now let one person do it.
    /// - Of the two numbers of people the greater counts; at least one yes is always needed.
    pub fn consent(&self, approvals: &[Approval], now_needed: Needed, now: Timestamp) -> Consent {
        let counted = || {
            approvals
                .iter()
                .filter(|voice| voice.plan == self.digest() && voice.at < self.expires())
        };
        if let Some(no) = counted().filter(|voice| !voice.yes).min_by_key(|voice| voice.at) {
            return Consent::Refused { by: no.who.clone(), because: no.because.clone() };
        }
        if now >= self.expires() {
            return Consent::Expired;
        }
        let author_may = self.needed().one_person && now_needed.one_person;
        let author = person(self.author());
        let mut voices: Vec<&Approval> = counted().collect();
        voices.sort_by(|a, b| (a.at, &a.who).cmp(&(b.at, &b.who)));
        let mut people: Vec<String> = Vec::new();
        let mut by = Vec::new();
        for voice in voices {
            let who = person(&voice.who);
            if who.is_empty() || people.contains(&who) || (who == author && !author_may) {
                continue;
            }
            people.push(who);
            by.push(voice.who.clone());
        }
        let needed = self.needed().people.max(now_needed.people).max(1);
        let have = u8::try_from(by.len()).unwrap_or(u8::MAX);
        match needed.saturating_sub(have) {
            0 => Consent::Given { by_one: people == [author], by },
            missing => Consent::Waiting {
                missing,
                by,
                author_may: author_may && !people.contains(&author),
            },
        }
    }
}

/// Whether two names are those of one person: letter case and white space around tell nobody apart.
pub fn same_person(one: &str, other: &str) -> bool {
    person(one) == person(other)
}

/// By what people are told apart.
fn person(name: &str) -> String {
    name.trim().to_lowercase()
}

#[cfg(test)]
mod tests;
