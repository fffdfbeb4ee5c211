mod hostile;
mod settings;
mod stricter;

use holdfast_model::Problem;

use super::*;
use crate::{BuiltIn, Control, built_in, is_manual, read, read_built_in, read_manual};

fn control(id: &str, lines: &str, when: &str) -> Control {
    let text = format!(
        "id: {id}\ntitle: it is well\nwrong: it is not\nwhy: It matters.\nseverity: soon\n{when}\
         ensure:\n{lines}risk: {{breaks: [], lockout: false, reboot: false, interruption: none}}\n\
         tests:\n  pass: [{{host: {{efi: true}}}}]\n  fail: [{{host: {{efi: true}}}}]\n  \
         not_applicable: [{{host: {{efi: true}}}}]\n"
    );
    let (control, problems) = read(&format!("rules/control/{id}.yaml").into(), &text);
    control.unwrap_or_else(|| panic!("{problems:?}"))
}

fn controls() -> Vec<Control> {
    vec![
        control("age", "  - key PASS_MAX_DAYS in /etc/login.defs: {at_most: 365}\n", ""),
        control("forwarding", "  - sysctl net.ipv4.ip_forward: 0\n", "when: not setting.router\n"),
        control(
            "guessing",
            "  - sshd MaxAuthTries: {at_most: 4}\n  - sshd LogLevel: {one_of: [VERBOSE, DEBUG, INFO]}\n",
            "",
        ),
        control("shadow", "  - file /etc/shadow: {owner: root, mode: {at_most: \"0640\"}}\n", ""),
    ]
}

const BASE: &str = "id: base\ntitle: All hosts\nwhy: It is usual.\n\
                    controls: [age, forwarding, guessing]\n";

fn head(id: &str) -> String {
    format!("id: {id}\ntitle: Ours\nwhy: We want it.\n")
}

/// Reads baselines, each named by its first line.
fn load(texts: &[&str]) -> Baselines {
    let files: Vec<(Arc<str>, &str)> = texts
        .iter()
        .map(|text| {
            let id = text.lines().next().and_then(|line| line.strip_prefix("id: "));
            (Arc::from(format!("own/{}.yaml", id.unwrap_or("nameless"))), *text)
        })
        .collect();
    Baselines::read(files.iter().map(|(path, text)| (path, *text)), &controls())
}

/// One line for each problem.
fn told(texts: &[&str]) -> Vec<String> {
    load(texts).problems.iter().map(shown).collect()
}

fn shown(problem: &Problem) -> String {
    let place = problem.place.as_ref().unwrap();
    let underlined: String = problem.excerpt.as_ref().map_or_else(String::new, |excerpt| {
        let start = place.column as usize - 1;
        excerpt.line.chars().skip(start).take(excerpt.length as usize).collect()
    });
    let Problem { code, message, help, .. } = problem;
    assert!(!help.is_empty() && !message.ends_with('.'), "{problem}");
    format!("{code} {place} ~{underlined}~ {message} | {help}")
}

fn web(ring: &str) -> HostNames {
    HostNames {
        names: vec!["web-1".to_owned()],
        roles: vec!["web".to_owned()],
        ring: Some(ring.to_owned()),
    }
}

/// The ids that are asked of a host.
fn asked(all: &Baselines, id: &str, host: &HostNames) -> Vec<String> {
    let tailored = all.tailor(id, &controls(), host).unwrap();
    assert_eq!(tailored.problems, []);
    tailored.controls.iter().map(|control| control.id.to_string()).collect()
}

/// What is wanted of a host by one control.
fn values(all: &Baselines, id: &str, control: &str, host: &HostNames) -> Vec<String> {
    let controls = controls();
    let known = controls.iter().find(|one| &*one.id == control).unwrap();
    let explained = all.explain(id, known, host).unwrap();
    let tailored = all.tailor(id, &controls, host).unwrap();
    let same = tailored.controls.iter().find(|one| &*one.id == control).map(|one| &one.ensure);
    let said: Vec<String> = explained.values.iter().map(|value| value.wanted.clone()).collect();
    // What is explained is what is asked.
    let really = same.map(|lines| lines.iter().map(crate::judge::wanted).collect());
    assert_eq!(really, explained.is_asked.then(|| said.clone()));
    said
}

