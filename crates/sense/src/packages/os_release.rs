//! `/etc/os-release`: which distribution this is (os-release(5)).
//!
//! Knows the file's quoting and how distributions number their releases; knows nothing of
//! packages.

use std::sync::Arc;

use holdfast_model::{About, Ecosystem, Fact, OsRelease, Place, Problem, Span};

use super::root_of;
use crate::text::{Document, Mistake, Report};
use crate::{Answer, Claim, Need, Reader, Scope, Sources};

/// The reader.
pub struct OsReleaseReader;

static ABOUT: About = About {
    id: "os-release",
    title: "Name and release of a Linux distribution",
    text: "Reads `etc/os-release` and `usr/lib/os-release` with the quoting of os-release(5): \
        comments, single and double quotes, escapes; the last assignment of a name wins. Only \
        `ID`, `VERSION_ID`, `VERSION_CODENAME` and `PRETTY_NAME` are kept. Nothing is expanded \
        or run.",
    file: file!(),
};

const NAMES: [&str; 2] = ["etc/os-release", "usr/lib/os-release"];

/// The identifier that stands for a file that names none (os-release(5), `ID=`).
const UNNAMED: &str = "linux";

impl Reader for OsReleaseReader {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn scope(&self) -> Scope {
        Scope::Anywhere
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        let mine = NAMES.iter().any(|name| root_of(path, name).is_some());
        if mine { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        let document = Document::open(sources.path(), sources.bytes());
        let mut report = Report::new(out);
        report.open(&document);
        let (os, mistakes) = parse(&document);
        for mistake in &mistakes {
            report.mistake(&document, mistake);
        }
        if let Some(os) = os {
            report.fact(Fact::Os(os));
        }
        report.finish();
    }
}

/// What a reader under the same root wants to see in order to know the release: the file in
/// `etc`, and the one in `usr/lib` where that is missing.
pub(super) fn needs(root: &str, so_far: &Sources<'_>) -> Vec<Need> {
    for name in NAMES {
        let need = Need::File(format!("{root}{name}").into());
        match so_far.answer(&need) {
            None => return vec![need],
            Some(Answer::Bytes(_)) => return Vec::new(),
            Some(_) => {}
        }
    }
    Vec::new()
}

/// A package manager, and whose packages it installs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manager {
    /// Debian's family.
    Dpkg,
    /// Alpine's family.
    Apk,
    /// All who use RPM.
    Rpm,
}

impl Manager {
    /// The ecosystem of packages whose release is not known; it is compared with nothing.
    fn nameless(self) -> Ecosystem {
        Ecosystem::new(match self {
            Self::Dpkg => Ecosystem::DEBIAN,
            Self::Apk => "Alpine",
            Self::Rpm => "rpm",
        })
    }

    /// Whether a distribution's own packages may come from this manager: an `rpm` on Debian
    /// installs no packages of Debian's.
    fn installs(self, ecosystem: &Ecosystem) -> bool {
        let home = match ecosystem.family() {
            Ecosystem::DEBIAN | "Ubuntu" => Self::Dpkg,
            "Alpine" | "Wolfi" | "Chainguard" => Self::Apk,
            "AlmaLinux" | "Rocky Linux" | "Red Hat" | "CentOS" | "Fedora" | "SUSE" | "openSUSE"
            | "Mageia" | "Photon OS" | "amzn" | "ol" => Self::Rpm,
            _ => return true,
        };
        self == home
    }
}

