//! Files and folders that have to be there: what is made, and what only people bring back.

use super::*;

fn wanted(path: &str, kind: &str) -> Desired {
    Desired::File {
        path: path.into(),
        kind: Some(kind.into()),
        owner: Some("root".into()),
        group: Vec::new(),
        mode: Some(ModeWanted::Is(0o750)),
    }
}

#[test]
fn a_missing_folder_is_made_and_goes_again_where_it_is_empty() {
    let ensure = vec![wanted("/etc/played.d", "folder")];
    let found = seen(vec![setting(file("/etc/played.d"), Aspect::Type, "absent", None)]);
    let control = control("folder", "The folder is there", ensure, Risk::default());
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
