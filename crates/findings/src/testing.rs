//! Sightings and findings for tests.

use std::sync::Arc;

use holdfast_model::{
    AssetId, Ecosystem, Finding, FindingKind, FixKind, Instance, Place, Severity, SeverityStep,
    Standing, Weakness, WeaknessId, Witness,
};

use crate::{Sighting, join, locus};

pub(crate) fn asset() -> AssetId {
    AssetId("repository:git.example/acme/shop".into())
}

pub(crate) fn weakness(id: &str) -> Weakness {
    Weakness {
        id: WeaknessId(id.into()),
        aliases: Vec::new(),
        title: format!("what {id} is about"),
        cvss: None,
        epss: None,
        exploited: false,
        informational: None,
        malicious: false,
        epss_at: None,
        published_by: vec![id.into()],
    }
}

/// A Rust package with a weakness, in one version, on line 7.
pub(crate) fn sighting(id: &str, name: &str, path: &str, version: &str) -> Sighting {
    let cargo = Ecosystem::new("cargo");
    Sighting {
        kind: FindingKind::Package,
        weakness: weakness(id),
        locus: locus::language_package(&cargo, name, path),
        title: format!("{name} {version} has a known problem"),
        severity: Severity::Soon,
        severity_steps: vec![SeverityStep {
            severity: Severity::Soon,
            because: "no score is known".to_owned(),
        }],
        subject: locus::subject(&cargo, name),
        instance: Instance {
            version: Some(version.into()),
            place: Place { path: path.into(), line: 7, column: 1 },
            fixed_in: Some("9.0.0".into()),
        },
        witness: Witness { engine: "holdfast".into(), name: id.into() },
        direct: Some(true),
        dev: false,
        fix: FixKind::Safe,
    }
}

pub(crate) fn with_versions(id: &str, name: &str, path: &str, versions: &[&str]) -> Finding {
    let all = versions.iter().map(|version| sighting(id, name, path, version)).collect();
    join(&asset(), Standing::Trunk, all).into_iter().next().unwrap()
}

pub(crate) fn finding(id: &str, name: &str, path: &str) -> Finding {
    with_versions(id, name, path, &["1.0.0"])
}

pub(crate) fn versions(list: &[&str]) -> Vec<Arc<str>> {
    list.iter().map(|version| (*version).into()).collect()
}
