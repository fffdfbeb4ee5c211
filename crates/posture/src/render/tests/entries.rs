//! Keys in files of no family: which file decides, what is left to people, and what is taken back.

use holdfast_model::Style;

use super::*;

const BOTH: &str = "/etc/own.conf and /etc/own.conf.d/*.conf";

fn level(files: &str, value: Option<Wanted>) -> (Desired, Resource) {
    let (files, style, key) = (files.into(), Style::Equals, "level".into());
    let desired = Desired::Entry { files, style, key, value };
    let resource = desired.resource().unwrap();
    (desired, resource)
}

/// Each style, in its place and by a drop-in.
pub(super) fn entries() -> (Control, Seen) {
    let one = |files: &str, style, key: &str, value| Desired::Entry {
        files: files.into(),
        style,
        key: key.into(),
        value,
    };
    let ensure = vec![
        one("/etc/own.ini", Style::Ini, "[main] level", Some(is("it's {{ 2 }}"))),
        one(BOTH, Style::Equals, "level", Some(is("2"))),
        one("/etc/own.words", Style::Blanks, "level", Some(is("2 3"))),
        one("/etc/own.words", Style::Blanks, "old", None),
        one("/etc/own.vars", Style::Shell, "LEVEL", Some(is("it's $2"))),
    ];
    let place = |path: &'static str| Some((path, 1));
    let places =
        ["/etc/own.ini", "/etc/own.conf", "/etc/own.words", "/etc/own.words", "/etc/own.vars"];
    let settings = ensure
        .iter()
        .zip(places)
        .map(|(one, path)| setting(one.resource().unwrap(), Aspect::Value, "1", place(path)));
    let settings = seen(settings.collect());
    (control("own", "It's quiet", ensure, Risk::default()), settings)
}

fn rendered(desired: Desired, settings: Vec<Setting>) -> Rendered {
    let control = control("own", "It is quiet", vec![desired], Risk::default());
    render(&control, &[0], &seen(settings), Tool::Shell)
}

#[test]
fn a_folder_that_is_read_last_gets_a_drop_in() {
    let ours = "/etc/own.conf.d/zz-holdfast-own.conf";
    let (desired, of) = level(BOTH, Some(is("2")));
    let place = Some(("/etc/own.conf", 3));
    let out = rendered(desired.clone(), vec![setting(of.clone(), Aspect::Value, "1", place)]);
    assert!(out.code.contains(&format!("write_file {ours} 0644")), "{}", out.code);
    assert!(out.code.contains("\nlevel = 2\n"), "{}", out.code);
    assert!(out.undo.contains(&format!("delete_file {ours}")), "{}", out.undo);
    assert_eq!(out.restart, format!("whether what reads {ours} has to be restarted is not known"));
    assert!(out.manual.is_empty(), "{:?}", out.manual);

    // What stood in our file before comes back, and what is read after it is told.
    let former = vec![setting(of.clone(), Aspect::Value, "1", Some((ours, 2)))];
    let out = rendered(desired.clone(), former);
    assert!(out.undo.contains("\nlevel = 1\n"), "{}", out.undo);
    let later = Some(("/etc/own.conf.d/zzz.conf", 7));
    let out = rendered(desired, vec![setting(of, Aspect::Value, "1", later)]);
    let take =
        "take `level` out of /etc/own.conf.d/zzz.conf (line 7): it is read after our file and wins";
    assert_eq!(out.manual, [take]);
}

#[test]
fn the_file_that_decides_is_changed_in_its_place() {
    let (desired, of) = level("/etc/own.conf.d/*.conf and /etc/own.conf", Some(is("2")));
    let place = Some(("/etc/own.conf.d/10.conf", 1));
    let out = rendered(desired.clone(), vec![setting(of.clone(), Aspect::Value, "1", place)]);
    assert!(out.code.contains("change /etc/own.conf.d/10.conf "), "{}", out.code);
    assert!(out.undo.contains("change /etc/own.conf.d/10.conf "), "{}", out.undo);
    // Nobody looked: the last file is the one that counts.
    assert!(rendered(desired.clone(), Vec::new()).code.contains("change /etc/own.conf "));
    // A value that only its program can tell is no tool's to change.
    let unknown = Reading::Unknown {
        reason: "`/etc/own.conf:4`: its value goes on in the next line".to_owned(),
        closes_with: "a plain value on one line".to_owned(),
    };
    let place = Some(("/etc/own.conf", 4));
    let hidden = Setting { reading: unknown, ..setting(of, Aspect::Value, "", place) };
    let (empty, _) = level("/etc/own.conf.d/*.conf and /etc/own.conf", Some(is("")));
    for (desired, value) in [(desired, "`2`"), (empty, "an empty value")] {
        let out = rendered(desired, vec![hidden.clone()]);
        assert_eq!(out.code, "");
        let says = "`/etc/own.conf:4`: its value goes on in the next line";
        assert_eq!(out.manual, [format!("set `level` to {value} in /etc/own.conf: {says}")]);
    }
}

#[test]
fn a_key_that_is_not_wanted_becomes_a_comment() {
    let (desired, of) = level("/etc/own.conf", None);
    let place = Some(("/etc/own.conf", 3));
    let out = rendered(desired.clone(), vec![setting(of, Aspect::Value, "1", place)]);
    assert!(out.code.contains("$entry_entry_unset"), "{}", out.code);
    assert!(out.undo.contains("$entry_entry_back"), "{}", out.undo);
    let out = rendered(desired, Vec::new());
    assert_eq!((out.code.as_str(), out.manual.len()), ("", 1));
}
