//! Who is affected, whom a sync concerns, and what a look finds: three questions with one answer,
//! whatever hosts and feeds call a package and its release.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use holdfast_advisories::Index;
use holdfast_engine::affected::{self, Affected, Page};
use holdfast_engine::assess::Against;
use holdfast_engine::cycle::{self, Options};
use holdfast_engine::look::{Document, Look};
use holdfast_engine::renew::{self, Renewed};
use holdfast_engine::sync::{self, Request, Source, Sources};
use holdfast_engine::{index_file, record};
use holdfast_model::{
    Asset, AssetId, AssetKind, Component, Coverage, Ecosystem, FindingKind, Observation, Place,
    SourcePackage, Standing, State, Timestamp,
};
use holdfast_store::{LookCommit, Store, StoreOptions};
use holdfast_world::{Reach, Recorded, World};

use super::mirror::NOW;

/// A copy of a package: asset, subject, version, place.
pub(crate) type Seen = (String, String, String, String);

/// An asset and the packages that it has.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) kind: AssetKind,
    pub(crate) components: Vec<Component>,
}

impl Held {
    fn asset(&self, at: usize) -> Asset {
        let id = AssetId(format!("{}:{at}", self.kind.word()).into());
        Asset::new(id, self.kind, format!("web-{at}"), "shop")
    }

    fn standing(&self) -> Standing {
        if self.kind == AssetKind::Host { Standing::Deployed } else { Standing::Trunk }
    }

    fn look(&self, at: usize) -> Look {
        let path: Arc<str> = "var/lib/packages".into();
        let placed = |(line, component): (u32, &Component)| {
            let place = Place { path: Arc::clone(&path), line, column: 1 };
            Component { place, ..component.clone() }
        };
        let document = Document {
            path: Arc::clone(&path),
            reader: "record",
            bytes: [].into(),
            components: (1..).zip(&self.components).map(placed).collect(),
            requirements: Vec::new(),
            edges: Vec::new(),
            unknown: Vec::new(),
            os: None,
            offers: Vec::new(),
            artifact: "".into(),
            feeds: Vec::new(),
            own: Vec::new(),
            notices: Vec::new(),
            problems: Vec::new(),
            partial: false,
        };
        Look {
            asset: self.asset(at),
            standing: self.standing(),
            sensor: if self.kind == AssetKind::Host { "host" } else { "folder" },
            coverage: Coverage::Full,
            revision: None,
            documents: vec![document],
            left_out: Vec::new(),
            problems: Vec::new(),
            host: None,
            image: None,
            requests: Vec::new(),
        }
    }
}

/// A package as a host or a lockfile names it; `source` and `module` may be empty.
pub(crate) fn package(
    ecosystem: &str,
    own: (&str, &str),
    source: (&str, &str),
    module: &str,
) -> Component {
    let (name, version) = own;
    let place = Place::start_of("");
    let component = Component::new(Ecosystem::new(ecosystem), name, Some(version.into()), place);
    let of = SourcePackage { name: source.0.into(), version: source.1.into() };
    Component {
        source: (!source.0.is_empty()).then_some(of),
        module: (!module.is_empty()).then(|| module.into()),
        ..component
    }
}

/// A record of one package that is mended in a version; `more` stands before what is affected.
pub(crate) fn said(
    id: &str,
    more: &str,
    ecosystem: &str,
    name: &str,
    fixed: &str,
) -> (String, String) {
    let text = format!(
        r#"{{"id": "{id}", "modified": "2026-11-01T00:00:00Z", {more} "affected": [{{
            "package": {{"ecosystem": "{ecosystem}", "name": "{name}"}}, "ranges": [{{
            "type": "ECOSYSTEM", "events": [{{"introduced": "0"}}, {{"fixed": "{fixed}"}}]}}]}}]}}"#
    );
    (id.to_owned(), text)
}

/// Records by their names.
pub(crate) type Feed = BTreeMap<String, String>;

/// A data folder, a feed beside it, and assets that are looked at.
pub(crate) struct Stage {
    dir: tempfile::TempDir,
    world: World,
    assets: Vec<Held>,
}

