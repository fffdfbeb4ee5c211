//! Field names with their modifiers (`field|contains|all`), and what becomes of the values behind
//! them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rsigma_parser::{Modifier, SigmaString, StringPart};

use crate::pattern::{Pattern, Stands};
use crate::test::{Order, Part};

/// Every modifier of Sigma 2.1, for "did you mean".
pub(crate) const KNOWN: &[&str] = &[
    "all",
    "base64",
    "base64offset",
    "cased",
    "cidr",
    "contains",
    "day",
    "endswith",
    "exists",
    "expand",
    "fieldref",
    "gt",
    "gte",
    "hour",
    "i",
    "lt",
    "lte",
    "m",
    "minute",
    "month",
    "neq",
    "re",
    "s",
    "startswith",
    "utf16",
    "utf16be",
    "utf16le",
    "week",
    "wide",
    "windash",
    "year",
];

/// UTF-16 in one of its byte orders; `Marked` is little-endian behind a byte order mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wide {
    Little,
    Big,
    Marked,
}

/// How values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    Text(Stands),
    Regex { i: bool, m: bool, s: bool },
    Cidr,
    Exists,
    Order(Order),
    Field(Stands),
}

/// How texts are written in base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Base64 {
    Whole,
    /// Somewhere inside another text.
    Inside,
}

/// The modifiers of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Modifiers {
    pub(crate) how: How,
    pub(crate) part: Option<Part>,
    names: Vec<Modifier>,
    wide: Option<Wide>,
    base64: Option<Base64>,
}

