//! What is written wrongly is refused with its place, and every other baseline still counts.

use proptest::prelude::*;

use super::*;

/// The only problem of a baseline `top` beside a sound one, which stays usable.
fn refused(lines: &str) -> String {
    let top = head("top") + lines;
    let all = load(&[BASE, &top]);
    assert!(all.find("top").is_none(), "{lines}");
    assert!(all.find("base").is_some(), "{lines}");
    assert_eq!(asked(&all, "base", &web("a")).len(), 3);
    let problems: Vec<String> = all.problems.iter().map(shown).collect();
    assert_eq!(problems.len(), 1, "{problems:#?}");
    problems[0].clone()
}

/// What follows the head of a file, and what is said of it.
const MISTAKES: &[(&str, &str)] = &[
    (
        "controls: [shadwo]\n",
        "baseline-control own/top.yaml:4:12 ~shadwo~ there is no control called `shadwo` | did \
             you mean `shadow`?",
    ),
    (
        "controls: [age, age]\n",
        "rule-value own/top.yaml:4:17 ~age~ `age` stands twice | remove one of the two",
    ),
    (
        "extends: [base]\nset: {ruoter: true}\n",
        "baseline-setting own/top.yaml:5:7 ~ruoter~ no control asks for the setting `ruoter` | \
             did you mean `router`?",
    ),
    (
        "extends: [base]\nset: {router: \"yes\"}\n",
        "rule-type own/top.yaml:5:15 ~\"yes\"~ `true` or `false` is wanted here, not a quoted \
             `yes` | write `true`, without quotes",
    ),
    (
        "extends: [base]\nset: {router: {role web: 1}}\n",
        "rule-type own/top.yaml:5:26 ~1~ `true` or `false` is wanted here, not `1` | write one \
             of the two",
    ),
    (
        "extends: [base]\nset: {router: {team web: true}}\n",
        "baseline-scope own/top.yaml:5:16 ~team web~ `team web` does not say for which hosts | \
             write `everywhere`, `ring NAME`, `role NAME` or `host NAME`",
    ),
    (
        "extends: [base]\nset: {router: {role web: true, role  web: false}}\n",
        "baseline-scope own/top.yaml:5:32 ~role  web~ `role web` stands twice | remove one of \
             the two",
    ),
    (
        "extends: [base]\nsettings: {Zone: {type: text, default: a, about: the zone}}\n",
        "baseline-setting own/top.yaml:5:12 ~Zone~ `Zone` is no name of a setting | write \
             lower-case words with `_` between them, such as `card_data`",
    ),
    (
        "extends: [base]\nsettings: {router: {type: truth, default: true, about: a router}}\n",
        "baseline-setting own/top.yaml:5:12 ~router~ the setting `router` came along | give \
             yours another name",
    ),
    (
        "extends: [base]\nsettings: {setuid_programs: {type: list, default: [], about: all}}\n",
        "baseline-setting own/top.yaml:5:12 ~setuid_programs~ the setting `setuid_programs` came \
             along | give yours another name",
    ),
    (
        "extends: [base]\nsettings: {zone: {type: word, default: a, about: the zone}}\n",
        "rule-value own/top.yaml:5:25 ~word~ `word` is not one of `truth`, `number`, `text`, \
             `list` | use one of these words",
    ),
    (
        "extends: [base]\nsettings: {tries: {type: number, default: many, about: the tries}}\n",
        "rule-type own/top.yaml:5:43 ~many~ a number is wanted here, not `many` | write a \
             number, without quotes",
    ),
    (
        "extends: [base]\nsettings: {zone: {type: text, default: a}}\n",
        "rule-missing-key own/top.yaml:5:18 ~{~ the key `about` is missing | add `about`",
    ),
    (
        "extends: [base]\nsettings: {tries: {type: number, default: 3, about: the tries}}\n\
             set: {tries: {role web: many}}\n",
        "rule-type own/top.yaml:6:25 ~many~ a number is wanted here, not `many` | write a \
             number, without quotes",
    ),
    (
        "extends: [base]\ndrop:\n  age:\n",
        "baseline-drop own/top.yaml:6:3 ~age~ `age` is dropped without a reason | write \
             `{because: why these hosts can do without it}` behind it",
    ),
    (
        "extends: [base]\ndrop:\n  age: {for: role web}\n",
        "baseline-drop own/top.yaml:6:3 ~age~ `age` is dropped without a reason | write \
             `{because: why these hosts can do without it}` behind it",
    ),
    (
        "extends: [base]\ndrop: {age: {because: x, for: []}}\n",
        "baseline-scope own/top.yaml:5:31 ~[~ no host is meant here | name some hosts, or \
             remove `for` where all of them are meant",
    ),
    (
        "extends: [base]\ndrop: {shadow: {because: x}}\n",
        "baseline-drop own/top.yaml:5:8 ~shadow~ `top` drops `shadow`, which it does not ask \
             for | remove it here, or extend the baseline that asks for it",
    ),
    (
        "controls: [age]\ndrop: {age: {because: x}}\n",
        "baseline-drop own/top.yaml:5:8 ~age~ `top` lists `age` and drops it everywhere | \
             remove one of the two, or say `for` which hosts it is dropped",
    ),
    (
        "extends: [base]\ntighten: {guessing: {sshd MaxAuthTries: {at_most: 6}}}\n",
        "baseline-loosens own/top.yaml:5:41 ~{~ `at most 6` lets something pass that `at most \
             4` of `guessing` does not | a value may only become stricter; to ask for less, drop \
             the control and say why",
    ),
    (
        "extends: [base]\ntighten: {guessing: {sshd MaxAuthTries: {ring a: {at_most: 2}, \
             everywhere: {at_most: 1}}}}\n",
        "baseline-loosens own/top.yaml:5:42 ~ring a~ `at most 2` lets something pass that `at \
             most 1` at `own/top.yaml:5:64` does not | a value may only become stricter; to ask \
             for less, drop the control and say why",
    ),
    (
        "extends: [base]\ntighten: {guessing: {sshd MaxSessions: 1}}\n",
        "baseline-line own/top.yaml:5:22 ~sshd MaxSessions~ `guessing` says nothing of `sshd \
             MaxSessions` | known here: `sshd MaxAuthTries`, `sshd LogLevel`",
    ),
    (
        "extends: [base]\ntighten: {shadow: {file /etc/shadow: {mode: \"0600\"}}}\n",
        "baseline-control own/top.yaml:5:20 ~file /etc/shadow~ `top` tightens `shadow`, which \
             it does not ask for | list the control, or extend the baseline that asks for it",
    ),
    (
        "extends: [base]\ntighten: {age: {file /etc/shadow: {mode: 0600}}}\n",
        "rule-type own/top.yaml:5:42 ~0600~ a bare `0600` is a number to some tools and a text \
             to others | write \"0600\" in quotes",
    ),
    (
        "extends: [base]\ncontrols: [shadow]\ntighten: {shadow: {file /etc/shadow: {type: link}}}\n",
        "control-value own/top.yaml:6:38 ~{~ a link has no mode of its own, and its owner and \
             group are not looked at | write `type: link` alone, and a line with the rest for the \
             path that it leads to",
    ),
    (
        "extends: [bsae]\n",
        "baseline-extends own/top.yaml:4:11 ~bsae~ there is no baseline called `bsae` | did \
             you mean `base`?",
    ),
    (
        "extends: [base]\nexcept: [age]\n",
        "rule-unknown-key own/top.yaml:5:1 ~except~ the key `except` is not known | known \
             here: `id`, `title`, `why`, `extends`, `controls`, `settings`, `set`, `drop`, \
             `tighten`",
    ),
    (
        "controls: []\n",
        "baseline-empty own/top.yaml:1:1 ~i~ this baseline asks for nothing | write \
             `controls: [root-login]`, `controls: all` or `extends: [devsec-ssh]`",
    ),
    (
        "set: {router: true}\n",
        "baseline-empty own/top.yaml:1:1 ~i~ this baseline asks for nothing | write \
             `controls: [root-login]`, `controls: all` or `extends: [devsec-ssh]`",
    ),
];

