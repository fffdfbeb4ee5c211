//! The bodies that fuzz targets and seeded tests share: any bytes, to anything that reads them.
//!
//! Knows which readers there are and answers what they ask for; must not know what they say.

use std::sync::Arc;

use holdfast_model::{Dialect, Fact, Logged, Problem, Resource, Statement, Style, Timestamp};
use jiff::tz::TimeZone;

use crate::event::{Oddities, log_readers, normalise, unpacking};
use crate::host::{Asked, collect};
use crate::image::{attestation, key, runtime};
use crate::packages::owned::files_of;
use crate::report::{read_report, report_readers};
use crate::sbom::made;
use crate::{Answer, HEAD, Need, Sources, reader_for, statement, system_reader_for};

/// Each reader has a path here that it takes; some have several, where they read several forms.
pub const PATHS: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "package-lock.json",
    "npm-shrinkwrap.json",
    "package.json",
    "requirements.txt",
    "go.mod",
    "go.sum",
    "yarn.lock",
    "pnpm-lock.yaml",
    "pnpm-workspace.yaml",
    "bun.lock",
    "pyproject.toml",
    "poetry.lock",
    "pdm.lock",
    "uv.lock",
    "pylock.toml",
    "Pipfile",
    "Pipfile.lock",
    "composer.json",
    "composer.lock",
    "Gemfile",
    "Gemfile.lock",
    "a.gemspec",
    "go.work",
    "pom.xml",
    "gradle.lockfile",
    "gradle/verification-metadata.xml",
    "gradle/libs.versions.toml",
    "packages.lock.json",
    "packages.config",
    "a.deps.json",
    "a.csproj",
    "Directory.Packages.props",
    "pubspec.lock",
    "mix.lock",
    "renv.lock",
    "conan.lock",
    "cabal.project.freeze",
    "stack.yaml.lock",
    "Package.resolved",
    "Podfile.lock",
    ".github/workflows/ci.yml",
    "Dockerfile",
    "compose.yaml",
    ".cargo/config.toml",
    ".npmrc",
    "nuget.config",
    "pip.conf",
    ".yarnrc.yml",
    ".mvn/settings.xml",
    "bom.json",
    "bom.xml",
    "a.spdx.json",
    "a.spdx",
    "var/lib/dpkg/status",
    "var/lib/dpkg/status.d/base",
    "etc/os-release",
    "var/lib/apt/lists/h_dists_s_main_binary-amd64_Packages",
    "var/lib/apt/lists/h_dists_s_main_binary-amd64_Packages.gz",
    "var/lib/apt/lists/h_dists_s_main_binary-amd64_Packages.lz4",
    "lib/apk/db/installed",
    "var/lib/rpm/Packages",
    "var/lib/rpm/Packages.db",
    "var/lib/rpm/rpmdb.sqlite",
    "opt/shop.ear",
    "opt/shop.jar",
    "usr/local/bin/tool",
    "site-packages/a-1.dist-info/METADATA",
    "lib/ruby/specifications/a-1.gemspec",
    "node_modules/a/package.json",
    "vendor/composer/installed.json",
    "opt/conda/conda-meta/history",
    "requirements/dev.txt",
    "settings.gradle",
    "build.gradle.kts",
    ".bundle/config",
    "go.env",
    ".envrc",
    "paket.lock",
    "setup.py",
    "vendor/modules.txt",
    "unnamed",
];

/// How often a reader may ask for more.
const ROUNDS: usize = 16;

/// Lets the readers that take `path` read `bytes`, with `beside` as the content of every other file
/// that they ask for: parents, includes, and files that a pattern finds.
pub fn read_answered(path: &str, bytes: &[u8], beside: &[u8]) -> Vec<Fact> {
    let head = bytes.get(..HEAD).unwrap_or(bytes);
    let mut facts = Vec::new();
    let mut taking = vec![reader_for(path, head), system_reader_for(path, head)];
    taking.dedup_by_key(|reader| reader.map(|reader| reader.about().id));
    for reader in taking.into_iter().flatten() {
        let mut sources = Sources::new(path, bytes);
        for _ in 0..ROUNDS {
            let mut open = reader.needs(&sources);
            open.retain(|need| sources.answer(need).is_none());
            if open.is_empty() {
                break;
            }
            for need in open {
                let answer = answer(&need, path, bytes, beside);
                sources.give(need, answer);
            }
        }
        reader.read(&sources, &mut |fact| facts.push(fact));
    }
    facts
}

