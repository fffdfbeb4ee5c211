//! Keys in files of no family, by every tool: a drop-in, and lines in their place.

use holdfast_model::{Aspect, Desired, Resource, Setting, Style, Wanted};
use holdfast_posture::Control;

use crate::{SEED, control, difference, is, play, rendered, round_trip, runners, setting};

const FILES: &str = r#"
mkdir -p /etc/played.conf.d
printf '[main]\n; gpgcheck=1\ngpgcheck = 0\n[other]\ngpgcheck=0\n' >/etc/played.ini
printf 'level = 1\n' >/etc/played.conf
printf '# maxdistance 3\nmaxdistance\t16.0\nold  1\n' >/etc/played.words
printf 'export OPTIONS="-4" # both\nOTHER=1\n' >/etc/played.vars
chmod 0600 /etc/played.vars
"#;

const BOTH: &str = "/etc/played.conf and /etc/played.conf.d/*.conf";

fn entry(files: &str, style: Style, key: &str, value: Option<Wanted>) -> Desired {
    Desired::Entry { files: files.into(), style, key: key.into(), value }
}

fn of(desired: &Desired, value: &str, place: (&str, u32)) -> Setting {
    let Desired::Entry { files, style, key, .. } = desired else { panic!("{desired:?}") };
    let resource = Resource::Entry { files: files.clone(), style: *style, key: key.clone() };
    setting(resource, Aspect::Value, value, Some(place))
}

fn all() -> (Control, Vec<Setting>) {
    let ini = |key: &str, value: &str| entry("/etc/played.ini", Style::Ini, key, Some(is(value)));
    let words = |key: &str, value| entry("/etc/played.words", Style::Blanks, key, value);
    let ensure = vec![
        ini("[main] gpgcheck", "1"),
        ini("[main] best", "True"),
        ini("[more] a", "b = {{ c }}"),
        ini("[more] d", "e"),
        entry(BOTH, Style::Equals, "level", Some(Wanted::AtLeast(2))),
        entry(BOTH, Style::Equals, "mode", Some(is("quiet"))),
        words("maxdistance", Some(is("3.0"))),
        words("old", None),
        entry("/etc/played.vars", Style::Shell, "OPTIONS", Some(is("it's $4"))),
        entry("/etc/played.vars", Style::Shell, "MORE", Some(is("yes"))),
    ];
    let (path, conf, vars) = ("/etc/played.ini", "/etc/played.conf", "/etc/played.vars");
    let found = [
        ("0", (path, 3)),
        ("absent", (path, 1)),
        ("absent", (path, 1)),
        ("absent", (path, 1)),
        ("1", (conf, 1)),
        ("absent", (conf, 1)),
        ("16.0", ("/etc/played.words", 2)),
        ("1", ("/etc/played.words", 3)),
        ("-4", (vars, 1)),
        ("absent", (vars, 1)),
    ];
    let settings = ensure.iter().zip(found).map(|(one, (value, place))| of(one, value, place));
    let settings = settings.collect();
    (control("entries", ensure), settings)
}

/// What the files say afterwards.
const AFTER: &str = "\
[main]
#holdfast entries added the next line
best=True
; gpgcheck=1
#holdfast entries was: gpgcheck = 0
gpgcheck=1
[other]
gpgcheck=0
#holdfast entries added the next line
[more]
#holdfast entries added the next line
d=e
#holdfast entries added the next line
a=b = {{ c }}
level = 1
# Written by Holdfast for the control entries.
level = 2
mode = quiet
# maxdistance 3
#holdfast entries was: maxdistance\t16.0
maxdistance 3.0
#holdfast entries off: old  1
#holdfast entries was: export OPTIONS=\"-4\" # both
export OPTIONS='it'\\''s $4'
OTHER=1
#holdfast entries added the next line
MORE=yes
";

const SHOWN: &str = "cat /etc/played.ini /etc/played.conf \
                     /etc/played.conf.d/zz-holdfast-entries.conf /etc/played.words /etc/played.vars\n";

#[test]
fn keys_of_no_family_by_every_tool() {
    let (control, settings) = all();
    let seed = format!("{SEED}{FILES}");
    for runner in runners(&["dash", "busybox", "yml", "pp", "rb"]) {
        let first = round_trip(&control, &settings, &seed, runner);
        let modes = "/etc/played.vars f 600 root root ";
        assert!(first.state.lines().any(|line| line == modes), "{runner}: {}", first.state);
        let text = rendered(&control, &settings, runner);
        let (_, runs) = play(&seed, &[(runner, &text.code), ("dash", SHOWN)]);
        assert_eq!(runs[1].out, AFTER, "{runner}");
    }
}

