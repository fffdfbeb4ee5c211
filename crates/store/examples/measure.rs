//! How fast looks are written: rows a second of process CPU, for an import and for unchanged looks;
//! how fast a report of 100,000 findings is; and how fast 10,000 findings are read for lists.
//!
//! `cargo run --release -p holdfast-store --example measure [FOLDER]`

#![expect(clippy::print_stdout, reason = "it reports")]

use std::path::Path;
use std::time::{Duration, Instant};

use holdfast_model::{
    Asset, AssetId, AssetKind, Component, Coverage, Decision, Digest, Do, Ecosystem, Finding,
    FindingKind, FixKind, Instance, Key, Known, LocalKey, Locus, Observation, Origin, Place,
    Severity, SeverityStep, Standing, State, Timestamp, Transition, Weakness, WeaknessId, Witness,
};
use holdfast_store::{Filter, LookCommit, Store, StoreError};

const COMPONENTS: u32 = 10_000;
const IMPORTS: u32 = 20;
const REPEATS: u32 = 200;
const FINDINGS: u32 = 10_000;
const READS: u32 = 10;
const REPORTED: u32 = 100_000;

/// A look of 10,000 components; another `round` has another version of each.
fn look(round: u32, at: i64) -> LookCommit {
    let id = AssetId("repository:forge.example/shop".into());
    let component = |n: u32| Component {
        ecosystem: Ecosystem::new("cargo"),
        name: format!("package-{n}").into(),
        version: Some(format!("1.{round}.{}", n % 50).into()),
        place: Place { path: "services/shop/Cargo.lock".into(), line: 4 + n * 7, column: 9 },
        direct: Some(n < 100),
        dev: n.is_multiple_of(9),
        origin: Origin::Feed(Some("registry+https://index.example/crates".into())),
        source: None,
        module: None,
        integrity: None,
    };
    LookCommit {
        observation: Observation {
            asset: id.clone(),
            standing: Standing::Trunk,
            sensor: "folder".to_owned(),
            at: Timestamp(at),
            coverage: Coverage::Full,
            revision: None,
            digest: Digest::of(&round.to_be_bytes()),
            advisories: Digest::of(b"advisories"),
            components: COMPONENTS.into(),
            open: 0,
            not_assessed: 0,
            controls: None,
        },
        known: Vec::new(),
        transitions: Vec::new(),
        not_assessed: Vec::new(),
        components: (0..COMPONENTS).map(component).collect(),
        decisions: Vec::new(),
        who: "measure".to_owned(),
        asset: Asset::new(id, AssetKind::Repository, "shop", "payments"),
    }
}

/// A finding as a look at a lockfile makes it.
fn known(asset: &Asset, n: u32) -> Known {
    let id = WeaknessId(format!("CVE-2026-{n:05}").into());
    let purl = format!("pkg:cargo/package-{n}");
    let path = "services/shop/Cargo.lock";
    let locus = Locus::LanguagePackage { purl: purl.as_str().into(), path: path.into() };
    let local = LocalKey::new(FindingKind::Package, &id, &locus);
    let place = Place { path: path.into(), line: 4 + n * 7, column: 9 };
    let finding = Finding {
        key: Key::new(&asset.id, local),
        local,
        kind: FindingKind::Package,
        weakness: Weakness {
            id,
            aliases: vec![
                format!("RUSTSEC-2026-{n:04}").into(),
                format!("GHSA-{n:04}-aaaa-bbbb").into(),
            ],
            title: "a segmentation fault where a local time is asked for".to_owned(),
            cvss: Some(f64::from(n % 100) / 10.0),
            epss: Some(f64::from(n) / 20_000.0),
            exploited: n.is_multiple_of(70),
            informational: None,
            malicious: false,
            epss_at: None,
            published_by: vec!["osv".into()],
        },
        locus,
        title: format!("package-{n} 1.0.{n} has a known problem"),
        severity: if n.is_multiple_of(3) { Severity::Now } else { Severity::Soon },
        severity_steps: vec![SeverityStep {
            severity: Severity::Soon,
            because: "its score is at least 4".into(),
        }],
        standing: Standing::Trunk,
        subject: purl.into(),
        instances: vec![Instance {
            version: Some("1.0.0".into()),
            place,
            fixed_in: Some("1.2.0".into()),
        }],
        witnesses: vec![Witness { engine: "holdfast".into(), name: "package".into() }],
        direct: Some(true),
        dev: false,
        fix: FixKind::Safe,
        state: State::Open,
        decision: Some(Decision {
            deeds: vec![Do::Block, Do::Ticket],
            due: Some(Timestamp(i64::from(n))),
            team: "payments".to_owned(),
            line: "urgent".to_owned(),
            reasons: vec!["`standard`, line `urgent`: finding.severity is now".to_owned()],
            appetite: Digest::of(b"standard"),
        }),
        layers: Vec::new(),
    };
    let at = Timestamp(1_000);
    Known { finding, first_seen: at, last_seen: at, since: at }
}