fn steps(all: &Baselines, id: &str, control: &str, host: &HostNames) -> Vec<String> {
    let controls = controls();
    let known = controls.iter().find(|one| &*one.id == control).unwrap();
    let explained = all.explain(id, known, host).unwrap();
    let line = |step: &Step| {
        let mark = if step.counts { "" } else { "not here: " };
        format!("{}:{} {mark}{}", step.place.path, step.place.line, step.what)
    };
    explained.steps.iter().map(line).collect()
}

#[test]
fn the_ones_that_came_along_read_and_name_controls() {
    let control = |one: &BuiltIn| {
        if is_manual(one.text) {
            return read_manual(&one.path.into(), one.text).0.map(|manual| manual.control);
        }
        read_built_in(one).0
    };
    let controls: Vec<Control> = built_in().iter().filter_map(control).collect();
    let files: Vec<(Arc<str>, &str)> =
        BUILT_IN.iter().map(|(path, text)| (Arc::from(*path), *text)).collect();
    let all = Baselines::read(files.iter().map(|(path, text)| (path, *text)), &controls);
    assert_eq!(all.problems, []);
    assert_eq!(all.list().count(), 3);
    // What refers to an id of DevSec's lists is in our list of the same name.
    let lists: [(&str, &[&str]); 2] =
        [("devsec-linux", &["os-", "package-", "sysctl-"]), ("devsec-ssh", &["ssh-", "sshd-"])];
    for (baseline, prefixes) in lists {
        let refers = |control: &&Control| {
            let mut refs = control.refs.get("devsec").into_iter().flatten();
            refs.any(|id| prefixes.iter().any(|prefix| id.starts_with(prefix)))
        };
        let mut wanted: Vec<&str> =
            controls.iter().filter(refers).map(|control| &*control.id).collect();
        wanted.sort_unstable();
        assert_eq!(all.controls_of(baseline), wanted, "rules/baseline/{baseline}.yaml");
    }
}

#[test]
fn what_is_extended_is_taken_over_with_its_steps() {
    let middle =
        head("middle") + "extends: [base]\ndrop: {age: {because: nobody has a password}}\n";
    let top = head("top") + "extends: [middle]\ncontrols: [shadow]\n";
    let all = load(&[BASE, &middle, &top]);
    assert_eq!(all.problems, []);
    assert_eq!(asked(&all, "top", &web("canary")), ["forwarding", "guessing", "shadow"]);
    assert_eq!(asked(&all, "base", &web("canary")), ["age", "forwarding", "guessing"]);
    assert_eq!(
        steps(&all, "top", "age", &web("canary")),
        [
            "own/base.yaml:4 `base` asks for it",
            "own/middle.yaml:4 `middle` extends `base`",
            "own/middle.yaml:5 `middle` drops it everywhere: nobody has a password",
            "own/top.yaml:4 `top` extends `middle`",
        ]
    );
}

/// What no baseline tightens comes from its own line of the control.
#[test]
fn values_of_the_control_itself_have_their_lines() {
    let top =
        head("top") + "extends: [base]\ntighten:\n  guessing: {sshd MaxAuthTries: {at_most: 2}}\n";
    let all = load(&[BASE, &top]);
    assert_eq!(all.problems, []);
    let controls = controls();
    let guessing = controls.iter().find(|one| &*one.id == "guessing").unwrap();
    let shown = |id: &str| -> Vec<String> {
        let explained = all.explain(id, guessing, &web("a")).unwrap();
        explained
            .values
            .iter()
            .map(|one| format!("{}:{}", one.place.path, one.place.line))
            .collect()
    };
    assert_eq!(shown("base"), ["rules/control/guessing.yaml:7", "rules/control/guessing.yaml:8"]);
    assert_eq!(shown("top"), ["own/top.yaml:6", "rules/control/guessing.yaml:8"]);
}

