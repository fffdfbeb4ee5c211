//! Texts that nobody meant.

use proptest::prelude::*;

use super::*;

/// Parts of controls, put together as they come.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just(GOOD.lines().collect::<Vec<_>>()).prop_shuffle().prop_map(|l| l.join("\n")),
        ".{0,20}",
        "[a-z{}\\[\\]:,\"*/ \n-]{0,60}",
        "ensure: \\[\\{(sysctl|file|key|sshd|service|users?|groups?|files|process|any of) .{0,12}: .{0,12}\\}\\]\n",
    ];
    proptest::collection::vec(piece, 0..4).prop_map(|pieces| pieces.join("\n"))
}

proptest! {
    #[test]
    fn no_text_panics(text in pieces()) {
        let (control, problems) = read(&"door.yaml".into(), &text);
        prop_assert_eq!(control.is_some(), problems.is_empty());
    }

    /// A rule with one letter changed, gone or added is read or refused, never lost.
    #[test]
    fn no_slip_panics(at in 0..GOOD.len(), letter in proptest::char::range(' ', '~'), cut: bool) {
        let mut text: Vec<char> = GOOD.chars().collect();
        if cut { text.remove(at); } else { text[at] = letter; }
        let text: String = text.into_iter().collect();
        let (control, problems) = read(&"door.yaml".into(), &text);
        prop_assert_eq!(control.is_some(), problems.is_empty());
        if let Some(control) = control {
            let _ = crate::run_tests(&control);
        }
    }
}
