//! The list of all readers. Adding one is a file, one line here and one fixture folder.

use holdfast_model::Fact;

use crate::{Claim, HEAD, Reader, Scope, Sources};

/// Every reader.
pub fn readers() -> &'static [&'static dyn Reader] {
    READERS
}

static READERS: &[&dyn Reader] = &[
    &crate::lockfile::CargoLock,
    &crate::lockfile::CargoToml,
    &crate::lockfile::PackageLock,
    &crate::lockfile::PackageJson,
    &crate::lockfile::Requirements,
    &crate::lockfile::GoMod,
    &crate::lockfile::GoSum,
    &crate::lockfile::YarnLock,
    &crate::lockfile::PnpmLock,
    &crate::lockfile::PnpmWorkspace,
    &crate::lockfile::BunLock,
    &crate::lockfile::PyProject,
    &crate::lockfile::POETRY_LOCK,
    &crate::lockfile::PDM_LOCK,
    &crate::lockfile::UV_LOCK,
    &crate::lockfile::PYLOCK,
    &crate::lockfile::Pipfile,
    &crate::lockfile::PipfileLock,
    &crate::lockfile::ComposerJson,
    &crate::lockfile::ComposerLock,
    &crate::lockfile::Gemfile,
    &crate::lockfile::GemfileLock,
    &crate::lockfile::Gemspec,
    &crate::lockfile::GoWork,
    &crate::lockfile::Pom,
    &crate::lockfile::GradleLock,
    &crate::lockfile::GradleVerification,
    &crate::lockfile::GradleCatalog,
    &crate::lockfile::NugetLock,
    &crate::lockfile::NugetConfig,
    &crate::lockfile::NugetDeps,
    &crate::lockfile::NugetProject,
    &crate::lockfile::NugetCentral,
    &crate::lockfile::PubspecLock,
    &crate::lockfile::MixLock,
    &crate::lockfile::RenvLock,
    &crate::lockfile::ConanLock,
    &crate::lockfile::CabalFreeze,
    &crate::lockfile::StackLock,
    &crate::lockfile::PackageResolved,
    &crate::lockfile::PodfileLock,
    &crate::lockfile::Workflow,
    &crate::lockfile::Dockerfile,
    &crate::lockfile::Compose,
    &crate::lockfile::UnreadLockfile,
    &crate::sbom::CycloneDxSbom,
    &crate::sbom::Spdx,
    &crate::feed::BundleConfig,
    &crate::feed::CargoConfig,
    &crate::feed::Environment,
    &crate::feed::Gradle,
    &crate::feed::Npmrc,
    &crate::feed::MavenSettings,
    &crate::feed::NugetSources,
    &crate::feed::PipConf,
    &crate::feed::Yarnrc,
    &crate::packages::dpkg_status::DpkgStatus,
    &crate::packages::apt_lists::AptLists,
    &crate::packages::apk::ApkInstalled,
    &crate::packages::rpm::RpmDatabase,
    &crate::installed::python::PythonInstalled,
    &crate::installed::node::NodeInstalled,
    &crate::installed::gem::GemInstalled,
    &crate::installed::composer::ComposerInstalled,
    &crate::installed::conda::CondaInstalled,
    &crate::installed::java::JavaArchive,
    &crate::installed::executable::Executable,
    &crate::packages::os_release::OsReleaseReader,
];

/// The reader that takes a file of a folder of source code: a claim by name beats a claim by
/// content, the earlier line wins.
pub fn reader_for(path: &str, head: &[u8]) -> Option<&'static dyn Reader> {
    best(path, head, Scope::System)
}

/// Whether a file of a folder has a name that says too little: [`reader_for`] must see its first
/// [`HEAD`](crate::HEAD) bytes.
pub fn looks_inside(path: &str) -> bool {
    readers().iter().any(|reader| reader.scope() != Scope::System && reader.looks_inside(path))
}

/// The reader that takes a file of a system: lockfiles and manifests, which lie about there
/// without being what is installed, have none.
pub fn system_reader_for(path: &str, head: &[u8]) -> Option<&'static dyn Reader> {
    best(path, head, Scope::Tree)
}

/// The reader with the best claim that is not asked in `other` places only.
fn best(path: &str, head: &[u8], other: Scope) -> Option<&'static dyn Reader> {
    let claim = |reader: &&'static dyn Reader| {
        if reader.scope() == other { Claim::No } else { reader.claims(path, head) }
    };
    let best = readers().iter().map(claim).max()?;
    if best == Claim::No {
        return None;
    }
    readers().iter().find(|reader| claim(reader) == best).copied()
}

/// Lets the readers that take `path` read `bytes`, with no answer to any need; nothing where no
/// reader takes it. The body of fuzz targets and property tests.
pub fn read_anything(path: &str, bytes: &[u8]) -> Vec<Fact> {
    let mut facts = Vec::new();
    let head = bytes.get(..HEAD).unwrap_or(bytes);
    let mut taking = vec![reader_for(path, head), system_reader_for(path, head)];
    taking.dedup_by_key(|reader| reader.map(|reader| reader.about().id));
    for reader in taking.into_iter().flatten() {
        let sources = Sources::new(path, bytes);
        // Asking comes before reading, as in real life; what it wants stays unanswered.
        let _ = reader.needs(&sources);
        reader.read(&sources, &mut |fact| facts.push(fact));
    }
    facts
}
