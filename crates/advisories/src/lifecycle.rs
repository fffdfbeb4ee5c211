//! Until when releases are mended by those who made them: distributions, runtimes, frameworks.
//!
//! Knows the list that comes along and how versions begin; what is done about a release that nobody
//! mends is for others. The day is an argument.

use holdfast_model::{
    Component, Ecosystem, Informational, OsRelease, Place, Problem, Timestamp, Weakness, WeaknessId,
};

/// How the name of such a weakness begins.
pub const PREFIX: &str = "eol:";

/// The list that comes along.
const LIST: &str = include_str!("../../../rules/lifecycle/end-of-life.txt");
/// Its path, for problems.
const PATH: &str = "rules/lifecycle/end-of-life.txt";
/// In place of a family of ecosystems, for the distribution of a host.
pub const OS: &str = "os";

/// The end of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End<'l> {
    /// Its name without [`PREFIX`], e.g. `debian:10`.
    pub id: &'l str,
    /// The last day, as `2024-06-30`.
    pub last: &'l str,
    /// The release, for people.
    pub title: &'l str,
    /// Who says so.
    pub source: &'l str,
    /// The numbers with which its versions begin, and behind commas its code names.
    version: &'l str,
}

/// The list, sorted by what it is about.
#[derive(Debug)]
pub struct Lifecycle<'l> {
    /// Sorted by family and name; those of one name as they stand in the list.
    ends: Vec<((&'l str, &'l str), End<'l>)>,
}

impl Lifecycle<'static> {
    /// What the list that comes along says of the wanted families; a test holds all of it to be whole.
    pub fn built_in(wanted: &dyn Fn(&str) -> bool) -> Self {
        Lifecycle::read(PATH, LIST, wanted).0
    }
}

impl<'l> Lifecycle<'l> {
    /// Reads what a list says of the wanted families; a line that cannot be read is a problem. `path`
    /// names it there.
    pub fn read(path: &str, text: &'l str, wanted: &dyn Fn(&str) -> bool) -> (Self, Vec<Problem>) {
        let (mut ends, mut problems) = (Vec::new(), Vec::new());
        for (number, line) in (1_u32..).zip(text.lines()) {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            if family(line).is_some_and(|family| !wanted(family)) {
                continue;
            }
            let Some((family, names, end)) = row(line) else {
                let place = Place { path: path.into(), line: number, column: 1 };
                let problem =
                    Problem::at("lifecycle-line", place, "this line is no end of a release");
                let help = "write ID | LAST DAY | WHAT IT IS | TITLE | SOURCE";
                problems.push(problem.help(help).excerpt(line, line.chars().count()));
                continue;
            };
            ends.extend(names.split(',').map(|name| ((family, name), end)));
        }
        ends.sort_by_key(|(of, _)| *of);
        (Self { ends }, problems)
    }

    /// Every end, each once a name.
    pub fn all(&self) -> impl Iterator<Item = &End<'l>> {
        self.ends.iter().map(|(_, end)| end)
    }

    /// The end of a host's distribution, if its day is over.
    pub fn of_os(&self, os: &OsRelease, now: Timestamp) -> Option<End<'l>> {
        self.over(OS, &os.id, os.version.as_deref()?, now)
    }

    /// The end of a package's release, if its day is over.
    pub fn of_component(&self, component: &Component, now: Timestamp) -> Option<End<'l>> {
        let family = component.ecosystem.family();
        let version = component.version.as_deref()?;
        let version = match family {
            Ecosystem::GOLANG => version.strip_prefix("go").unwrap_or(version),
            _ => version,
        };
        let name = match family {
            Ecosystem::DOCKER => official(&component.name),
            _ => &*component.name,
        };
        self.over(family, name, version.trim_start_matches(['v', '=']), now)
    }

    fn over(&self, family: &str, name: &str, version: &str, now: Timestamp) -> Option<End<'l>> {
        let first = self.ends.partition_point(|(of, _)| *of < (family, name));
        let mut named = self.ends.get(first..)?.iter().take_while(|(of, _)| *of == (family, name));
        let fits = |end: &End<'_>| end.version.split(',').any(|one| begins(version, one));
        let (_, end) = named.find(|(_, end)| fits(end))?;
        // Days are written so that their texts are in order.
        (*end.last < *now.date()).then_some(*end)
    }
}

impl End<'_> {
    /// The weakness that the end is.
    pub fn weakness(&self) -> Weakness {
        Weakness {
            id: WeaknessId(format!("{PREFIX}{}", self.id).into()),
            aliases: Vec::new(),
            title: format!("{} has not been supported since {}", self.title, self.last),
            cvss: None,
            epss: None,
            epss_at: None,
            exploited: false,
            informational: Some(Informational::EndOfLife),
            malicious: false,
            published_by: vec![self.source.into()],
        }
    }
}

