//! A package of a host with a known problem, and every tool that mends it: to the version that mends
//! it, once, and nothing where it is not installed.

use std::path::Path;

use crate::{System, deb, real};

/// Two packages of one source have a hole below 2.0; only one of them is installed.
const RECORD: &str = r#"{"id": "DSA-9901-1", "modified": "2026-11-01T00:00:00Z",
 "summary": "A held package is not held",
 "affected": [{"package": {"ecosystem": "Debian:12", "name": "held"},
   "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}]}]}"#;

const INSTALLED: &str = r"
apt-get -qq update
DEBIAN_FRONTEND=noninteractive apt-get -qq --yes install held=1.0 >/dev/null
";

const VERSIONS: &str = "dpkg-query -W -f '${Package} ${Version}\\n' | grep '^held'";

fn lifted(small: &Path, tool: &'static str) {
    let system = System::new(small, tool);
    let packages = system.root().join("packages");
    deb(&packages, "held", "1.0", "");
    system.run(INSTALLED);
    // It comes after the lists were fetched: they have to be fetched anew.
    deb(&packages, "held", "2.0", "");
    let feed = system.folder.path().join("feed");
    std::fs::create_dir_all(&feed).unwrap();
    std::fs::write(feed.join("DSA-9901-1.json"), RECORD).unwrap();
    system.holdfast(&["advisories", "sync", "--from", feed.to_str().unwrap()]);

    let target = format!("root:{}", system.root().display());
    let args = ["fix", "DSA-9901-1", "--target", &target, "--as", tool];
    let fixed = system.holdfast(&args);
    let form = &fixed["forms"][0];
    assert_eq!(form["control"], "package-updates", "{fixed:#}");
    let restart = form["restart"].as_str().unwrap();
    assert!(restart.contains("held goes on with it until it is started anew"), "{restart}");
    let code = form["code"].as_str().unwrap();
    assert!(system.play(&[code]) > 0, "{tool}");
    assert_eq!(system.run(VERSIONS), "held 2.0\n", "{tool}");
    assert_eq!(system.play(&[code]), 0, "{tool} lifts it again");
    // Somebody takes the old one back.
    system.run("apt-get -qq --yes --allow-downgrades install held=1.0 >/dev/null");
    assert!(system.play(&[code]) > 0, "{tool} leaves what drifted");
    assert_eq!(system.run(VERSIONS), "held 2.0\n", "{tool}");
    let again = system.output(&args);
    assert!(!again.status.success(), "{tool}: it is found again");

    // Where it is not installed, it stays so.
    system.run("apt-get -qq --yes remove held >/dev/null");
    assert_eq!(system.play(&[code]), 0, "{tool}");
    assert_eq!(system.run(&format!("{VERSIONS} || :")), "", "{tool}");
}

#[test]
fn every_tool_lifts_a_package_to_the_version_that_mends_it() {
    let test = "every_tool_lifts_a_package_to_the_version_that_mends_it";
    let Some(small) = real::system(test) else { return };
    let mut tools = vec!["shell", "ansible"];
    if real::has_puppet(&small, test) {
        tools.extend(["puppet", "chef"]);
    }
    for tool in tools {
        lifted(&small, tool);
    }
}