/// Another asset with many findings, and how long it takes to read them all.
async fn findings(
    store: &Store,
    random: &mut (dyn FnMut(&mut [u8]) + Send),
) -> Result<(), StoreError> {
    let mut look = look(0, 1_000);
    look.asset.id = AssetId("repository:forge.example/till".into());
    look.observation.asset = look.asset.id.clone();
    look.components.clear();
    look.known = (0..FINDINGS).map(|n| known(&look.asset, n)).collect();
    look.transitions = look
        .known
        .iter()
        .map(|known| Transition {
            key: known.finding.key,
            standing: known.finding.standing,
            from: None,
            to: State::Open,
            outcome: None,
            other: None,
            at: Timestamp(1_000),
            because: "it was seen for the first time".to_owned(),
        })
        .collect();
    store.commit_look(look, Timestamp(1_000), random).await?;
    let (wall, before, mut count) = (Instant::now(), cpu(), 0);
    for _ in 0..READS {
        count = store.findings(&Filter::default()).await?.len();
    }
    let each = |seconds: f64| seconds * 1_000.0 / f64::from(READS);
    let (cpu, wall) = (each(cpu() - before), each(wall.elapsed().as_secs_f64()));
    println!("findings: {count} in {cpu:.0} ms CPU, {wall:.0} ms wall");
    Ok(())
}

/// A report of many findings: written for the first time, then read again unchanged, once with its
/// findings and once as whoever compared them first would pass it.
async fn report(
    store: &Store,
    random: &mut (dyn FnMut(&mut [u8]) + Send),
) -> Result<(), StoreError> {
    let mut given = look(0, 2_000);
    given.asset.id = AssetId("host:0123456789abcdef".into());
    given.observation.asset = given.asset.id.clone();
    "import:nessus".clone_into(&mut given.observation.sensor);
    given.components.clear();
    given.known = (0..REPORTED).map(|n| known(&given.asset, n)).collect();
    given.transitions = given
        .known
        .iter()
        .map(|known| Transition {
            key: known.finding.key,
            standing: known.finding.standing,
            from: None,
            to: State::Open,
            outcome: None,
            other: None,
            at: Timestamp(2_000),
            because: "it was seen for the first time".to_owned(),
        })
        .collect();
    let mut again = given.clone();
    again.transitions.clear();
    again.observation.at = Timestamp(3_000);
    for known in &mut again.known {
        known.last_seen = Timestamp(3_000);
    }
    let mut compared = again.clone();
    compared.known.clear();
    compared.observation.at = Timestamp(4_000);
    for (name, look) in [("new", given), ("unchanged", again), ("unchanged, compared", compared)] {
        let (wall, before, at) = (Instant::now(), cpu(), look.observation.at);
        let wrote = store.commit_look(look, at, random).await?.seqs;
        let (cpu, wall) = (cpu() - before, wall.elapsed().as_secs_f64());
        let rows = f64::from(REPORTED);
        println!(
            "report, {name}: {:.0} rows/s CPU, {:.0} rows/s wall, {} entries",
            rows / cpu,
            rows / wall,
            wrote.end - wrote.start
        );
    }
    Ok(())
}

/// CPU of this process with all its threads, in seconds.
fn cpu() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    let (secs, nanos) = (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec));
    Duration::new(secs.unwrap_or(0), nanos.unwrap_or(0)).as_secs_f64()
}

async fn measured(
    store: &Store,
    name: &str,
    looks: Vec<LookCommit>,
    random: &mut (dyn FnMut(&mut [u8]) + Send),
) -> Result<(), StoreError> {
    let rows = f64::from(COMPONENTS) * f64::from(u32::try_from(looks.len()).unwrap_or(u32::MAX));
    let (wall, before) = (Instant::now(), cpu());
    for look in looks {
        let at = look.observation.at;
        store.commit_look(look, at, random).await?;
    }
    let (cpu, wall) = (cpu() - before, wall.elapsed().as_secs_f64());
    println!("{name}: {:.0} rows/s CPU, {:.0} rows/s wall", rows / cpu, rows / wall);
    Ok(())
}

async fn run(folder: &Path) -> Result<(), StoreError> {
    let mut counter = 0_u8;
    let mut random = |out: &mut [u8]| {
        counter = counter.wrapping_add(1);
        out.fill(counter);
    };
    let store = Store::create_or_open(folder, Timestamp(0), &mut random).await?;
    let imports = (0..IMPORTS).map(|round| look(round, i64::from(round))).collect();
    measured(&store, "import", imports, &mut random).await?;
    let same = (0..REPEATS).map(|n| look(IMPORTS - 1, i64::from(IMPORTS + n))).collect();
    measured(&store, "unchanged", same, &mut random).await?;
    findings(&store, &mut random).await?;
    report(&store, &mut random).await?;
    let (wall, before) = (Instant::now(), cpu());
    let report = store.verify(None).await?;
    println!(
        "verify: {} entries, {} broken, {:.2} s CPU, {:.2} s wall",
        report.entries,
        report.broken.len(),
        cpu() - before,
        wall.elapsed().as_secs_f64()
    );
    store.close().await
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let given = std::env::args_os().nth(1);
    let folder = given.map_or_else(
        || std::env::temp_dir().join(format!("holdfast-measure-{}", std::process::id())),
        Into::into,
    );
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(run(&folder))?;
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}