/// The name of an official image without the registry that it is fetched from: what stands behind
/// `library/`, wherever a mirror keeps that, and a lone name behind the host of a registry (a first
/// part with a dot or a colon, or `localhost`: distribution's reference grammar). A name of somebody's
/// own, as `shop/node`, stays whole, and so it stays in a registry.
fn official(name: &str) -> &str {
    let (before, last) = name.rsplit_once('/').unwrap_or(("", name));
    let of_library = before == "library" || before.ends_with("/library");
    let host = !before.contains('/') && (before.contains(['.', ':']) || before == "localhost");
    if of_library || host { last } else { name }
}

/// The family that a line is about.
fn family(line: &str) -> Option<&str> {
    let (second, _) = line.bytes().enumerate().filter(|(_, byte)| *byte == b'|').nth(1)?;
    line.get(second + 1..)?.split_ascii_whitespace().next()
}

/// A line: family, names, and the end.
fn row(line: &str) -> Option<(&str, &str, End<'_>)> {
    let [id, last, what, title, source] = parts(line.split('|').map(str::trim))?;
    let [family, names, version] = parts(what.split_whitespace())?;
    let is_day = last.len() == 10 && Timestamp::parse(last).is_some();
    let whole = [id, title, source].iter().all(|cell| !cell.is_empty());
    let mut beginnings = version.split(',');
    let numbers = beginnings.next().is_some_and(|first| {
        first.split('.').all(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    });
    let code_names =
        beginnings.all(|name| !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase()));
    let end = End { id, last, title, source, version };
    (is_day && whole && numbers && code_names).then_some((family, names, end))
}

/// Just so many parts.
fn parts<'l, const N: usize>(mut all: impl Iterator<Item = &'l str>) -> Option<[&'l str; N]> {
    let mut parts = [""; N];
    for part in &mut parts {
        *part = all.next()?;
    }
    all.next().is_none().then_some(parts)
}

