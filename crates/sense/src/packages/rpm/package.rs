//! One installed package, however it was read, and what it says.
//!
//! Knows rpm's names of packages and source packages; knows no database.

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_model::{Component, Ecosystem, Fact, Place, SourcePackage};

use super::header::{Header, tag};
use crate::text::Report;

/// What is kept of an installed package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) epoch: Option<u32>,
    pub(super) version: String,
    pub(super) release: String,
    /// The file name of the source package, `bash-5.1.8-9.el9.src.rpm`.
    pub(super) source: Option<String>,
    /// `nodejs:16:8040020211206:522a0ee4`.
    pub(super) module: Option<String>,
}

/// A public key that was imported stands among the packages and is none.
const KEY: &str = "gpg-pubkey";

/// What a row of a database, or a line of output, is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Row {
    Package(Package),
    /// An imported key.
    Key,
    /// Something without a whole name or version: what could be read of its name.
    Broken(Option<String>),
}

impl Row {
    /// Reads a header blob.
    pub(super) fn of_header(blob: &[u8]) -> Self {
        let Some(header) = Header::open(blob) else { return Self::Broken(None) };
        let text = |tag| header.text(tag).map(ToOwned::to_owned);
        let epoch = header.number(tag::EPOCH);
        if epoch.is_none() && header.has(tag::EPOCH) {
            return Self::Broken(text(tag::NAME));
        }
        let module = text(tag::MODULARITYLABEL);
        let names = [tag::NAME, tag::VERSION, tag::RELEASE].map(text);
        Self::new(names, epoch, text(tag::SOURCERPM), module)
    }

    /// Reads a line that rpm wrote with one of [`super::FORMATS`].
    pub(super) fn of_line(line: &str) -> Self {
        let mut words = line.split('\t').map(|word| Some(word).filter(|word| *word != "(none)"));
        let mut next = || words.next().flatten().map(ToOwned::to_owned);
        let names = [next(), next(), next()];
        let epoch = match next().map(|text| text.parse()) {
            Some(Err(_)) => return Self::Broken(names.into_iter().next().flatten()),
            Some(Ok(epoch)) => Some(epoch),
            None => None,
        };
        let (source, module) = (next(), next());
        Self::new(names, epoch, source, module)
    }

    fn new(
        names: [Option<String>; 3],
        epoch: Option<u32>,
        source: Option<String>,
        module: Option<String>,
    ) -> Self {
        let sound = |text: &String| !text.is_empty() && !text.contains(is_strange);
        match names.map(|name| name.filter(sound)) {
            [Some(name), ..] if name == KEY => Self::Key,
            [Some(name), Some(version), Some(release)] => {
                Self::Package(Package { name, epoch, version, release, source, module })
            }
            [name, ..] => Self::Broken(name),
        }
    }
}

fn is_strange(c: char) -> bool {
    c.is_whitespace() || c.is_control()
}

impl Package {
    /// `[epoch:]version-release`; a package without epoch has epoch 0, which nobody writes.
    fn full_version(&self) -> String {
        versioned(self.epoch, &self.version, &self.release)
    }

    fn own(&self) -> (&str, &str) {
        (&self.version, &self.release)
    }

    fn source_parts(&self) -> Option<(&str, &str, &str)> {
        parse_source(self.source.as_deref()?)
    }

    /// Name and stream of its module.
    fn stream(&self) -> Option<Arc<str>> {
        let mut parts = self.module.as_deref()?.split(':');
        let (name, stream) = (parts.next()?, parts.next()?);
        (!name.is_empty() && !stream.is_empty()).then(|| format!("{name}:{stream}").into())
    }
}

fn versioned(epoch: Option<u32>, version: &str, release: &str) -> String {
    match epoch {
        None | Some(0) => format!("{version}-{release}"),
        Some(epoch) => format!("{epoch}:{version}-{release}"),
    }
}

/// Name, version and release of `name-version-release.src.rpm`.
fn parse_source(file: &str) -> Option<(&str, &str, &str)> {
    let stem = file.strip_suffix(".src.rpm").or_else(|| file.strip_suffix(".nosrc.rpm"))?;
    let (rest, release) = stem.rsplit_once('-')?;
    let (name, version) = rest.rsplit_once('-')?;
    let sound =
        [name, version, release].iter().all(|part| !part.is_empty() && !part.contains(is_strange));
    sound.then_some((name, version, release))
}

