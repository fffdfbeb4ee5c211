//! Mount units of systemd (systemd.mount(5)): which unit mounts a point, what its drop-ins make of
//! its options, and whether it is started.
//!
//! Knows units as files, and those that `/etc/fstab` becomes; must not know what is mounted now.

use std::sync::Arc;

use holdfast_model::{Place, Reading, mount_unit};

use super::drop_ins::drop_ins;
use super::fstab::{FSTAB, Fstab};
use super::look::{End, Gap, Got, Look};
use super::mount_options::effective;
use super::unit_conditions::{Line, Unmet, lines, unmet};
use super::unit_file;
use crate::FileType;

/// The administrator's units stand above what fstab becomes.
const CONFIGURED: &str = "/etc/systemd/system";
/// Those of packages below it. What stands in `/run` does not outlive a start.
const VENDOR: [&str; 3] =
    ["/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"];
/// systemd itself.
const PROGRAMS: [&str; 2] = ["/usr/lib/systemd/systemd", "/lib/systemd/systemd"];
/// Targets that every start reaches, by links in their folders of packages.
const WANTED_BY: [&str; 4] = [
    "local-fs.target.wants",
    "local-fs.target.requires",
    "sysinit.target.wants",
    "basic.target.wants",
];

/// What systemd mounts before it reads any unit, where nobody did so before: mount-setup.c of
/// systemd, and bootup(7).
const BY_ITSELF: [(&str, &str); 4] = [
    ("/dev/shm", "rw,nosuid,nodev"),
    ("/proc", "rw,nosuid,nodev,noexec"),
    ("/run", "rw,nosuid,nodev"),
    ("/sys", "rw,nosuid,nodev,noexec"),
];

/// What is mounted at a point at the next start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AtStart {
    /// The options, or that nothing is.
    pub(super) reading: Reading,
    pub(super) place: Option<Place>,
    /// Whether systemd does it by itself.
    pub(super) default: bool,
}

impl AtStart {
    fn says(reading: Reading, place: Option<Place>) -> Self {
        Self { reading, place, default: false }
    }

    pub(super) fn hidden(gap: Gap) -> Self {
        Self::says(gap.reading(), None)
    }

    /// Nothing is mounted, as something says here.
    fn nothing(path: &Arc<str>) -> Self {
        Self::says(Reading::Absent, Some(Place::start_of(Arc::clone(path))))
    }

    fn with(options: &str, place: Place) -> Self {
        Self::says(Reading::Is(effective(options).into()), Some(place))
    }
}

/// What is mounted at a point at the next start. Everything that may matter is asked for, whatever the
/// first says, so that it is asked of a host far away at once.
pub(super) fn at_start(look: &Look<'_>, point: &str, fstab: &Got<Fstab>) -> AtStart {
    let unit = mount_unit(point);
    let programs = PROGRAMS.map(|path| look.stat(path));
    let configured = fragment(look, &[CONFIGURED], &unit);
    let vendor = fragment(look, &VENDOR, &unit);
    let drop_ins = drop_in_options(look, &unit);
    if !programs.iter().any(|program| matches!(program, Got::Here(_))) {
        let hidden = programs.into_iter().find_map(Got::hidden);
        return hidden.map_or_else(|| without_systemd(point, fstab), AtStart::hidden);
    }
    match configured {
        Got::Here(found) => return of_unit(look, &unit, &found, drop_ins),
        Got::Hidden(gap) => return AtStart::hidden(gap),
        Got::Missing => {}
    }
    match fstab {
        Got::Hidden(gap) => return AtStart::hidden(gap.clone()),
        Got::Here(fstab) => {
            if let Some(entry) = fstab.entry(point, true) {
                if !entry.starts() {
                    return AtStart::says(Reading::Absent, Some(entry.place.clone()));
                }
                // As the generator of units writes it, which is then read as one.
                let own = (entry.options.replace('%', "%%"), entry.place.clone());
                return with_drop_ins(own, drop_ins);
            }
        }
        Got::Missing => {}
    }
    match vendor {
        Got::Here(found) => of_unit(look, &unit, &found, drop_ins),
        Got::Hidden(gap) => AtStart::hidden(gap),
        Got::Missing => match BY_ITSELF.iter().find(|(its, _)| *its == point) {
            Some((_, options)) => {
                AtStart { reading: Reading::Is((*options).into()), place: None, default: true }
            }
            None => AtStart::says(Reading::Absent, None),
        },
    }
}

fn without_systemd(point: &str, fstab: &Got<Fstab>) -> AtStart {
    let entry = match fstab {
        Got::Hidden(gap) => return AtStart::hidden(gap.clone()),
        Got::Missing => None,
        Got::Here(fstab) => fstab.entry(point, false),
    };
    entry.map_or_else(
        || AtStart::says(Reading::Absent, None),
        |entry| AtStart::with(&entry.options, entry.place.clone()),
    )
}

