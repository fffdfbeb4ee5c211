//! Settings of a team's own: what conditions may ask of them, and where their values come from.

use super::*;
use crate::fields::{Applies, applies};
use crate::{Seen, read_with, run_tests};

const SETTINGS: &str = "settings:
  card_data: {type: truth, default: false, about: declared to keep card numbers}
  tries: {type: number, default: 3, about: the number of tries}
  zone: {type: text, default: inner, about: the zone}
  partners: {type: list, default: [], about: the list of partners}
";

const VALUES: &str = "controls: all
set:
  card_data: {role web: true}
  tries: {everywhere: 4, ring a: 5.5}
  zone: {host web-1: outer}
  partners: {role web: [shop, bank]}
";

fn ours() -> String {
    head("ours") + SETTINGS + VALUES
}

fn declared(text: &str) -> Settings {
    let path: Arc<str> = "own/ours.yaml".into();
    Settings::read([(&path, text)])
}

/// A control with a condition, which does not apply where `setting` says something.
fn cards(when: &str, setting: &str, settings: &Settings) -> Result<Control, Vec<String>> {
    let text = format!(
        "id: cards\ntitle: it is well\nwrong: it is not\nwhy: It matters.\nseverity: soon\n\
         when: {when}\nensure:\n  - sysctl net.ipv4.ip_forward: 0\n\
         risk: {{breaks: [], lockout: false, reboot: false, interruption: none}}\n\
         tests:\n  pass: [{{sysctl: {{net.ipv4.ip_forward: 0}}}}]\n  \
         fail: [{{sysctl: {{net.ipv4.ip_forward: 1}}}}]\n  \
         not_applicable:\n    - {{sysctl: {{net.ipv4.ip_forward: 0}}, setting: {{{setting}}}}}\n"
    );
    let (control, problems) = read_with(&"own/cards.yaml".into(), &text, settings);
    control.ok_or_else(|| problems.iter().map(shown).collect())
}

/// Whether a condition holds of a host, and else why not.
fn answer(when: &str, host: &HostNames) -> String {
    let ours = ours();
    let (settings, all) = (declared(&ours), load(&[&ours]));
    assert_eq!(all.problems, []);
    assert_eq!(all.settings, settings);
    let control = cards(when, "zone: a", &settings).unwrap();
    let mut said = settings.defaults();
    let tailored = all.tailor("ours", &controls(), host).unwrap();
    said.extend(tailored.declared.into_iter().map(|(name, (value, _))| (name, value)));
    match applies(control.when.as_ref(), &Seen::new(Vec::new(), Vec::new(), said)) {
        Applies::Yes => "yes".to_owned(),
        Applies::No(reason) => reason,
        Applies::Unknown { reason, .. } => format!("unknown: {reason}"),
    }
}

#[test]
fn conditions_ask_by_type_and_the_nearest_value_answers() {
    for (when, elsewhere, here) in [
        ("setting.card_data", "it is not declared to keep card numbers", "yes"),
        ("not setting.card_data", "yes", "it is declared to keep card numbers"),
        ("setting.tries at least 5", "the number of tries is 4, less than 5", "yes"),
        ("setting.tries is 4", "yes", "the number of tries is 5.5, not 4"),
        ("setting.zone is outer", "the zone is inner, not outer", "yes"),
        (
            "setting.partners contains bank",
            "the list of partners is empty, which does not contain bank",
            "yes",
        ),
    ] {
        assert_eq!(answer(when, &HostNames::default()), elsewhere, "{when}");
        assert_eq!(answer(when, &web("a")), here, "{when}");
    }
}

#[test]
fn what_a_condition_asks_has_to_be_declared_and_of_its_type() {
    let settings = declared(&ours());
    for (when, told) in [
        (
            "setting.zonee is a",
            "condition-field own/cards.yaml:6:7 ~setting.zonee~ the field `setting.zonee` is not \
             known | did you mean `setting.zone`?",
        ),
        (
            "setting.tries contains 3",
            "condition-type own/cards.yaml:6:21 ~contains~ `setting.tries` is a number; \
             `contains` does not fit it | write `setting.tries at least 3`, `at most` or `is`",
        ),
        (
            "setting.tries is many",
            "condition-value own/cards.yaml:6:24 ~many~ `setting.tries` is a number, and `many` \
             is none | write a number such as `3` or `7.5`, without quotes",
        ),
    ] {
        assert_eq!(cards(when, "zone: a", &settings), Err(vec![told.to_owned()]), "{when}");
    }
    // Nothing is known of a setting that nobody declares.
    let told = cards("setting.zone is a", "router: true", &Settings::default()).unwrap_err();
    assert!(told[0].starts_with("condition-field own/cards.yaml:6:7 ~setting.zone~"), "{told:?}");
}

