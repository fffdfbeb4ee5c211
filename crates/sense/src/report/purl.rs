//! Package URLs (ECMA-427) as our ecosystems and names.

use std::str::FromStr;

use holdfast_model::{Component, Ecosystem, Origin, OsRelease, Place, SourcePackage};
use packageurl::PackageUrl;

use crate::packages::os_release::ecosystem_of;

/// What a package URL says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Purl {
    /// Its type: `deb`, `npm`.
    pub(crate) kind: String,
    pub(crate) ecosystem: Ecosystem,
    /// The name as its ecosystem compares it.
    pub(crate) name: String,
    /// Empty where there is none.
    pub(crate) version: String,
    /// Without version, qualifiers and path.
    pub(crate) bare: String,
    /// For distributions.
    pub(crate) source: Option<SourcePackage>,
    /// For module streams of rpm: `nodejs:16`.
    pub(crate) module: Option<String>,
}

impl Purl {
    /// Whether it names a package of a distribution, which is built from a source package.
    pub(crate) fn of_distribution(&self) -> bool {
        matches!(&*self.kind, "deb" | "rpm" | "apk")
    }

    /// The component that it names. A package of a distribution whose source package is not said
    /// is its own.
    pub(crate) fn component(self, place: Place) -> Component {
        let distribution = self.of_distribution();
        let version = Some(self.version).filter(|version| !version.is_empty());
        let own = version.as_deref().filter(|_| distribution).map(|version| SourcePackage {
            name: self.name.as_str().into(),
            version: version.into(),
        });
        Component {
            source: self.source.or(own),
            origin: Origin::Feed(None),
            module: self.module.map(Into::into),
            ..Component::new(self.ecosystem, &*self.name, version.map(Into::into), place)
        }
    }
}

/// Reads a package URL; `None` where it is none.
pub(crate) fn read(text: &str) -> Option<Purl> {
    let purl = PackageUrl::from_str(text).ok()?;
    let (kind, namespace) = (purl.ty(), purl.namespace().unwrap_or_default());
    let qualifier = |key: &str| purl.qualifiers().get(key).map(ToString::to_string);
    let mut version = purl.version().unwrap_or_default().to_owned();
    // Packages of rpm carry their epoch beside their version; a version without one has none.
    let epoch = qualifier("epoch").filter(|_| kind == "rpm" && !version.is_empty());
    if let Some(epoch) = epoch.filter(|_| !version.contains(':')) {
        version = format!("{epoch}:{version}");
    }
    let distro = qualifier("distro").unwrap_or_default();
    let ecosystem = ecosystem(kind, namespace, &distro);
    let name = match kind {
        "swift" => ecosystem.normal_name(&format!("{namespace}/{}", purl.name())),
        "npm" | "golang" | "composer" | "githubactions" | "docker" if !namespace.is_empty() => {
            as_written(text, &format!("{namespace}/{}", purl.name()))
        }
        "npm" | "golang" => as_written(text, purl.name()),
        "maven" if !namespace.is_empty() => format!("{namespace}:{}", purl.name()),
        _ => ecosystem.normal_name(purl.name()),
    };
    let source = qualifier("upstream").filter(|_| matches!(kind, "deb" | "rpm" | "apk"));
    let source = source.map(|upstream| source_of(&upstream, &version));
    let module = qualifier("rpmmod").map(|module| {
        let mut parts = module.split(':');
        let (name, stream) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        if stream.is_empty() { name.to_owned() } else { format!("{name}:{stream}") }
    });
    let bare = bare(kind, namespace, purl.name())?;
    Some(Purl { kind: kind.to_owned(), ecosystem, name, version, bare, source, module })
}

/// A name with the letter case of its package URL: npm and Go tell `a` from `A`, while the canonical
/// form of their package URLs does not.
fn as_written(text: &str, name: &str) -> String {
    let path = text.trim_start_matches("pkg:").trim_start_matches('/');
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let path = path.split_once('/').map_or("", |(_, rest)| rest).replace("%40", "@");
    match path.get(..name.len()).filter(|written| written.eq_ignore_ascii_case(name)) {
        Some(written) => written.to_owned(),
        None => name.to_owned(),
    }
}

/// A package URL with the letter case of the name it was made of, which its canonical form loses: npm
/// keeps old packages whose names differ in nothing else.
fn with_case(purl: String, name: &str) -> String {
    const KIND: &str = "pkg:npm/";
    let written = name.replace('@', "%40");
    let rest = purl.strip_prefix(KIND).and_then(|path| {
        let (canonical, rest) = path.split_at_checked(written.len())?;
        canonical.eq_ignore_ascii_case(&written).then_some(rest)
    });
    match rest {
        Some(rest) => format!("{KIND}{written}{rest}"),
        None => purl,
    }
}