/// The ecosystem of the packages that `manager` installed under `root`. Where the release is not
/// known it is one without release, with a problem that says why.
pub(super) fn ecosystem_under(
    root: &str,
    sources: &Sources<'_>,
    report: &mut Report<'_>,
    manager: Manager,
) -> Ecosystem {
    let read = NAMES.iter().find_map(|name| {
        let path: Arc<str> = format!("{root}{name}").into();
        let bytes = sources.file(&path)?;
        // Its own look reports what is wrong with it.
        let (os, _) = parse(&Document::open(&path, bytes));
        Some((path, os))
    });
    let why = match &read {
        Some((_, Some(os))) => match ecosystem_of(os) {
            Ok(ecosystem) if manager.installs(&ecosystem) => return ecosystem,
            Ok(ecosystem) => format!("these are no packages of {ecosystem}"),
            Err(why) => why,
        },
        Some((path, None)) => format!("`{path}` cannot be read"),
        None => format!("`{root}etc/os-release` could not be read"),
    };
    let place = match read {
        Some((_, Some(os))) => os.place,
        Some((path, None)) => Place::start_of(path),
        None => Place::start_of(Arc::clone(sources.path())),
    };
    let message = format!("the release of this system is unknown: {why}");
    let help = "packages are only compared within one release: set `ID` and `VERSION_ID` in \
        `/etc/os-release`";
    // Nothing of the file is lost: all of it is there, and none of it can be compared.
    report.problem(Problem::at("os-release-unknown", place, message).help(help), false);
    manager.nameless()
}

/// The ecosystem as OSV names it: `Debian:12`, `Ubuntu:22.04:LTS`, `Alpine:v3.19`; other
/// distributions keep their own identifier. The error says why there is none.
///
/// Names and releases: OSV schema 1.7, section "affected[].package field". Red Hat and SUSE
/// publish by product, of which a host may have several: it gets the one of its base system.
pub fn ecosystem_of(os: &OsRelease) -> Result<Ecosystem, String> {
    match &*os.id {
        UNNAMED => return Err("it names no distribution".to_owned()),
        // These publish for one release only: the newest.
        "wolfi" => return Ok(Ecosystem::new("Wolfi")),
        "chainguard" => return Ok(Ecosystem::new("Chainguard")),
        "opensuse-tumbleweed" => return Ok(Ecosystem::release_of("openSUSE", "Tumbleweed")),
        _ => {}
    }
    let Some(version) = os.version.as_deref() else {
        return Err(format!(
            "`{}` without `VERSION_ID`, as testing and rolling releases have it",
            os.id
        ));
    };
    let major = version.split('.').next().unwrap_or(version);
    let (family, release) = match &*os.id {
        "debian" => (Ecosystem::DEBIAN, major.to_owned()),
        "ubuntu" if is_ubuntu_lts(version) => ("Ubuntu", format!("{version}:LTS")),
        "ubuntu" => ("Ubuntu", version.to_owned()),
        "alpine" => ("Alpine", alpine_branch(version)?),
        "almalinux" => ("AlmaLinux", major.to_owned()),
        "rocky" => ("Rocky Linux", major.to_owned()),
        "rhel" => ("Red Hat", format!("enterprise_linux:{major}")),
        "centos" => ("CentOS", major.to_owned()),
        "fedora" => ("Fedora", version.to_owned()),
        "mageia" => ("Mageia", version.to_owned()),
        "photon" => ("Photon OS", version.to_owned()),
        "opensuse-leap" => ("openSUSE", format!("Leap {version}")),
        "sles" | "sles_sap" => ("SUSE", format!("Linux Enterprise Server {}", packed(version))),
        "sled" => ("SUSE", format!("Linux Enterprise Desktop {}", packed(version))),
        "ol" => ("ol", major.to_owned()),
        id => (id, version.to_owned()),
    };
    let ecosystem = Ecosystem::release_of(family, &release);
    // A distribution cannot be called like a language's feed.
    if LANGUAGES.contains(&ecosystem.family()) {
        return Err(format!("`{family}` is no distribution"));
    }
    Ok(ecosystem)
}

const LANGUAGES: [&str; 17] = [
    Ecosystem::CARGO,
    Ecosystem::NPM,
    Ecosystem::PYPI,
    Ecosystem::GOLANG,
    Ecosystem::GEM,
    Ecosystem::COMPOSER,
    Ecosystem::MAVEN,
    Ecosystem::NUGET,
    Ecosystem::PUB,
    Ecosystem::HEX,
    Ecosystem::CRAN,
    Ecosystem::HACKAGE,
    Ecosystem::CONAN,
    Ecosystem::SWIFT,
    Ecosystem::COCOAPODS,
    Ecosystem::ACTIONS,
    Ecosystem::DOCKER,
];

