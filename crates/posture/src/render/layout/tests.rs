//! What holds of every layout.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_model::{
    Aspect, Desired, Place, Reading, Resource, Setting, Severity, Trait, TraitValue, Wanted,
};

use super::*;
use crate::Risk;

fn control(id: &str, title: &str, ensure: Vec<Desired>, risk: Risk) -> Control {
    Control {
        id: id.into(),
        title: title.to_owned(),
        wrong: String::new(),
        why: "It matters {{ to }} everybody.".to_owned(),
        severity: Severity::Soon,
        refs: BTreeMap::from([("devsec".to_owned(), vec!["sshd-17".to_owned()])]),
        when: None,
        ensure: ensure.into(),
        risk,
        manual: None,
        examples: Vec::new(),
        place: Place::start_of("control.yaml"),
        lines: Vec::new(),
    }
}

fn sshd(id: &str, option: &str) -> Control {
    let value = Wanted::Is("no".into());
    let risk = Risk { lockout: true, ..Risk::default() };
    control(id, "Nobody is let in so", vec![Desired::Sshd { option: option.into(), value }], risk)
}

fn forwarding(id: &str) -> Control {
    let value = Wanted::Is("0".into());
    let ensure = vec![Desired::Sysctl { key: "net.ipv4.ip_forward".into(), value }];
    control(id, "This host does not route packets for others", ensure, Risk::default())
}

fn sysrq() -> Control {
    let value = Wanted::Is("0".into());
    let ensure = vec![Desired::Sysctl { key: "kernel.sysrq".into(), value }];
    control("sysrq", "Keys on the console order nothing", ensure, Risk::default())
}

fn seen() -> Seen {
    let setting = |resource, aspect, value: &str, path: &str| Setting {
        resource,
        aspect,
        scope: None,
        reading: Reading::Is(value.into()),
        place: Some(Place { path: path.into(), line: 3, column: 1 }),
        default: false,
    };
    let sysctl = || Resource::Sysctl { key: "net.ipv4.ip_forward".into() };
    let options = ["PermitRootLogin", "PasswordAuthentication"].map(|option| {
        let resource = Resource::Sshd { option: option.into() };
        setting(resource, Aspect::Value, "yes", "/etc/ssh/sshd_config")
    });
    let mut all = vec![
        setting(sysctl(), Aspect::Boot, "1", "/etc/sysctl.conf"),
        setting(sysctl(), Aspect::Running, "1", "/proc/sys/net/ipv4/ip_forward"),
    ];
    all.extend(options);
    let family = Trait {
        name: "family".into(),
        value: Some(TraitValue::Text("debian".into())),
        because: String::new(),
    };
    Seen::new(all, vec![family], BTreeMap::new())
}

fn laid(tool: Tool, controls: &[Control]) -> BTreeMap<String, Laid> {
    let parts: Vec<Part<'_>> =
        controls.iter().map(|control| Part { control, lines: &[0] }).collect();
    let by_hand = ["mount /tmp: nobody knows the device".to_owned()];
    let remarks = Remarks { by_hand: &by_hand, ..Remarks::default() };
    let all = lay_out("hardening", tool, &parts, &seen(), &remarks);
    let paths: BTreeSet<&str> = all.iter().map(|one| one.path.as_str()).collect();
    assert_eq!(paths.len(), all.len(), "two files have one name: {paths:?}");
    assert_eq!(all, lay_out("hardening", tool, &parts, &seen(), &remarks));
    all.into_iter().map(|one| (one.path.clone(), one)).collect()
}

fn usual(tool: Tool) -> BTreeMap<String, Laid> {
    let ssh =
        [sshd("root-login", "PermitRootLogin"), sshd("ssh-passwords", "PasswordAuthentication")];
    let [root, passwords] = ssh;
    laid(tool, &[forwarding("net-forwarding"), root, passwords])
}

