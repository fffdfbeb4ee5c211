//! What a scanner says of an asset, as findings: its plugins expanded to the weaknesses that they
//! stand for, its places brought to loci.
//!
//! Knows advisories by name only; knows no state.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use holdfast_advisories::Index;
use holdfast_findings::{Sighting, join, locus as loci};
use holdfast_model::{
    Asset, Digest, Ecosystem, Finding, FindingKind, FixKind, ForeignLocus, Instance, LocalKey,
    Locus, Place, Severity, SeverityStep, Standing, Weakness, WeaknessId, Witness,
};

use super::read::Item;
use super::references::References;
use super::verdicts::Test;

/// Where paths of a report lead on the asset.
pub(super) struct Paths<'a> {
    /// Makes a path relative to the root, where it is absolute.
    pub(super) relative: &'a dyn Fn(&str) -> String,
    /// The folder that was scanned, relative to the root.
    pub(super) below: &'a str,
}

impl Paths<'_> {
    fn of(&self, path: &str) -> String {
        let path = (self.relative)(path);
        if path.is_empty() || path.starts_with('/') || self.below.is_empty() {
            return path;
        }
        format!("{}/{}", self.below, path.trim_start_matches("./"))
    }
}

/// What makes findings of items.
pub(super) struct Maker<'a> {
    pub(super) index: &'a Index<'a>,
    pub(super) scanner: &'a Arc<str>,
    /// Where the report itself is.
    pub(super) report: &'a Arc<str>,
    /// Fingerprints that are not unique in it.
    pub(super) shared: &'a HashSet<Arc<str>>,
    pub(super) paths: Paths<'a>,
    /// What tests mean of ours.
    references: &'a References<'a>,
    /// Weaknesses by the names that a scanner gives; `None` where our index knows none.
    known: HashMap<Arc<str>, Option<Weakness>>,
    /// How many findings stood at a place of equal text before.
    ordinals: HashMap<(Arc<str>, String), u32>,
}

/// What an asset's items come to.
pub(super) struct Made {
    /// By key, each once.
    pub(super) found: Vec<Finding>,
    /// What the report calls no problem, and why.
    pub(super) dismissed: Vec<(Finding, String)>,
}

impl<'a> Maker<'a> {
    pub(super) fn new(
        (index, references): (&'a Index<'a>, &'a References<'a>),
        scanner: &'a Arc<str>,
        report: &'a Arc<str>,
        shared: &'a HashSet<Arc<str>>,
        paths: Paths<'a>,
    ) -> Self {
        let (known, ordinals) = (HashMap::new(), HashMap::new());
        Self { index, scanner, report, shared, paths, references, known, ordinals }
    }

