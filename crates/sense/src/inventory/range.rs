//! Names with ranges: `web[01:10].example`, `db-[a:f]`, `rack[1:9:2]`.

/// The longest pattern, in bytes; a name of DNS has at most 253. Each host gets a copy of it.
const LONGEST: usize = 1_000;

/// The names that a pattern stands for, of which there may be at most so many.
///
/// # Errors
///
/// Why it stands for none.
pub(super) fn expand(pattern: &str, most: usize) -> Result<Vec<String>, String> {
    if pattern.len() > LONGEST {
        return Err(format!("it is longer than {LONGEST} bytes"));
    }
    let mut ranges: Vec<(&str, Vec<String>)> = Vec::new();
    let mut count: usize = 1;
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('[') {
        let Some((range, behind)) = after.split_once(']') else {
            return Err("a bracket is not closed".to_owned());
        };
        let parts = values(range, most)?;
        count = count.saturating_mul(parts.len());
        if count > most {
            return Err(format!("it stands for more than {most} hosts"));
        }
        ranges.push((before, parts));
        rest = behind;
    }
    let mut names = vec![String::new()];
    for (before, parts) in &ranges {
        names = names
            .iter()
            .flat_map(|name| parts.iter().map(move |part| format!("{name}{before}{part}")))
            .collect();
    }
    for name in &mut names {
        name.push_str(rest);
    }
    Ok(names)
}

/// The values of `FROM:TO` or `FROM:TO:STEP`, both ends included.
fn values(range: &str, most: usize) -> Result<Vec<String>, String> {
    let parts: Vec<&str> = range.split(':').collect();
    let (from, to, step) = match parts.as_slice() {
        [from, to] => (*from, *to, 1),
        [from, to, step] => {
            let step = step.parse::<usize>().ok().filter(|step| *step > 0);
            (*from, *to, step.ok_or_else(|| format!("`{range}` has no step"))?)
        }
        _ => return Err(format!("`{range}` is no range such as `01:10`")),
    };
    if let (Some(first), Some(last)) = (letter(from), letter(to)) {
        let some = (first..=last).step_by(step).map(|byte| char::from(byte).to_string());
        return not_empty(some.collect(), range);
    }
    // `1` to `10` grow, `01` to `10` keep their width.
    let width = if from.starts_with('0') { from.len() } else { 0 };
    let number = |text: &str| {
        let digits =
            !text.is_empty() && text.len() <= 9 && text.bytes().all(|c| c.is_ascii_digit());
        if digits { text.parse::<usize>().ok() } else { None }
    };
    let (Some(first), Some(last)) = (number(from), number(to)) else {
        return Err(format!("`{range}` is no range such as `01:10`"));
    };
    if last.saturating_sub(first) / step >= most {
        return Err(format!("it stands for more than {most} hosts"));
    }
    not_empty((first..=last).step_by(step).map(|n| format!("{n:0width$}")).collect(), range)
}

fn letter(text: &str) -> Option<u8> {
    match text.as_bytes() {
        [one] if one.is_ascii_alphabetic() => Some(*one),
        _ => None,
    }
}

fn not_empty(values: Vec<String>, range: &str) -> Result<Vec<String>, String> {
    if values.is_empty() { Err(format!("`{range}` goes backwards")) } else { Ok(values) }
}