#[test]
fn each_mistake_is_told_where_it_stands() {
    for (lines, wanted) in MISTAKES {
        assert_eq!(refused(lines), *wanted, "{lines}");
    }
    let twice = refused("controls: [age]\nset: {router: true}\nset: {banner: true}\n");
    assert!(twice.starts_with("rule-duplicate-key own/top.yaml:6:1"), "{twice}");
}

#[test]
fn several_mistakes_are_told_at_once() {
    let text = "id: Top\nwhy: x\ncontrols: [a, b]\nset: [x]\ndrop: no\ntighten: {age: 3}\n";
    let told = told(&[BASE, text]);
    assert!(told.len() >= 7, "{told:#?}");
}

/// A baseline that is looser than what it extends is refused, whoever tightened it.
#[test]
fn an_inherited_value_is_not_loosened() {
    let age = |days: u32| {
        format!("tighten: {{age: {{key PASS_MAX_DAYS in /etc/login.defs: {{at_most: {days}}}}}}}\n")
    };
    let middle = head("middle") + "extends: [base]\n" + &age(60);
    let top = head("top") + "extends: [middle]\n" + &age(90);
    assert_eq!(
        told(&[BASE, &middle, &top]),
        ["baseline-loosens own/top.yaml:5:17 ~key PASS_MAX_DAYS in /etc/login.defs~ `at most 90` \
          lets something pass that `at most 60` at `own/middle.yaml:5:17` does not | a value may \
          only become stricter; to ask for less, drop the control and say why"]
    );
    let top = head("top") + "extends: [middle]\n" + &age(60);
    assert_eq!(told(&[BASE, &middle, &top]), [] as [&str; 0]);
}

