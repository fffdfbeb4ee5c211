//! On which host something is, as people call it: this machine, or another one by its name.

use holdfast_engine::document::{AssetRow, FindingRow, NotAssessedRow, Report};
use holdfast_model::AssetId;

/// How the id of the machine begins on which Holdfast runs.
const OWN: &str = "host:";
/// So many assets are named in the first line of a report.
const NAMED: usize = 5;

/// What people call an asset. Hosts of one name are told apart by their addresses.
pub fn name<'r>(row: &'r AssetRow, report: &'r Report) -> &'r str {
    if row.kind != "host" {
        return &row.name;
    }
    if row.id.starts_with(OWN) {
        return "this machine";
    }
    let alike = report.assets.iter().filter(|one| one.kind == "host" && one.name == row.name);
    if alike.count() > 1 { &row.id } else { &row.name }
}

/// The host that a finding is on, where more than one was looked at.
pub fn of<'r>(finding: &FindingRow, report: &'r Report) -> Option<&'r str> {
    named(report, &finding.asset_id)
}

/// The host that a gap is on, where more than one was looked at.
pub fn of_gap<'r>(row: &NotAssessedRow, report: &'r Report) -> Option<&'r str> {
    named(report, row.asset_id.as_ref()?)
}

/// The one host that all of these gaps are on, where more than one was looked at.
pub fn of_gaps<'r>(rows: &[&NotAssessedRow], report: &'r Report) -> Option<&'r str> {
    let asset = rows.first()?.asset_id.as_ref()?;
    let one = rows.iter().all(|row| row.asset_id.as_ref() == Some(asset));
    one.then(|| named(report, asset)).flatten()
}

/// Whether an asset is a host.
pub fn is_host(report: &Report, asset: &AssetId) -> bool {
    report.assets.iter().any(|row| row.kind == "host" && *row.id == *asset.0)
}

/// What people call a host, where more than one was looked at.
fn named<'r>(report: &'r Report, asset: &AssetId) -> Option<&'r str> {
    let mut hosts = report.assets.iter().filter(|row| row.kind == "host");
    let host = hosts.clone().find(|row| *row.id == *asset.0)?;
    hosts.nth(1).map(|_| name(host, report))
}

/// What was looked at, each with what was counted there.
pub fn looked_at(report: &Report, counted: impl Fn(&AssetRow) -> String) -> String {
    let all = report.assets.len();
    let shown = if all > NAMED { NAMED - 1 } else { all };
    let mut words: Vec<String> = report
        .assets
        .iter()
        .take(shown)
        .map(|row| format!("{} ({})", name(row, report), counted(row)))
        .collect();
    if all > shown {
        words.push(format!("{} more", all - shown));
    }
    match words.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => words.concat(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use holdfast_model::{FindingKind, Key, LocalKey, Locus, WeaknessId};

    use super::*;
    use crate::render::human;
    use crate::render::style::Style;
    use crate::render::surfaces;

    /// What only root could tell of a host.
    pub(in crate::render) fn gap(asset: &str) -> NotAssessedRow {
        NotAssessedRow {
            key: String::new(),
            kind: FindingKind::Control,
            subject: "/etc/shadow".into(),
            reason: "only root may read it".to_owned(),
            closes_with: "root".to_owned(),
            place: None,
            asset: Some("web1".to_owned()),
            asset_id: Some(AssetId(asset.into())),
        }
    }

    /// A control that fails on this machine and on two others of one name.
    pub(in crate::render) fn report() -> Report {
        let mut report = surfaces::report();
        let own = report.assets[0].clone();
        for address in ["ssh://web1", "ssh://web1:2222"] {
            report.assets.push(AssetRow {
                id: address.to_owned(),
                name: "web1".to_owned(),
                ..own.clone()
            });
        }
        let tree = AssetRow { id: "folder:x".to_owned(), name: "shop".to_owned(), ..own };
        report.assets.push(AssetRow { kind: "folder", ..tree });
        let first = report.findings[0].clone();
        let locus = Locus::Setting { resource: "sshd PermitRootLogin".into(), scope: "".into() };
        let local = LocalKey::new(FindingKind::Control, &WeaknessId("root-login".into()), &locus);
        for address in ["ssh://web1", "ssh://web1:2222"] {
            let mut other = first.clone();
            other.asset = "web1".to_owned();
            other.asset_id = AssetId(address.into());
            other.weakness = format!("root-login-{address}").into();
            other.local_key = local.to_string();
            other.key = Key::new(&AssetId(address.into()), local).to_string();
            report.findings.push(other);
        }
        report
    }

    #[test]
    fn each_row_names_its_host_and_only_one_is_this_machine() {
        let report = report();
        let said = human::report(&report, &Style::plain());
        let place = "/etc/ssh/sshd_config.d/50-cloud.conf:2:1";
        for host in ["this machine", "ssh://web1", "ssh://web1:2222"] {
            assert!(said.contains(&format!("on {host} · {place}")), "{host}: {said}");
        }
        let first = said.split("\n  SOON").next().unwrap();
        assert_eq!(first.matches("this machine (").count(), 1, "{first}");
        assert!(first.contains("ssh://web1 (") && first.contains("and shop ("), "{first}");
        assert!(said.lines().all(|line| line.chars().count() <= 100), "{said}");

        // What could not be looked at belongs to its host.
        let mut report = report.clone();
        report.assets.truncate(2);
        report.not_assessed = vec![gap("ssh://web1")];
        let said = human::report(&report, &Style::plain());
        assert!(said.contains("Could not check 1: 1 needs root on web1\n"), "{said}");
        report.not_assessed.push(gap("ssh://web1:2222"));
        let said = human::report(&report, &Style::plain());
        assert!(said.contains("Could not check 2: 2 need root\n"), "{said}");

        // Of one host it is plain where something is.
        let alone = human::report(&surfaces::report(), &Style::plain());
        assert!(!alone.contains("on this machine"), "{alone}");
    }

    #[test]
    fn of_many_hosts_a_few_are_named() {
        let mut report = surfaces::report();
        let own = report.assets[0].clone();
        let far = (0..97).map(|n| AssetRow {
            id: format!("ssh://web{n}"),
            name: format!("web{n}"),
            ..own.clone()
        });
        report.assets.extend(far);
        let said = looked_at(&report, |_| "1".to_owned());
        assert_eq!(said, "this machine (1), web0 (1), web1 (1), web2 (1) and 94 more");
    }
}