#[test]
fn examples_have_the_defaults_and_state_what_differs() {
    let settings = declared(&ours());
    let control = cards("setting.tries at most 3", "tries: 4", &settings).unwrap();
    assert_eq!(run_tests(&control), []);
    let same = cards("setting.tries at most 3", "tries: 3", &settings).unwrap();
    assert_eq!(run_tests(&same).len(), 1);
    let told = cards("setting.tries at most 3", "tries: many", &settings).unwrap_err();
    assert!(told[0].starts_with("rule-type own/cards.yaml:14:"), "{told:?}");
    assert!(told[0].contains("~many~ a number is wanted here, not `many`"), "{told:?}");
}

#[test]
fn the_steps_begin_with_the_default() {
    let ours = ours();
    let (settings, all) = (declared(&ours), load(&[&ours]));
    let control = cards("setting.tries at least 5", "zone: a", &settings).unwrap();
    let line = |step: &Step| {
        let mark = if step.counts { "" } else { "not here: " };
        format!("{} {mark}{}", step.place.line, step.what)
    };
    let of = |host: &HostNames| -> Vec<String> {
        all.explain("ours", &control, host).unwrap().steps.iter().map(line).collect()
    };
    assert_eq!(
        of(&web("a")),
        [
            "6 not here: `ours` declares `tries` as `3`",
            "12 not here: `ours` sets `tries` everywhere to `4`",
            "12 `ours` sets `tries` for ring a to `5.5`",
        ]
    );
    let without: Vec<String> = settings.steps(&control).iter().map(line).collect();
    assert_eq!(without, ["6 `ours` declares `tries` as `3`"]);
    let words = crate::explain(&control);
    let asks: Vec<(&str, &str)> =
        words.asks.iter().map(|one| (one.name.as_str(), one.says.as_str())).collect();
    assert_eq!(asks, [("setting.tries", "the number of tries")]);
    let settings = words.settings.iter().map(|one| one.name.as_str());
    assert_eq!(settings.collect::<Vec<_>>(), ["tries"], "it can be said of one host");
}

#[test]
fn a_setting_is_declared_once_and_known_to_all() {
    let base = BASE.to_owned() + "settings: {zone: {type: text, default: a, about: the zone}}\n";
    let sets = head("top") + "extends: [base]\nset: {zone: {host web-1: b}}\n";
    let all = load(&[&base, &sets]);
    assert_eq!(all.problems, []);
    assert_eq!(all.find("base").unwrap().settings().collect::<Vec<_>>(), ["zone"]);
    let again = head("top")
        + "extends: [base]\nsettings: {zone: {type: number, default: 1, about: the zone}}\n";
    let all = load(&[&base, &again]);
    assert!(all.find("top").is_none() && all.find("base").is_some());
    let told: Vec<String> = all.problems.iter().map(shown).collect();
    assert_eq!(
        told,
        ["baseline-setting own/top.yaml:5:12 ~zone~ the setting `zone` is declared at \
          `own/base.yaml:5:12` | declare it once: every baseline may set it"]
    );
}

/// A control that asks for a setting is not lost because of a mistake elsewhere in the file.
#[test]
fn a_mistake_elsewhere_leaves_the_settings() {
    let broken = ours() + "drop: {nothing: {because: x}}\n";
    let all = load(&[BASE, &broken]);
    assert!(all.find("ours").is_none() && !all.problems.is_empty());
    assert!(cards("setting.tries at least 5", "zone: a", &all.settings).is_ok());
    let many = (0..300).map(|n| format!("  s{n}: {{type: truth, default: true, about: it}}\n"));
    let many = head("many") + "controls: all\nsettings:\n" + &many.collect::<String>();
    let all = load(&[&many]);
    assert!(all.find("many").is_none());
    assert_eq!(all.settings.defaults().len(), 256);
    assert!(all.problems.iter().all(|problem| problem.code == "baseline-size"));
}