/// Somebody sets the old values again.
#[test]
fn drift_of_keys_of_no_family_is_repaired() {
    let (control, settings) = all();
    let seed = format!("{SEED}{FILES}");
    let drift = "sed -i 's/^gpgcheck=1/gpgcheck=0/' /etc/played.ini\n\
                 rm /etc/played.conf.d/zz-holdfast-entries.conf\n";
    for runner in runners(&["dash", "busybox", "yml", "pp", "rb"]) {
        let text = rendered(&control, &settings, runner);
        let (code, undo) = ((runner, &*text.code), (runner, &*text.undo));
        let shown = ("dash", "cat /etc/played.ini\n");
        let (before, runs) = play(&seed, &[code, ("dash", drift), code, undo, shown, undo]);
        assert!(runs.iter().all(|run| run.ok), "{runner}: {}", runs[2].err);
        assert!(!difference(&runs[0].state, &runs[1].state).is_empty(), "{runner}: no drift");
        let gone = difference(&runs[0].state, &runs[2].state);
        let file = gone.lines().filter(|line| !line.contains("/etc/played.ini"));
        assert_eq!(file.count(), 0, "{runner}: {gone}");
        // What somebody set comes back, and no undo takes it away.
        let gone = difference(&before, &runs[3].state);
        let file = gone.lines().filter(|line| !line.contains("/etc/played.ini"));
        assert_eq!(file.count(), 0, "{runner}: {gone}");
        assert_eq!(runs[4].out, DRIFTED, "{runner}");
        assert_eq!(difference(&runs[3].state, &runs[5].state), "", "{runner}: undone again");
    }
}

/// What the file says again that had drifted.
const DRIFTED: &str = "\
[main]
; gpgcheck=1
#holdfast entries was: gpgcheck = 0
gpgcheck=0
[other]
gpgcheck=0
";

/// What the files say after an undo, where somebody changed some of our lines before it.
const KEPT: &str = "\
[main]
; gpgcheck=1
#holdfast entries was: gpgcheck = 0
gpgcheck=2
[other]
gpgcheck=0
#holdfast entries added the next line
[more]
#holdfast entries added the next line
d=f
level = 1
# maxdistance 3
#holdfast entries was: maxdistance\t16.0
maxdistance 5
old  1
#holdfast entries was: export OPTIONS=\"-4\" # both
OPTIONS='it'\\''s $4'
OTHER=1
#holdfast entries added the next line
MORE=no
";

#[test]
fn what_somebody_changed_since_stays() {
    let (control, settings) = all();
    let seed = format!("{SEED}{FILES}");
    let theirs = "sed -i 's/^gpgcheck=1/gpgcheck=2/; s/^d=e/d=f/' /etc/played.ini\n\
                  sed -i 's/^maxdistance 3.0/maxdistance 5/' /etc/played.words\n\
                  sed -i 's/^export OPTIONS/OPTIONS/; s/^MORE=yes/MORE=no/' /etc/played.vars\n";
    let shown = "cat /etc/played.ini /etc/played.conf /etc/played.words /etc/played.vars\n";
    for runner in runners(&["dash", "busybox", "yml", "pp", "rb"]) {
        let text = rendered(&control, &settings, runner);
        let (code, undo) = ((runner, &*text.code), (runner, &*text.undo));
        let (_, runs) = play(&seed, &[code, ("dash", theirs), undo, ("dash", shown), undo]);
        assert!(runs.iter().all(|run| run.ok), "{runner}: {}", runs[2].err);
        assert_eq!(runs[3].out, KEPT, "{runner}");
        assert_eq!(difference(&runs[2].state, &runs[4].state), "", "{runner}: undone again");
        // Others tell what a command says their own way.
        if ["dash", "busybox"].contains(&runner) {
            let says = "/etc/played.ini:4: `gpgcheck` was changed since, and stays\n";
            assert!(runs[2].err.contains(says), "{runner}: {}", runs[2].err);
            assert_eq!(runs[2].err.matches("was changed since").count(), 5, "{}", runs[2].err);
        }
    }
}