#[test]
fn circles_are_refused_with_their_places() {
    let a = head("a") + "extends: [base, b]\n";
    let b = head("b") + "extends:\n  - c\n";
    let c = head("c") + "extends: [a]\n";
    let outside = head("outside") + "extends: [b]\n";
    let own = head("own") + "extends: [own]\n";
    let all = load(&[&outside, &c, &b, &a, &own, BASE]);
    assert_eq!(
        all.problems.iter().map(shown).collect::<Vec<_>>(),
        [
            "baseline-cycle own/c.yaml:4:11 ~a~ `a` extends itself: `a` at `own/a.yaml:4:17`, then \
             `b` at `own/b.yaml:5:5`, then `c` at `own/c.yaml:4:11` | remove one of these lines",
            "baseline-extends own/outside.yaml:4:11 ~b~ `outside` extends `b`, which cannot be used \
             | mend `b` first",
            "baseline-cycle own/own.yaml:4:11 ~own~ `own` extends itself: `own` at \
             `own/own.yaml:4:11` | remove one of these lines",
        ]
    );
    assert_eq!(all.list().map(|one| &*one.id).collect::<Vec<_>>(), ["base"]);
}

#[test]
fn what_extends_a_broken_one_is_refused_and_says_so() {
    let broken = head("broken") + "controls: [nothing]\n";
    let top = head("top") + "extends: [base, broken]\n";
    let told = told(&[&broken, &top, BASE]);
    assert_eq!(told.len(), 2);
    assert_eq!(
        told[1],
        "baseline-extends own/top.yaml:4:17 ~broken~ `top` extends `broken`, which cannot be used \
         | mend `broken` first"
    );
}

#[test]
fn of_two_with_one_id_the_first_counts() {
    let again = BASE.replace("age, ", "");
    let all = load(&[BASE, &again]);
    assert_eq!(asked(&all, "base", &web("a")).len(), 3);
    assert_eq!(all.problems.len(), 1);
    assert_eq!(all.problems[0].code, "baseline-twice");
}