/// Whether a version begins with these numbers or this name: `3.8-slim` and `3.8.19` with `3.8`,
/// `3.80` not; `buster-slim` with `buster`, `busters` not.
fn begins(version: &str, beginning: &str) -> bool {
    let is_name = beginning.starts_with(|c: char| c.is_ascii_lowercase());
    let goes_on = |c: char| c.is_ascii_digit() || (is_name && c.is_ascii_alphabetic());
    version.strip_prefix(beginning).is_some_and(|rest| !rest.starts_with(goes_on))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn day(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn os(id: &str, version: Option<&str>) -> OsRelease {
        OsRelease {
            id: id.into(),
            version: version.map(Into::into),
            codename: None,
            pretty: "".into(),
            place: Place::start_of("etc/os-release"),
        }
    }

    fn ended(ecosystem: &str, name: &str, version: &str, now: &str) -> Option<&'static str> {
        let place = Place::start_of("lock");
        let ecosystem = Ecosystem::new(ecosystem);
        let component = Component::new(ecosystem, name, Some(version.into()), place);
        Lifecycle::built_in(&|_| true).of_component(&component, day(now)).map(|end| end.id)
    }

    #[test]
    fn the_list_that_comes_along_is_whole() {
        let (list, problems) = Lifecycle::read(PATH, LIST, &|_| true);
        assert_eq!(problems, []);
        let ids: BTreeSet<&str> = list.all().map(|end| end.id).collect();
        assert!(ids.len() >= 250, "{}", ids.len());
        let rows = LIST.lines().filter(|line| line.contains(" | ")).count();
        assert_eq!(ids.len(), rows - 1, "each name once; the explanation has one such line");
        for end in list.all() {
            assert!(end.last > "2010" && end.last < "2040", "{end:?}");
        }
    }

    #[test]
    fn a_release_is_a_problem_from_the_day_after_its_last() {
        let list = Lifecycle::built_in(&|_| true);
        let of = |version, now| list.of_os(&os("debian", version), day(now)).map(|end| end.id);
        assert_eq!(of(Some("10"), "2024-06-30"), None);
        assert_eq!(of(Some("10"), "2024-07-01"), Some("debian:10"));
        assert_eq!(of(Some("12"), "2026-11-21"), None);
        assert_eq!(of(Some("1"), "2026-11-21"), None, "not the beginning of a number");
        assert_eq!(of(None, "2026-11-21"), None, "rolling releases have no end");
        let sles = |version| list.of_os(&os("sles", Some(version)), day("2026-11-21"));
        assert_eq!(sles("15.6").map(|end| end.id), Some("sles:15.6"));
        assert_eq!(sles("15.7"), None);
        assert_eq!(
            list.of_os(&os("alpine", Some("3.18.4")), day("2026-11-21")).unwrap().id,
            "alpine:3.18"
        );
    }

    #[test]
    fn packages_are_known_by_the_beginning_of_their_version() {
        let now = "2026-11-21";
        assert_eq!(ended("Go", "stdlib", "go1.21.5", now), Some("go:1.21"));
        assert_eq!(ended("Go", "toolchain", "1.21rc2", now), Some("go:1.21"));
        assert_eq!(ended("Go", "stdlib", "1.2.1", now), None);
        assert_eq!(ended("docker", "python", "3.8-slim-bookworm", now), Some("python:3.8"));
        assert_eq!(ended("docker", "python", "3", now), None);
        assert_eq!(ended("docker", "python", "3.80", now), None);
        assert_eq!(ended("PyPI", "django", "3.2.25", now), Some("django:3.2"));
        assert_eq!(ended("PyPI", "django", "5.2.1", now), None);
        assert_eq!(ended("npm", "@angular/core", "15.2.10", now), Some("angular:15"));
        assert_eq!(ended("npm", "vue", "2.7.16", "2023-12-31"), None);
        assert_eq!(ended("docker", "eclipse-temurin", "20_36-jre", now), Some("temurin:20"));
        assert_eq!(ended("docker", "eclipse-temurin", "21-jre", now), None);
        assert_eq!(ended("docker", "postgres", "9.6.24-alpine", now), Some("postgres:9.6"));
        assert_eq!(ended("docker", "mariadb", "10.1.48", now), Some("mariadb:10.1"));
        assert_eq!(ended("docker", "mariadb", "10.11", now), None);
        assert_eq!(ended("docker", "debian", "buster-slim", now), Some("image-debian:10"));
        assert_eq!(ended("docker", "debian", "buster", now), Some("image-debian:10"));
        assert_eq!(ended("docker", "debian", "busters", now), None);
        assert_eq!(ended("docker", "debian", "10.13-slim", now), Some("image-debian:10"));
        assert_eq!(ended("docker", "debian", "bookworm-slim", now), None);
        assert_eq!(ended("docker", "ubuntu", "bionic-20230530", now), Some("image-ubuntu:18.04"));
        assert_eq!(ended("docker", "ubuntu", "noble", now), None);
        assert_eq!(ended("docker", "alpine", "3.1", now), Some("image-alpine:3.1"));
        assert_eq!(ended("docker", "alpine", "3.11.2", now), Some("image-alpine:3.11"));
        assert_eq!(ended("docker", "amazonlinux", "2023", now), None);
        assert_eq!(ended("Go", "stdlib", "1.24.4", now), Some("go:1.24"));
        assert_eq!(ended("NuGet", "Microsoft.NETCore.App", "2.1.30", now), Some("dotnet:2.1"));
        let boot = "org.springframework.boot:spring-boot";
        assert_eq!(ended("Maven", boot, "2.7.18", now), Some("spring-boot:2.7"));
        assert_eq!(ended("Maven", boot, "4.0.1", now), None);
        assert_eq!(ended("Packagist", "laravel/framework", "v9.52.0", now), Some("laravel:9"));
    }

    #[test]
    fn an_official_image_is_known_behind_whatever_registry() {
        let of = |name: &str| ended("docker", name, "18", "2026-11-21");
        for name in [
            "node",
            "library/node",
            "registry.example/library/node",
            "registry.example:5000/node",
            "localhost/node",
            "localhost:5000/library/node",
            "mirror.example/docker/library/node",
        ] {
            assert_eq!(of(name), Some("node:18"), "{name}");
        }
        for name in
            ["shop/node", "registry.example/shop/node", "library/shop/node", "mylibrary/node"]
        {
            assert_eq!(of(name), None, "{name}");
        }
    }

    #[test]
    fn lines_that_say_nothing_are_problems_with_places() {
        let text = "# x\na:1 | 2020-01-01 | os a 1 | A 1 | somebody\n\
            b:1 | soon | os b 1 | B 1 | somebody\nc:1 | 2020-01-01 | os c | C | somebody\n\
            d:1 | 2020-01-01 | os d one | D | somebody\ne:1 | 2020-01-01 | os e 1 | E\n\
            f:1 | 2020-01-01 | os f 1,one | F | somebody\ng:1 | 2020-01-01 | os g 1, | G | somebody\n";
        let (list, problems) = Lifecycle::read("l.txt", text, &|_| true);
        assert_eq!(list.all().count(), 2);
        let places: Vec<String> =
            problems.iter().map(|one| one.place.as_ref().unwrap().to_string()).collect();
        assert_eq!(places, ["l.txt:3:1", "l.txt:4:1", "l.txt:5:1", "l.txt:6:1", "l.txt:8:1"]);
    }

    #[test]
    fn the_end_is_a_weakness_of_its_own() {
        let list = Lifecycle::built_in(&|_| true);
        let end = list.of_os(&os("debian", Some("10")), day("2026-11-21")).unwrap();
        let weakness = end.weakness();
        assert_eq!(&*weakness.id.0, "eol:debian:10");
        assert_eq!(weakness.title, "Debian 10 (buster) has not been supported since 2024-06-30");
        assert_eq!(weakness.informational, Some(Informational::EndOfLife));
    }
}
