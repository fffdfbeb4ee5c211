//! Files and folders that have to be there: what is made, and what only people bring back.

use super::*;

/// A file that others may read, and one that is not wanted.
pub(super) fn shadow() -> (Control, Seen) {
    let of = || file("/etc/shadow");
    let ensure = vec![
        Desired::File {
            path: "/etc/shadow".into(),
            kind: None,
            owner: Some("root".into()),
            group: vec!["root".into(), "shadow".into()],
            mode: Some(ModeWanted::AtMost(0o640)),
        },
        Desired::FileAbsent { path: "/etc/hosts.equiv".into() },
    ];
    let found = seen(vec![
        setting(of(), Aspect::Type, "file", None),
        setting(of(), Aspect::Owner, "daemon", None),
        setting(of(), Aspect::Group, "shadow", None),
        setting(of(), Aspect::Mode, "0644", None),
        setting(file("/etc/hosts.equiv"), Aspect::Type, "file", None),
    ]);
    (control("shadow-perms", "Only root reads the password hashes", ensure, Risk::default()), found)
}

fn wanted(path: &str, kind: &str) -> Desired {
    Desired::File {
        path: path.into(),
        kind: Some(kind.into()),
        owner: Some("root".into()),
        group: Vec::new(),
        mode: Some(ModeWanted::Is(0o750)),
    }
}

/// A folder that is not there.
pub(super) fn folder() -> (Control, Seen) {
    let found = seen(vec![setting(file("/etc/played.d"), Aspect::Type, "absent", None)]);
    let ensure = vec![wanted("/etc/played.d", "folder")];
    (control("folder", "The folder is there", ensure, Risk::default()), found)
}

#[test]
fn a_missing_folder_is_made_and_goes_again_where_it_is_empty() {
    let (control, found) = folder();
    for tool in Tool::ALL {
        let out = render(&control, &[0], &found, tool);
        assert!(out.manual.is_empty(), "{tool:?}: {:?}", out.manual);
        assert!(out.code.contains("mkdir -p \"$FOLDER\""), "{tool:?}: {}", out.code);
        assert!(out.undo.contains("rmdir \"$FOLDER\""), "{tool:?}: {}", out.undo);
        assert!(out.risk.contains("leaves /etc/played.d where something lies"), "{tool:?}");
    }
}

#[test]
fn a_missing_file_is_brought_back_by_people() {
    let ensure = vec![wanted("/etc/shadow", "file"), wanted("/etc/played", "file")];
    let found = seen(vec![
        setting(file("/etc/shadow"), Aspect::Type, "absent", None),
        setting(file("/etc/played"), Aspect::Type, "link", None),
    ]);
    let control = control("file", "The file is there", ensure, Risk::default());
    let out = render(&control, &[0, 1], &found, Tool::Shell);
    assert_eq!((out.code.as_str(), out.undo.as_str()), ("", ""));
    assert_eq!(
        out.manual,
        [
            "bring /etc/shadow back, from a backup if there is one: only its owner knows what it said",
            "see what lies at /etc/played, which is a link, and put a file in its place",
        ]
    );
}