#[test]
fn each_tool_has_its_usual_files() {
    let expected: [(Tool, &[&str]); 4] = [
        (
            Tool::Shell,
            &[
                "README.md",
                "apply.sh",
                "controls/net-forwarding.sh",
                "controls/root-login.precheck.sh",
                "controls/root-login.sh",
                "controls/ssh-passwords.precheck.sh",
                "controls/ssh-passwords.sh",
            ],
        ),
        (
            Tool::Ansible,
            &[
                "README.md",
                "handlers/main.yml",
                "meta/main.yml",
                "tasks/main.yml",
                "tasks/net-forwarding.yml",
                "tasks/root-login.yml",
                "tasks/ssh-passwords.yml",
            ],
        ),
        (
            Tool::Puppet,
            &[
                "README.md",
                "manifests/init.pp",
                "manifests/net_forwarding.pp",
                "manifests/root_login.pp",
                "manifests/ssh_passwords.pp",
                "metadata.json",
            ],
        ),
        (
            Tool::Chef,
            &[
                "README.md",
                "metadata.rb",
                "recipes/default.rb",
                "recipes/net_forwarding.rb",
                "recipes/root_login.rb",
                "recipes/ssh_passwords.rb",
            ],
        ),
    ];
    for (tool, paths) in expected {
        let all = usual(tool);
        assert_eq!(all.keys().collect::<Vec<_>>(), paths, "{tool:?}");
        for one in all.values() {
            assert!(one.text.ends_with('\n') && !one.text.ends_with("\n\n"), "{}", one.path);
            assert_eq!(one.once, one.path.contains("meta"), "{}", one.path);
            let mut heading = one.text.lines().take_while(|line| line.starts_with('#'));
            assert!(heading.all(|line| line.chars().count() <= WIDTH), "{}", one.path);
        }
    }
}

/// In the order that was asked for: packages bring files along whose modes are set later.
#[test]
fn all_of_them_are_called_in_their_order() {
    for (tool, file, calls) in [
        (Tool::Shell, "apply.sh", ["        net-forwarding", "        root-login"]),
        (Tool::Ansible, "tasks/main.yml", ["\"net-forwarding.yml\"", "\"root-login.yml\""]),
        (
            Tool::Puppet,
            "manifests/init.pp",
            ["contain hardening::net_forwarding", "contain hardening::root_login"],
        ),
        (
            Tool::Chef,
            "recipes/default.rb",
            [
                "include_recipe 'hardening::net_forwarding'",
                "include_recipe 'hardening::root_login'",
            ],
        ),
    ] {
        let all = usual(tool);
        let text = &all[file].text;
        let at = calls.map(|call| text.find(call).unwrap_or_else(|| panic!("{call}: {text}")));
        assert!(at[0] < at[1], "{text}");
    }
}

/// Without a timer that takes it back, somebody else has to be able to get in.
#[test]
fn what_may_lock_out_asks_first() {
    for (tool, file, first) in [
        (Tool::Shell, "controls/root-login.precheck.sh", "passwords="),
        (Tool::Ansible, "tasks/root-login.yml", "check_mode: false"),
        (Tool::Puppet, "manifests/root_login.pp", "unless  => $somebody_else,"),
        (Tool::Chef, "recipes/root_login.rb", "not_if somebody_else"),
    ] {
        let all = usual(tool);
        let text = &all[file].text;
        let asks = text.find(first).unwrap_or_else(|| panic!("{first}: {text}"));
        assert!(text.find("PermitRootLogin no").is_none_or(|does| asks < does), "{text}");
    }
    let all = usual(Tool::Puppet);
    assert!(all["manifests/root_login.pp"].text.contains("\n  -> exec {"));
    assert!(!all["manifests/net_forwarding.pp"].text.contains("somebody_else"));
}

