//! Bad input is data: what could not be read, where, and what to do about it.

use serde::{Deserialize, Serialize};

use crate::Place;

/// A line of the source with the part that is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excerpt {
    /// The whole line, without its end; at most 400 characters.
    pub line: String,
    /// How many characters are meant, from the problem's column; at least 1.
    pub length: u32,
}

/// Something that could not be read or is written wrongly. Never an early return.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Stable, in kebab case, listed in the registry of codes.
    pub code: String,
    /// Lower case, no final stop, backticks round input.
    pub message: String,
    /// Where, if the problem has a place.
    pub place: Option<Place>,
    /// What to do, in the same style; may be empty.
    pub help: String,
    /// The source line to show, where there is one; boxed, so that results stay small.
    pub excerpt: Option<Box<Excerpt>>,
}

impl Problem {
    /// A problem with a place.
    pub fn at(code: &'static str, place: Place, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
            place: Some(place),
            help: String::new(),
            excerpt: None,
        }
    }

    /// A problem without a place in a file.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
            place: None,
            help: String::new(),
            excerpt: None,
        }
    }

    /// The same with help.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// The same with the source line, of which `length` characters are meant.
    #[must_use]
    pub fn excerpt(mut self, line: &str, length: usize) -> Self {
        let line: String = line.chars().take(400).collect();
        let length = u32::try_from(length.max(1)).unwrap_or(u32::MAX);
        self.excerpt = Some(Box::new(Excerpt { line, length }));
        self
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        write!(f, "{}", self.message)?;
        if !self.help.is_empty() {
            write!(f, "; help: {}", self.help)?;
        }
        Ok(())
    }
}
