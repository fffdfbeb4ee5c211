//! CPU of the kernels against 14,000 advisories: `bench match|compile [DATA_FOLDER]`, and of
//! encoding versions: `bench keys`.
//!
//! With a data folder the records are those of its `osv` exports, padded with generated ones;
//! without, all are generated. Each figure is one line of `name value unit`, which
//! `cargo xtask bench` reads. Kernels that are compared run in turn, round after round, so that a
//! busy moment of the machine falls on all of them; CPU is user plus system time of this process.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "a measuring tool, not the room"
)]

use std::cmp::Ordering;
use std::hint::black_box;
use std::path::Path;

use holdfast_advisories::osv::{Affected, Range, Record};
use holdfast_advisories::{
    Compiled, Compiler, Index, Judged, Origin, Scratch, export, osv, version,
};
use holdfast_model::{Ecosystem, Timestamp};

const RECORDS: usize = 14_000;
const COMPONENTS: usize = 100_000;
/// How many components the naive scan gets; its cost is the same for each.
const SAMPLE: usize = 1_000;
const ROUNDS: usize = 9;
/// How many versions of each order are encoded in a round.
const KEYS: usize = 20_000;

fn main() {
    let mut args = std::env::args().skip(1);
    let what = args.next().unwrap_or_default();
    let data = args.next();
    if what == "keys" {
        return keys();
    }
    let (records, real) = records(data.as_deref().map(Path::new));
    say("records", records.len() as f64, "records");
    say("records-real", real as f64, "records");
    match what.as_str() {
        "match" => matching(&records),
        "compile" => compiling(&records, real),
        other => println!("there is no kernel `{other}`; help: match, compile, keys"),
    }
}

fn say(name: &str, value: f64, unit: &str) {
    println!("{name} {value} {unit}");
}

/// CPU seconds of this process so far, to the nanosecond.
fn cpu() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Runs every kernel once a round, and tells the least and the median CPU seconds of each. The
/// first round only warms the caches.
fn interleaved(rounds: usize, kernels: &mut [&mut dyn FnMut()]) -> Vec<(f64, f64)> {
    let mut times = vec![Vec::new(); kernels.len()];
    for round in 0..=rounds {
        for (kernel, times) in kernels.iter_mut().zip(&mut times) {
            let before = cpu();
            kernel();
            if round > 0 {
                times.push(cpu() - before);
            }
        }
    }
    times
        .into_iter()
        .map(|mut times: Vec<f64>| {
            times.sort_by(f64::total_cmp);
            (*times.first().unwrap(), *times.get(times.len() / 2).unwrap())
        })
        .collect()
}

/// Encodes the versions of every order's own list of comparisons.
fn keys() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/versions");
    let versions = |order: &version::Order| -> Vec<String> {
        let text = std::fs::read_to_string(folder.join(format!("{}.txt", order.about.id))).unwrap();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let words = lines.flat_map(str::split_whitespace);
        words.filter(|word| !matches!(*word, "<" | "=" | ">")).map(str::to_owned).collect()
    };
    let lists: Vec<_> = version::ORDERS.iter().map(|order| (*order, versions(order))).collect();
    let mut kernels: Vec<Box<dyn FnMut() + '_>> = Vec::new();
    for (order, versions) in &lists {
        let mut key = Vec::new();
        kernels.push(Box::new(move || {
            for version in versions.iter().cycle().take(KEYS) {
                black_box(order.key(version, &mut key));
            }
        }));
    }
    let mut kernels: Vec<&mut dyn FnMut()> =
        kernels.iter_mut().map(|kernel| &mut **kernel as &mut dyn FnMut()).collect();
    for ((order, _), (least, median)) in lists.iter().zip(interleaved(ROUNDS, &mut kernels)) {
        say(&format!("{}-least", order.about.id), least / KEYS as f64 * 1e9, "ns");
        say(&format!("{}-median", order.about.id), median / KEYS as f64 * 1e9, "ns");
    }
}

/// The feed of a record, and the record.
type Bytes = (String, Vec<u8>);