/// Each of two controls leaves a way in that the other shuts: both reckon with both.
#[test]
fn what_is_done_together_is_asked_together() {
    let [root, passwords] =
        [sshd("root-login", "PermitRootLogin"), sshd("ssh-passwords", "PasswordAuthentication")];
    let asked = |controls: &[Control], id: &str| {
        let all = laid(Tool::Shell, controls);
        let text = &all[&format!("controls/{id}.precheck.sh")].text;
        let said =
            |name: &str| text.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
        [said("passwords="), said("root=")]
    };
    let alone = asked(std::slice::from_ref(&root), "root-login");
    assert_eq!(alone, ["passwords=yes", "root=no"]);
    let alone = asked(std::slice::from_ref(&passwords), "ssh-passwords");
    assert_eq!(alone, ["passwords=no", "root=key"]);
    let both = [root, passwords];
    for id in ["root-login", "ssh-passwords"] {
        assert_eq!(asked(&both, id), ["passwords=no", "root=no"], "{id}");
    }
    // What shuts nothing itself goes on although those two are refused; it reckons with what does not
    // ask by itself.
    let [root, passwords] = both.clone();
    let tries = sshd("ssh-tries", "MaxAuthTries");
    let three = [root.clone(), passwords, tries.clone()];
    assert_eq!(asked(&three, "ssh-tries"), ["passwords=yes", "root=password"]);
    let unasked = Control { risk: Risk::default(), ..root };
    assert_eq!(asked(&[unasked, tries], "ssh-tries"), ["passwords=yes", "root=no"]);
    for tool in [Tool::Ansible, Tool::Puppet, Tool::Chef] {
        let texts: Vec<String> = laid(tool, &both).into_values().map(|one| one.text).collect();
        let texts = texts.concat();
        assert_eq!(texts.matches("passwords=no").count(), 2, "{tool:?}: {texts}");
        assert!(!texts.contains("passwords=yes") && !texts.contains("root=key"), "{texts}");
    }
}

/// How the ssh server reads its files stands in one place, and is run as soon as a control changed
/// them: a precheck that fails later would keep handlers from running, also in later runs.
#[test]
fn a_role_tells_its_handlers() {
    let all = usual(Tool::Ansible);
    let topic = "\"hardening: the ssh server has new files\"";
    for file in ["tasks/root-login.yml", "tasks/ssh-passwords.yml"] {
        let text = &all[file].text;
        assert!(text.contains(&format!("notify: {topic}")), "{text}");
        assert!(!text.contains("state: reloaded"), "{text}");
        assert!(text.ends_with("\n  ansible.builtin.meta: flush_handlers\n"), "{text}");
    }
    assert!(!all["tasks/net-forwarding.yml"].text.contains("flush_handlers"));
    let handlers = &all["handlers/main.yml"].text;
    assert_eq!(handlers.matches(&format!("listen: {topic}")).count(), 3, "{handlers}");
    assert!(handlers.contains("state: reloaded"), "{handlers}");
    let none = laid(Tool::Ansible, &[forwarding("net-forwarding")]);
    assert!(!none.contains_key("handlers/main.yml"));
}

#[test]
fn a_page_says_what_each_control_is_for() {
    for tool in Tool::ALL {
        let all = usual(tool);
        let page = &all["README.md"].text;
        for said in [
            "# hardening\n",
            "### root-login: Nobody is let in so\n\nIt matters {{ to }} everybody.\n",
            "- asked for by: devsec sshd-17\n",
            "- lockout: it is done only where another administrator can log in afterwards",
            "## To be done by hand\n\n- mount /tmp: nobody knows the device\n",
        ] {
            assert!(page.contains(said), "{tool:?}: {said}\n{page}");
        }
        assert!(!page.contains("NAME") && !page.contains("CONTROL"), "{page}");
    }
}

/// A file that has all of them is no control's.
#[test]
fn no_control_takes_the_place_of_the_first_file() {
    let taken = [forwarding("main"), forwarding("init"), forwarding("default")];
    for (tool, file) in [
        (Tool::Ansible, "tasks/control-main.yml"),
        (Tool::Puppet, "manifests/control_init.pp"),
        (Tool::Chef, "recipes/control_default.rb"),
    ] {
        assert!(laid(tool, &taken).contains_key(file), "{file}");
    }
}