    /// The findings of an asset. What is dismissed at one place and not at another is found.
    pub(super) fn make<'i>(
        &mut self,
        items: impl Iterator<Item = &'i Item>,
        asset: &Asset,
        standing: Standing,
    ) -> Made {
        let (mut found, mut dismissed) = (Vec::new(), Vec::new());
        let mut reasons: BTreeMap<LocalKey, String> = BTreeMap::new();
        for item in items.filter(|item| item.is_finding()) {
            for sighting in self.sightings(item) {
                if item.dismissed.is_empty() {
                    found.push(sighting);
                } else {
                    let local =
                        LocalKey::new(sighting.kind, &sighting.weakness.id, &sighting.locus);
                    reasons.entry(local).or_insert_with(|| item.dismissed.to_string());
                    dismissed.push(sighting);
                }
            }
        }
        let found = join(&asset.id, standing, found);
        let named: HashSet<LocalKey> = found.iter().map(|finding| finding.local).collect();
        let dismissed = join(&asset.id, standing, dismissed);
        let dismissed = dismissed.into_iter().filter(|one| !named.contains(&one.local));
        let dismissed = dismissed
            .map(|finding| {
                let because = reasons.get(&finding.local).cloned().unwrap_or_default();
                (finding, because)
            })
            .collect();
        Made { found, dismissed }
    }

    fn sightings(&mut self, item: &Item) -> Vec<Sighting> {
        if let Some(test) = &item.test {
            return vec![self.failed(item, test)];
        }
        let locus = self.locus(item);
        let weaknesses = self.weaknesses(item);
        let several = weaknesses.len() > 1;
        weaknesses
            .into_iter()
            .map(|weakness| self.sighting(item, weakness, locus.clone(), several))
            .collect()
    }

    /// A test that fails: a setting that is not as it should be, known as what our controls with
    /// the same references are.
    fn failed(&self, item: &Item, test: &Test) -> Sighting {
        let id = WeaknessId(format!("{}:{}", self.scanner, item.plugin).into());
        let mut names = self.references.controls(&test.refs);
        names.extend(test.refs.iter().cloned());
        let weakness = self.said(id, item, &names);
        let locus = match &*test.resource {
            "" => loci::whole_asset("test"),
            resource => loci::whole_asset(&format!("test of {resource}")),
        };
        let mut sighting = self.sighting(item, weakness, locus, false);
        sighting.kind = FindingKind::Control;
        if !test.resource.is_empty() {
            sighting.subject = Arc::clone(&test.resource);
        }
        if let Some(step) = sighting.severity_steps.first_mut().filter(|_| !test.because.is_empty())
        {
            step.because = format!("{}, which says: {}", step.because, test.because);
        }
        sighting
    }

    fn sighting(&self, item: &Item, weakness: Weakness, locus: Locus, several: bool) -> Sighting {
        let title = if several && !item.title.contains(&*weakness.id.0) {
            format!("{} ({})", item.title, weakness.id)
        } else {
            item.title.to_string()
        };
        let mut severity = item.severity;
        let because = format!("by the scale of `{}`", self.scanner);
        let mut severity_steps = vec![SeverityStep { severity, because }];
        if weakness.exploited && severity < Severity::Now {
            severity = Severity::Now;
            let because = "known to be exploited: raised to now".to_owned();
            severity_steps.push(SeverityStep { severity, because });
        }
        let text = |text: &Arc<str>| (!text.is_empty()).then(|| Arc::clone(text));
        Sighting {
            kind: FindingKind::Foreign,
            subject: subject(item, &locus),
            locus,
            title,
            severity,
            severity_steps,
            instance: Instance {
                version: text(&item.version),
                place: Place {
                    path: Arc::clone(self.report),
                    line: item.line,
                    column: item.column,
                },
                fixed_in: text(&item.fixed_in),
            },
            witness: Witness { engine: Arc::clone(self.scanner), name: Arc::clone(&item.plugin) },
            direct: None,
            dev: false,
            // What another scanner calls a fix was never tried against what this asset allows.
            fix: FixKind::None,
            weakness,
        }
    }

    /// What a plugin stands for: each CVE that it names; else the advisories that it names, those
    /// of one group once; else the plugin itself.
    fn weaknesses(&mut self, item: &Item) -> Vec<Weakness> {
        let cves: Vec<&Arc<str>> =
            item.names.iter().filter(|name| name.starts_with("CVE-")).collect();
        let mut all: Vec<Weakness> = match cves.as_slice() {
            [] => item.names.iter().filter_map(|name| self.known(name)).collect(),
            cves => cves.iter().map(|name| self.by_name(name, item)).collect(),
        };
        if all.is_empty() {
            all.push(self.unknown(item));
        }
        all.sort_by(|a, b| a.id.cmp(&b.id));
        all.dedup_by(|a, b| a.id == b.id);
        all
    }

    /// A weakness that our index knows by this name.
    fn known(&mut self, name: &Arc<str>) -> Option<Weakness> {
        if let Some(known) = self.known.get(name) {
            return known.clone();
        }
        let weakness = self.index.find(name).map(|row| row.weakness);
        self.known.insert(Arc::clone(name), weakness.clone());
        weakness
    }

    fn by_name(&mut self, name: &Arc<str>, item: &Item) -> Weakness {
        self.known(name).unwrap_or_else(|| self.said(WeaknessId(Arc::clone(name)), item, &[]))
    }

    /// A weakness that only the scanner knows.
    fn unknown(&self, item: &Item) -> Weakness {
        if let Some(id) = WeaknessId::of_group(item.names.iter().map(|name| &**name)) {
            return self.said(id, item, &item.names);
        }
        let id = format!("{}:{}", self.scanner, item.plugin);
        self.said(WeaknessId(id.into()), item, &[])
    }

    fn said(&self, id: WeaknessId, item: &Item, names: &[Arc<str>]) -> Weakness {
        let mut aliases: Vec<Arc<str>> =
            names.iter().filter(|name| **name != id.0).cloned().collect();
        aliases.sort_unstable();
        Weakness {
            id,
            aliases,
            title: item.title.to_string(),
            cvss: None,
            epss: None,
            exploited: false,
            informational: None,
            malicious: false,
            epss_at: None,
            published_by: vec![Arc::clone(self.scanner)],
        }
    }

    fn locus(&mut self, item: &Item) -> Locus {
        match &item.locus {
            ForeignLocus::Package { package, path } => package_locus(package, &self.paths.of(path)),
            ForeignLocus::Port { number: 0, .. } | ForeignLocus::Whole => {
                loci::whole_asset("whole")
            }
            ForeignLocus::Port { number, protocol } => {
                loci::whole_asset(&format!("port {number}/{protocol}"))
            }
            ForeignLocus::File { path, context, fingerprint } => {
                let path = self.paths.of(path);
                if !fingerprint.is_empty() && !self.shared.contains(fingerprint) {
                    return loci::file_item(&path, &format!("fingerprint {}", short(fingerprint)));
                }
                self.by_context(item, &path, context)
            }
        }
    }

    /// A place in a file by its text, and which of several of equal text it is: lines move.
    fn by_context(&mut self, item: &Item, path: &str, context: &str) -> Locus {
        let text = if context.is_empty() { String::new() } else { short(context) };
        let place = format!("{path}\n{text}");
        let ordinal = self.ordinals.entry((Arc::clone(&item.plugin), place)).or_default();
        *ordinal += 1;
        let item = match (text.is_empty(), *ordinal) {
            (true, 1) => String::new(),
            (true, nth) => format!("number {nth}"),
            (false, 1) => format!("text {text}"),
            (false, nth) => format!("text {text} number {nth}"),
        };
        loci::file_item(path, &item)
    }
}

