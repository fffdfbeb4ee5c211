//! Units of systemd as files (systemd.unit(5)): where one is found, what its `[Install]` section
//! says, and whether it is started at boot.
//!
//! Knows files and links; knows nothing of a running systemd.

use std::collections::BTreeSet;
use std::sync::Arc;

use holdfast_model::{Place, Reading};

use super::look::{End, Gap, Got, Look, MAX_FILES, lead};
use crate::text::file_name;
use crate::{FileStat, FileType};

const CONFIGURED: &str = "/etc/systemd/system";
/// Emptied at each boot: what is switched there is not so afterwards.
const FLEETING: &str = "/run/systemd/system";

/// In order of precedence.
const FOLDERS: [&str; 5] = [
    CONFIGURED,
    FLEETING,
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];

/// Folders whose links start what they name, by the key of `[Install]` that makes them.
const WANTING: [&str; 3] = ["wants", "requires", "upholds"];

/// So many names may lead from one to the next (`Alias=`, `Also=`): each may cost a connection.
const MAX_NAMES: usize = 3;

/// So many words of one key are looked at.
const MAX_WORDS: usize = 64;

/// A reading and where it was seen.
pub(super) type Seen = (Reading, Option<Place>);

/// Whether this can be the name of a unit (systemd.unit(5)).
pub(super) fn is_unit(name: &str) -> bool {
    const TYPES: [&str; 11] = [
        "service",
        "socket",
        "timer",
        "target",
        "path",
        "mount",
        "automount",
        "swap",
        "slice",
        "scope",
        "device",
    ];
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b":-_.\\@".contains(&byte);
    let Some((stem, kind)) = name.rsplit_once('.') else { return false };
    let sound = !stem.is_empty() && name.len() <= 255 && name.bytes().all(allowed);
    sound && TYPES.contains(&kind)
}

/// The template of an instance: `getty@.service` of `getty@tty1.service`.
fn template_of(unit: &str) -> Option<String> {
    let (prefix, rest) = unit.split_once('@')?;
    let (instance, kind) = rest.rsplit_once('.')?;
    (!instance.is_empty()).then(|| format!("{prefix}@.{kind}"))
}

/// Whether this names a template, which cannot run itself.
pub(super) fn is_template(unit: &str) -> bool {
    unit.split_once('@').is_some_and(|(_, rest)| rest.starts_with('.'))
}

/// What becomes of a unit at boot, as `systemctl is-enabled` calls it: `enabled`, `disabled`,
/// `static` or `masked`; of a timer that starts what is masked, that as well.
///
/// What systemctl calls `alias` is what the unit behind the name is; `indirect` is what the units
/// of `Also=` are; what it calls `…-runtime` does not outlive a boot, and does not count.
pub(super) fn boot(look: &Look<'_>, unit: &str) -> Seen {
    boot_of(look, unit, MAX_NAMES, &mut BTreeSet::new())
}

/// `tried` are the units of `Also=` that were looked at on the way: each is worth one look.
fn boot_of(look: &Look<'_>, unit: &str, names_left: usize, tried: &mut BTreeSet<String>) -> Seen {
    let found = match find(look, unit) {
        Found::Unit(found) => found,
        Found::Masked(path) => return says("masked", &path),
        Found::Nowhere => return (Reading::Absent, None),
        Found::Circle(path) => {
            let reason = "its links lead in a circle, or through too many".to_owned();
            return (Reading::Broken { reason }, Some(Place::start_of(path)));
        }
        Found::Hidden(gap) => return (gap.reading(), None),
    };
    if let Some(other) = found.other_name(unit) {
        if names_left == 0 {
            let gap = Gap::new("too many names lead to it", "ask for the unit by its own name");
            return (gap.reading(), Some(Place::start_of(found.path)));
        }
        let seen = boot_of(look, &other, names_left - 1, tried);
        if seen.0 != Reading::Absent {
            return seen;
        }
        // The file lies outside the folders of units: it is its own unit.
    }
    let install = Install::read(found.bytes);
    // Asked before it is known whether that matters, so that it costs no connection of its own.
    let behind = started(unit, found.bytes).map(|started| (find(look, &started), started));
    let seen = match links(look, unit, &install) {
        Got::Here(path) => says("enabled", &path),
        Got::Hidden(gap) => (gap.reading(), None),
        Got::Missing if install.has_rules() => says("disabled", &found.end),
        Got::Missing if install.also.is_empty() => says("static", &found.end),
        Got::Missing => also(look, &install, &found, names_left, tried),
    };
    let comes_up = matches!(&seen.0, Reading::Is(word) if matches!(&**word, "enabled" | "static"));
    match behind.filter(|_| comes_up) {
        Some((Found::Masked(path), started)) => {
            says(&format!("enabled, but {started} is masked"), &path)
        }
        Some((Found::Hidden(gap), _)) => (gap.reading(), None),
        _ => seen,
    }
}