/// The names of tools have fewer signs than ids, and some are taken.
#[test]
fn no_control_takes_the_place_of_another() {
    let alike = ["a_b", "a-b", "control-init", "init", "control-main", "main", "control-default"];
    let alike = [alike.as_slice(), &["default", "1a", "control-1a"]].concat();
    let controls: Vec<Control> = alike.iter().map(|id| forwarding(id)).collect();
    let backwards: Vec<Control> = controls.iter().rev().cloned().collect();
    for tool in Tool::ALL {
        // Two files of one name are refused in there.
        let all = laid(tool, &controls);
        let of_controls = |path: &&String| {
            ["controls/", "tasks/", "manifests/", "recipes/"]
                .iter()
                .any(|one| path.starts_with(one))
        };
        let main = ["tasks/main.yml", "manifests/init.pp", "recipes/default.rb"];
        let own = all.keys().filter(of_controls).filter(|path| !main.contains(&path.as_str()));
        assert_eq!(own.count(), controls.len(), "{tool:?}: {:?}", all.keys());
        let other = laid(tool, &backwards);
        assert!(all.keys().eq(other.keys()), "{tool:?}");
        let page = &all["README.md"].text;
        for path in all.keys().filter(of_controls).filter(|path| !main.contains(&path.as_str())) {
            assert!(page.contains(&format!("- file: `{path}`\n")), "{path}: {page}");
        }
        if tool == Tool::Puppet {
            for file in all.values().filter(|one| one.path.starts_with("manifests/")) {
                let name = file.path.trim_start_matches("manifests/").trim_end_matches(".pp");
                let class = format!("class hardening::{name} {{\n");
                assert!(name == "init" || file.text.contains(&class), "{}", file.text);
            }
        }
    }
}

#[test]
fn what_holds_is_laid_out_too_where_all_that_is_asked_is() {
    let fine = |aspect, path: &str| Setting {
        resource: Resource::Sysctl { key: "net.ipv4.ip_forward".into() },
        aspect,
        scope: None,
        reading: Reading::Is("0".into()),
        place: Some(Place { path: path.into(), line: 1, column: 1 }),
        default: false,
    };
    let ours = "/etc/sysctl.d/zz-holdfast-net-forwarding.conf";
    let settings =
        vec![fine(Aspect::Boot, ours), fine(Aspect::Running, "/proc/sys/net/ipv4/ip_forward")];
    let mended = Seen::new(settings, Vec::new(), BTreeMap::new());
    let [forwarding, other] = [forwarding("net-forwarding"), sysrq()];
    let both = Control {
        ensure: forwarding.ensure.iter().chain(&other.ensure).cloned().collect(),
        ..forwarding
    };
    let left = ["`banner`: not applicable: `setting.banner` is no".to_owned()];
    let whole = Some(Whole { host: "web1", baseline: Some("ours") });
    let remarks = Remarks { whole, by_hand: &[], left: &left };
    for tool in Tool::ALL {
        let file = |seen: &Seen, remarks: &Remarks<'_>, page: bool| {
            let part = Part { control: &both, lines: &[0, 1] };
            let all = lay_out("hardening", tool, &[part], seen, remarks);
            let named = |one: &&Laid| {
                let named =
                    ["net-forwarding", "net_forwarding"].iter().any(|id| one.path.contains(id));
                if page { one.path == "README.md" } else { named }
            };
            all.iter().find(named).map(|one| one.text.clone()).unwrap()
        };
        // What was mended on the way does not go from the text, and what failed alone comes to it.
        let set = |text: &str| {
            let now = |key: &str| text.contains(&format!("set {key} to 0 now"));
            (now("net.ipv4.ip_forward"), now("kernel.sysrq"))
        };
        assert_eq!(set(&file(&mended, &Remarks::default(), false)), (false, true), "{tool:?}");
        assert_eq!(set(&file(&mended, &remarks, false)), (true, true), "{tool:?}");
        let page = file(&mended, &remarks, true);
        for said in ["the baseline `ours` asks of `web1`", "## Not in here\n\n- `banner`: not "] {
            assert!(page.contains(said), "{said}: {page}");
        }
    }
}

#[test]
fn nothing_to_do_is_no_layout() {
    assert!(lay_out("hardening", Tool::Shell, &[], &seen(), &Remarks::default()).is_empty());
}

#[test]
fn names_are_those_that_the_tool_takes() {
    for tool in Tool::ALL {
        assert_eq!(check_name("hardening_2", tool), Ok(()), "{tool:?}");
        assert!(check_name("", tool).is_err() && check_name("a\nb", tool).is_err(), "{tool:?}");
    }
    for name in ["Hardening", "2fast", "a b", "a.b"] {
        for tool in [Tool::Ansible, Tool::Puppet, Tool::Chef] {
            assert!(check_name(name, tool).is_err(), "{name} for {tool:?}");
        }
    }
    assert!(check_name("web-base", Tool::Chef).is_ok());
    for name in ["web-base", "class", "settings", "unless"] {
        assert!(check_name(name, Tool::Puppet).is_err(), "{name}");
    }
}
