use holdfast_world::{Output, Recorded};

use super::*;

#[test]
fn what_was_cut_off_is_no_answer() {
    let said = |truncated| {
        let output =
            Output { status: Some(0), stdout: b"{}".to_vec(), truncated, ..Output::default() };
        let world = World::recorded(Recorded::new().command("nft", ["-j"], output));
        program(&world, &["nft", "-j"].map(Arc::from))
    };
    assert!(matches!(said(false), Answer::Output { .. }), "{:?}", said(false));
    let Answer::Unreadable(why) = said(true) else { panic!("{:?}", said(true)) };
    assert_eq!(&*why, "`nft` said more than 1048576 bytes");
}