/// What the modifiers of a group mean; no two of a group go together.
type Group<T> = [(Modifier, &'static str, T)];

const HOWS: &Group<How> = &[
    (Modifier::Contains, "contains", How::Text(Stands::Anywhere)),
    (Modifier::StartsWith, "startswith", How::Text(Stands::Begins)),
    (Modifier::EndsWith, "endswith", How::Text(Stands::Ends)),
    (Modifier::Re, "re", How::Regex { i: false, m: false, s: false }),
    (Modifier::Cidr, "cidr", How::Cidr),
    (Modifier::Exists, "exists", How::Exists),
    (Modifier::Gt, "gt", How::Order(Order::More)),
    (Modifier::Gte, "gte", How::Order(Order::MoreOrSame)),
    (Modifier::Lt, "lt", How::Order(Order::Less)),
    (Modifier::Lte, "lte", How::Order(Order::LessOrSame)),
];

const PARTS: &Group<Part> = &[
    (Modifier::Minute, "minute", Part::Minute),
    (Modifier::Hour, "hour", Part::Hour),
    (Modifier::Day, "day", Part::Day),
    (Modifier::Week, "week", Part::Week),
    (Modifier::Month, "month", Part::Month),
    (Modifier::Year, "year", Part::Year),
];

const WIDES: &Group<Wide> = &[
    (Modifier::Wide, "wide", Wide::Little),
    (Modifier::Utf16, "utf16", Wide::Marked),
    (Modifier::Utf16be, "utf16be", Wide::Big),
];

const BASES: &Group<Base64> = &[
    (Modifier::Base64, "base64", Base64::Whole),
    (Modifier::Base64Offset, "base64offset", Base64::Inside),
];

fn only<T: Copy>(names: &[Modifier], group: &Group<T>) -> Result<Option<T>, String> {
    let mut found = group.iter().filter(|(modifier, ..)| names.contains(modifier));
    match (found.next(), found.next()) {
        (Some((_, a, _)), Some((_, b, _))) => Err(format!("`{a}` and `{b}` contradict each other")),
        (first, _) => Ok(first.map(|(.., meaning)| *meaning)),
    }
}

impl Modifiers {
    /// Reads them; those that contradict each other are named.
    pub(crate) fn new(names: &[Modifier]) -> Result<Self, String> {
        let has = |modifier| names.contains(&modifier);
        let how = only(names, HOWS)?.unwrap_or(How::Text(Stands::Whole));
        let how = match how {
            How::Regex { .. } => How::Regex {
                i: has(Modifier::IgnoreCase),
                m: has(Modifier::Multiline),
                s: has(Modifier::DotAll),
            },
            How::Text(stands) if has(Modifier::FieldRef) => How::Field(stands),
            _ if has(Modifier::FieldRef) => return Err("`fieldref` compares texts only".to_owned()),
            how => how,
        };
        let (part, wide) = (only(names, PARTS)?, only(names, WIDES)?);
        let base64 = only(names, BASES)?;
        let flags = [Modifier::IgnoreCase, Modifier::Multiline, Modifier::DotAll];
        if flags.into_iter().any(has) && !matches!(how, How::Regex { .. }) {
            return Err("`i`, `m` and `s` belong to `re`".to_owned());
        }
        let encoded = has(Modifier::WindAsh) || wide.is_some() || base64.is_some();
        if (encoded || has(Modifier::Expand)) && !matches!(how, How::Text(_)) {
            return Err("only texts can be encoded or expanded".to_owned());
        }
        let number = matches!(how, How::Text(Stands::Whole) | How::Order(_)) && !encoded;
        if part.is_some() && !number {
            return Err("a part of a time is compared as a number".to_owned());
        }
        Ok(Self { how, part, names: names.to_vec(), wide, base64 })
    }

    pub(crate) fn has(&self, modifier: Modifier) -> bool {
        self.names.contains(&modifier)
    }

    /// The patterns that a text value stands for; `Err` says why there are none.
    pub(crate) fn patterns(
        &self,
        value: &SigmaString,
        stands: Stands,
    ) -> Result<Vec<Pattern>, &'static str> {
        let (cased, dashes) = (self.has(Modifier::Cased), self.has(Modifier::WindAsh));
        if self.wide.is_none() && self.base64.is_none() {
            return Ok(vec![Pattern::new(value, stands, cased, dashes)]);
        }
        let plain: Option<String> = value
            .parts
            .iter()
            .map(|part| match part {
                StringPart::Plain(text) => Some(text.as_str()),
                StringPart::Special(_) => None,
            })
            .collect();
        let Some(plain) = plain else { return Err("a wildcard cannot be encoded") };
        let texts = if dashes { dashed(&plain)? } else { vec![plain] };
        let encoded = texts.iter().flat_map(|text| self.encoded(text));
        Ok(encoded.map(|text| Pattern::literal(&text, stands, cased)).collect())
    }

    fn encoded(&self, text: &str) -> Vec<String> {
        let bytes: Vec<u8> = match self.wide {
            None => text.bytes().collect(),
            Some(Wide::Big) => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            Some(Wide::Little) => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Some(Wide::Marked) => {
                let marked = std::iter::once(0xFEFF).chain(text.encode_utf16());
                marked.flat_map(u16::to_le_bytes).collect()
            }
        };
        match self.base64 {
            Some(Base64::Whole) => vec![STANDARD.encode(bytes)],
            Some(Base64::Inside) => (0..3).filter_map(|nth| at_offset(&bytes, nth)).collect(),
            // A record that holds such bytes shows each of them as a character.
            None => vec![bytes.into_iter().map(char::from).collect()],
        }
    }
}

/// What base64 makes of some bytes that begin so many bytes into a group of three: without the
/// letters that the unknown neighbours decide too.
fn at_offset(bytes: &[u8], offset: usize) -> Option<String> {
    let mut padded = vec![0; offset];
    padded.extend_from_slice(bytes);
    let text = STANDARD.encode(&padded);
    let start = (offset * 8).div_ceil(6);
    let end = padded.len() * 8 / 6;
    text.get(start..end).map(str::to_owned)
}

/// With every hyphen as each of the dashes.
fn dashed(text: &str) -> Result<Vec<String>, &'static str> {
    const MOST: usize = 4;
    if text.matches('-').count() > MOST {
        return Err("more than four hyphens cannot be encoded in all their forms");
    }
    let mut out = vec![String::new()];
    for (nth, part) in text.split('-').enumerate() {
        let dashes: &[&str] = if nth == 0 { &[""] } else { &["-", "/", "–", "—", "―"] };
        out = out
            .iter()
            .flat_map(|head| dashes.iter().map(move |dash| format!("{head}{dash}{part}")))
            .collect();
    }
    Ok(out)
}

#[cfg(test)]
mod tests;