/// `3.19.1` is of the branch `v3.19`; `3.21_alpha20240807` is of `edge`.
fn alpine_branch(version: &str) -> Result<String, String> {
    if version.contains('_') {
        return Ok("edge".to_owned());
    }
    let mut parts = version.split('.');
    match (parts.next(), parts.next()) {
        (Some(major), Some(minor)) => Ok(format!("v{major}.{minor}")),
        _ => Err(format!("`{version}` names no branch of Alpine")),
    }
}

/// `15.5` is service pack 5 of `15`.
fn packed(version: &str) -> String {
    match version.split_once('.') {
        Some((major, pack)) => format!("{major} SP{pack}"),
        None => version.to_owned(),
    }
}

/// Ubuntu's long-term releases are those of April in even years.
fn is_ubuntu_lts(version: &str) -> bool {
    let year = version.strip_suffix(".04").and_then(|year| year.parse::<u32>().ok());
    year.is_some_and(|year| year % 2 == 0)
}

/// Reads the file; there is no distribution where nothing in it can be understood.
fn parse(document: &Document<'_>) -> (Option<OsRelease>, Vec<Mistake>) {
    let mut found: [Option<(String, Span)>; 4] = [const { None }; 4];
    let mut mistakes = Vec::new();
    let mut understood = false;
    let mut start = 0;
    for raw in document.text().split_inclusive('\n') {
        let whole = Span { start, end: start + raw.trim_end().len() };
        start += raw.len();
        match line(raw) {
            Line::Nothing => {}
            Line::Wrong => {
                let message = "expected a line of the form `NAME=value`";
                mistakes.push(Mistake::loss("os-release-line", whole, message).help(HELP));
            }
            Line::Assignment { name, value, at } => {
                understood = true;
                let span = Span { start: whole.start + at, end: whole.end };
                let (value, wrong) = unquoted(value);
                if let Some(wrong) = wrong {
                    mistakes.push(Mistake::loss("os-release-quote", span, wrong).help(HELP));
                }
                let mut slots =
                    WANTED.iter().zip(&mut found).filter(|(wanted, _)| **wanted == name);
                if let Some((_, slot)) = slots.next() {
                    *slot = Some((value, span));
                }
            }
        }
    }
    let nowhere = Span { start: 0, end: 0 };
    if !understood {
        if document.readable() {
            let message = "there is no line of the form `NAME=value` in this file";
            mistakes.push(Mistake::loss("os-release-empty", nowhere, message).help(HELP));
        }
        return (None, mistakes);
    }
    let [id, version, codename, pretty] = found;
    let id = match id {
        Some((id, span)) if is_identifier(&id) => Some((id, span)),
        Some((id, span)) => {
            let message = format!("`{}` is no identifier of a distribution", id.escape_debug());
            let help = "`ID` has lower-case letters, digits, `.`, `_` and `-` only";
            mistakes.push(Mistake::loss("os-release-id", span, message).help(help));
            None
        }
        None => {
            let message = "no line says which distribution this is: `ID` is missing";
            mistakes.push(Mistake::loss("os-release-id", nowhere, message).help(HELP));
            None
        }
    };
    let word = |found: Option<(String, Span)>| Some(found?.0).filter(|text| is_identifier(text));
    let pretty = pretty.map(|(text, _)| text).filter(|text| !text.is_empty());
    let os = OsRelease {
        id: id.as_ref().map_or(UNNAMED, |(id, _)| id.as_str()).into(),
        version: word(version).map(Into::into),
        codename: word(codename).map(Into::into),
        pretty: pretty.unwrap_or_else(|| "Linux".to_owned()).into(),
        place: document.place(id.map_or(0, |(_, span)| span.start)),
    };
    (Some(os), mistakes)
}

/// The identifiers of `ID_LIKE`, the nearest relative first. What is wrong with the file is said by its
/// own look.
pub(crate) fn relatives(bytes: &[u8]) -> Vec<String> {
    identifiers(bytes, &["ID_LIKE"])
}

/// The names of the release, and of those of Debian and Ubuntu that it is made of.
pub(crate) fn codenames(bytes: &[u8]) -> Vec<String> {
    identifiers(bytes, &["VERSION_CODENAME", "UBUNTU_CODENAME", "DEBIAN_CODENAME"])
}