impl Stage {
    /// A feed that is synced; nothing was looked at.
    pub(crate) fn new(assets: &[Held], feed: &Feed) -> Self {
        let recorded = Recorded::new()
            .now(Timestamp(NOW))
            .here("/shop")
            .file("/shop/README.md", "A shop.\n")
            .file("/feed/.keep", "");
        let world = World::recorded(recorded);
        let dir = tempfile::tempdir().unwrap();
        let stage = Self { dir, world, assets: assets.to_vec() };
        stage.sync(feed);
        stage
    }

    fn data(&self) -> &Path {
        self.dir.path()
    }

    /// Brings a feed in; only what it brings is written. Returns the digest of the index.
    pub(crate) fn sync(&self, feed: &Feed) -> String {
        let root = Path::new("/");
        for one in self.world.files.list(Path::new("/feed"), Path::new("")).unwrap_or_default() {
            if !one.name.to_string_lossy().ends_with(".json") {
                continue;
            }
            let path = Path::new("/feed").join(&one.name);
            self.world.files.remove(root, &path).unwrap();
        }
        for (id, text) in feed {
            let path = Path::new("/feed").join(format!("{id}.json"));
            self.world.files.write_atomic(root, &path, text.as_bytes()).unwrap();
        }
        let sources = Sources { from: vec![Source::Path("/feed".into())], kev: None, epss: None };
        let request = Request { sources, reach: Reach::default(), offline: true };
        let report = sync::sync(&self.world, self.data(), &request, &|_| {}).unwrap();
        assert_eq!(report.details, []);
        report.digest.unwrap()
    }

    fn index(&self) -> Vec<u8> {
        let path = index_file::path(self.data());
        self.world.files.read(Path::new("/"), &path, 1 << 30).unwrap()
    }

    async fn store(&self) -> Store {
        record::holder(&self.world, self.data(), StoreOptions::default()).await.unwrap()
    }

    /// Looks at everything.
    pub(crate) async fn look(&self, at: i64) {
        let bytes = self.index();
        let index = Index::open(&bytes).unwrap();
        let (_, settings) = cycle::settings_here(&self.world, Path::new(".")).unwrap();
        let store = self.store().await;
        for (number, held) in self.assets.iter().enumerate() {
            let (look, settings) = (held.look(number), &settings);
            let now = Timestamp(at);
            let fleet = &holdfast_engine::fleet::NOBODY;
            let against =
                Against { index: &index, settings, stage: None, now, accepted: &[], fleet };
            cycle::record_look(&self.world, &store, &look, &against).await.unwrap();
        }
        store.close().await.unwrap();
    }

    /// Brings findings up to date.
    pub(crate) async fn renew(&self) -> Renewed {
        let options = Options::default();
        renew::alone(&self.world, self.data(), &options).await.unwrap().unwrap()
    }

    /// What is known of each asset: by asset and key, its state, its weakness and its copies.
    pub(crate) async fn known(&self) -> BTreeMap<(String, String), (State, String, Vec<Seen>)> {
        let store = self.store().await;
        let mut all = BTreeMap::new();
        for (number, held) in self.assets.iter().enumerate() {
            let asset = held.asset(number).id;
            for (key, one) in store.known(&asset, held.standing()).await.unwrap() {
                let finding = one.finding;
                assert_eq!(finding.kind, FindingKind::Package);
                let copy = |one: &holdfast_model::Instance| {
                    let version = one.version.as_deref().unwrap_or_default().to_owned();
                    let place = one.place.to_string();
                    (asset.to_string(), finding.subject.to_string(), version, place)
                };
                let copies = finding.instances.iter().map(copy).collect();
                let weakness = finding.weakness.id.to_string();
                all.insert((asset.to_string(), key.to_string()), (finding.state, weakness, copies));
            }
        }
        store.close().await.unwrap();
        all
    }

    /// Who is said to have each weakness.
    pub(crate) async fn affected(&self) -> BTreeMap<String, BTreeSet<Seen>> {
        let bytes = self.index();
        let index = Index::open(&bytes).unwrap();
        let store = self.store().await;
        let mut all = BTreeMap::new();
        for at in index.all() {
            let id = index.weakness(at).unwrap().id.to_string();
            let found = affected::in_record(Some(&store), &index, &id, Page::default());
            let copies = copies(&found.await.unwrap().unwrap());
            if !copies.is_empty() {
                all.insert(id, copies);
            }
        }
        store.close().await.unwrap();
        all
    }

