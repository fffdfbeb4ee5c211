//! How fast looks are written: rows a second of process CPU, for an import and for unchanged looks.
//!
//! `cargo run --release -p holdfast-store --example measure [FOLDER]`

#![expect(clippy::print_stdout, reason = "it reports")]

use std::path::Path;
use std::time::{Duration, Instant};

use holdfast_model::{
    Asset, AssetId, AssetKind, Component, Coverage, Digest, Ecosystem, Observation, Origin, Place,
    Standing, Timestamp,
};
use holdfast_store::{LookCommit, Store, StoreError};

const COMPONENTS: u32 = 10_000;
const IMPORTS: u32 = 20;
const REPEATS: u32 = 200;

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
        },
        known: Vec::new(),
        transitions: Vec::new(),
        not_assessed: Vec::new(),
        components: (0..COMPONENTS).map(component).collect(),
        who: "measure".to_owned(),
        asset: Asset::new(id, AssetKind::Repository, "shop", "payments"),
    }
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
    random: &mut dyn FnMut(&mut [u8]),
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