/// The unit that a timer starts, systemd.timer(5): that of `Unit=`, else the service of its name.
fn started(timer: &str, bytes: &[u8]) -> Option<String> {
    let stem = timer.strip_suffix(".timer")?;
    let text = String::from_utf8_lossy(bytes);
    let (mut inside, mut named) = (false, None);
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') {
            inside = line == "[Timer]";
        } else if let Some((key, unit)) = line.split_once('=').filter(|_| inside)
            && key.trim() == "Unit"
        {
            named = Some(unit.trim().to_owned()).filter(|unit| is_unit(unit));
        }
    }
    Some(named.unwrap_or_else(|| format!("{stem}.service")))
}

/// A unit that is only there to enable others is what they are.
fn also(
    look: &Look<'_>,
    install: &Install,
    found: &Unit<'_>,
    names_left: usize,
    tried: &mut BTreeSet<String>,
) -> Seen {
    if names_left > 0 {
        for other in install.also.iter().filter(|other| is_unit(other)) {
            if !tried.insert(other.clone()) {
                continue;
            }
            if tried.len() > MAX_WORDS {
                let reason = format!("more than {MAX_WORDS} units stand for it");
                let gap = Gap::new(reason, "ask for the unit by its own name");
                return (gap.reading(), Some(Place::start_of(Arc::clone(&found.end))));
            }
            let seen = boot_of(look, other, names_left - 1, tried);
            match &seen.0 {
                Reading::Is(word) if &**word == "enabled" => return seen,
                Reading::Unknown { .. } => return seen,
                _ => {}
            }
        }
    }
    says("disabled", &found.end)
}

/// A reading that a file itself gives.
fn says(word: &str, path: &Arc<str>) -> Seen {
    (Reading::Is(word.into()), Some(Place::start_of(Arc::clone(path))))
}

/// A unit's file.
struct Unit<'a> {
    /// Under which path it is found.
    path: Arc<str>,
    /// Where all links lead.
    end: Arc<str>,
    bytes: &'a [u8],
}

impl Unit<'_> {
    /// The name of the unit behind, where the one that was asked for is another name of it.
    fn other_name(&self, unit: &str) -> Option<String> {
        let name = file_name(&self.end);
        if self.path == self.end || name == file_name(&self.path) || !is_unit(name) {
            return None;
        }
        if !is_template(name) {
            return Some(name.to_owned());
        }
        // Another name of a template: the instance stays.
        let instance = unit.split_once('@')?.1.rsplit_once('.')?.0;
        let (prefix, kind) = name.split_once("@.")?;
        Some(format!("{prefix}@{instance}.{kind}"))
    }
}

enum Found<'a> {
    Unit(Unit<'a>),
    Masked(Arc<str>),
    Nowhere,
    Circle(Arc<str>),
    Hidden(Gap),
}

/// Looks through the folders for a unit, and then for its template.
fn find<'a>(look: &Look<'a>, unit: &str) -> Found<'a> {
    for name in [Some(unit.to_owned()), template_of(unit)].into_iter().flatten() {
        for folder in FOLDERS {
            let path: Arc<str> = format!("{folder}/{name}").into();
            if look.stat(&path) == Got::Missing {
                continue;
            }
            let fleeting = path.starts_with(FLEETING);
            match look.follow(&path) {
                End::Hidden(gap) => return Found::Hidden(gap),
                End::Null if fleeting => {}
                End::Null => return Found::Masked(path),
                End::Circle => return Found::Circle(path),
                End::At(end, stat) if stat.kind == FileType::File => match look.file(&end) {
                    // An empty file masks like a link to `/dev/null`.
                    Got::Here([]) if fleeting => {}
                    Got::Here([]) => return Found::Masked(path),
                    Got::Here(bytes) => return Found::Unit(Unit { path, end, bytes }),
                    Got::Missing => return Found::Nowhere,
                    Got::Hidden(gap) => return Found::Hidden(gap),
                },
                // A link that leads nowhere takes the name and loads nothing.
                End::Nowhere | End::At(..) => return Found::Nowhere,
            }
        }
    }
    Found::Nowhere
}