/// The epoch of a source package, as far as what is installed says it.
struct Epoch {
    number: u32,
    /// It is that of the package that is called like the source.
    named: bool,
    /// Nothing says another one.
    sure: bool,
}

impl Epoch {
    fn hear(&mut self, number: u32, named: bool) {
        if named && !self.named {
            *self = Self { number, named, sure: true };
        } else if named == self.named && number != self.number {
            // The lowest makes nothing look newer than it is.
            self.number = self.number.min(number);
            self.sure = false;
        }
    }
}

/// The epochs of the source packages, by their files.
///
/// The file name of a source package has no epoch. A package of the same version and release was
/// mostly given it by the same file, so that its epoch is the source's; but a file may give one of
/// its packages an epoch of its own, as that of httpd does with `mod_ssl`. That which is called
/// like the source has the source's.
fn epochs(packages: &[Package]) -> BTreeMap<&str, Epoch> {
    let mut epochs: BTreeMap<&str, Epoch> = BTreeMap::new();
    for package in packages {
        let Some(file) = package.source.as_deref() else { continue };
        let Some((source, version, release)) = parse_source(file) else { continue };
        if (version, release) != package.own() {
            continue;
        }
        let (number, named) = (package.epoch.unwrap_or_default(), source == package.name);
        epochs.entry(file).and_modify(|epoch| epoch.hear(number, named)).or_insert(Epoch {
            number,
            named,
            sure: true,
        });
    }
    epochs
}

