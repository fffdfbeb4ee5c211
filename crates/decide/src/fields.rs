//! What the conditions of our rules for acting may ask, and where the answers come from.

use std::borrow::Cow;

use holdfast_model::{Asset, Exposure, Finding};
use holdfast_rulefile::{Field, FieldValue, Kind, Schema};

use crate::judge::Look;

const KINDS: &[&str] =
    &["package", "control", "code", "secret", "guardrail", "feed", "event", "foreign"];

/// The fields of appetite lines.
pub const SCHEMA: Schema<'static> = Schema {
    fields: &[
        field("finding.kind", Kind::Enum(KINDS), "the kind of finding"),
        field("finding.severity", Kind::Ordered(&["when you can", "soon", "now"]), "its urgency"),
        field("finding.exploited", Kind::Bool, "known to be exploited"),
        field("finding.malicious", Kind::Bool, "made to do harm"),
        field("finding.cvss", Kind::Number, "its score out of 10"),
        field(
            "finding.epss",
            Kind::Number,
            "the chance, from 0 to 1, that it is exploited within 30 days",
        ),
        field("finding.direct", Kind::Bool, "asked for by the project itself"),
        field("finding.dev", Kind::Bool, "used only while developing"),
        field("finding.fix", Kind::Enum(&["safe", "risky", "none"]), "the known fix"),
        field("finding.weakness", Kind::Text, "the name of the known problem"),
        field("finding.subject", Kind::Text, "the package"),
        field(
            "finding.informational",
            Kind::Enum(&[
                "none",
                "unmaintained",
                "unsound",
                "notice",
                "end_of_life",
                "yanked",
                "deprecated",
            ]),
            "the kind of notice",
        ),
        field(
            "asset.kind",
            Kind::Enum(&["host", "repository", "folder", "image"]),
            "the kind of asset",
        ),
        field("asset.name", Kind::Text, "the asset"),
        field("asset.team", Kind::Text, "the team"),
        field("asset.ring", Kind::Text, "the pilot group"),
        field("asset.exposure", Kind::Enum(&["internal", "internet"]), "the exposure"),
        field("asset.tier", Kind::Number, "the tier of the asset"),
        field("asset.labels", Kind::Texts, "the list of labels"),
        field(
            "look.standing",
            Kind::Enum(&["working", "proposed", "trunk", "deployed"]),
            "the copy looked at",
        ),
        field("look.stage", Kind::Enum(&["build", "test", "production"]), "the stage"),
        field("look.coverage", Kind::Enum(&["full", "partial"]), "the coverage of the look"),
    ],
};

const fn field(name: &'static str, kind: Kind, help: &'static str) -> Field {
    Field::new(name, kind, help)
}

/// The value of a field. Unknown exposure is treated as internet; whoever shows the answer says
/// so. A finding has several names and fits by any of them.
pub(crate) fn value<'v>(
    name: &str,
    finding: &'v Finding,
    asset: &'v Asset,
    look: &'v Look,
) -> Option<FieldValue<'v>> {
    let weakness = &finding.weakness;
    let several = |texts: &'v [String]| {
        FieldValue::Texts(texts.iter().map(|text| Cow::Borrowed(text.as_str())).collect())
    };
    Some(match name {
        "finding.kind" => FieldValue::text(finding.kind.word()),
        "finding.severity" => FieldValue::text(finding.severity.word()),
        "finding.exploited" => FieldValue::Bool(weakness.exploited),
        "finding.malicious" => FieldValue::Bool(weakness.malicious),
        "finding.cvss" => FieldValue::Number(weakness.cvss?),
        "finding.epss" => FieldValue::Number(weakness.epss?),
        "finding.direct" => FieldValue::Bool(finding.direct?),
        "finding.dev" => FieldValue::Bool(finding.dev),
        "finding.fix" => FieldValue::text(finding.fix.word()),
        "finding.weakness" => {
            let others = weakness.aliases.iter().chain(&weakness.published_by);
            let names = std::iter::once(&weakness.id.0).chain(others);
            FieldValue::Texts(names.map(|name| Cow::Borrowed(name.as_ref())).collect())
        }
        "finding.subject" => FieldValue::text(finding.subject.as_ref()),
        "finding.informational" => {
            FieldValue::text(weakness.informational.map_or("none", |kind| kind.word()))
        }
        "asset.kind" => FieldValue::text(asset.kind.word()),
        "asset.name" => FieldValue::text(asset.name.as_str()),
        "asset.team" => FieldValue::text(asset.team.as_str()),
        // An asset in no ring is known to be in none.
        "asset.ring" => FieldValue::text(asset.ring.as_deref().unwrap_or_default()),
        "asset.exposure" => FieldValue::text(match asset.exposure {
            Exposure::Internal => "internal",
            Exposure::Internet | Exposure::Unknown => "internet",
        }),
        "asset.tier" => FieldValue::Number(f64::from(asset.tier)),
        "asset.labels" => several(&asset.labels),
        "look.standing" => FieldValue::text(look.standing.word()),
        "look.stage" => FieldValue::text(look.stage.as_deref()?),
        "look.coverage" => FieldValue::text(look.coverage.word()),
        _ => return None,
    })
}

/// What an example says of a field where it says nothing: a plain finding of a direct dependency
/// on trunk, of which everything is known but its score.
pub(crate) fn in_examples(name: &str) -> Option<FieldValue<'static>> {
    Some(match name {
        "finding.kind" => FieldValue::text("package"),
        "finding.severity" => FieldValue::text("soon"),
        "finding.exploited" | "finding.malicious" | "finding.dev" => FieldValue::Bool(false),
        "finding.direct" => FieldValue::Bool(true),
        "finding.fix" | "finding.informational" => FieldValue::text("none"),
        "finding.weakness" | "finding.subject" | "asset.name" | "asset.team" | "asset.ring" => {
            FieldValue::text("")
        }
        "asset.kind" => FieldValue::text("repository"),
        "asset.exposure" => FieldValue::text("internet"),
        "asset.tier" => FieldValue::Number(2.0),
        "asset.labels" => FieldValue::Texts(Vec::new()),
        "look.standing" => FieldValue::text("trunk"),
        "look.coverage" => FieldValue::text("full"),
        _ => return None,
    })
}