/// The link that starts a unit at boot, if there is one.
fn links(look: &Look<'_>, unit: &str, install: &Install) -> Got<Arc<str>> {
    let mut hidden = None;
    let mut candidates: Vec<Arc<str>> = Vec::new();
    for (kind, targets) in WANTING.iter().zip(&install.targets) {
        // Where the unit says it is wanted, a link counts even if a list leaves it out because
        // its target is missing in a root.
        let own = targets.iter().filter(|target| is_unit(target));
        candidates.extend(own.map(|target| format!("{CONFIGURED}/{target}.{kind}/{unit}").into()));
        match look.paths(&format!("{CONFIGURED}/*.{kind}/*")) {
            Got::Here(paths) => {
                let mine = |path: &&Arc<str>| is_instance_or_same(file_name(path), unit);
                candidates.extend(paths.iter().filter(mine).take(MAX_FILES).cloned());
            }
            Got::Missing => {}
            Got::Hidden(gap) => hidden = Some(gap),
        }
    }
    // All are asked before one decides.
    let stats: Vec<_> = candidates.iter().map(|path| (path, look.stat(path))).collect();
    for (path, stat) in stats {
        match stat {
            Got::Here(stat) if !masks(path, stat) => return Got::Here(Arc::clone(path)),
            Got::Here(_) | Got::Missing => {}
            Got::Hidden(gap) => hidden = Some(gap),
        }
    }
    match aliases(look, unit, install) {
        Got::Missing => hidden.map_or(Got::Missing, Got::Hidden),
        other => other,
    }
}

/// A link of another name that leads to the unit.
fn aliases(look: &Look<'_>, unit: &str, install: &Install) -> Got<Arc<str>> {
    let mut hidden = None;
    let own = install.alias.iter().filter(|alias| is_unit(alias));
    let mut candidates: Vec<Arc<str>> =
        own.map(|alias| format!("{CONFIGURED}/{alias}").into()).collect();
    match look.paths(&format!("{CONFIGURED}/*")) {
        Got::Here(paths) => candidates.extend(paths.iter().take(MAX_FILES).cloned()),
        Got::Missing => {}
        Got::Hidden(gap) => hidden = Some(gap),
    }
    let stats: Vec<_> = candidates.iter().map(|path| (path, look.stat(path))).collect();
    for (path, stat) in stats {
        let stat = match stat {
            Got::Here(stat) => stat,
            Got::Missing => continue,
            Got::Hidden(gap) => {
                hidden = Some(gap);
                continue;
            }
        };
        let leads = stat.link.as_deref().is_some_and(|link| file_name(link) == unit);
        if leads && file_name(path) != unit {
            return Got::Here(Arc::clone(path));
        }
    }
    hidden.map_or(Got::Missing, Got::Hidden)
}

fn masks(path: &str, stat: &FileStat) -> bool {
    stat.link.as_deref().is_some_and(|link| &*lead(path, link) == "/dev/null")
}

/// Whether a link of this name starts the unit: the same name or, of a template, any instance.
fn is_instance_or_same(name: &str, unit: &str) -> bool {
    name == unit || (is_template(unit) && template_of(name).as_deref() == Some(unit))
}

/// What the `[Install]` section says (systemd.unit(5)). Sections of drop-in files are not read.
#[derive(Debug, Default, PartialEq, Eq)]
struct Install {
    /// `WantedBy=`, `RequiredBy=`, `UpheldBy=`, in the order of [`WANTING`].
    targets: [Vec<String>; 3],
    alias: Vec<String>,
    also: Vec<String>,
}

impl Install {
    fn read(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let mut install = Self::default();
        let mut inside = false;
        // What a line that ends in a backslash began; lines of words need no more than the key.
        let mut continued: Option<&str> = None;
        for line in text.lines() {
            let line = line.trim();
            // Comments between continued lines are passed over.
            if line.starts_with(['#', ';']) {
                continue;
            }
            let (body, goes_on) = match line.strip_suffix('\\') {
                Some(body) => (body, true),
                None => (line, false),
            };
            let (key, words) = match continued {
                Some(key) => (key, body),
                None if line.starts_with('[') => {
                    inside = line == "[Install]";
                    continue;
                }
                None => match body.split_once('=') {
                    Some((key, words)) => (key.trim(), words),
                    None => continue,
                },
            };
            if inside {
                install.add(key, words, continued.is_none() && !goes_on);
            }
            continued = goes_on.then_some(key);
        }
        install
    }

