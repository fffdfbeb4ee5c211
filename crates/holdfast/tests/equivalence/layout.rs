//! Everything that is asked of a host as a role, a module, a cookbook and scripts: the tools themselves
//! accept every file, only look where they are told to, bring the verdicts, and find nothing to do in a
//! second run. What was mended does not go from it.

use std::path::{Path, PathBuf};

use super::{MANUAL, System, real};

/// A Puppet run by the module path; puppet-apply(8): 0 says that nothing had to be done, 2 that
/// something was.
const PUPPET: &str = r#"
folder=$(mktemp -d /root/puppet.XXXXXX)
echo '[main]' > "$folder/puppet.conf"
for name in code var log run public ssl; do echo "${name}dir = $folder/$name"; done >> "$folder/puppet.conf"
status=0
puppet apply --detailed-exitcodes --color=false --confdir "$folder" --modulepath /code $LOOK \
    -e 'include hardening' 2>&1 || status=$?
rm -rf "$folder"
case $status in 0 | 2) ;; *) exit 1 ;; esac
"#;

const PLAY: &str = "---\n- hosts: all\n  gather_facts: false\n  roles:\n    - hardening\n";
const ANSIBLE: &str = "ANSIBLE_ROLES_PATH=/code ansible-playbook -i localhost, -c local";

/// Ansible reads the whole of a role, whatever it would do of it; YAML reads each file alone.
const ACCEPTED_BY_ANSIBLE: &str = r"
ANSIBLE_ROLES_PATH=/code ansible-playbook -i localhost, --syntax-check /code/site.yml </dev/null
python3 - <<'END'
import glob
import yaml

yaml.SafeLoader.add_multi_constructor('!', lambda loader, tag, node: loader.construct_scalar(node))
files = glob.glob('/code/hardening/*/*.yml')
assert len(files) > 12, files
for path in files:
    yaml.safe_load(open(path))
END
";

/// Lays everything that is asked out; where it stands.
fn laid(system: &System, below: &str) -> PathBuf {
    let target = format!("root:{}", system.root().display());
    let folder = system.folder.path().join(below).join("hardening");
    let into = folder.to_str().unwrap();
    let args = ["fix", "--all", "--target", &target, "--as", system.tool, "--into", into];
    let fixed = system.holdfast(&args);
    assert!(fixed["forms"].as_array().unwrap().len() >= 12, "{fixed:#}");
    assert_eq!(fixed["written"]["name"], "hardening", "{fixed:#}");
    folder
}

/// Each file, as the tool itself reads it.
fn is_accepted(system: &System) {
    system.run(match system.tool {
        "shell" => "for file in /code/hardening/*.sh /code/hardening/controls/*.sh; do sh -n $file; done",
        "ansible" => ACCEPTED_BY_ANSIBLE,
        "puppet" => {
            "puppet parser validate /code/hardening/manifests
             python3 -c 'import json; json.load(open(\"/code/hardening/metadata.json\"))'"
        }
        _ => {
            "for file in /code/hardening/metadata.rb /code/hardening/recipes/*.rb; do ruby -c $file; done
             chef-client --read /code/hardening/recipes/default.rb"
        }
    });
}

/// Runs it, or only looks; how many things changed.
fn run(system: &System, look: bool) -> usize {
    let lines =
        |said: &str, begins: &str| said.lines().filter(|line| line.starts_with(begins)).count();
    match system.tool {
        "shell" => lines(&system.run("sh /code/hardening/apply.sh"), "changed:"),
        "chef" => {
            let option = if look { "--why-run" } else { "" };
            let recipe = "/code/hardening/recipes/default.rb";
            lines(&system.run(&format!("chef-client {option} {recipe}")), "changed:")
        }
        "puppet" => {
            let option = if look { "--noop" } else { "" };
            let said = system.run(&format!("LOOK={option}\n{PUPPET}"));
            let changed = |line: &&str| {
                line.starts_with("Notice: /Stage[main]/") && !line.contains("Triggered 'refresh'")
            };
            said.lines().filter(changed).count()
        }
        _ => {
            let option = if look { "--check" } else { "" };
            let said = system.run(&format!("{ANSIBLE} {option} /code/site.yml"));
            let recap = said.lines().find(|line| line.contains("changed=")).unwrap();
            assert!(recap.contains("failed=0"), "{said}");
            let changed = recap.split("changed=").nth(1).unwrap();
            changed.split_whitespace().next().unwrap().parse().unwrap()
        }
    }
}

fn layout(small: &Path, tool: &'static str) {
    let system = System::new(small, tool);
    let folder = laid(&system, "one");
    let other = laid(&system, "other");
    let same =
        std::process::Command::new("diff").arg("-r").args([&folder, &other]).output().unwrap();
    assert!(same.status.success(), "{tool}: {}", String::from_utf8_lossy(&same.stdout));

    let code = system.root().join("code");
    std::fs::create_dir(&code).unwrap();
    real::copy(&folder, &code.join("hardening"));
    std::fs::write(code.join("site.yml"), PLAY).unwrap();
    system.run("cd /code/hardening && sha256sum --quiet -c holdfast.sha256");
    is_accepted(&system);
    if tool != "shell" {
        let before = system.configuration();
        run(&system, true);
        assert_eq!(system.configuration(), before, "{tool} did more than look");
    }
    assert!(run(&system, false) > 20, "{tool}");
    let results = system.results();
    let left = results.iter().filter(|(_, result)| *result == "fail");
    let left: Vec<&str> = left.map(|(what, _)| what.as_str()).collect();
    assert_eq!(left, MANUAL, "{tool}");
    assert_eq!(run(&system, false), 0, "{tool} changes something each time");
    let (before, after) = (controls(&folder), controls(&laid(&system, "mended")));
    let gone: Vec<&String> = before.iter().filter(|file| !after.contains(file)).collect();
    assert!(before.len() >= 12 && gone.is_empty(), "{tool}: {gone:#?} went once it was mended");
}

/// The files of controls.
fn controls(folder: &Path) -> Vec<String> {
    let of = ["controls", "tasks", "manifests", "recipes"].map(|name| folder.join(name));
    let below = of.iter().find(|folder| folder.is_dir()).unwrap();
    let files = std::fs::read_dir(below).unwrap();
    files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn a_layout_is_what_each_tool_takes() {
    let test = "a_layout_is_what_each_tool_takes";
    let Some(small) = real::system(test) else { return };
    let mut tools = vec!["shell", "ansible"];
    if real::has_puppet(&small, test) {
        tools.extend(["puppet", "chef"]);
    }
    for tool in tools {
        layout(&small, tool);
    }
}