/// What a host is not asked is shown, with the reason.
#[test]
fn what_is_not_asked_is_not_applicable() {
    let top = head("top") + "extends: [base]\ndrop: {age: {because: keys only, for: role web}}\n";
    let all = load(&[BASE, &top]);
    let tailored = all.tailor("top", &controls(), &web("a")).unwrap();
    let mut rows = Vec::new();
    for (control, unasked) in &tailored.unasked {
        for one in unasked.judgements(control) {
            assert_eq!(one.result, crate::ControlResult::NotApplicable);
            rows.push(format!(
                "{}: {} {:?}",
                one.resource,
                one.reason,
                one.place.map(|at| at.line)
            ));
        }
    }
    assert_eq!(
        rows,
        [
            "key PASS_MAX_DAYS in /etc/login.defs: the baseline `top` drops it: keys only Some(5)",
            "file /etc/shadow: the baseline `top` does not ask for it None",
        ]
    );
    assert_eq!(tailored.controls.len() + tailored.unasked.len(), controls().len());
}

#[test]
fn what_one_drops_another_may_still_ask_for() {
    let left = head("left") + "extends: [base]\ndrop: {age: {because: x}}\n";
    let right = head("right") + "extends: [base]\n";
    let top = head("top") + "extends: [left, right]\n";
    let again = head("again") + "extends: [left]\ncontrols: [age]\n";
    let all = load(&[BASE, &left, &right, &top, &again]);
    assert_eq!(all.problems, []);
    assert!(asked(&all, "top", &web("a")).contains(&"age".to_owned()));
    assert!(asked(&all, "again", &web("a")).contains(&"age".to_owned()));
    assert!(!asked(&all, "left", &web("a")).contains(&"age".to_owned()));
}

#[test]
fn a_drop_may_be_for_some_hosts() {
    let top = head("top")
        + "controls: all\ndrop:\n  shadow: {because: x, for: role db}\n  \
           age: {because: keys only, for: [host db-1, ring canary]}\n";
    let all = load(&[&top]);
    assert_eq!(asked(&all, "top", &web("all")), ["age", "forwarding", "guessing", "shadow"]);
    assert_eq!(asked(&all, "top", &web("canary")), ["forwarding", "guessing", "shadow"]);
    let db = HostNames { roles: vec!["db".to_owned()], ..web("all") };
    assert_eq!(asked(&all, "top", &db), ["age", "forwarding", "guessing"]);
    assert!(steps(&all, "top", "age", &db).contains(
        &"own/top.yaml:7 not here: `top` drops it for host db-1, ring canary: keys only".to_owned()
    ));
    assert_eq!(asked(&all, "top", &HostNames::default()).len(), 4);
}

#[test]
fn a_value_becomes_stricter_for_those_that_are_meant() {
    let top = head("top")
        + "extends: [base]\ncontrols: [shadow]\ntighten:\n  guessing:\n    sshd MaxAuthTries:\n      \
           ring canary: 2\n      everywhere: {at_most: 3}\n      host web-1: {at_most: 2}\n    \
           sshd loglevel: {one_of: [INFO]}\n  \
           shadow:\n    file /etc/shadow: {mode: {at_most: \"0600\"}}\n";
    let all = load(&[BASE, &top]);
    assert_eq!(all.problems.iter().map(shown).collect::<Vec<_>>(), [] as [&str; 0]);
    let db = HostNames { names: vec!["db-1".to_owned()], ..web("all") };
    assert_eq!(values(&all, "top", "guessing", &db), ["at most 3", "INFO"]);
    assert_eq!(values(&all, "top", "guessing", &web("all")), ["at most 2", "INFO"]);
    assert_eq!(values(&all, "top", "guessing", &web("canary")), ["2", "INFO"]);
    assert_eq!(values(&all, "base", "guessing", &db), ["at most 4", "VERBOSE or DEBUG or INFO"]);
    // What it says nothing of stays as the control wants it.
    assert_eq!(values(&all, "top", "shadow", &db), ["owner root, mode at most 0600"]);
    let all_steps = steps(&all, "top", "guessing", &db);
    assert!(
        all_steps.contains(
            &"own/top.yaml:10 `top` tightens `sshd MaxAuthTries` everywhere: at most 3 instead of \
              at most 4"
                .to_owned()
        ),
        "{all_steps:#?}"
    );
    assert!(all_steps.iter().any(|step| step.starts_with("own/top.yaml:9 not here: ")));
}