    /// What is said to mend a weakness, for each copy that has it.
    pub(crate) async fn mending(&self, id: &str) -> Vec<Option<Arc<str>>> {
        let bytes = self.index();
        let index = Index::open(&bytes).unwrap();
        let store = self.store().await;
        let found = affected::in_record(Some(&store), &index, id, Page::default()).await;
        store.close().await.unwrap();
        found.unwrap().unwrap().assets.into_iter().map(|row| row.fixed_in).collect()
    }

    /// Who has an open finding of each weakness.
    pub(crate) async fn open(&self) -> BTreeMap<String, BTreeSet<Seen>> {
        let mut all: BTreeMap<String, BTreeSet<Seen>> = BTreeMap::new();
        for (state, weakness, copies) in self.known().await.into_values() {
            if state == State::Open {
                all.entry(weakness).or_default().extend(copies);
            }
        }
        all
    }
}

fn copies(found: &Affected) -> BTreeSet<Seen> {
    let copy = |row: &affected::AssetRow| {
        let texts = [&row.asset, &row.subject, &row.version, &row.place];
        let [asset, subject, version, place] = texts.map(ToString::to_string);
        (asset, subject, version, place)
    };
    let all: BTreeSet<Seen> = found.assets.iter().map(copy).collect();
    assert_eq!((all.len(), all.len() as u64), (found.assets.len(), found.total), "each copy once");
    all
}