fn answer(need: &Need, own: &str, bytes: &[u8], beside: &[u8]) -> Answer {
    match need {
        Need::File(_) => Answer::Bytes(beside.into()),
        Need::Part { path, offset, length } => {
            let of = if **path == *own { bytes } else { beside };
            let start = usize::try_from(*offset).unwrap_or(usize::MAX).min(of.len());
            let end = start.saturating_add(*length).min(of.len());
            Answer::Bytes(of.get(start..end).unwrap_or_default().into())
        }
        Need::Glob(pattern) => Answer::Paths(vec![one_of(pattern)]),
        Need::Sieved(..) | Need::Stat(_) | Need::Walk { .. } => Answer::Missing,
        Need::Command(_) => said(beside),
    }
}

/// A path that a pattern fits.
fn one_of(pattern: &str) -> Arc<str> {
    pattern.replace("**", "a").replace(['*', '?'], "a").into()
}

/// What a program said that ended well.
fn said(stdout: &[u8]) -> Answer {
    Answer::Output { status: Some(0), stdout: stdout.into(), stderr: [].as_slice().into() }
}

/// Reads a document of statements: OpenVEX, CycloneDX, CSAF, as its content says.
pub fn read_statements(bytes: &[u8]) -> (Vec<Statement>, Vec<Problem>) {
    statement::read("statements.json", bytes)
}

/// Lets one of the readers of reports read, whatever it would have claimed.
pub fn read_one_report(choice: usize, bytes: &[u8]) -> Vec<Fact> {
    let readers = report_readers();
    let reader = readers.get(choice % readers.len().max(1));
    reader.map(|reader| read_report(*reader, "report", bytes)).unwrap_or_default()
}

/// Lets one of the readers of logs read, in two chunks, and puts its records in order; answers what
/// could not be read.
pub fn read_one_log(choice: usize, bytes: &[u8]) -> Vec<Problem> {
    let readers = log_readers();
    let Some(reader) = readers.get(choice % readers.len().max(1)) else { return Vec::new() };
    let path: Arc<str> = "log".into();
    let mut problems = Vec::new();
    let mut odd = Oddities::new(Timestamp(0));
    let mut log = unpacking(reader.start_at(Timestamp(0), &TimeZone::UTC));
    let mut keep = |logged: Logged<'_>| match logged {
        Logged::Record(record) => problems.extend(normalise(&record, &path, &mut odd).err()),
        Logged::Refused(problem) | Logged::Partial(problem) => problems.push(problem),
        Logged::Odd(problem) => odd.repeated(problem),
    };
    let (first, second) = bytes.split_at(bytes.len() / 2);
    log.push(first, false, &mut keep);
    log.push(second, true, &mut keep);
    problems.extend(odd.finish());
    problems
}

/// Where package managers keep which files are theirs.
const LISTS: [&str; 4] = [
    "/var/lib/dpkg/info/a.list",
    "/var/lib/dpkg/status.d/a.md5sums",
    "/lib/apk/db/installed",
    "/var/lib/rpm/rpmdb.sqlite",
];

/// Lets one of those read who read neither packages nor reports: attestations and keys, what engines
/// keep of containers, what a bill says of its own subject, and which files belong to packages.
/// Answers what could not be read.
pub fn read_beside(choice: usize, bytes: &[u8]) -> Vec<Problem> {
    const PATH: &str = "beside";
    match choice % 10 {
        0 => attestation::read(PATH, bytes).1,
        1 => runtime::docker(PATH, bytes).err().into_iter().collect(),
        2 => runtime::storage(PATH, bytes).err().into_iter().collect(),
        3 => runtime::bundle(PATH, bytes).err().into_iter().collect(),
        4 => {
            let _ = key::read(&String::from_utf8_lossy(bytes));
            Vec::new()
        }
        5 => {
            let _ = (made(bytes), attestation::built_from(bytes));
            Vec::new()
        }
        other => {
            let list = LISTS.get(other - 6).copied().unwrap_or(PATH);
            files_of(list, bytes, Some(bytes), &mut |_| {});
            Vec::new()
        }
    }
}

/// Lets every collector of a running host read. What files and programs say are the pieces of
/// `bytes` between zero bytes, one after another and from the beginning again.
pub fn collect_host(bytes: &[u8]) -> Vec<Fact> {
    let pieces: Vec<&[u8]> = bytes.split(|byte| *byte == 0).collect();
    let mut pieces = pieces.iter().cycle().copied();
    let resources = resources();
    collect(&Asked { resources: &resources, running: true }, &mut |need| match need {
        // What a sieve left may be anything, too: of a host far away nobody knows what sifted.
        Need::File(_) | Need::Sieved(..) | Need::Part { .. } => {
            Answer::Bytes(pieces.next().unwrap_or_default().into())
        }
        Need::Glob(pattern) => Answer::Paths(vec![one_of(pattern)]),
        Need::Stat(_) => Answer::Missing,
        Need::Walk { .. } => Answer::Walked(Arc::default()),
        Need::Command(_) => said(pieces.next().unwrap_or_default()),
    })
}

