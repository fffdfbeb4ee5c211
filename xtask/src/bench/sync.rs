//! `holdfast advisories sync` from a folder as a whole process: when all records are new, when none
//! changed, and when a few did.

use std::path::Path;

use super::data::{self, Scratch};
use super::figures::{Figure, Target, short};
use super::{Case, Measured, apart, built, number};
use crate::tools::{self, Done};

/// How many records the folder holds.
const RECORDS: usize = 50_000;
/// How many of them change before each sync behind the first one; within a round never the same.
const CHANGED: [usize; 4] = [0, 10, 100, 1_000];
/// Each begins with an empty data folder.
const ROUNDS: usize = 3;

/// What a sync costs by how much changed.
pub(super) fn delta() -> Result<Vec<Figure>, String> {
    tools::run(tools::cargo(&["build", "--quiet", "--release", "--package", "holdfast"]))?;
    let program = built("holdfast")?;
    let scratch = Scratch::new()?;
    let feed = scratch.path("feed");
    std::fs::create_dir_all(&feed).map_err(|error| format!("{}: {error}", feed.display()))?;
    (0..RECORDS).try_for_each(|number| write(&feed, number, 0))?;
    let from = feed.display().to_string();
    let empty = |name: String| Measured { name, samples: Vec::new() };
    let mut full = empty("all new".to_owned());
    let mut deltas = CHANGED.map(|count| empty(format!("{} changed", short(count_of(count)))));
    for round in 1..=ROUNDS {
        let data = scratch.path(&format!("data-{round}")).display().to_string();
        let command = [&*program, "advisories", "sync", "--data", &*data, "--from", &*from];
        let case = Case {
            name: "advisories sync".to_owned(),
            command: command.map(str::to_owned).to_vec(),
            codes: vec![0],
            folder: None,
        };
        full.samples.push(apart(&case)?);
        let mut first = 0;
        for (count, measured) in CHANGED.into_iter().zip(&mut deltas) {
            let behind = first + count;
            (first..behind).try_for_each(|number| write(&feed, number, round))?;
            first = behind;
            measured.samples.push(apart(&case)?);
        }
    }
    Ok(figures(&full, &deltas))
}

fn write(folder: &Path, number: usize, edition: usize) -> Done {
    let path = folder.join(format!("GEN-{number}.json"));
    std::fs::write(&path, record(number, edition))
        .map_err(|error| format!("{}: {error}", path.display()))
}

/// A record that means other versions in each edition.
fn record(number: usize, edition: usize) -> String {
    let introduced = format!("\"introduced\": \"0.0.{edition}\"");
    data::record(number).replace("\"introduced\": \"0\"", &introduced)
}

fn count_of(count: usize) -> f64 {
    number(count as u64)
}

fn figures(full: &Measured, deltas: &[Measured]) -> Vec<Figure> {
    let base = format!(
        "folder of {} generated records, {ROUNDS} rounds, each with an empty data folder",
        short(count_of(RECORDS))
    );
    let figure = |what: String, value: f64, unit: &'static str| Figure {
        what,
        value,
        unit,
        target: Target::None,
        base: base.clone(),
    };
    let all = || std::iter::once(full).chain(deltas);
    let mut out: Vec<Figure> = all()
        .map(|one| figure(format!("{}, CPU, least", one.name), number(one.least_us()) / 1e6, "s"))
        .collect();
    let whole = number(full.least_us());
    let none = deltas.first().map(Measured::least_us).unwrap_or_default();
    for (count, one) in CHANGED.into_iter().zip(deltas) {
        let least = one.least_us();
        out.push(figure(format!("{} to {}", one.name, full.name), number(least) / whole, "times"));
        if count > 0 {
            // What every sync costs is left out on one side only: a full one begins with nothing.
            let each = number(least.saturating_sub(none)) / count_of(count);
            out.push(figure(
                format!("each of {} beyond none, to each of {}", one.name, full.name),
                each / (whole / count_of(RECORDS)),
                "times",
            ));
        }
    }
    let [_, few, .., many] = CHANGED;
    if let [_, little, .., much] = deltas {
        // What a sync costs as soon as anything changed is in both.
        let each = number(much.least_us().saturating_sub(little.least_us())) / count_of(many - few);
        out.push(figure(
            format!("each of {} beyond {}, to each of {}", much.name, little.name, full.name),
            each / (whole / count_of(RECORDS)),
            "times",
        ));
    }
    out.extend(all().map(|one| {
        let megabytes = number(one.memory_kib()) * 1024.0 / 1e6;
        figure(format!("{}, peak memory", one.name), megabytes, "MB")
    }));
    out
}

#[cfg(test)]
mod tests {
    use super::super::Sample;
    use super::*;

    fn measured(name: &str, times: &[u64]) -> Measured {
        let sample = |cpu_us: &u64| Sample { cpu_us: *cpu_us, memory_kib: 1_000 };
        Measured { name: name.to_owned(), samples: times.iter().map(sample).collect() }
    }

    #[test]
    fn an_edition_changes_what_a_record_means_and_nothing_else() {
        let read =
            |edition| -> serde_json::Value { serde_json::from_str(&record(7, edition)).unwrap() };
        let (one, mut two) = (read(1), read(2));
        assert_ne!(one, two);
        let introduced = "/affected/0/ranges/0/events/0/introduced";
        *two.pointer_mut(introduced).unwrap() = one.pointer(introduced).unwrap().clone();
        assert_eq!(one, two);
    }

    #[test]
    fn a_delta_is_compared_with_none_and_with_all() {
        let full = measured("all new", &[10_000_000, 12_000_000]);
        let deltas = [
            measured("0 changed", &[1_100_000, 1_000_000]),
            measured("10 changed", &[1_002_000]),
            measured("100 changed", &[1_020_000]),
            measured("1,000 changed", &[1_400_000]),
        ];
        let figures = figures(&full, &deltas);
        let value = |what: &str| figures.iter().find(|one| one.what == what).unwrap().value;
        let near = |what: &str, wanted: f64| {
            let found = value(what);
            assert!((found - wanted).abs() < 1e-9, "{what}: {found}");
        };
        near("all new, CPU, least", 10.0);
        near("0 changed to all new", 0.1);
        near("each of 10 changed beyond none, to each of all new", 1.0);
        near("each of 1,000 changed beyond none, to each of all new", 2.0);
        near("each of 1,000 changed beyond 10 changed, to each of all new", 398.0 / 990.0 * 5.0);
        near("1,000 changed, peak memory", 1.024);
        assert!(!figures.iter().any(|one| one.what.starts_with("each of 0")));
    }
}