#[test]
fn the_strictest_of_several_baselines_counts() {
    let one = head("one")
        + "extends: [base]\ntighten: {age: {key PASS_MAX_DAYS in /etc/login.defs: {at_most: 90}}}\n";
    let two = head("two")
        + "extends: [base]\ntighten: {age: {key PASS_MAX_DAYS in /etc/login.defs: {at_most: 60}}}\n";
    for order in ["one, two", "two, one"] {
        let top = head("top") + "extends: [" + order + "]\n";
        let all = load(&[BASE, &one, &two, &top]);
        assert_eq!(all.problems, []);
        assert_eq!(values(&all, "top", "age", &web("a")), ["at most 60"]);
    }
}

#[test]
fn what_contradicts_itself_on_one_host_is_told_and_stays_stricter_than_the_control() {
    let of = |role: &str, word: &str| format!("      role {role}: {{one_of: [{word}]}}\n");
    let top = head("top")
        + "extends: [base]\ntighten:\n  guessing:\n    sshd LogLevel:\n"
        + &of("web", "VERBOSE")
        + &of("db", "INFO");
    let all = load(&[BASE, &top]);
    assert_eq!(all.problems, []);
    let both = HostNames { roles: vec!["web".to_owned(), "db".to_owned()], ..web("a") };
    let tailored = all.tailor("top", &controls(), &both).unwrap();
    assert_eq!(
        tailored.problems.iter().map(shown).collect::<Vec<_>>(),
        ["baseline-conflict own/top.yaml:9:7 ~role db~ of `web-1` both `INFO` and, at \
             `own/top.yaml:8:7`, `VERBOSE` are wanted | tighten it once more so that both hold; \
             until then the other one counts"]
    );
    assert_eq!(all.tailor("top", &controls(), &web("a")).unwrap().problems, []);
}

#[test]
fn settings_reach_through_and_the_nearest_decides() {
    let base = BASE.to_owned() + "set: {router: {role web: true, everywhere: false}}\n";
    let top = head("top") + "extends: [base]\nset: {router: {host web-1: false}, banner: true}\n";
    let all = load(&[&base, &top]);
    assert_eq!(all.problems, []);
    let declared = |id: &str, host: &HostNames| {
        let tailored = all.tailor(id, &controls(), host).unwrap();
        let line = |(name, (value, place)): (&String, &(TraitValue, Place))| {
            format!("{name} {value:?} {}:{}", place.path, place.line)
        };
        tailored.declared.iter().map(line).collect::<Vec<_>>()
    };
    let other = HostNames { names: vec!["web-2".to_owned()], ..web("a") };
    assert_eq!(declared("base", &web("a")), ["router Truth(true) own/base.yaml:5"]);
    assert_eq!(declared("base", &HostNames::default()), ["router Truth(false) own/base.yaml:5"]);
    assert_eq!(
        declared("top", &web("a")),
        ["banner Truth(true) own/top.yaml:5", "router Truth(false) own/top.yaml:5"]
    );
    assert_eq!(declared("top", &other)[1], "router Truth(true) own/base.yaml:5");
    let all_steps = steps(&all, "top", "forwarding", &other);
    assert_eq!(
        all_steps[2..],
        [
            "own/base.yaml:5 not here: `base` sets `router` everywhere to `false`",
            "own/base.yaml:5 `base` sets `router` for role web to `true`",
            "own/top.yaml:5 not here: `top` sets `router` for host web-1 to `false`",
        ]
    );
}