/// One resource of each kind, and a key of each family.
fn resources() -> Vec<Resource> {
    let all = vec![
        Resource::Sysctl { key: "net.ipv4.ip_forward".into() },
        Resource::File { path: "/etc/passwd".into() },
        Resource::Sshd { option: "PermitRootLogin".into() },
        Resource::Ssh { option: "ForwardAgent".into() },
        Resource::Port { socket: "tcp/22".into() },
        Resource::Keys { set: "ssh-host".into() },
        Resource::Keys { set: "authorized".into() },
        Resource::Keys { set: "ssh-moduli".into() },
        Resource::Keys { set: "/etc/ssl/own.pem".into() },
        Resource::Pam { service: "login".into(), module: "pam_unix.so".into() },
        Resource::Firewall { what: "input".into() },
        Resource::Firewall { what: "tcp/22".into() },
        Resource::Restart { of: "host".into() },
        Resource::Restart { of: "services".into() },
        Resource::Package { name: "bash".into() },
        Resource::Service { unit: "ssh.service".into() },
        Resource::Suite { purpose: "security".into() },
        Resource::Cron { user: "root".into(), command: "/usr/bin/a".into() },
    ];
    let keys = Dialect::ALL.map(|dialect| Resource::Key { dialect, key: "a".into() });
    let entries = Style::ALL.map(|style| Resource::Entry {
        files: "/etc/own.conf and /etc/own.conf.d/*.conf".into(),
        style,
        key: "a".into(),
    });
    all.into_iter().chain(keys).chain(entries).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::mutated::{Dice, mutate};
    use crate::{codes, readers};

    /// Rounds for each input.
    const ROUNDS: u64 = 200;

    /// A reader without a path is one that no search ever meets.
    #[test]
    fn every_reader_has_a_path() {
        let mut met = BTreeSet::new();
        for path in PATHS {
            for head in [b"".as_slice(), b"\x7FELF", b"install_requires"] {
                let taking = [reader_for(path, head), system_reader_for(path, head)];
                met.extend(taking.into_iter().flatten().map(|reader| reader.about().id));
            }
        }
        let all: BTreeSet<&str> = readers().iter().map(|reader| reader.about().id).collect();
        assert_eq!(met, all);
        assert!(PATHS.len() <= 256, "a fuzz target chooses by one byte");
        assert_eq!(PATHS.iter().collect::<BTreeSet<_>>().len(), PATHS.len(), "each once");
    }

    fn told(problems: impl IntoIterator<Item = Problem>) {
        for problem in problems {
            assert!(codes::CODES.iter().any(|(code, _)| *code == problem.code), "{problem}");
            assert!(!problem.message.is_empty(), "{problem}");
        }
    }

    fn problems(facts: Vec<Fact>) -> impl Iterator<Item = Problem> {
        facts.into_iter().filter_map(|fact| match fact {
            Fact::Problem(problem) => Some(problem),
            _ => None,
        })
    }

    #[test]
    fn damaged_statements_are_told() {
        let whole: [&[u8]; 3] = [
            br#"{"@context": "https://openvex.example/ns/openvex", "author": "a", "statements": [{"vulnerability": {"name": "CVE-2026-1"}, "products": [{"@id": "pkg:npm/a@1.0.0"}], "status": "fixed"}]}"#,
            br#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"bom-ref": "a", "name": "a", "purl": "pkg:npm/a@1"}], "vulnerabilities": [{"id": "CVE-2026-1", "analysis": {"state": "not_affected", "justification": "code_not_present"}, "affects": [{"ref": "a"}]}]}"#,
            br#"{"document": {"csaf_version": "2.0", "category": "csaf_vex"}, "product_tree": {"full_product_names": [{"product_id": "p", "name": "A", "product_identification_helper": {"purl": "pkg:npm/a@1"}}]}, "vulnerabilities": [{"cve": "CVE-2026-1", "product_status": {"fixed": ["p"]}}]}"#,
        ];
        for bytes in whole {
            assert!(!read_statements(bytes).0.is_empty(), "{}", String::from_utf8_lossy(bytes));
            for seed in 0..ROUNDS {
                told(read_statements(&mutate(&mut Dice::new(seed), bytes)).1);
            }
        }
    }

    #[test]
    fn damaged_reports_logs_and_hosts_are_told() {
        let whole: [&[u8]; 6] = [
            br#"<NessusClientData_v2><Report name="r"><ReportHost name="h"><ReportItem port="443" protocol="tcp" severity="4" pluginID="1" pluginName="P"><cve>CVE-2026-1</cve></ReportItem></ReportHost></Report></NessusClientData_v2>"#,
            br#"{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "t"}}, "results": [{"ruleId": "r", "message": {"text": "m"}, "locations": [{"physicalLocation": {"artifactLocation": {"uri": "a.rs"}, "region": {"startLine": 1}}}]}]}]}"#,
            br#"{"SchemaVersion": 2, "ArtifactName": "a", "Results": [{"Target": "t", "Vulnerabilities": [{"VulnerabilityID": "CVE-2026-1", "PkgName": "a", "InstalledVersion": "1"}]}]}"#,
            br#"{"Records": [{"eventTime": "2026-11-21T09:00:00Z", "eventSource": "iam.example", "eventName": "CreateUser", "userIdentity": {"type": "Root"}}]}"#,
            b"2026-11-21 09:00:00 install a:amd64 <none> 1.0\nNov 21 09:00:00 h sshd[1]: Failed password for root from 192.0.2.1 port 1 ssh2\n",
            b"PermitRootLogin yes\nInclude /etc/a\n\0PASS_MAX_DAYS 90\n\0net.ipv4.ip_forward = 1\n\0Defaults use_pty\n\0a::b \"c\";\n",
        ];
        for bytes in whole {
            for seed in 0..ROUNDS {
                let broken = mutate(&mut Dice::new(seed), bytes);
                for choice in 0..report_readers().len().max(log_readers().len()) {
                    told(problems(read_one_report(choice, &broken)));
                    told(read_one_log(choice, &broken));
                }
                let facts = collect_host(&broken);
                assert_eq!(facts, collect_host(&broken), "seed {seed}");
                told(problems(facts));
            }
        }
    }

    #[test]
    fn damaged_documents_beside_packages_are_told() {
        let statement = "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEifQ==";
        let envelope = format!(
            r#"{{"payloadType": "application/vnd.in-toto+json", "payload": "{statement}", "signatures": [{{"sig": "AA=="}}]}}"#
        );
        let whole: [&[u8]; 8] = [
            envelope.as_bytes(),
            br#"{"_type": "https://in-toto.io/Statement/v1", "subject": [{"digest": {"sha256": "00"}}], "predicateType": "https://slsa.dev/provenance/v1", "predicate": {"buildDefinition": {"resolvedDependencies": [{"uri": "git+https://forge.example/a", "digest": {"gitCommit": "0000000000000000000000000000000000000000"}}]}}}"#,
            br#"{"Image": "sha256:00", "State": {"Running": true}, "Config": {"Image": "web:1"}}"#,
            br#"[{"id": "a", "image": "00", "metadata": "{\"image-name\": \"web:1\"}"}]"#,
            br#"{"annotations": {"io.kubernetes.cri.image-name": "web:1"}}"#,
            b"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n",
            b"SPDXVersion: SPDX-2.3\nPackageName: web\nSPDXID: SPDXRef-1\nPackageChecksum: SHA256: 00\nExternalRef: PACKAGE-MANAGER purl pkg:oci/web@1\nPackageComment: <text>a\nb</text>\nRelationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-1\n",
            b"P:a\nF:usr/bin\nR:a\nZ:Q1\n\n00ff  usr/bin/a\n/usr/bin/a\n",
        ];
        for bytes in whole {
            for seed in 0..ROUNDS {
                let broken = mutate(&mut Dice::new(seed), bytes);
                for choice in 0..10 {
                    told(read_beside(choice, &broken));
                }
            }
        }
    }

    #[test]
    fn what_stands_beside_may_be_anything() {
        let beside = b"[package]\n<project><parent/></project>\n-r a.txt\ninclude(a)\n{}\n";
        for path in PATHS {
            for seed in 0..8 {
                let broken = mutate(&mut Dice::new(seed), beside);
                let facts = read_answered(path, &broken, beside);
                assert_eq!(facts, read_answered(path, &broken, beside), "{path} seed {seed}");
                told(problems(facts));
                told(problems(read_answered(path, beside, &broken)));
            }
        }
    }
}
