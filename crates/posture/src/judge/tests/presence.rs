//! Files that have to be there, and be of a type.

use super::*;

fn at(kind: &str) -> Desired {
    Desired::File {
        path: "/etc/x".into(),
        kind: Some(kind.into()),
        owner: None,
        group: Vec::new(),
        mode: None,
    }
}

#[test]
fn what_is_not_there_fails_where_it_has_to_be() {
    for (kind, wanted) in [("file", "a file"), ("folder", "a folder"), ("any", "present")] {
        let desired = at(kind);
        let absent = [Aspect::Owner, Aspect::Group, Aspect::Mode, Aspect::Type]
            .map(|side| set(&desired, side, Reading::Absent, None));
        let gone = judged(&desired, absent.to_vec());
        assert_eq!((gone.result, gone.found.as_deref()), (Fail, Some("absent")));
        assert_eq!(gone.reason, format!("there is no `/etc/x`, wanted {wanted}"));
        assert_eq!(&*gone.wanted, wanted);
    }
}

#[test]
fn a_link_is_no_file_wherever_it_leads() {
    let case = |desired: &Desired, kind: Reading, owner: Reading| {
        let place = Some(("/etc/x", 1));
        judged(
            desired,
            vec![
                set(desired, Aspect::Type, kind, place),
                set(desired, Aspect::Owner, owner, place),
            ],
        )
    };
    let file = case(&at("file"), is("link"), is("root"));
    assert_eq!((file.result, file.found.as_deref()), (Fail, Some("type link")));
    assert_eq!(file.reason, "found type `link`, wanted a file");
    assert_eq!(case(&at("file"), is("file"), is("root")).reason, "found type `file`, as wanted");
    assert_eq!(case(&at("any"), is("other"), is("root")).result, Pass);
    assert_eq!(case(&at("link"), is("link"), Reading::Absent).result, Pass);
    assert_eq!(case(&at("any"), unknown(), unknown()).result, NotAssessed);
    // Whose it is can only be told of what a link leads to.
    let Desired::File { path, kind, group, mode, .. } = at("link") else { panic!("a file") };
    let owned = Desired::File { path, kind, owner: Some("root".into()), group, mode };
    let nowhere = case(&owned, is("link"), Reading::Absent);
    assert_eq!(
        (nowhere.result, nowhere.reason.as_str()),
        (Fail, "`/etc/x` is a link that leads nowhere")
    );
}
