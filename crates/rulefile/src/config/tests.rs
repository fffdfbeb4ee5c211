use std::sync::Arc;

use holdfast_model::{Exposure, Target};
use proptest::prelude::*;

use super::{Config, SettingValue, read};

fn shown(text: &str) -> (Config, Vec<String>) {
    let (config, problems) = read(&Arc::from("holdfast.toml"), text);
    (config, problems.iter().map(crate::decode::tests::shown).collect())
}

#[test]
fn a_host_names_its_baseline_and_each_setting_keeps_its_place() {
    let text = "[host]\nbaseline = \"our-web-servers\"\n\n[host.settings]\nrouter = true\n\
                banner = false\n";
    let (config, problems) = shown(text);
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(config.host.baseline.as_deref(), Some("our-web-servers"));
    let lines: Vec<u32> = config.host.settings.iter().map(|one| one.at.place.line).collect();
    assert_eq!(lines, [5, 6]);
    for wrong in ["Our servers", "rules/ours.yaml", "-x", ""] {
        let (config, problems) = shown(&format!("[host]\nbaseline = \"{wrong}\"\n"));
        assert!(config.host.baseline.is_none(), "{wrong}");
        assert_eq!(problems.len(), 1, "{wrong}: {problems:?}");
        assert!(problems[0].starts_with("rule-value"), "{problems:?}");
    }
}

#[test]
fn settings_are_of_the_type_in_which_they_are_written() {
    let text = "[host.settings]\nrouter = true\ntries = 5\nload = -0.5\nzone = \"inner\"\n\
                guests = [\"ann\", \"true\"]\nnobody = []\n";
    let (config, problems) = shown(text);
    assert_eq!(problems, Vec::<String>::new());
    let said: Vec<(&str, &SettingValue)> =
        config.host.settings.iter().map(|one| (one.name.as_str(), &one.value)).collect();
    assert_eq!(
        said,
        [
            ("router", &SettingValue::Truth(true)),
            ("tries", &SettingValue::Number("5".into())),
            ("load", &SettingValue::Number("-0.5".into())),
            ("zone", &SettingValue::Text("inner".into())),
            ("guests", &SettingValue::Texts(vec!["ann".into(), "true".into()])),
            ("nobody", &SettingValue::Texts(Vec::new())),
        ]
    );
    let place = &config.host.settings[1].value_at.place;
    assert_eq!((place.line, place.column), (3, 9));

    let wrong = "[host.settings]\nborn = 2026-01-01\nload = inf\nmode = 0o640\nzone = \"\"\n\
                 card = { data = true }\nrouter = true\n";
    let (config, problems) = shown(wrong);
    assert_eq!(config.host.settings.len(), 1, "each mistake loses only itself");
    let help = "write `true` or `false`, a number, a text in quotes, or a list of texts";
    let refused = |at: &str, found: &str, says: &str| {
        let message = format!("the value of a setting is wanted here, not {says}");
        format!("rule-type {at} `{found}` {message} | {help}")
    };
    assert_eq!(problems.len(), 5, "{problems:#?}");
    assert_eq!(problems[0], refused("2:8", "2026-01-01", "`2026-01-01`"));
    assert_eq!(problems[1], refused("3:8", "inf", "`inf`"));
    assert_eq!(problems[2], refused("4:8", "0o640", "`0o640`"));
    assert!(problems[3].starts_with("rule-value 5:8 "), "{problems:#?}");
    assert!(problems[4].starts_with("rule-type 6:8 "), "{problems:#?}");
    assert!(problems[4].contains("not a table | "), "{problems:#?}");
}