/// A trap: what a record names, and the package of a host that it means.
struct Trap {
    more: &'static str,
    record: (&'static str, &'static str, &'static str),
    host: Component,
}

fn trap(record: (&'static str, &'static str, &'static str), host: Component) -> Trap {
    Trap { more: "", record, host }
}

/// What is special about the families that use RPM.
fn traps_of_rpm() -> Vec<Trap> {
    let alma = ("AlmaLinux:9", "nodejs", "1:18.19.0-1.module_el9.3.0+1+aaaa");
    let old = ("nodejs", "1:18.9.0-1.module_el9.1.0+9+cccc");
    let stream = package("AlmaLinux:9", old, ("", ""), "nodejs:18");
    let red_hat = "Red Hat:enterprise_linux:9::baseos";
    let module = "SUSE:Linux Enterprise Module for Basesystem 15 SP5";
    vec![
        trap(
            (red_hat, "door", "0:2.0-1.el9"),
            package("Red Hat:9.3", ("door-libs", "0:1.0-1.el9"), ("door", "1.0-1.el9"), ""),
        ),
        // Only the installed package says the epoch of its source.
        trap(
            ("Rocky Linux:9", "hinge", "1:2.0-1.el9"),
            package("Rocky Linux:9.3", ("hinge-libs", "1:1.0-1.el9"), ("hinge", "1.0-1.el9"), ""),
        ),
        trap(
            ("AlmaLinux:9", "xz-libs", "5.3-1.el9"),
            package("AlmaLinux:9.3", ("xz-libs", "5.2-1.el9"), ("xz", "5.2-1.el9"), ""),
        ),
        Trap {
            more: r#""summary": "Important: nodejs:18 security update","#,
            ..trap(alma, stream)
        },
        trap((module, "bolt", "1.2-1"), package("SUSE:15.5", ("bolt", "1.1-1"), ("", ""), "")),
        trap(
            ("openSUSE:Leap 15.5", "bolt", "1.2-1"),
            package("openSUSE:15.5", ("libbolt", "1.1-1"), ("bolt", "1.1-1"), ""),
        ),
    ]
}

/// Every way in which hosts and feeds differ in their words.
fn traps() -> Vec<Trap> {
    let mut traps = traps_of_rpm();
    traps.extend([
        trap(
            ("Ubuntu:22.04:LTS", "gate", "1.0-2"),
            package("Ubuntu:22.04", ("libgate1", "1.0-1"), ("gate", "1.0-1"), ""),
        ),
        trap(
            ("Ubuntu:Pro:18.04:LTS", "pane", "1.0-1ubuntu1+esm2"),
            package("Ubuntu:18.04", ("pane", "1.0-1ubuntu1+esm1"), ("", ""), ""),
        ),
        trap(
            ("Alpine:v3.19", "latch", "1.2.3-r4"),
            package("Alpine:3.19.1", ("latch-libs", "1.2.3-r3"), ("latch", "1.2.3-r3"), ""),
        ),
        // A version of the source that is not that of the binary.
        trap(
            ("Debian:12", "sill", "2:1.0-2"),
            package("Debian:12", ("libsill", "7.0+b1"), ("sill", "2:1.0-1"), ""),
        ),
        trap(
            ("NuGet", "acme.json", "13.0.1"),
            package("NuGet", ("Acme.Json", "9.0.1"), ("", ""), ""),
        ),
        trap(
            ("Packagist", "Acme/Http-Kernel", "2.0.0"),
            package("composer", ("acme/Http-kernel", "1.0.0"), ("", ""), ""),
        ),
        trap(
            ("GitHub Actions", "acme/changed-files", "46.0.1"),
            package("GitHub Actions", ("Acme/Changed-Files", "45.0.0"), ("", ""), ""),
        ),
        trap(
            ("PyPI", "Acme.Interface", "5.0"),
            package("PyPI", ("acme_interface", "4.0"), ("", ""), ""),
        ),
    ]);
    traps
}

#[tokio::test]
async fn what_hosts_and_feeds_call_otherwise_is_found_in_every_way() {
    let traps = traps();
    let held = |trap: &Trap| {
        let distribution = trap.host.ecosystem.release().is_some();
        let kind = if distribution { AssetKind::Host } else { AssetKind::Folder };
        Held { kind, components: vec![trap.host.clone()] }
    };
    let mut assets: Vec<Held> = traps.iter().map(held).collect();
    // Headers hold nothing of the kernel that they are named after, and another release is another.
    let headers = ("linux-headers-6.1.0-18-amd64", "6.1.76-1");
    let none = vec![
        package("Debian:12", headers, ("linux", "6.1.76-1"), ""),
        package("Debian:11", ("libsill", "7.0+b1"), ("sill", "2:1.0-1"), ""),
        package("AlmaLinux:9", ("kernel-headers", "5.14.0-1.el9"), ("kernel", "5.14.0-1.el9"), ""),
    ];
    assets.push(Held { kind: AssetKind::Host, components: none });
    let mut feed: Feed = [
        said("B-1", "", "Debian:12", "linux", "9"),
        said("B-2", "", "AlmaLinux:9", "kernel-headers", "9"),
        said("B-3", "", "Debian:11", "elsewhere", "9"),
        said("B-4", "", "Ubuntu:18.04:LTS", "elsewhere", "9"),
    ]
    .into();
    let stage = Stage::new(&assets, &feed);
    stage.look(NOW).await;
    let first = stage.renew().await;
    assert_eq!((first.everything, first.judged, first.opened), (true, 0, 0));
    assert_eq!(stage.affected().await, BTreeMap::new());
    let before = stage.sync(&feed);

    for (number, Trap { more, record: (ecosystem, name, fixed), .. }) in traps.iter().enumerate() {
        feed.extend([said(&format!("T-{number}"), more, ecosystem, name, fixed)]);
    }
    stage.sync(&feed);
    let renewed = stage.renew().await;
    assert_eq!((renewed.everything, renewed.opened), (false, traps.len() as u64), "{renewed:?}");
    assert_eq!(renewed.judged, traps.len() as u64, "nobody else is judged");
    let found = stage.affected().await;
    assert_eq!(found, stage.open().await);
    let whom: BTreeMap<String, usize> =
        found.iter().map(|(id, copies)| (id.clone(), copies.len())).collect();
    let wanted: BTreeMap<String, usize> =
        (0..traps.len()).map(|number| (format!("T-{number}"), 1)).collect();
    assert_eq!(whom, wanted);
    for (number, held) in assets.iter().enumerate().take(traps.len()) {
        let (asset, ..) = found[&format!("T-{number}")].first().unwrap();
        assert_eq!(*asset, held.asset(number).id.to_string());
    }
    // What the sync brought, and whom it touches.
    let since = affected::since(&stage.world, stage.data(), &before, None).await.unwrap();
    assert_eq!((since.syncs, since.came, since.untouched), (1, traps.len() as u64, 0));
    let told: BTreeMap<String, usize> =
        since.weaknesses.iter().map(|row| (row.weakness.to_string(), row.assets.len())).collect();
    assert_eq!(told, wanted);

    // One record more is one weakness more, and nobody else is told of.
    let before = stage.sync(&feed);
    feed.extend([said("L-1", "", "Alpine:v3.19", "latch", "1.2.3-r9")]);
    stage.sync(&feed);
    let since = affected::since(&stage.world, stage.data(), &before, None).await.unwrap();
    let [row] = since.weaknesses.try_into().unwrap();
    assert_eq!((&*row.weakness, row.total, since.came), ("L-1", 1, 1));
    assert_eq!((&*row.assets[0].subject, &*row.teams[0].team), ("pkg:apk/alpine/latch", "shop"));
    let renewed = stage.renew().await;
    assert_eq!((renewed.weaknesses, renewed.judged, renewed.opened), (1, 1, 1), "{renewed:?}");
}

/// Two packages that are built from one source sit at one locus: what is known of one does not end
/// because a feed speaks of the other.
#[tokio::test]
async fn news_of_one_package_ends_nothing_of_its_neighbour() {
    let source = ("xz", "5.2-1.el9");
    let components = ["xz", "xz-libs"]
        .map(|name| package("AlmaLinux:9", (name, "5.2-1.el9"), source, ""))
        .to_vec();
    let assets = [Held { kind: AssetKind::Host, components }];
    let mut feed: Feed = [said("A-1", "", "AlmaLinux:9", "xz", "5.3-1.el9")].into();
    let stage = Stage::new(&assets, &feed);
    stage.look(NOW).await;
    stage.renew().await;
    feed.extend([said("A-2", "", "AlmaLinux:9", "xz-libs", "5.3-1.el9")]);
    stage.sync(&feed);
    let renewed = stage.renew().await;
    assert_eq!((renewed.opened, renewed.withdrawn), (1, 0), "{renewed:?}");
    let open: Vec<String> = stage.open().await.into_keys().collect();
    assert_eq!(open, ["A-1", "A-2"]);
}

/// Whoever was looked at with another index is judged anew where nobody knows what changed, although
/// a scanner's report came with this index meanwhile.
#[tokio::test]
async fn a_report_of_a_scanner_is_no_look() {
    let door = package("Debian:12", ("door", "1.0-1"), ("", ""), "");
    let assets = [Held { kind: AssetKind::Host, components: vec![door] }];
    let mut feed: Feed = [said("B-1", "", "Debian:12", "elsewhere", "9")].into();
    let stage = Stage::new(&assets, &feed);
    stage.look(NOW).await;
    feed.extend([said("D-1", "", "Debian:12", "door", "2.0-1")]);
    stage.sync(&feed);
    let (bytes, store) = (stage.index(), stage.store().await);
    let asset = assets[0].asset(0);
    let observation = Observation {
        asset: asset.id.clone(),
        standing: Standing::Deployed,
        sensor: "import:nessus".to_owned(),
        at: Timestamp(NOW + 1),
        coverage: Coverage::Full,
        revision: None,
        digest: holdfast_model::Digest::of(b"a report"),
        advisories: Index::open(&bytes).unwrap().digest(),
        components: 0,
        open: 0,
        not_assessed: 0,
        controls: None,
    };
    let commit = LookCommit {
        asset,
        observation,
        known: Vec::new(),
        transitions: Vec::new(),
        not_assessed: Vec::new(),
        components: Vec::new(),
        decisions: Vec::new(),
        who: "ada".to_owned(),
    };
    let mut random = record::random(&stage.world).unwrap();
    store.commit_look(commit, Timestamp(NOW + 1), &mut random).await.unwrap();
    store.close().await.unwrap();
    let renewed = stage.renew().await;
    assert_eq!((renewed.everything, renewed.judged, renewed.opened), (true, 1, 1), "{renewed:?}");
    assert_eq!(stage.open().await, stage.affected().await);
}