/// Each level doubles the ways to one control, were they not counted.
#[test]
fn many_ways_end_in_a_problem() {
    let mut texts = vec![BASE.to_owned()];
    let mut below = "base".to_owned();
    for level in 0..40 {
        for side in ["l", "r"] {
            let id = format!("{side}{level}");
            let text = head(&id) + "extends: [" + &below + "]\ndrop: {age: {because: x}}\n";
            texts.push(text);
        }
        below = format!("l{level}, r{level}");
    }
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let all = load(&texts);
    assert!(all.problems.iter().any(|one| one.code == "baseline-size"));
    assert!(all.find("l3").is_some() && all.find("l39").is_none());
}

#[test]
fn too_many_are_left_out() {
    let texts: Vec<String> =
        (0..300).map(|number| head(&format!("n{number}")) + "controls: [age]\n").collect();
    let all = load(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(all.list().count(), 256);
    assert_eq!(all.problems.len(), 1);
    assert_eq!(all.problems[0].code, "baseline-size");
}

#[test]
fn broken_files_are_problems() {
    let long = format!("id: top\ntitle: {}\n", "x".repeat(200_000));
    for text in [
        "",
        "id: top",
        "- a\n",
        "\u{feff}",
        "id: top\r\ncontrols: [\r\n",
        "{",
        "x",
        long.as_str(),
        "<<<<<<< ours\nid: top\n=======\nid: tip\n>>>>>>> theirs\n",
        "id: top\nid: top\n",
        "null\n",
        "controls: all\n",
        "id: [top]\n",
        "drop: {a: {because: {}}}\n",
        "tighten: {age: {x: }}\n",
    ] {
        let all = load(&[text, BASE]);
        assert!(!all.problems.is_empty(), "{text:.60}");
        assert!(all.problems.iter().all(|one| one.place.is_some()), "{text:.60}");
        assert_eq!(all.list().count(), 1, "{text:.60}");
    }
    let crlf = (head("top") + "extends: [base]\n").replace('\n', "\r\n");
    assert_eq!(told(&[BASE, &crlf]), [] as [&str; 0]);
}

const WHOLE: &str = "id: top\ntitle: Ours\nwhy: We want it.\nextends: [base]\ncontrols: [shadow]\n\
                     set:\n  router: {role web: true, everywhere: false}\n\
                     drop:\n  age: {because: nobody has one, for: [ring a, host b]}\n\
                     tighten:\n  guessing:\n    sshd MaxAuthTries: {everywhere: 3, ring a: 2}\n";

proptest! {
    /// Cut anywhere, with a letter changed or a line left out: never a panic, never without a word.
    #[test]
    fn a_damaged_file_is_whole_or_told_of(
        cut in 0_usize..400,
        at in 0_usize..400,
        letter in prop::sample::select(vec!['{', '}', ':', '\n', '\t', '"', '-', '\u{0}', 'é', '#']),
        without in 0_usize..14,
    ) {
        let lines: Vec<&str> = WHOLE.lines().enumerate()
            .filter(|(number, _)| *number != without)
            .map(|(_, line)| line)
            .collect();
        let mut changed: Vec<char> = WHOLE.chars().collect();
        if let Some(one) = changed.get_mut(at) {
            *one = letter;
        }
        let texts = [
            WHOLE.chars().take(cut).collect::<String>(),
            changed.into_iter().collect(),
            lines.join("\n") + "\n",
        ];
        for text in texts {
            let all = load(&[BASE, &text]);
            prop_assert!(all.find("base").is_some());
            let whole = all.list().count() == 2;
            prop_assert!(whole != all.problems.iter().any(|one| one.code != "baseline-twice"));
            for one in all.list() {
                prop_assert!(all.tailor(&one.id, &controls(), &web("a")).is_some());
            }
        }
    }
}