#[test]
fn hosts_have_rings_and_a_practice() {
    let text = "[host]\npractice = \"nightly\"\nring = \"canary\"\n\n[host.rings]\n\
                \"root:/srv/web\" = \"early\"\n\"ssh://ana@web-1\" = \"production\"\n";
    let (config, problems) = shown(text);
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(config.host.practice.as_deref(), Some("nightly"));
    let ring = |target: &str| config.host.ring_of(&Target::parse(target).unwrap());
    assert_eq!(ring("local"), Some("canary"));
    assert_eq!(ring("root:/srv/web"), Some("early"));
    assert_eq!(ring("ssh://ana@web-1"), Some("production"));
    assert_eq!(ring("root:/srv/other"), Some("canary"), "of what nothing is said, as of this one");
    assert_eq!(ring("ssh://ana@web-2"), None, "another machine is in no ring of this one");
    let lines: Vec<u32> = config.host.rings_at.iter().map(|place| place.line).collect();
    assert_eq!(lines, [6, 7]);

    let wrong = "[host]\npractice = \"Every night\"\n\n[host.rings]\nlocal = \"canary\"\n\
                 \"srv/web\" = \"early\"\n\"root:/srv/web\" = true\n";
    let (config, problems) = shown(wrong);
    assert!(config.host.practice.is_none() && config.host.rings.is_empty());
    let begins: Vec<String> =
        problems.iter().map(|told| told.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(begins, ["rule-value 2:12", "rule-value 5:1", "rule-value 6:1", "rule-type 7:19"]);
}

#[test]
fn everything_that_can_be_said() {
    let text = r#"
appetite = "standard"
exclude = ["vendor/", "third_party/*"]
time_zone = "Europe/Berlin"

[asset]
id = "shop"
name = "The shop"
team = "payments"
exposure = "internet"
tier = 1
ring = "pilot"
labels = ["pci", "web"]

[service]
name = "shop"

[advisories]
sources = ["feeds/osv", "https://osv.example/export"]
kev = "feeds/kev.json"
epss = "feeds/epss.csv.gz"
max_age_days = 7
refresh_hours = 6
private = true

[statements]
authors = ["Tiller Makers"]
products = ["pkg:oci/shop"]
"#;
    let (config, problems) = shown(text);
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(config.asset.id.as_deref(), Some("shop"));
    assert_eq!(config.asset.exposure, Some(Exposure::Internet));
    assert_eq!(config.asset.tier, Some(1));
    assert_eq!(config.asset.labels, ["pci", "web"]);
    assert_eq!(config.statements.authors, ["Tiller Makers"]);
    assert_eq!(config.statements.products, ["pkg:oci/shop"]);
    assert_eq!(config.appetite.as_deref(), Some("standard"));
    assert_eq!(config.exclude, ["vendor/", "third_party/*"]);
    assert_eq!(config.time_zone.as_deref(), Some("Europe/Berlin"));
    assert_eq!(config.service.as_deref(), Some("shop"));
    assert_eq!(config.advisories.sources.len(), 2);
    assert_eq!(config.advisories.max_age_days, Some(7));
    assert_eq!(config.advisories.refresh_hours, Some(6));
    assert!(config.advisories.private && !Config::default().advisories.private);
}

#[test]
fn each_mistake_loses_only_itself() {
    let text = "apetite = \"x\"\ntime_zone = \"Europe/Berlln\"\nexclude = [\"a/\", \"*\", \"../b\"]\n\
                [asset]\nteam = \"payments\"\ntier = 9\nexposure = \"intranet\"\n";
    let (config, problems) = shown(text);
    assert_eq!(config.asset.team.as_deref(), Some("payments"));
    assert_eq!(config.exclude, ["a/"]);
    assert_eq!(
        problems,
        [
            "rule-unknown-key 1:1 `apetite` the key `apetite` is not known | \
             did you mean `appetite`?",
            "rule-value 2:13 `\"Europe/Berlln\"` `Europe/Berlln` is no time zone | \
             did you mean `Europe/Berlin`?",
            "rule-value 3:18 `\"*\"` `*` would leave out everything | \
             name the folders that are to be left out, such as \"vendor/\"",
            "rule-value 3:23 `\"../b\"` `../b` does not lie inside the folder | \
             write folders relative to this file, such as \"vendor/\"",
            "rule-value 6:8 `9` `9` is out of range | \
             write a whole number from 1 to 5, without quotes",
            "rule-value 7:12 `\"intranet\"` `intranet` is not one of `internal`, `internet` | \
             did you mean `internet`?",
        ]
    );
}

#[test]
fn broken_lines_leave_their_neighbours() {
    let (config, problems) = shown("[asset]\nteam = payments\nname = \"shop\"\nname = \"b\"\n");
    assert_eq!(config.asset.name.as_deref(), Some("shop"));
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems[0].starts_with("rule-syntax 2:8"), "{problems:?}");
    assert!(problems[1].starts_with("rule-duplicate-key 4:1 `name`"), "{problems:?}");
}