/// The records, and how many of them, the first ones, are real.
fn records(data: Option<&Path>) -> (Vec<Bytes>, usize) {
    let mut out = Vec::new();
    for entry in data.iter().flat_map(|data| std::fs::read_dir(data.join("osv")).unwrap()) {
        let path = entry.unwrap().path();
        let feed = path.file_name().unwrap().to_string_lossy().into_owned();
        let Ok(bytes) = std::fs::read(path.join("all.zip")) else { continue };
        export::records(&feed, &bytes, export::LIMITS, &mut |entry| {
            out.push((feed.clone(), entry.unwrap().1.to_vec()));
        });
    }
    let real = out.len();
    out.extend((real..RECORDS).map(generated));
    (out, real)
}

/// A record of the usual shape; 2,500 packages share the records of each ecosystem.
fn generated(number: usize) -> Bytes {
    let (ecosystem, kind) = match number % 4 {
        0 => ("npm", "SEMVER"),
        1 => ("Go", "SEMVER"),
        2 => ("PyPI", "ECOSYSTEM"),
        _ => ("crates.example", "SEMVER"),
    };
    let json = format!(
        r#"{{"id": "GEN-{number}", "modified": "2024-01-01T00:00:00Z", "summary": "Padding",
        "details": "Words that nobody keeps, of a usual length.", "aliases": ["CVE-1999-{number}"],
        "affected": [{{"package": {{"ecosystem": "{ecosystem}", "name": "pad-{}"}}, "ranges":
        [{{"type": "{kind}", "events": [{{"introduced": "0"}}, {{"fixed": "{}.{}.1"}}]}}]}}]}}"#,
        number % 2500,
        number % 7,
        number % 11
    );
    (ecosystem.to_owned(), json.into_bytes())
}

/// What `advisories sync` does with the bytes of all records.
fn compile(records: &[Bytes]) -> Compiled {
    let mut compiler = Compiler::new();
    for (feed, bytes) in records {
        compiler.add(feed, &osv::parse(feed, bytes).unwrap(), Origin::Feed);
    }
    compiler.finish(Timestamp(0))
}

/// Reading all records into typed values, and nothing else.
fn parse(records: &[Bytes]) -> usize {
    let one = |(feed, bytes): &Bytes| osv::parse(feed, bytes).unwrap().affected.len();
    records.iter().map(one).sum()
}

/// The whole, and the real ones alone: generated records are shorter than real ones.
fn compiling(records: &[Bytes], real: usize) {
    measure_compile("all", records);
    if real > 0 {
        measure_compile("real", records.get(..real).unwrap_or(records));
    }
}

fn measure_compile(which: &str, records: &[Bytes]) {
    let mut size = 0;
    let segment = segment(records);
    // One record is gone: what is told of that is no more than of one that changed.
    let (before, after) = (compile(records), compile(records.get(1..).unwrap()));
    let (before, after) = (Index::open(&before.bytes).unwrap(), Index::open(&after.bytes).unwrap());
    let times = interleaved(
        ROUNDS,
        &mut [
            &mut || {
                black_box(parse(records));
            },
            &mut || size = black_box(compile(records)).bytes.len(),
            &mut || drop(black_box(relink(&segment, records))),
            &mut || drop(black_box(taken_over(&segment, records))),
            &mut || drop(black_box(after.changes_since(&before))),
        ],
    );
    let [
        (parse_least, parse_median),
        (compile_least, compile_median),
        (relink_least, relink_median),
        (_, taken_median),
        (_, changes_median),
    ] = *times
    else {
        return;
    };
    let bytes: usize = records.iter().map(|(_, bytes)| bytes.len()).sum();
    let say = |name: &str, value: f64, unit: &str| say(&format!("{which}-{name}"), value, unit);
    say("records", records.len() as f64, "records");
    say("bytes", bytes as f64, "bytes");
    say("parse-least", parse_least * 1e3, "ms");
    say("parse-median", parse_median * 1e3, "ms");
    say("compile-least", compile_least * 1e3, "ms");
    say("compile-median", compile_median * 1e3, "ms");
    say("relink-least", relink_least * 1e3, "ms");
    say("relink-median", relink_median * 1e3, "ms");
    say("taken-median", taken_median * 1e3, "ms");
    say("changes-median", changes_median * 1e3, "ms");
    say("segment-bytes", segment.len() as f64, "bytes");
    say("index-bytes", size as f64, "bytes");
}

