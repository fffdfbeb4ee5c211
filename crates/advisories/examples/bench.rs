//! CPU of the kernels, against real feeds padded to 14,000 advisories: `bench DATA_FOLDER`.
//!
//! Prints user plus system time of this process, from the kernel's own account.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a measuring tool, not the room"
)]

use std::hint::black_box;

use holdfast_advisories::{
    Compiled, Compiler, Index, Judged, Origin, Scratch, export, osv, version,
};
use holdfast_model::{Ecosystem, Timestamp};

/// CPU seconds of this process so far, to the nanosecond.
fn cpu() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// The least of `runs` runs, in seconds.
fn least<T>(runs: usize, mut run: impl FnMut() -> T) -> (f64, T) {
    let mut best: Option<(f64, T)> = None;
    for _ in 0..runs {
        let before = cpu();
        let out = black_box(run());
        let took = cpu() - before;
        if best.as_ref().is_none_or(|(least, _)| took < *least) {
            best = Some((took, out));
        }
    }
    best.unwrap()
}

type Records = Vec<(String, Vec<u8>)>;

fn records(data: &std::path::Path) -> Records {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(data.join("osv")).unwrap() {
        let path = entry.unwrap().path();
        let feed = path.file_name().unwrap().to_string_lossy().into_owned();
        let Ok(bytes) = std::fs::read(path.join("all.zip")) else { continue };
        export::records(&feed, &bytes, export::LIMITS, &mut |entry| {
            out.push((feed.clone(), entry.unwrap().1.to_vec()));
        });
    }
    // Padding: npm records of the usual shape.
    for number in 0..14_000_usize.saturating_sub(out.len()) {
        let json = format!(
            r#"{{"id": "GHSA-pad-{number}", "modified": "2024-01-01T00:00:00Z", "summary": "Padding",
            "details": "Words that nobody keeps, of a usual length.", "aliases": ["CVE-1999-{number}"],
            "affected": [{{"package": {{"ecosystem": "npm", "name": "pad-{}"}}, "ranges": [{{"type":
            "SEMVER", "events": [{{"introduced": "0"}}, {{"fixed": "{}.{}.1"}}]}}]}}]}}"#,
            number % 2500,
            number % 7,
            number % 11
        );
        out.push(("npm".to_owned(), json.into_bytes()));
    }
    out
}

fn compile(records: &Records) -> Compiled {
    let mut compiler = Compiler::new();
    for (feed, bytes) in records {
        compiler.add(feed, &osv::parse(feed, bytes).unwrap(), Origin::Feed);
    }
    compiler.finish(Timestamp(0))
}

/// A hundred thousand components, a quarter of them with known names.
fn components(index: &Index<'_>) -> Vec<(Ecosystem, String, String)> {
    let mut known: Vec<(Ecosystem, String)> = Vec::new();
    for at in index.all() {
        let packages = index.packages_of(at).into_iter();
        known.extend(
            packages
                .filter(|package| version::order_of(&package.ecosystem).is_some())
                .map(|package| (package.ecosystem, package.name.to_string())),
        );
    }
    known.sort();
    known.dedup();
    let mut state = 42_u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(state >> 33).unwrap() % below
    };
    (0..100_000)
        .map(|number| {
            let (ecosystem, name) = &known[next(known.len())];
            let name = if number % 4 == 0 { name.clone() } else { format!("{name}-{number}") };
            let version = format!("{}.{}.{}", next(6), next(30), next(30));
            (ecosystem.clone(), name, version)
        })
        .collect()
}