/// Half a digest of a text: enough to tell places apart, and of the same length for all.
fn short(text: &str) -> String {
    Digest::of(text.as_bytes()).to_string().chars().take(32).collect()
}

/// What a finding is about, for people: the package, the file, or the port.
fn subject(item: &Item, locus: &Locus) -> Arc<str> {
    match (&item.locus, locus) {
        (ForeignLocus::Package { package, .. }, _) => Arc::clone(package),
        (_, Locus::File { path, .. }) => Arc::clone(path),
        (ForeignLocus::Port { number, protocol }, _) if *number > 0 => {
            format!("port {number}/{protocol}").into()
        }
        _ => Arc::clone(&item.plugin),
    }
}

/// The package as our own loci name it. Packages of a distribution stand nowhere in particular.
fn package_locus(package: &Arc<str>, path: &str) -> Locus {
    let kind = package.strip_prefix("pkg:").and_then(|rest| rest.split('/').next());
    if matches!(kind, Some("deb" | "rpm" | "apk" | "alpm")) {
        return Locus::SystemPackage { purl: Arc::clone(package) };
    }
    // By way of the one function that knows how a path is written.
    match loci::language_package(&Ecosystem::new(""), "", path) {
        Locus::LanguagePackage { path, .. } => {
            Locus::LanguagePackage { purl: Arc::clone(package), path }
        }
        other => other,
    }
}
