//! Module streams of RPM's families: several lines of one package that are built side by side.

/// Whether a version was built for a module: its release carries `.module_el8`, `.module+el8` or
/// `.module_f35` (docs.fedoraproject.org/modularity).
pub(crate) fn is_module_build(version: &str) -> bool {
    version.match_indices(".module").any(|(at, mark)| {
        let behind = version.as_bytes().get(at + mark.len());
        behind.is_some_and(|byte| matches!(byte, b'_' | b'+'))
    })
}

/// The streams that a title names: `nodejs:16`, `virt:rhel and virt-devel:rhel`. Joined by spaces,
/// sorted; `None` where there is none.
pub(crate) fn streams_of(title: &str) -> Option<String> {
    let mut found: Vec<&str> = title
        .split([' ', ','])
        .filter(|word| word.split_once(':').is_some_and(is_stream))
        .collect();
    found.sort_unstable();
    found.dedup();
    (!found.is_empty()).then(|| found.join(" "))
}

/// Whether this is a module and its stream. Names of errata (`ALSA-2026:11`, which is the title where
/// a record has no other) and times (`10:30`) look alike; but names of modules have small letters.
fn is_stream((name, stream): (&str, &str)) -> bool {
    let legal = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.+".contains(&b))
    };
    legal(name) && legal(stream) && name.bytes().any(|byte| byte.is_ascii_lowercase())
}
