//! Packages that are brought to just one version and back, by scripts that run. What looks after packages
//! stands in: programs that know what a test tells them, and nothing else is on the path.
#![expect(clippy::disallowed_methods, reason = "the shell is the oracle of these tests")]

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use holdfast_model::{Aspect, Desired, Resource, Tool, Trait, TraitValue};

use super::{BTreeMap, Rendered, Risk, Seen, control, setting};
use crate::render::deeds::exact;
use crate::render::{Manager, NOT_ON_OFFER, render_to};

/// What the scripts and those who stand in need of the real system.
const NEEDED: [&str; 6] = ["awk", "cat", "grep", "mv", "rm", "sed"];

/// A name and a script.
type Program = (&'static str, &'static str);

/// `installed` says NAME ARCHITECTURE VERSION, `offers` NAME VERSION.
const DPKG_QUERY: &str = r#"#!/bin/sh
name=${4%%:*}
while read -r one its version; do
    if [ "$one" != "$name" ] || { [ "$4" != "$name" ] && [ "$4" != "$name:$its" ]; }; then continue; fi
    case $3 in
        *Architecture*) echo "installed $its $version" ;;
        *) echo "installed $version" ;;
    esac
done <"$FAKE/installed"
"#;

const DPKG: &str = "#!/bin/sh\n[ \"$2\" \"-$3\" \"$4\" ]\n";

const APT_CACHE: &str = r#"#!/bin/sh
if [ -e "$FAKE/silent" ]; then exit 0; fi
echo "$2:"
while read -r name version; do
    if [ "$name" = "${2%%:*}" ]; then
        printf '     %s 1001\n       1001 file:/packages ./ Packages\n' "$version"
    fi
done <"$FAKE/offers"
printf ' *** 1 100\n        100 /var/lib/dpkg/status\n'
"#;

const APT_GET: &str = r#"#!/bin/sh
echo "$*" >>"$FAKE/told"
case " $* " in *" install "*) ;; *) exit 0 ;; esac
if [ -e "$FAKE/full" ]; then exit 100; fi
for one in "$@"; do
    case $one in
        -* | *::*) ;;
        *=*)
            name=${one%%=*}
            awk -v name="${name%%:*}" -v its="${name#*:}" -v version="${one#*=}" '
            $1 == name && (its == name || its == $2) { $3 = version }
            { print }' "$FAKE/installed" >"$FAKE/new"
            mv "$FAKE/new" "$FAKE/installed"
            ;;
    esac
done
"#;

/// Orders numbers; anything else is later.
const RPM: &str = r#"#!/bin/sh
case $1 in
    --eval)
        set -- $(printf '%s\n' "$2" | sed "s/.*vercmp('\(.*\)', '\(.*\)').*/\1 \2/")
        case $1 in *[!0-9]*) echo 1; exit ;; esac
        case $2 in *[!0-9]*) echo -1; exit ;; esac
        if [ "$1" -lt "$2" ]; then echo -1; elif [ "$1" -gt "$2" ]; then echo 1; else echo 0; fi
        ;;
    *)
        for last in "$@"; do :; done
        grep -q "^$last " "$FAKE/installed" || exit 1
        if [ "$2" != --quiet ]; then sed -n "s/^$last [^ ]* /(none):/p" "$FAKE/installed"; fi
        ;;
esac
"#;

/// dnf, yum without `repoquery`, and zypper.
const MANAGER: &str = r#"#!/bin/sh
echo "$*" >>"$FAKE/told"
me=${0##*/}
offers() {
    for last in "$@"; do :; done
    case $me in
        yum) printf '%s.noarch 2-1 @base\n%s.noarch 2-1 installed\n' "$last" "$last" ;;
        zypper) echo "i+ | $last | package | 2-1 | noarch | (System Packages)" ;;
    esac
    if [ -e "$FAKE/silent" ]; then exit 4; fi
    while read -r name version; do
        if [ "$name" != "$last" ]; then continue; fi
        case $me in
            dnf) echo "$name-0:$version.noarch" ;;
            yum) printf '%s.noarch\n      %s      base\n' "$name" "$version" ;;
            zypper) echo "v  | $name | package | $version | noarch | base" ;;
        esac
        # Whoever has the name in theirs is another.
        echo "$name-more-9-9.noarch"
    done <"$FAKE/offers"
}
case $me-$1-$2 in
    dnf-repoquery-* | yum-list-* | zypper-*-search) offers "$@" ;;
    yum-repoquery-*) exit 1 ;;
    *-upgrade-* | *-downgrade-* | zypper-*-install)
        if [ -e "$FAKE/full" ]; then exit 1; fi
        shift 2
        for one in "$@"; do
            sed "s/^\(${one%%[-=][0-9]*}\) \(.*\) .*/\1 \2 ${one##*[a-z][-=]}/" "$FAKE/installed" >"$FAKE/new"
            mv "$FAKE/new" "$FAKE/installed"
        done
        ;;
esac
"#;

