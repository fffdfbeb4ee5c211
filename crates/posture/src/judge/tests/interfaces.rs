//! What files give single interfaces counts beside what is set for all of them.

use super::*;

const CONF: (&str, u32) = ("/etc/sysctl.d/90-x.conf", 4);

fn all(now: Reading, single: Reading) -> Vec<Judgement> {
    let mut one = set(&forward(), Aspect::Boot, single, Some(CONF));
    one.scope = Some("eth0".into());
    let settings = vec![
        set(&forward(), Aspect::Running, now, Some(PROC)),
        set(&forward(), Aspect::Boot, is("0"), Some(FILE)),
        one,
    ];
    judge(&control(vec![forward()]), &seen(settings), &by_text)
}

#[test]
fn each_interface_has_a_verdict_of_its_own() {
    for (single, result) in [(is("0"), Pass), (is("1"), Fail), (unknown(), NotAssessed)] {
        let found = all(is("0"), single);
        let [whole, one] = found.as_slice() else { panic!("{found:#?}") };
        assert_eq!((whole.result, &whole.scope), (Pass, &None));
        assert_eq!((one.result, one.scope.as_deref()), (result, Some("eth0")));
    }
    let found = all(is("0"), is("1"));
    assert_eq!(found[1].reason, "`/etc/sysctl.d/90-x.conf:4` makes it `1` for `eth0`, wanted `0`");
    assert_eq!(found[1].found.as_deref(), Some("1 after the next start"));
    assert_eq!(found[1].place.as_ref().map(|place| place.line), Some(4));
    // A kernel that has no such parameter has it for no interface.
    assert_eq!(all(Reading::Absent, is("1")).len(), 1);
}