/// Says all packages. Where nothing says the epoch of a source, that of the package itself is taken,
/// and the source is named as one of which that is not sure.
pub(super) fn say(
    packages: &[Package],
    ecosystem: &Ecosystem,
    place: &Place,
    report: &mut Report<'_>,
) {
    let epochs = epochs(packages);
    let mut unsure: BTreeMap<&str, String> = BTreeMap::new();
    for package in packages {
        let version: Arc<str> = package.full_version().into();
        let name: Arc<str> = package.name.as_str().into();
        let source = match (package.source.as_deref(), package.source_parts()) {
            (Some(file), Some((source, of, release))) => {
                let said = epochs.get(file);
                if said.is_none_or(|epoch| !epoch.sure) {
                    let what = said.map_or(
                        "nothing that is installed says",
                        |_| "what is installed does not agree on",
                    );
                    unsure.insert(source, format!("{what} the epoch of `{file}`"));
                }
                let epoch = said.map_or(package.epoch, |epoch| Some(epoch.number));
                let shared = if source == &*name { Arc::clone(&name) } else { source.into() };
                SourcePackage { name: shared, version: versioned(epoch, of, release).into() }
            }
            // Packages that are built without a source, as some vendors do: their own name.
            _ => SourcePackage { name: Arc::clone(&name), version: Arc::clone(&version) },
        };
        let mut component = Component::new(ecosystem.clone(), name, Some(version), place.clone());
        component.source = Some(source);
        component.module = package.stream();
        report.component(component);
    }
    for (name, reason) in unsure {
        report.fact(Fact::Unknown {
            ecosystem: ecosystem.clone(),
            name: name.into(),
            reason,
            place: place.clone(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::header::tests::header;
    use super::*;

    fn package(line: &str) -> Package {
        match Row::of_line(line) {
            Row::Package(package) => package,
            other => panic!("{other:?}"),
        }
    }

    fn said(lines: &[&str]) -> (Vec<String>, Vec<String>) {
        let packages: Vec<Package> = lines.iter().map(|line| package(line)).collect();
        let (mut rows, mut unknown) = (Vec::new(), Vec::new());
        let mut take = |fact| match fact {
            Fact::Component(one) => {
                let source = one.source.unwrap();
                rows.push(format!(
                    "{} {} < {} {} {}",
                    one.name,
                    one.version.unwrap(),
                    source.name,
                    source.version,
                    one.module.as_deref().unwrap_or("-")
                ));
            }
            Fact::Unknown { name, .. } => unknown.push(name.to_string()),
            other => panic!("{other:?}"),
        };
        let mut report = Report::new(&mut take);
        let place = Place::start_of("/db");
        say(&packages, &Ecosystem::new("AlmaLinux:9"), &place, &mut report);
        report.finish();
        (rows, unknown)
    }

    #[test]
    fn a_header_and_a_line_of_output_say_the_same() {
        let blob = header(&[
            (tag::NAME, Ok("nodejs")),
            (tag::VERSION, Ok("16.13.1")),
            (tag::RELEASE, Ok("3.el8")),
            (tag::EPOCH, Err(1)),
            (tag::SOURCERPM, Ok("nodejs-16.13.1-3.el8.src.rpm")),
            (tag::MODULARITYLABEL, Ok("nodejs:16:8040:522a")),
        ]);
        let line = "nodejs\t16.13.1\t3.el8\t1\tnodejs-16.13.1-3.el8.src.rpm\tnodejs:16:8040:522a";
        assert_eq!(Row::of_header(&blob), Row::of_line(line));
        assert_eq!(said(&[line]).0, ["nodejs 1:16.13.1-3.el8 < nodejs 1:16.13.1-3.el8 nodejs:16"]);
    }

    #[test]
    fn keys_and_broken_rows_are_no_packages() {
        assert_eq!(Row::of_line("gpg-pubkey\t1\t2\t(none)\t(none)"), Row::Key);
        assert_eq!(Row::of_line("bash\t5\t(none)\t(none)"), Row::Broken(Some("bash".to_owned())));
        assert_eq!(Row::of_line("bash\t5\t1\tx"), Row::Broken(Some("bash".to_owned())));
        assert_eq!(Row::of_header(b"\0\0"), Row::Broken(None));
        let no_number = header(&[(tag::NAME, Ok("a")), (tag::EPOCH, Ok("1"))]);
        assert_eq!(Row::of_header(&no_number), Row::Broken(Some("a".to_owned())));
    }

    #[test]
    fn the_epoch_of_a_source_comes_from_its_own_package() {
        let (rows, unknown) = said(&[
            "perl-libs\t5.32.1\t481.el9\t4\tperl-5.32.1-481.el9.src.rpm\t(none)",
            "perl-IO\t1.43\t481.el9\t(none)\tperl-5.32.1-481.el9.src.rpm\t(none)",
        ]);
        assert_eq!(rows[1], "perl-IO 1.43-481.el9 < perl 4:5.32.1-481.el9 -");
        assert_eq!(unknown, [""; 0]);
    }

    #[test]
    fn a_source_whose_epoch_nothing_says_is_not_taken_for_sure() {
        let (rows, unknown) =
            said(&["perl-IO\t1.43\t481.el9\t(none)\tperl-5.32.1-481.el9.src.rpm\t(none)"]);
        assert_eq!(rows, ["perl-IO 1.43-481.el9 < perl 5.32.1-481.el9 -"]);
        assert_eq!(unknown, ["perl"]);
    }

    #[test]
    fn a_package_with_an_epoch_of_its_own_does_not_say_the_sources() {
        let source = "httpd-2.4.57-8.el9.src.rpm\t(none)";
        let own = format!("httpd\t2.4.57\t8.el9\t(none)\t{source}");
        let core = format!("httpd-core\t2.4.57\t8.el9\t(none)\t{source}");
        let other = format!("mod_ssl\t2.4.57\t8.el9\t1\t{source}");
        for lines in [[&own, &core, &other], [&other, &core, &own], [&core, &other, &own]] {
            let (rows, unknown) = said(&lines.map(String::as_str));
            assert!(rows.iter().all(|row| row.contains("< httpd 2.4.57-8.el9")), "{rows:?}");
            assert_eq!(unknown, [""; 0]);
        }
        for lines in [[&core, &other], [&other, &core]] {
            let (rows, unknown) = said(&lines.map(String::as_str));
            assert!(rows.iter().all(|row| row.contains("< httpd 2.4.57-8.el9")), "{rows:?}");
            assert_eq!(unknown, ["httpd"]);
        }
    }

    #[test]
    fn sources_are_split_from_behind() {
        let cases = [
            ("java-17-openjdk-17.0.9-1.src.rpm", Some(("java-17-openjdk", "17.0.9", "1"))),
            ("x-1-2.nosrc.rpm", Some(("x", "1", "2"))),
            ("x-1.src.rpm", None),
            ("x-1-2.x86_64.rpm", None),
            ("--.src.rpm", None),
        ];
        for (file, wanted) in cases {
            assert_eq!(parse_source(file), wanted, "{file}");
        }
    }
}
