//! Kernels that examples of the crates measure within one process; here they are built, run and
//! understood.

use std::collections::BTreeMap;
use std::process::Command;

use super::figures::{Figure, Target, short};
use super::{built, data};
use crate::tools;

/// How often the store's example runs; each is a whole new store.
const STORES: usize = 3;

/// Figures by name, as an example tells them.
pub(super) type Told = BTreeMap<String, f64>;

/// Matching against the index, beside the bare look-up and the naive scan.
pub(super) fn matching() -> Result<Vec<Figure>, String> {
    let told = told(&advisories("match")?)?;
    let base = matching_base(&told)?;
    let figure = |what: &str, name: &str, unit, target, base: &str| {
        get(&told, name).map(|value| Figure {
            what: what.to_owned(),
            value,
            unit,
            target,
            base: base.to_owned(),
        })
    };
    let sample = format!(
        "naive scan over {} of them: {} µs each, scaled; both found the same",
        short(get(&told, "naive-sample")?),
        short(get(&told, "naive")?)
    );
    Ok(vec![
        figure("beyond the look-up, least", "beyond-least", "µs each", Target::AtMost(1.0), &base)?,
        figure(
            "beyond the look-up, median",
            "beyond-median",
            "µs each",
            Target::AtMost(1.0),
            &base,
        )?,
        figure("whole match, median", "match-median", "µs each", Target::None, &base)?,
        figure("bare look-up, median", "look-up-median", "µs each", Target::None, &base)?,
        figure("naive scan to match", "naive-ratio", "times", Target::None, &sample)?,
    ])
}

fn matching_base(told: &Told) -> Result<String, String> {
    Ok(format!(
        "{} components, {} with known names, {} hits; {} advisories, {} of them real",
        short(get(told, "components")?),
        short(get(told, "components-known")?),
        short(get(told, "hits")?),
        short(get(told, "records")?),
        short(get(told, "records-real")?),
    ))
}

/// Compiling feeds, beside a typed parse of the same bytes.
pub(super) fn compile() -> Result<Vec<Figure>, String> {
    let told = told(&advisories("compile")?)?;
    let mut figures = compile_of(&told, "all")?;
    if get(&told, "records-real")? > 0.0 {
        figures.extend(compile_of(&told, "real")?);
    }
    Ok(figures)
}

/// `which` are all records, or the real ones alone.
fn compile_of(told: &Told, which: &str) -> Result<Vec<Figure>, String> {
    let get = |name: &str| get(told, &format!("{which}-{name}"));
    let of = match which {
        "real" => "real feeds alone".to_owned(),
        _ => format!("{} of them real", short(self::get(told, "records-real")?)),
    };
    let (records, size) = (short(get("records")?), short(get("bytes")? / 1e6));
    let base = format!("{records} advisories, {of}, {size} MB");
    let figure = |what: &str, value, unit, target| Figure {
        what: what.to_owned(),
        value,
        unit,
        target,
        base: base.clone(),
    };
    let ratio = |run: &str| -> Result<f64, String> {
        Ok(get(&format!("compile-{run}"))? / get(&format!("parse-{run}"))?)
    };
    let target = Target::AtMost(3.0);
    Ok(vec![
        figure("parse and compile to typed parse, least", ratio("least")?, "times", target),
        figure("parse and compile to typed parse, median", ratio("median")?, "times", target),
        figure("parse and compile, CPU, median", get("compile-median")?, "ms", Target::None),
        figure("typed parse, CPU, median", get("parse-median")?, "ms", Target::None),
        figure("one record changed, CPU, median", get("relink-median")?, "ms", Target::None),
        figure(
            "one record changed to parse and compile, median",
            get("relink-median")? / get("compile-median")?,
            "times",
            Target::None,
        ),
        figure("of it, taking over what is kept, median", get("taken-median")?, "ms", Target::None),
        figure(
            "of it, linking, difference of medians",
            get("relink-median")? - get("taken-median")?,
            "ms",
            Target::None,
        ),
        figure("telling what changed, median", get("changes-median")?, "ms", Target::None),
    ])
}