/// What the lines of these names say, in words: of each the last one counts.
fn identifiers(bytes: &[u8], names: &[&str]) -> Vec<String> {
    let document = Document::open(&UNNAMED.into(), bytes);
    let of = |wanted: &&str| {
        let last = document.text().lines().rev().find_map(|raw| match line(raw) {
            Line::Assignment { name, value, .. } if name == *wanted => Some(unquoted(value).0),
            _ => None,
        });
        last.unwrap_or_default()
    };
    let said: Vec<String> = names.iter().map(of).collect();
    let words = said.iter().flat_map(|said| said.split_ascii_whitespace());
    words.filter(|word| is_identifier(word)).map(str::to_owned).collect()
}

const WANTED: [&str; 4] = ["ID", "VERSION_ID", "VERSION_CODENAME", "PRETTY_NAME"];
const HELP: &str = "see os-release(5); `/usr/lib/os-release` usually has a sound copy";

fn is_identifier(text: &str) -> bool {
    let allowed = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'_' | b'-')
    };
    !text.is_empty() && text.len() <= 64 && text.bytes().all(allowed)
}

/// What a line says.
enum Line<'a> {
    /// It is blank or a comment.
    Nothing,
    /// `NAME=value`, still quoted; `at` is where the value begins in the line, in bytes.
    Assignment { name: &'a str, value: &'a str, at: usize },
    /// It is neither.
    Wrong,
}

fn line(raw: &str) -> Line<'_> {
    let trimmed = raw.trim();
    if trimmed.is_empty() || trimmed.starts_with('#') {
        return Line::Nothing;
    }
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let is_name = |name: &str| {
        name.bytes().all(letter) && name.bytes().next().is_some_and(|b| !b.is_ascii_digit())
    };
    match trimmed.split_once('=') {
        Some((name, value)) if is_name(name) && !value.contains(char::is_control) => {
            let indent = raw.len() - raw.trim_start().len();
            Line::Assignment { name, value, at: indent + name.len() + 1 }
        }
        _ => Line::Wrong,
    }
}

const OPEN_QUOTE: &str = "this quote is not closed on its line";
const UNQUOTED: &str = "a value with spaces must stand in quotes";