/// Reads fstab, whoever mounts by it.
pub(super) fn fstab_of(look: &Look<'_>, report: &mut crate::text::Report<'_>) -> Got<Fstab> {
    match look.file(FSTAB) {
        Got::Here(bytes) => Got::Here(Fstab::read(bytes, report)),
        Got::Missing => Got::Missing,
        Got::Hidden(gap) => Got::Hidden(gap),
    }
}

/// A unit's file; `None` in place of its bytes where it is masked.
struct Fragment<'a> {
    path: Arc<str>,
    bytes: Option<&'a [u8]>,
}

fn fragment<'a>(look: &Look<'a>, folders: &[&str], unit: &str) -> Got<Fragment<'a>> {
    let paths: Vec<Arc<str>> =
        folders.iter().map(|folder| format!("{folder}/{unit}").into()).collect();
    let ends: Vec<_> = paths.iter().map(|path| (look.stat(path), look.follow(path))).collect();
    for (path, (stat, end)) in paths.into_iter().zip(ends) {
        return match (stat, end) {
            (Got::Missing, _) => continue,
            (Got::Hidden(gap), _) | (_, End::Hidden(gap)) => Got::Hidden(gap),
            (_, End::At(end, stat)) if stat.kind == FileType::File => match look.file(&end) {
                Got::Here([]) | Got::Missing => Got::Here(Fragment { path, bytes: None }),
                Got::Here(bytes) => Got::Here(Fragment { path: end, bytes: Some(bytes) }),
                Got::Hidden(gap) => Got::Hidden(gap),
            },
            // So is what leads to nothing: a link that leads nowhere takes the name and loads nothing.
            _ => Got::Here(Fragment { path, bytes: None }),
        };
    }
    Got::Missing
}

/// What a unit that is a file mounts, if a start begins it.
fn of_unit(
    look: &Look<'_>,
    unit: &str,
    found: &Fragment<'_>,
    drop_ins: Result<Option<(String, Place)>, Gap>,
) -> AtStart {
    let Some(bytes) = found.bytes else { return AtStart::nothing(&found.path) };
    let (state, _) = unit_file::boot(look, unit);
    let links = wanting(look, unit);
    match (&state, links) {
        (Reading::Is(word), _) if &**word == "enabled" => {}
        (_, Got::Here(())) => {}
        (Reading::Unknown { .. } | Reading::Broken { .. }, _) => {
            return AtStart::says(state.clone(), None);
        }
        (_, Got::Hidden(gap)) => return AtStart::hidden(gap),
        (_, Got::Missing) => return AtStart::nothing(&found.path),
    }
    if let Some(kept) = kept(look, unit, &found.path, bytes) {
        return kept;
    }
    let own = options_in(&found.path, bytes).and_then(|says| match says {
        Says::Options(options, place) => Some((options, place)),
        Says::Nothing => None,
    });
    let start = Place::start_of(Arc::clone(&found.path));
    with_drop_ins(own.unwrap_or((String::new(), start)), drop_ins)
}

/// Whether a package's link starts a unit.
fn wanting(look: &Look<'_>, unit: &str) -> Got<()> {
    let links: Vec<_> = VENDOR
        .iter()
        .flat_map(|folder| WANTED_BY.map(|target| format!("{folder}/{target}/{unit}")))
        .map(|path| look.stat(&path))
        .collect();
    if links.iter().any(|link| matches!(link, Got::Here(_))) {
        return Got::Here(());
    }
    links.into_iter().find_map(Got::hidden).map_or(Got::Missing, Got::Hidden)
}

fn with_drop_ins(own: (String, Place), drop_ins: Result<Option<(String, Place)>, Gap>) -> AtStart {
    let (options, place) = match drop_ins {
        Err(gap) => return AtStart::hidden(gap),
        Ok(said) => said.unwrap_or(own),
    };
    if let Some(options) = plain(&options) {
        return AtStart::with(&options, place);
    }
    let reason = format!("`{}` holds a specifier of systemd", options.escape_debug());
    let gap = Gap::new(reason, "write the options without `%`");
    AtStart::says(gap.reading(), Some(place))
}

/// Options without specifiers: `%%` is a sign, all others depend on the system.
fn plain(options: &str) -> Option<String> {
    if !options.contains('%') {
        return Some(options.to_owned());
    }
    let joined = options.replace("%%", "\u{0}");
    (!joined.contains('%')).then(|| joined.replace('\u{0}', "%"))
}

