//! Which line decides about a finding, and what the decision says.

use std::borrow::Cow;

use holdfast_model::{Asset, Coverage, Decision, Do, Exposure, Finding, Standing, Timestamp};
use holdfast_rulefile::{FieldValue, Truth};

use crate::appetite::{Appetite, Line};
use crate::fields::value;

#[cfg(test)]
pub(crate) mod tests;

/// The look that saw the finding, as far as conditions ask for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// Which copy was looked at.
    pub standing: Standing,
    /// `build`, `test` or `production`, where somebody said so.
    pub stage: Option<String>,
    /// Whether everything in scope was seen.
    pub coverage: Coverage,
}

/// Asks for a field.
pub(crate) type Ask<'l, 'v> = &'l dyn Fn(&str) -> Option<FieldValue<'v>>;

/// What the lines make of some values.
pub(crate) struct Decided<'a> {
    /// The line; `None` only for lines without a catch-all, which no appetite has.
    pub(crate) line: Option<&'a Line>,
    /// Why it matches, in sentences.
    pub(crate) because: Vec<String>,
    /// The fields that the answer hangs on.
    pub(crate) fields: Vec<Cow<'static, str>>,
    /// Lines before it that could not be answered, with what is not known.
    pub(crate) open: Vec<(&'a str, String)>,
}

/// The first line that matches decides. A line whose answer is unknown does not match, and is
/// named, so that nobody takes the silence for a no.
pub(crate) fn decide<'a>(lines: &'a [Line], ask: Ask<'_, '_>) -> Decided<'a> {
    let mut open = Vec::new();
    for line in lines {
        let Some(when) = &line.when else {
            return Decided { line: Some(line), because: Vec::new(), fields: Vec::new(), open };
        };
        match when.holds(ask) {
            Truth::No => {}
            Truth::Unknown => open.push((line.name.as_str(), when.explain(ask).sentence())),
            Truth::Yes => {
                let reasons = when.explain(ask).reasons;
                let (fields, because) =
                    reasons.into_iter().map(|reason| (reason.field, reason.sentence)).unzip();
                return Decided { line: Some(line), because, fields, open };
            }
        }
    }
    Decided { line: None, because: Vec::new(), fields: Vec::new(), open }
}

/// Decides about a finding that was first seen at `seen`.
pub fn judge(
    appetite: &Appetite,
    finding: &Finding,
    asset: &Asset,
    look: &Look,
    seen: Timestamp,
) -> Decision {
    let decided = decide(&appetite.lines, &|name| value(name, finding, asset, look));
    let mut reasons = Vec::new();
    if let Some(line) = decided.line {
        reasons.push(format!("`{}`, line {}", appetite.name, line.sentence()));
    } else {
        reasons.push(format!("no line of `{}` decides", appetite.name));
    }
    let assumed = asset.exposure == Exposure::Unknown
        && decided.fields.iter().any(|field| field == "asset.exposure");
    reasons.extend(decided.because);
    if assumed {
        reasons.push(ASSUMED.to_owned());
    }
    for (name, unknown) in decided.open {
        reasons.push(format!("could not tell whether the line `{name}` fits: {unknown}"));
    }
    Decision {
        deeds: decided.line.map_or_else(|| vec![Do::Inform], |line| line.deeds.clone()),
        due: decided.line.and_then(|line| line.due).map(|due| due.after(seen)),
        team: asset.team.clone(),
        line: decided.line.map(|line| line.name.clone()).unwrap_or_default(),
        reasons,
        appetite: appetite.digest,
    }
}

/// Said wherever unknown exposure decided.
pub(crate) const ASSUMED: &str =
    "who can reach the asset is not known, so it is treated as if anybody could";