/// What `advisories sync` keeps of all records.
fn segment(records: &[Bytes]) -> Vec<u8> {
    let mut compiler = Compiler::new();
    let mark = compiler.mark();
    for (feed, bytes) in records {
        compiler.add(feed, &osv::parse(feed, bytes).unwrap(), Origin::Feed);
    }
    compiler.segment(mark)
}

/// What `advisories sync` does after one record changed.
fn relink(segment: &[u8], records: &[Bytes]) -> Compiled {
    taken_over(segment, records).finish(Timestamp(0))
}

/// The same without linking: what is kept of all others is taken over, and the one is read.
fn taken_over(segment: &[u8], records: &[Bytes]) -> Compiler {
    let mut compiler = Compiler::new();
    let (feed, bytes) = records.first().unwrap();
    let changed = osv::parse(feed, bytes).unwrap();
    let own = changed.id.get();
    assert!(compiler.add_segment(segment, &|id| id == own).is_some());
    compiler.add(feed, &changed, Origin::Feed);
    compiler
}

/// What is asked: ecosystem, name, version.
type Component = (Ecosystem, String, String);

/// A quarter of them with known names.
fn components(index: &Index<'_>) -> Vec<Component> {
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
    // A fixed sequence: every run asks the same.
    let mut state = 42_u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(state >> 33).unwrap() % below
    };
    (0..COMPONENTS)
        .map(|number| {
            let (ecosystem, name) = known.get(next(known.len())).unwrap();
            let name = if number % 4 == 0 { name.clone() } else { format!("{name}-{number}") };
            let version = format!("{}.{}.{}", next(6), next(30), next(30));
            (ecosystem.clone(), name, version)
        })
        .collect()
}

fn matching(records: &[Bytes]) {
    let compiled = compile(records);
    let index = Index::open(&compiled.bytes).unwrap();
    let components = components(&index);
    let (mut known, mut hits, mut affected) = (0_usize, 0_usize, Vec::new());
    let (mut scratch, mut other) = (Scratch::default(), Scratch::default());
    let times = interleaved(
        ROUNDS,
        &mut [
            &mut || {
                let found = |(e, name, _): &&Component| index.knows(e, name, &mut scratch);
                known = black_box(components.iter().filter(found).count());
            },
            &mut || {
                hits = 0;
                for (ecosystem, name, version) in &components {
                    let judged =
                        index.judge(ecosystem, name, version, &mut other, &mut |_| hits += 1);
                    assert!(judged != Judged::Damaged);
                }
                black_box(hits);
            },
        ],
    );
    let [(bare, bare_median), (full, full_median)] = *times else { return };
    let each = |seconds: f64| seconds * 1e6 / components.len() as f64;
    say("components", components.len() as f64, "components");
    say("components-known", known as f64, "components");
    say("hits", hits as f64, "hits");
    say("look-up-least", each(bare), "us");
    say("look-up-median", each(bare_median), "us");
    say("match-least", each(full), "us");
    say("match-median", each(full_median), "us");
    say("beyond-least", each(full - bare), "us");
    say("beyond-median", each(full_median - bare_median), "us");

    let sample = components.get(..SAMPLE).unwrap_or(&components);
    let naive = Naive::new(records);
    let slow = interleaved(1, &mut [&mut || affected = naive.scan(sample)]);
    let Some((slow, _)) = slow.first() else { return };
    let mut scratch = Scratch::default();
    for ((ecosystem, name, version), slow) in sample.iter().zip(&affected) {
        let mut fast = false;
        index.judge(ecosystem, name, version, &mut scratch, &mut |_| fast = true);
        assert_eq!(fast, *slow, "index and naive scan disagree on {ecosystem} {name} {version}");
    }
    let slow_each = slow * 1e6 / sample.len() as f64;
    say("naive-sample", sample.len() as f64, "components");
    say("naive", slow_each, "us");
    say("naive-ratio", slow_each / each(full), "times");
}