/// `name`, `name@version`, or the file of a source package of rpm, `name-version-release.src.rpm`.
fn source_of(upstream: &str, version: &str) -> SourcePackage {
    let source =
        |name: &str, version: &str| SourcePackage { name: name.into(), version: version.into() };
    if let Some(file) = upstream.strip_suffix(".src.rpm") {
        let mut parts = file.rsplitn(3, '-');
        if let (Some(release), Some(its), Some(name)) = (parts.next(), parts.next(), parts.next()) {
            // The file's name has no epoch; the binary package's is the only one that is known.
            let epoch = version.split_once(':').map_or(String::new(), |(e, _)| format!("{e}:"));
            return source(name, &format!("{epoch}{its}-{release}"));
        }
    }
    match upstream.split_once('@') {
        Some((name, its)) => source(name, its),
        None => source(upstream, version),
    }
}

/// The package URL of a component, with what tells its release, its source package and its module
/// stream; `None` for an ecosystem whose packages have none.
pub(crate) fn of(component: &Component) -> Option<String> {
    let ecosystem = &component.ecosystem;
    let version = component.version.as_deref();
    // A package of a distribution keeps its release, also where nothing names its source package.
    if component.source.is_none() && ecosystem.release().is_none() {
        let purl = ecosystem.purl(&component.name, version)?;
        let cased = ecosystem.family() == Ecosystem::NPM;
        return Some(if cased { with_case(purl, &component.name) } else { purl });
    }
    let known = ecosystem.purl(&component.name, None);
    let (kind, namespace) = match &known {
        Some(purl) => {
            let purl = PackageUrl::from_str(purl).ok()?;
            (purl.ty().to_owned(), purl.namespace().unwrap_or_default().to_owned())
        }
        None => (manager(ecosystem.family()).to_owned(), ecosystem.family().to_owned()),
    };
    let mut purl = PackageUrl::new(kind.clone(), component.name.to_string()).ok()?;
    purl.with_namespace(namespace.clone()).ok()?;
    let epoch = version.and_then(|version| version.split_once(':')).filter(|_| kind == "rpm");
    if let Some(version) = epoch.map(|(_, rest)| rest).or(version) {
        purl.with_version(version.to_owned()).ok()?;
    }
    let mut add = |key: &'static str, value: String| purl.add_qualifier(key, value).map(drop).ok();
    if let Some((epoch, _)) = epoch {
        add("epoch", epoch.to_owned())?;
    }
    if let Some(distro) = distro_of(ecosystem, &namespace) {
        add("distro", distro)?;
    }
    match &component.source {
        Some(source) if Some(&*source.version) != version => {
            add("upstream", format!("{}@{}", source.name, source.version))?;
        }
        Some(source) if source.name != component.name => {
            add("upstream", source.name.to_string())?;
        }
        _ => {}
    }
    if let Some(module) = &component.module {
        add("rpmmod", module.to_string())?;
    }
    Some(purl.to_string())
}

/// The release of a distribution as package URLs name it: `debian-12`, `sles-15.5`.
fn distro_of(ecosystem: &Ecosystem, namespace: &str) -> Option<String> {
    let release = ecosystem.release()?;
    let suse = |product: &str, id: &str| {
        let number = release.strip_prefix(product)?.trim_start();
        Some(format!("{id}-{}", number.replace(" SP", ".")))
    };
    match ecosystem.family() {
        "SUSE" => suse("Linux Enterprise Server", "sles")
            .or_else(|| suse("Linux Enterprise Desktop", "sled")),
        "openSUSE" if release == "Tumbleweed" => Some("opensuse-tumbleweed".to_owned()),
        "openSUSE" => suse("Leap", "opensuse-leap"),
        "Alpine" if release == "edge" => Some("alpine-edge".to_owned()),
        _ => {
            let digits =
                |part: &&str| part.trim_start_matches('v').starts_with(|c: char| c.is_numeric());
            let release = release.split(':').find(digits)?;
            Some(format!("{namespace}-{}", release.trim_start_matches('v')))
        }
    }
}

/// The type of package URL of a distribution that has no name of its own here.
fn manager(family: &str) -> &'static str {
    const RPM: [&str; 8] = ["amzn", "centos", "fedora", "mageia", "ol", "oracle", "photon", "sles"];
    match family {
        "postmarketos" | "alpine" | "wolfi" | "chainguard" => "apk",
        family if RPM.contains(&family) || family.starts_with("opensuse") => "rpm",
        _ => "deb",
    }
}

fn bare(kind: &str, namespace: &str, name: &str) -> Option<String> {
    let mut bare = PackageUrl::new(kind.to_owned(), name.to_owned()).ok()?;
    if !namespace.is_empty() {
        bare.with_namespace(namespace.to_owned()).ok()?;
    }
    Some(bare.to_string())
}