/// Encoding versions to keys that compare as bytes, order by order.
pub(super) fn keys() -> Result<Vec<Figure>, String> {
    let told = told(&advisories("keys")?)?;
    let figure = |(name, value): (&String, &f64)| {
        let order = name.strip_suffix("-median")?;
        let least = told.get(&format!("{order}-least"))?;
        Some(Figure {
            what: format!("key of a version, {order}, median"),
            value: *value,
            unit: "ns each",
            target: Target::None,
            base: format!("the order's own list of comparisons; least {}", short(*least)),
        })
    };
    Ok(told.iter().filter_map(figure).collect())
}

/// Writing looks into the store.
pub(super) fn store() -> Result<Vec<Figure>, String> {
    let program = example("holdfast-store", "measure")?;
    let mut looks: BTreeMap<&str, Vec<(f64, f64)>> = BTreeMap::new();
    for _ in 0..STORES {
        let told = tools::output(Command::new(&program))?;
        for name in ["import", "unchanged"] {
            let rates = rates(&told, name)
                .ok_or_else(|| format!("the store's example told no rates of `{name}`:\n{told}"))?;
            looks.entry(name).or_default().push(rates);
        }
    }
    let figure = |what: &str, name: &str, least: f64| {
        let rates = looks.get(name).map(Vec::as_slice).unwrap_or_default();
        let wall = median(rates.iter().map(|(_, wall)| *wall));
        Figure {
            what: what.to_owned(),
            value: median(rates.iter().map(|(cpu, _)| *cpu)),
            unit: "rows/s",
            target: Target::AtLeast(least),
            base: format!(
                "looks of 10,000 components, by CPU, median of {STORES} new stores; {} by the clock",
                short(wall)
            ),
        }
    };
    Ok(vec![
        figure("look that changed", "import", 20_000.0),
        figure("look without a change", "unchanged", 150_000.0),
    ])
}

fn advisories(kernel: &str) -> Result<String, String> {
    let mut command = Command::new(example("holdfast-advisories", "bench")?);
    command.arg(kernel).args(data::shared());
    tools::output(command)
}

/// Builds an example and tells where it is.
pub(super) fn example(package: &str, name: &str) -> Result<String, String> {
    let args = ["build", "--quiet", "--release", "--package", package, "--example", name];
    tools::run(tools::cargo(&args))?;
    built(&format!("examples/{name}"))
}

/// Lines of `name value unit`.
pub(super) fn told(text: &str) -> Result<Told, String> {
    let line = |line: &str| {
        let mut words = line.split_whitespace();
        let (name, value) = (words.next()?, words.next()?.parse().ok()?);
        (words.next().is_some() && words.next().is_none()).then(|| (name.to_owned(), value))
    };
    text.lines()
        .map(|text| line(text).ok_or_else(|| format!("the example told `{text}`")))
        .collect()
}

pub(super) fn get(told: &Told, name: &str) -> Result<f64, String> {
    told.get(name).copied().ok_or_else(|| format!("the example told no `{name}`"))
}

/// `NAME: N rows/s CPU, N rows/s wall`.
fn rates(told: &str, name: &str) -> Option<(f64, f64)> {
    let line = told.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))?;
    let (cpu, wall) = line.split_once(" rows/s CPU, ")?;
    Some((cpu.parse().ok()?, wall.strip_suffix(" rows/s wall")?.parse().ok()?))
}

/// Of an even number the lower one.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_example_tells_is_read_strictly() {
        let good = told("records 14000 records\nbeyond-least 0.31 us\n").unwrap();
        assert_eq!(get(&good, "beyond-least"), Ok(0.31));
        assert_eq!(get(&good, "records"), Ok(14_000.0));
        assert!(get(&good, "naive").is_err());
        for bad in ["records 14000", "records many records", "a 1 b c", "\n"] {
            assert!(told(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn rates_of_the_store_are_found_by_name() {
        let told = "import: 61000 rows/s CPU, 52000 rows/s wall\n\
                    unchanged: 400000 rows/s CPU, 390000 rows/s wall\nverify: 9 entries\n";
        assert_eq!(rates(told, "import"), Some((61_000.0, 52_000.0)));
        assert_eq!(rates(told, "unchanged"), Some((400_000.0, 390_000.0)));
        assert_eq!(rates(told, "verify"), None);
        assert_eq!(rates("import: fast rows/s CPU, 1 rows/s wall", "import"), None);
    }

    #[test]
    fn the_median_is_one_of_the_values() {
        assert!((median([3.0, 1.0, 2.0].into_iter()) - 2.0).abs() < 1e-9);
        assert!(median(std::iter::empty()).is_nan());
    }
}