/// What an index saves: for each component, every package of every record is compared, and where
/// the name fits, the versions of its ranges are. Names are made comparable beforehand.
struct Naive<'a> {
    packages: Vec<(Ecosystem, String, Affected<'a>)>,
}

impl<'a> Naive<'a> {
    fn new(records: &'a [Bytes]) -> Self {
        let parsed = records.iter().map(|(feed, bytes)| osv::parse(feed, bytes).unwrap());
        // Bug fixes and enhancements of AlmaLinux stand in its feed, and are no weaknesses.
        let weakness = |id: &str| !id.starts_with("ALBA-") && !id.starts_with("ALEA-");
        let standing = parsed.filter(|record: &Record<'_>| {
            record.withdrawn.get().is_none() && weakness(record.id.get())
        });
        let packages = standing
            .flat_map(|record| record.affected)
            .filter_map(|affected| {
                let package = affected.package.as_ref()?;
                let ecosystem = Ecosystem::new(package.ecosystem.get()?);
                let name = ecosystem.normal_name(package.name.get()?);
                Some((ecosystem, name, affected))
            })
            .collect();
        Self { packages }
    }

    fn scan(&self, components: &[Component]) -> Vec<bool> {
        components.iter().map(|component| self.affects(component)).collect()
    }

    fn affects(&self, (ecosystem, name, version): &Component) -> bool {
        let mut affects = false;
        // All are looked at, as somebody does who wants every hit and not the first.
        for (of, package, affected) in &self.packages {
            if package == name && of == ecosystem {
                affects |= is_named(ecosystem, version, affected)
                    || affected.ranges.iter().any(|range| is_within(ecosystem, version, range));
            }
        }
        affects
    }
}

fn is_named(ecosystem: &Ecosystem, version: &str, affected: &Affected<'_>) -> bool {
    affected.versions.iter().filter_map(|named| named.get()).any(|named| {
        named == version || version::compare(ecosystem, named, version) == Some(Ordering::Equal)
    })
}

/// The OSV schema's evaluation: the last event at or before the version says what holds.
fn is_within(ecosystem: &Ecosystem, version: &str, range: &Range<'_>) -> bool {
    if range.kind.get() == Some("GIT") {
        return false;
    }
    let compare = |a: &str, b: &str| match (a, b) {
        ("0", "0") => Some(Ordering::Equal),
        ("0", _) => Some(Ordering::Less),
        (_, "0") => Some(Ordering::Greater),
        _ => version::compare(ecosystem, a, b),
    };
    let mut events: Vec<(&str, bool, bool)> = Vec::new();
    for event in &range.events {
        events.extend(event.introduced.get().map(|at| (at, true, false)));
        events.extend(event.fixed.get().map(|at| (at, false, false)));
        events.extend(event.last_affected.get().map(|at| (at, false, true)));
    }
    // What hangs on an epoch that one side does not name stays open, and so does a bound that was built
    // for a module; neither is a hit.
    let doubted = |at: &str| {
        version::order_of(ecosystem).is_some_and(|order| order.epoch_in_doubt(version, at))
    };
    let open = |at: &str| {
        at != "0" && (compare(at, version).is_none() || doubted(at) || at.contains(".module"))
    };
    if events.iter().any(|(at, ..)| open(at)) {
        return false;
    }
    events.sort_by(|a, b| compare(a.0, b.0).unwrap_or(Ordering::Equal).then(a.2.cmp(&b.2)));
    let mut within = false;
    for (at, introduced, last) in events {
        match compare(at, version) {
            Some(Ordering::Less) => within = introduced,
            Some(Ordering::Equal) if !last => within = introduced,
            _ => {}
        }
    }
    within
}