/// Every record read again for each component: what an index saves.
fn naive(records: &Records, components: &[(Ecosystem, String, String)]) -> usize {
    let parsed: Vec<_> = records.iter().map(|(_, bytes)| osv::parse("r", bytes).unwrap()).collect();
    let mut hits = 0;
    for (ecosystem, name, version) in components {
        for affected in parsed.iter().flat_map(|record| &record.affected) {
            let Some(package) = &affected.package else { continue };
            let same = package.name.get() == Some(name.as_str())
                && package.ecosystem.get().is_some_and(|e| Ecosystem::new(e) == *ecosystem);
            if !same {
                continue;
            }
            for event in affected.ranges.iter().flat_map(|range| &range.events) {
                let fixed = event.fixed.get().unwrap_or("0");
                hits += usize::from(
                    version::compare(ecosystem, version, fixed) == Some(std::cmp::Ordering::Less),
                );
            }
        }
    }
    hits
}

fn main() {
    let data = std::env::args().nth(1).unwrap_or_else(|| "../shared/data".to_owned());
    let data = std::path::PathBuf::from(data);
    let records = records(&data);
    let size: usize = records.iter().map(|(_, bytes)| bytes.len()).sum();
    println!("{} records, {:.1} MB", records.len(), size as f64 / 1e6);
    let (parse, _) = least(5, || {
        records
            .iter()
            .map(|(_, bytes)| osv::parse("r", bytes).unwrap().affected.len())
            .sum::<usize>()
    });
    println!(
        "typed parse            {:8.1} ms  {:.0} MB/s",
        parse * 1e3,
        size as f64 / 1e6 / parse
    );
    let (compiling, compiled) = least(3, || compile(&records));
    let ratio = compiling / parse;
    println!("parse and compile      {:8.1} ms  {ratio:.2} times the parse", compiling * 1e3);
    println!("index                  {:8.2} MB", compiled.bytes.len() as f64 / 1e6);
    let (open, _) = least(9, || (0..1000).filter(|_| Index::open(&compiled.bytes).is_ok()).count());
    println!("open                   {:8.2} us", open * 1e3);
    let index = Index::open(&compiled.bytes).unwrap();
    let components = components(&index);
    let mut scratch = Scratch::default();
    let (bare, known) = least(9, || {
        components.iter().filter(|(e, name, _)| index.knows(e, name, &mut scratch)).count()
    });
    let each = |seconds: f64| seconds * 1e9 / components.len() as f64;
    println!("bare look-up           {:8.1} ns each ({known} known)", each(bare));
    let (matching, hits) = least(9, || {
        let mut hits = 0_usize;
        for (ecosystem, name, version) in &components {
            let judged = index.judge(ecosystem, name, version, &mut scratch, &mut |_| hits += 1);
            assert!(judged != Judged::Damaged);
        }
        hits
    });
    println!("match                  {:8.1} ns each ({hits} hits)", each(matching));
    println!("beyond the look-up     {:8.1} ns each", each(matching - bare));
    let few = &components[..500];
    let (slow, _) = least(1, || naive(&records, few));
    let ratio = slow / few.len() as f64 / (matching / components.len() as f64);
    println!(
        "naive scan             {:8.1} us each, {ratio:.0} times the match",
        slow * 1e6 / few.len() as f64
    );
    lockfile(&data, &index);
}

fn lockfile(data: &std::path::Path, index: &Index<'_>) {
    let Ok(text) = std::fs::read_to_string(data.join("cargo-locks/omicron.lock")) else { return };
    let field = |package: &str, name: &str| -> Option<String> {
        let line = package.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.trim_matches('"').to_owned())
    };
    let packages: Vec<_> = text
        .split("[[package]]")
        .filter_map(|p| Some((field(p, "name = ")?, field(p, "version = ")?)))
        .collect();
    let cargo = Ecosystem::new("cargo");
    let mut scratch = Scratch::default();
    let (took, hits) = least(9, || {
        let mut hits = 0_usize;
        for (name, version) in &packages {
            index.judge(&cargo, name, version, &mut scratch, &mut |_| hits += 1);
        }
        hits
    });
    println!("lockfile of {} packages: {:.3} ms, {hits} hits", packages.len(), took * 1e3);
}