const APK: &str = r#"#!/bin/sh
case $1 in
    info)
        for last in "$@"; do :; done
        grep -q "^$last " "$FAKE/installed" || exit 1
        sed -n "s/^\($last\) [^ ]* /\1-/p" "$FAKE/installed"
        ;;
    version)
        if [ "${3%%-*}" -lt "${4%%-*}" ]; then echo '<'
        elif [ "${3%%-*}" -gt "${4%%-*}" ]; then echo '>'
        else echo =
        fi
        ;;
    policy)
        if [ -e "$FAKE/silent" ]; then exit 0; fi
        echo "$2 policy:"
        while read -r name version; do
            if [ "$name" = "$2" ]; then printf '  %s:\n    https://apk.example/main\n' "$version"; fi
        done <"$FAKE/offers"
        printf '  1-1:\n    lib/apk/db/installed\n'
        ;;
    add)
        echo "$*" >>"$FAKE/told"
        if [ -e "$FAKE/full" ]; then exit 1; fi
        shift
        for one in "$@"; do
            case $one in *=*) ;; *) continue ;; esac
            sed "s/^\(${one%%=*}\) \(.*\) .*/\1 \2 ${one#*=}/" "$FAKE/installed" >"$FAKE/new"
            mv "$FAKE/new" "$FAKE/installed"
        done
        ;;
esac
"#;

/// A host with two packages of one source, of which one is there for two architectures.
struct Host {
    folder: tempfile::TempDir,
}

impl Host {
    /// The first of the versions is installed, and both are on offer.
    fn new(programs: &[Program], versions: [&str; 2]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        for name in NEEDED {
            let real = ["/usr/bin", "/bin"].map(|at| Path::new(at).join(name));
            symlink(real.iter().find(|path| path.exists()).unwrap(), path.join(name)).unwrap();
        }
        for (name, text) in programs {
            std::fs::write(path.join(name), text).unwrap();
            let mode = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(path.join(name), mode).unwrap();
        }
        let host = Self { folder };
        host.has(versions[0]);
        let all = versions.map(|version| format!("held {version}\nheld-dev {version}\n"));
        host.write("offers", &all.concat());
        host
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()
    }

    /// Everything is installed in a version.
    fn has(&self, version: &str) {
        let rows = [("held", "amd64"), ("held", "i386"), ("held-dev", "amd64")];
        let rows = rows.map(|(name, its)| format!("{name} {its} {version}\n"));
        self.write("installed", &rows.concat());
    }

    fn has_only(&self, version: &str) -> bool {
        self.read("installed").lines().all(|line| line.ends_with(&format!(" {version}")))
    }

    /// What changed packages, and not what only asked.
    fn told(&self) -> Vec<String> {
        let told = self.read("told");
        let verbs = [" install ", "upgrade ", "downgrade ", "add "];
        let changes = told.lines().filter(|line| verbs.iter().any(|verb| line.contains(verb)));
        changes.map(str::to_owned).collect()
    }

    /// Whether a script ended well, and everything that it said.
    fn run(&self, script: &str) -> (bool, String) {
        self.write("script", script);
        let output = Command::new("/bin/sh")
            .arg(self.folder.path().join("script"))
            .env_clear()
            .env("PATH", self.folder.path())
            .env("FAKE", self.folder.path())
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(said).unwrap())
    }
}

fn rendered(os: &str, [old, new]: [&str; 2]) -> Rendered {
    let names = ["held", "held-dev"];
    let ensure =
        names.map(|name| Desired::PackageAtLeast { name: name.into(), version: new.into() });
    let control = control("updates", "Updates", ensure.to_vec(), Risk::default());
    let settings = names
        .map(|name| setting(Resource::Package { name: name.into() }, Aspect::Version, old, None));
    let value = Some(TraitValue::Text(os.into()));
    let os = Trait { name: "os".into(), value, because: String::new() };
    let seen = Seen::new(settings.to_vec(), vec![os], BTreeMap::new());
    render_to(&control, &[0, 1], &seen, Tool::Shell, &names.map(str::to_owned))
}

const DEB: [Program; 4] =
    [("dpkg-query", DPKG_QUERY), ("dpkg", DPKG), ("apt-cache", APT_CACHE), ("apt-get", APT_GET)];

/// Every family, by its distribution, its programs and two versions.
fn families() -> Vec<(&'static str, Vec<Program>, [&'static str; 2])> {
    let rpm = |name| ("rocky", vec![("rpm", RPM), (name, MANAGER)], ["1-1", "2-1"]);
    vec![
        ("debian", DEB.to_vec(), ["1", "2"]),
        rpm("dnf"),
        rpm("yum"),
        rpm("zypper"),
        ("alpine", vec![("apk", APK)], ["1-1", "2-1"]),
    ]
}