/// The package URL without version of a package that a scanner names by its own word for the kind
/// and its name; the bare name where the kind has no type of package URL.
pub(crate) fn of_kind(kind: &str, name: &str) -> String {
    let split = |mark: char| name.rsplit_once(mark).unwrap_or(("", name));
    let found = match kind.to_ascii_lowercase().as_str() {
        "npm" | "yarn" | "pnpm" | "node-pkg" | "bun" => {
            let (namespace, name) = split('/');
            bare("npm", namespace, name)
        }
        "pip" | "pipenv" | "poetry" | "uv" | "python-pkg" | "conda-pkg" => {
            bare("pypi", "", &Ecosystem::new("pypi").normal_name(name))
        }
        "cargo" | "rust-binary" | "rustbinary" => bare("cargo", "", name),
        "gomod" | "gobinary" => {
            let (namespace, name) = split('/');
            bare("golang", namespace, name)
        }
        "jar" | "pom" | "gradle" | "sbt" => {
            let (namespace, name) = split(':');
            bare("maven", namespace, name)
        }
        "composer" | "composer-vendor" => {
            let (namespace, name) = split('/');
            bare("composer", namespace, name)
        }
        "bundler" | "gemspec" => bare("gem", "", name),
        "nuget" | "dotnet-core" | "packages-props" => bare("nuget", "", name),
        distro @ ("debian" | "ubuntu") => bare("deb", distro, name),
        distro @ ("alpine" | "wolfi" | "chainguard") => bare("apk", distro, name),
        "alma" => bare("rpm", "almalinux", name),
        "rocky" => bare("rpm", "rocky-linux", name),
        distro @ ("redhat" | "centos" | "fedora" | "amazon" | "oracle" | "photon") => {
            bare("rpm", distro, name)
        }
        _ => None,
    };
    found.unwrap_or_else(|| name.to_owned())
}

/// The releases that some tools name by their codename alone.
const CODENAMES: [(&str, &str); 11] = [
    ("buster", "10"),
    ("bullseye", "11"),
    ("bookworm", "12"),
    ("trixie", "13"),
    ("forky", "14"),
    ("bionic", "18.04"),
    ("focal", "20.04"),
    ("jammy", "22.04"),
    ("noble", "24.04"),
    ("plucky", "25.04"),
    ("questing", "25.10"),
];

/// The ecosystem of a type, and for distributions the release behind the last `-` of `distro`, or
/// the one of its codename.
fn ecosystem(kind: &str, namespace: &str, distro: &str) -> Ecosystem {
    let codename = CODENAMES.iter().find(|(name, _)| *name == distro).map(|(_, release)| *release);
    let release = codename.or(distro.rsplit_once('-').map(|(_, release)| release));
    let release = release.unwrap_or(distro);
    let numeric = release.starts_with(|c: char| c.is_ascii_digit());
    let major = release.split('.').next().unwrap_or_default();
    match (kind, namespace) {
        ("deb", "debian" | "ubuntu") if numeric => return of_release(namespace, release),
        ("rpm", "redhat" | "rhel") if numeric => return of_release("rhel", release),
        ("rpm", "centos" | "fedora" | "mageia" | "photon") if numeric => {
            return of_release(namespace, release);
        }
        ("rpm", "suse") if numeric => {
            let desktop = distro.starts_with("sled");
            return of_release(if desktop { "sled" } else { "sles" }, release);
        }
        ("rpm", "opensuse") if numeric => return of_release("opensuse-leap", release),
        ("rpm", "opensuse") if release == "tumbleweed" => {
            return of_release("opensuse-tumbleweed", release);
        }
        ("apk", "alpine") if release == "edge" => return Ecosystem::new("Alpine:edge"),
        ("apk", "wolfi") => return Ecosystem::new("Wolfi"),
        ("apk", "chainguard") => return Ecosystem::new("Chainguard"),
        _ => {}
    }
    let (family, release) = match (kind, namespace) {
        ("deb", "debian") => (Ecosystem::DEBIAN, String::new()),
        ("deb", "ubuntu") => ("Ubuntu", String::new()),
        ("rpm", "redhat" | "rhel") => ("Red Hat", major.to_owned()),
        ("rpm", "almalinux" | "alma") => ("AlmaLinux", major.to_owned()),
        ("rpm", "rocky-linux" | "rocky" | "rockylinux") => ("Rocky Linux", major.to_owned()),
        ("apk", "alpine") => {
            let mut parts = release.split('.');
            let both = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            ("Alpine", format!("v{}.{}", both.0, both.1))
        }
        ("deb" | "rpm" | "apk", other) if !other.is_empty() => (other, release.to_owned()),
        (other, _) => return Ecosystem::new(other),
    };
    if numeric { Ecosystem::release_of(family, &release) } else { Ecosystem::new(family) }
}

/// As the release file of such a system names it, so that both ways lead to one ecosystem.
fn of_release(id: &str, release: &str) -> Ecosystem {
    let os = OsRelease {
        id: id.into(),
        version: Some(release.into()),
        codename: None,
        pretty: "".into(),
        place: Place::start_of(""),
    };
    ecosystem_of(&os).unwrap_or_else(|_| Ecosystem::new(id))
}

#[cfg(test)]
mod tests;