#[test]
fn an_appetite_outside_of_its_folder_is_refused() {
    for path in ["../x.yaml", ".holdfast/../x.yaml", "/etc/x.yaml", "rules.yaml"] {
        let (config, problems) = shown(&format!("appetite = \"{path}\"\n"));
        assert_eq!(config.appetite, None, "{path}");
        assert_eq!(problems.len(), 1, "{path}");
    }
    let (config, problems) = shown("appetite = \".holdfast/appetite.yaml\"\n");
    assert_eq!((config.appetite.as_deref(), problems.len()), (Some(".holdfast/appetite.yaml"), 0));
}

#[test]
fn an_exclusion_takes_nothing_back_and_never_everything() {
    for pattern in ["!src/", "**/*", "./", "?", "/", "a/../.."] {
        let (config, problems) = shown(&format!("exclude = [\"{pattern}\", \"vendor/\"]\n"));
        assert_eq!(config.exclude, ["vendor/"], "{pattern}");
        assert_eq!(problems.len(), 1, "{pattern}");
    }
}

#[test]
fn deep_and_binary_files_end_in_problems() {
    for text in ["[".repeat(1 << 20), format!("a={}", "[".repeat(10_000)), "a=\u{0}".into()] {
        let (config, problems) = shown(&text);
        assert_eq!(config, Config::default());
        assert!(!problems.is_empty());
    }
    let deep = format!("{}\nb = 1\n", "a.".repeat(79) + "a = 1");
    assert!(!shown(&deep).1.is_empty());
}

proptest! {
    #[test]
    fn never_panics(text in "[a-e=\\[\\]{}.,\"'\n\\\\# 0-9é]{0,120}") {
        let _ = read(&Arc::from("holdfast.toml"), &text);
    }
}

#[test]
fn logs_beside_those_of_the_machine_are_named_whole() {
    let text = "[host]\nlogs = [\"/var/log/cloudtrail\", \"trails\"]\n";
    let (config, problems) = shown(text);
    assert_eq!(config.host.logs, ["/var/log/cloudtrail"]);
    let [problem] = problems.as_slice() else { panic!("{problems:?}") };
    assert!(problem.contains("`trails` does not say where the logs are"), "{problem}");
}

#[test]
fn how_hosts_are_looked_at_has_its_bounds() {
    let text = "[hosts]\nevery_minutes = 30\nat_once = 4\ntimeout_seconds = 20\n\
                binary = \"/usr/bin/holdfast\"\n";
    let (config, problems) = shown(text);
    assert!(problems.is_empty(), "{problems:?}");
    let wanted = super::HostsConfig {
        every_minutes: Some(30),
        at_once: Some(4),
        timeout_seconds: Some(20),
        binary: Some("/usr/bin/holdfast".to_owned()),
    };
    assert_eq!(config.hosts, wanted);
    let text = "[hosts]\nevery_minutes = 1\nat_once = 65\ntimeout_seconds = 3600\nevery = 5\n\
                binary = \"bin/holdfast\"\n";
    let (config, problems) = shown(text);
    assert_eq!(config.hosts, super::HostsConfig::default());
    assert_eq!(problems.len(), 5, "{problems:?}");
    let whole = |problem: &String| problem.contains("`bin/holdfast` does not say where");
    assert!(problems.iter().any(whole), "{problems:?}");
}