#[test]
fn packages_move_together_there_and_back() {
    for (os, programs, versions) in families() {
        let what = programs.last().unwrap().0;
        let [old, new] = versions;
        let host = Host::new(&programs, versions);
        let change = rendered(os, versions);
        let (ok, said) = host.run(&change.code);
        assert!(ok && host.has_only(new), "{what}: {said}\n{}", host.read("installed"));
        let lifted = host.told();
        let (ok, said) = host.run(&change.code);
        assert!(ok && !said.contains("changed:"), "{what}: {said}");
        let (ok, said) = host.run(&change.undo);
        assert!(ok && host.has_only(old), "{what}: {said}\n{}", host.read("installed"));
        let all = host.told();
        let (ok, said) = host.run(&change.undo);
        assert!(ok && !said.contains("changed:"), "{what}: {said}");
        assert_eq!(host.told(), all, "{what}: nothing is done twice");
        assert_eq!((lifted.len(), all.len()), (1, 2), "{what}: {all:?}");
        assert!(all.iter().all(|line| line.contains("held-dev")), "{what}: {all:?}");
    }
}

#[test]
fn each_architecture_is_named_and_nothing_is_removed() {
    let host = Host::new(&DEB, ["1", "2"]);
    let change = rendered("debian", ["1", "2"]);
    assert!(host.run(&change.code).0 && host.run(&change.undo).0);
    let told = host.told();
    let ends = [
        "--no-remove --only-upgrade held:amd64=2 held:i386=2 held-dev:amd64=2",
        "--no-remove --allow-downgrades held-dev:amd64=1 held:amd64=1 held:i386=1",
    ];
    assert_eq!(told.len(), 2, "{told:#?}");
    assert!(told.iter().zip(ends).all(|(line, end)| line.ends_with(end)), "{told:#?}");
}

/// Only that is waited for; anything else is for people.
#[test]
fn what_is_not_on_offer_is_told_from_what_fails() {
    for (os, programs, versions) in families() {
        let what = programs.last().unwrap().0;
        let [old, new] = versions;
        let change = rendered(os, versions);
        // The second of them: the first does not go alone.
        for (script, from, to) in [(&change.code, old, new), (&change.undo, new, old)] {
            let host = Host::new(&programs, versions);
            host.has(from);
            host.write("offers", &format!("held {to}\nheld-dev {from}\n"));
            let (ok, said) = host.run(script);
            assert!(
                !ok && said.contains(&format!("{NOT_ON_OFFER} {to} any more")),
                "{what}: {said}"
            );
            assert!(said.contains("failed: held-dev"), "{what}: {said}");
            assert!(host.has_only(from) && host.told().is_empty(), "{what}: {:?}", host.told());

            for (trouble, says) in [("full", "could not be brought to"), ("silent", "nobody knows")]
            {
                let host = Host::new(&programs, versions);
                host.has(from);
                host.write(trouble, "");
                let (ok, said) = host.run(script);
                assert!(!ok && said.contains(says), "{what}, {trouble}: {said}");
                assert!(!said.contains(NOT_ON_OFFER), "{what}, {trouble}: {said}");
                assert!(host.has_only(from), "{what}, {trouble}");
            }
        }
    }
}

#[test]
fn what_was_removed_since_is_not_brought_back() {
    for (os, programs, versions) in families() {
        let what = programs.last().unwrap().0;
        let host = Host::new(&programs, versions);
        host.write("installed", "");
        let change = rendered(os, versions);
        for script in [&change.code, &change.undo] {
            let (ok, said) = host.run(script);
            assert!(ok && said.contains("held is not installed"), "{what}: {said}");
        }
        assert!(host.told().is_empty(), "{what}: {:?}", host.told());
    }
}

/// Some managers bring everything up where nothing is named, as where somebody was faster.
#[test]
fn where_nothing_is_left_to_do_no_manager_is_told() {
    for (os, programs, versions) in families() {
        let what = programs.last().unwrap().0;
        let manager = match os {
            "debian" => Manager::Deb,
            "alpine" => Manager::Apk,
            _ => Manager::Rpm,
        };
        let host = Host::new(&programs, versions);
        let [old, _] = versions;
        let functions = [include_str!("../shell/rpm-order.sh"), exact(manager)].concat();
        for way in ["upgrade", "downgrade"] {
            let script = format!("{functions}\nexact_ready && exact_go {way} held={old}\n");
            let (ok, said) = host.run(&script);
            assert!(ok && host.told().is_empty(), "{what}: {said} {:?}", host.told());
        }
    }
}

/// A version that nobody knows cannot come back, and whoever says yes has to know.
#[test]
fn an_undo_that_is_not_there_is_said() {
    let lift = Desired::PackageAtLeast { name: "held".into(), version: "2".into() };
    let control = control("updates", "Updates", vec![lift], Risk::default());
    for tool in Tool::ALL {
        let change = render_to(&control, &[0], &super::seen(Vec::new()), tool, &[]);
        assert!(!change.code.is_empty() && change.undo.is_empty(), "{}", change.undo);
        assert_eq!(change.risk, "the version of `held` is not known: the undo leaves it");
    }
}