/// The `Options=` that drop-ins say last; one that cannot be read may say anything.
fn drop_in_options(look: &Look<'_>, unit: &str) -> Result<Option<(String, Place)>, Gap> {
    let names = names(unit);
    let folders: Vec<String> = [CONFIGURED]
        .into_iter()
        .chain(VENDOR)
        .flat_map(|folder| names.iter().map(move |name| format!("{folder}/{name}.d")))
        .collect();
    let mut last = None;
    // The same lists for every point.
    let patterns: Vec<String> = [CONFIGURED]
        .into_iter()
        .chain(VENDOR)
        .flat_map(|folder| ["*.mount.d", "mount.d"].map(|name| format!("{folder}/{name}/*.conf")))
        .collect();
    for file in drop_ins(look, &folders, &patterns) {
        match file.bytes {
            Err(mut gap) => {
                gap.reason.push_str(", and may say otherwise");
                return Err(gap);
            }
            Ok(bytes) => match options_in(&file.path, bytes) {
                Some(Says::Options(options, place)) => last = Some((options, place)),
                Some(Says::Nothing) => last = Some((String::new(), Place::start_of(file.path))),
                None => {}
            },
        }
    }
    Ok(last)
}

/// Whose drop-ins a unit reads: its own, those of shorter names that end in `-`, those of its type.
fn names(unit: &str) -> Vec<String> {
    let stem = unit.strip_suffix(".mount").unwrap_or(unit);
    let mut out = vec![unit.to_owned()];
    let dashes = stem.match_indices('-').map(|(at, _)| at + 1).filter(|end| *end < stem.len());
    let shorter: Vec<&str> = dashes.filter_map(|end| stem.get(..end)).collect();
    out.extend(shorter.into_iter().rev().take(8).map(|start| format!("{start}.mount")));
    out.push("mount".to_owned());
    out
}

/// What a file says of options.
enum Says {
    Options(String, Place),
    /// An empty value takes back what was said before.
    Nothing,
}

/// The last `Options=` of the `[Mount]` sections of a file.
fn options_in(path: &Arc<str>, bytes: &[u8]) -> Option<Says> {
    let lines = lines(bytes);
    let line = lines.iter().rfind(|line| line.section == "[Mount]" && line.key == "Options")?;
    let place = Place { path: Arc::clone(path), line: line.number, column: 1 };
    Some(match line.value.as_str() {
        "" => Says::Nothing,
        options => Says::Options(options.to_owned(), place),
    })
}

/// What keeps systemd from mounting by a unit that it starts, as far as the unit's own file tells.
fn kept(look: &Look<'_>, unit: &str, path: &Arc<str>, bytes: &[u8]) -> Option<AtStart> {
    let lines = lines(bytes);
    let here = |line: &Line| Some(Place { path: Arc::clone(path), line: line.number, column: 1 });
    let point = lines.iter().rfind(|line| line.section == "[Mount]" && line.key == "Where");
    // Without it the name tells.
    let point = point.filter(|line| !line.value.is_empty() && !line.value.contains('%'));
    if let Some(line) = point.filter(|line| mount_unit(&line.value) != unit) {
        let reason = format!("systemd refuses it: it mounts at `{}`", line.value.escape_debug());
        return Some(AtStart::says(Reading::Broken { reason }, here(line)));
    }
    match unmet(look, &lines)? {
        Unmet::Fails(line) => Some(AtStart::says(Reading::Absent, here(line))),
        Unmet::Open(line) => {
            let condition = format!("{}={}", line.key, line.value);
            let reason = format!("whether `{}` holds is not known", condition.escape_debug());
            let gap = Gap::new(reason, "look at the unit while the system runs");
            Some(AtStart::says(gap.reading(), here(line)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drop_ins_of_shorter_names_and_of_the_type_count() {
        let all = names("var-log-audit.mount");
        assert_eq!(all, ["var-log-audit.mount", "var-log-.mount", "var-.mount", "mount"]);
        assert_eq!(names("-.mount"), ["-.mount", "mount"]);
    }

    #[test]
    fn the_last_options_of_the_section_count() {
        let said = |text: &str| match options_in(&"/u".into(), text.as_bytes()) {
            Some(Says::Options(options, place)) => format!("{options} at {place}"),
            Some(Says::Nothing) => "taken back".to_owned(),
            None => "nothing".to_owned(),
        };
        for (text, wanted) in [
            ("[Mount]\nOptions=nodev\n", "nodev at /u:2:1"),
            ("Options=a\n[Unit]\nOptions=b\n[Mount]\nOptions = c\n#Options=d\n", "c at /u:5:1"),
            ("[Mount]\r\nOptions=a\r\nOptions=b\r\n", "b at /u:3:1"),
            ("[Mount]\nOptions=a,\\\n# between\n  b\n", "a, b at /u:2:1"),
            ("[Mount]\nOptions=a\nOptions=\n", "taken back"),
            ("[Install]\nOptions=a\n", "nothing"),
            ("", "nothing"),
        ] {
            assert_eq!(said(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn specifiers_are_no_options() {
        assert_eq!(plain("size=50%%,nodev").as_deref(), Some("size=50%,nodev"));
        assert_eq!(plain("nodev").as_deref(), Some("nodev"));
        assert_eq!(plain("uid=%U"), None);
        assert_eq!(plain("size=10%"), None);
    }
}