/// Takes the shell's quotes off one word; where it is not one word, everything is kept.
fn unquoted(text: &str) -> (String, Option<&'static str>) {
    let mut out = String::with_capacity(text.len());
    let mut quote: Option<char> = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            (None, '\\') => out.extend(chars.next()),
            (Some('"'), '\\') => {
                // Inside double quotes the backslash escapes only what would be special there.
                match chars.next_if(|next| matches!(next, '"' | '\\' | '$' | '`')) {
                    Some(escaped) => out.push(escaped),
                    None => out.push('\\'),
                }
            }
            (None, ' ' | '\t') => {
                let rest: String = chars.collect();
                let rest = rest.trim_start();
                if rest.starts_with('#') {
                    return (out, None);
                }
                out.push(' ');
                out.push_str(rest);
                return (out, Some(UNQUOTED));
            }
            _ => out.push(c),
        }
    }
    (out, quote.map(|_| OPEN_QUOTE))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn os(text: &str) -> (Option<OsRelease>, Vec<String>) {
        let document = Document::open(&"/etc/os-release".into(), text.as_bytes());
        let (os, mistakes) = parse(&document);
        let line = |mistake: &Mistake| document.place(mistake.span.start).line;
        (os, mistakes.iter().map(|m| format!("{}@{}", m.code, line(m))).collect())
    }

    #[test]
    fn quotes_follow_the_shell() {
        let cases = [
            (r#""a \"b\" \$c \\ \n""#, r#"a "b" $c \ \n"#),
            (r"'a \b $c'", r"a \b $c"),
            (r"a\ b", "a b"),
            (r#"a"b"'c'"#, "abc"),
            ("12 # twelve", "12"),
            ("", ""),
            ("\"\"", ""),
        ];
        for (text, wanted) in cases {
            let (value, wrong) = unquoted(text);
            assert_eq!(value, wanted, "{text}");
            assert!(wrong.is_none(), "{text}");
        }
        assert!(matches!(unquoted("\"open"), (text, Some(OPEN_QUOTE)) if text == "open"));
        assert!(matches!(unquoted("a b"), (text, Some(UNQUOTED)) if text == "a b"));
    }

    #[test]
    fn the_last_assignment_wins() {
        let (os, problems) =
            os("ID=debian\nVERSION_ID=\"11\"\n# x\n\n  ID=ubuntu\nVERSION_ID='22.04'\n");
        let os = os.unwrap();
        assert_eq!(
            (&*os.id, os.version.as_deref(), &*os.pretty),
            ("ubuntu", Some("22.04"), "Linux")
        );
        assert_eq!((os.place.line, os.place.column), (5, 6));
        assert_eq!(problems, [""; 0]);
    }

    #[test]
    fn ecosystems_are_named_as_osv_names_them() {
        let named = |text: &str| ecosystem_of(&os(text).0.unwrap()).map(|e| e.as_str().to_owned());
        let cases = [
            ("ID=debian\nVERSION_ID=\"12\"", "Debian:12"),
            ("ID=debian\nVERSION_ID=12.4", "Debian:12"),
            ("ID=ubuntu\nVERSION_ID=22.04", "Ubuntu:22.04:LTS"),
            ("ID=ubuntu\nVERSION_ID=23.04", "Ubuntu:23.04"),
            ("ID=ubuntu\nVERSION_ID=24.10", "Ubuntu:24.10"),
            ("ID=raspbian\nVERSION_ID=12", "raspbian:12"),
            ("ID=kali\nVERSION_ID=2024.1", "kali:2024.1"),
            ("ID=alpine\nVERSION_ID=3.19.1", "Alpine:v3.19"),
            ("ID=alpine\nVERSION_ID=3.21_alpha20240807", "Alpine:edge"),
            ("ID=wolfi\nVERSION_ID=\"20230201\"", "Wolfi"),
            ("ID=chainguard", "Chainguard"),
            ("ID=almalinux\nVERSION_ID=\"9.4\"", "AlmaLinux:9"),
            ("ID=rocky\nVERSION_ID=8.10", "Rocky Linux:8"),
            ("ID=rhel\nVERSION_ID=9.4", "Red Hat:enterprise_linux:9"),
            ("ID=centos\nVERSION_ID=7", "CentOS:7"),
            ("ID=fedora\nVERSION_ID=40", "Fedora:40"),
            ("ID=opensuse-leap\nVERSION_ID=15.6", "openSUSE:Leap 15.6"),
            ("ID=opensuse-tumbleweed\nVERSION_ID=20240601", "openSUSE:Tumbleweed"),
            ("ID=sles\nVERSION_ID=15.5", "SUSE:Linux Enterprise Server 15 SP5"),
            ("ID=sles\nVERSION_ID=15", "SUSE:Linux Enterprise Server 15"),
            ("ID=ol\nVERSION_ID=8.9", "ol:8"),
            ("ID=amzn\nVERSION_ID=2023", "amzn:2023"),
        ];
        for (text, wanted) in cases {
            assert_eq!(named(text).as_deref(), Ok(wanted), "{text}");
        }
        assert!(named("ID=debian").is_err());
        assert!(named("ID=alpine\nVERSION_ID=3").is_err());
        assert!(named("VERSION_ID=12").is_err());
        assert!(named("ID=npm\nVERSION_ID=1").is_err(), "a distribution is no language");
    }

    #[test]
    fn bad_lines_are_reported_and_the_rest_is_read() {
        let (found, problems) = os("ID=debian\nnonsense\n1X=2\nVERSION_ID=\"12\nNAME=a b\n");
        assert_eq!(found.unwrap().version.as_deref(), Some("12"));
        let wanted =
            ["os-release-line@2", "os-release-line@3", "os-release-quote@4", "os-release-quote@5"];
        assert_eq!(problems, wanted);
        assert_eq!(os("").1, ["os-release-empty@1"]);
        assert_eq!(os("ID=\"De bian\"\n").1, ["os-release-id@1"]);
    }
}