    fn add(&mut self, key: &str, words: &str, whole: bool) {
        let [wanted, required, upheld] = &mut self.targets;
        let list = match key {
            "WantedBy" => wanted,
            "RequiredBy" => required,
            "UpheldBy" => upheld,
            "Alias" => &mut self.alias,
            "Also" => &mut self.also,
            _ => return,
        };
        if whole && words.trim().is_empty() {
            // An empty value takes the former ones back.
            list.clear();
        }
        let left = MAX_WORDS.saturating_sub(list.len());
        list.extend(words.split_whitespace().take(left).map(str::to_owned));
    }

    fn has_rules(&self) -> bool {
        !self.alias.is_empty() || self.targets.iter().any(|targets| !targets.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Answers;
    use crate::{Answer, FileStat, Need};

    /// Each unit of `Also=` names 64 others, each of which does so too.
    #[test]
    fn units_that_stand_for_ever_more_are_looked_at_a_few_times() {
        let asked = std::cell::Cell::new(0);
        let source = |need: &Need| {
            asked.set(asked.get() + 1);
            match need {
                Need::Stat(path) if path.starts_with("/etc/") => {
                    let kind = FileType::File;
                    Answer::Stat(FileStat { uid: 0, gid: 0, mode: 0o644, kind, link: None })
                }
                Need::File(path) => {
                    let stem = file_name(path).trim_end_matches(".service");
                    let others = (0..64).map(|at| format!(" {stem}-{at}.service"));
                    let text = format!("[Install]\nAlso={}\n", others.collect::<String>());
                    Answer::Bytes(text.into_bytes().into())
                }
                _ => Answer::Paths(Vec::new()),
            }
        };
        let answers = Answers::new(&source);
        let (reading, place) = boot(&Look::new(&answers), "a.service");
        assert!(matches!(reading, Reading::Unknown { .. }), "{reading:?}");
        assert!(place.is_some());
        assert!(asked.get() < 1000, "{}", asked.get());
    }

    #[test]
    fn a_timer_starts_the_service_of_its_name_or_what_it_names() {
        let case = |text: &str| started("a.timer", text.as_bytes());
        assert_eq!(case("[Timer]\nOnCalendar=daily\n").as_deref(), Some("a.service"));
        assert_eq!(case("[Timer]\nUnit = b.target\n").as_deref(), Some("b.target"));
        assert_eq!(case("[Timer]\nUnit=b.target\nUnit=\n").as_deref(), Some("a.service"));
        assert_eq!(case("[Unit]\nUnit=b.target\n").as_deref(), Some("a.service"));
        assert_eq!(started("a.service", b"[Timer]\nUnit=b.target\n"), None);
    }

    #[test]
    fn names_of_units_are_told_from_others() {
        for good in ["ssh.service", "getty@tty1.service", "getty@.service", "a\\x2db.mount"] {
            assert!(is_unit(good), "{good}");
        }
        let long = format!("{}.service", "a".repeat(255));
        for bad in ["ssh", ".service", "-rf /.service", "ssh.services", "../a.service", &long] {
            assert!(!is_unit(bad), "{bad}");
        }
        assert_eq!(template_of("getty@tty1.service").as_deref(), Some("getty@.service"));
        assert_eq!(template_of("getty@.service"), None);
        assert_eq!(template_of("ssh.service"), None);
        assert!(is_template("getty@.service") && !is_template("getty@a.service"));
    }

    #[test]
    fn the_install_section_is_read_as_systemd_does() {
        let text = b"WantedBy=no.target\n[Unit]\nAlso=no.socket\r\n[Install]\r\n\
            # WantedBy=no.target\nWantedBy=a.target \\\n# between\n  b.target\nWantedBy = c.target\n\
            Alias=x.service\nAlias=\nAlso=y.socket\xff z.socket\n[Service]\nRequiredBy=no.target\n";
        let install = Install::read(text);
        let [wanted, required, upheld] = &install.targets;
        assert_eq!(*wanted, ["a.target", "b.target", "c.target"]);
        assert!(required.is_empty() && upheld.is_empty() && install.alias.is_empty());
        assert_eq!(install.also, ["y.socket\u{fffd}", "z.socket"]);
        assert!(install.has_rules());
        assert_eq!(Install::read(b"[Install]\n"), Install::default());
        let many = format!("[Install]\nAlias={}\n", "a.service ".repeat(9_000));
        assert_eq!(Install::read(many.as_bytes()).alias.len(), MAX_WORDS);
    }
}
