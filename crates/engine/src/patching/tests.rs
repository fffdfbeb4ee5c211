use proptest::prelude::*;

use super::*;

const DAY: i64 = 86_400_000;

fn set(names: &[&str]) -> BTreeSet<Arc<str>> {
    names.iter().map(|name| Arc::from(*name)).collect()
}

fn member(target: &str, ring: &str) -> Member {
    let target = Target::parse(target).unwrap();
    Member { name: target.to_string(), target, ring: ring.to_owned() }
}

#[test]
fn what_fails_since_a_patch_is_told_and_what_failed_before_is_not() {
    let mut host = Remembered::default();
    assert!(host.looked(Timestamp(1), &set(&["held 2"]), &set(&["old"])).is_empty());
    host.patched(Timestamp(2), set(&["held 2"]).into_iter(), (&set(&["old"]), &set(&["old"])));
    assert_eq!((host.failed.clone(), host.updates["held 2"]), (None, Some(Timestamp(2))));
    assert!(host.looked(Timestamp(3), &set(&[]), &set(&["old"])).is_empty());
    let new = host.looked(Timestamp(4), &set(&[]), &set(&["new", "old"]));
    assert_eq!(new.iter().map(|one| &**one).collect::<Vec<&str>>(), ["new"]);
    let why = "`new` fails since it was patched".to_owned();
    assert_eq!(host.failed, Some((Timestamp(4), why)));
    assert!(host.looked(Timestamp(5), &set(&[]), &set(&[])).is_empty());
    assert_eq!(host.failed, None, "it was mended");
    host.patched(Timestamp(6), set(&[]).into_iter(), (&set(&[]), &set(&["a", "b"])));
    assert_eq!(host.failed.unwrap().1, "`a` and `b` fail since it was patched");
}

#[test]
fn a_patch_that_failed_stays_failed_until_nothing_is_lacking() {
    let failed = Some((Timestamp(1), "the mirror is away".to_owned()));
    let mut host = Remembered { failed: failed.clone(), ..Remembered::default() };
    host.looked(Timestamp(2), &set(&["held 2"]), &set(&[]));
    assert_eq!(host.failed, failed);
    // Somebody brought it by hand: it counts from when that was seen.
    host.looked(Timestamp(3), &set(&[]), &set(&[]));
    assert_eq!((host.failed.clone(), host.updates["held 2"]), (None, Some(Timestamp(3))));
    host.looked(Timestamp(3 + 91 * DAY), &set(&[]), &set(&[]));
    assert!(host.updates.is_empty(), "much later, nobody waits for it");
}

#[test]
fn a_ring_is_as_far_as_its_last_host() {
    let members = [
        member("local", "canary"),
        member("root:/srv/a", "canary"),
        member("ssh://web-1", "canary"),
        member("root:/srv/b", "early"),
    ];
    let mut hosts = Hosts::new();
    hosts.entry("local".to_owned()).or_default().updates.insert("x 1".into(), Some(Timestamp(5)));
    let rings = |hosts: &Hosts| super::rings(&members, hosts);
    assert_eq!(rings(&hosts)["canary"].hosts, 3);
    assert_eq!(rings(&hosts)["canary"].looked, None, "two were never looked at");
    assert_eq!(rings(&hosts)["canary"].updates["x 1"], Reached::Since(Timestamp(5)));
    let other = hosts.entry("root:/srv/a".to_owned()).or_default();
    other.looked = Timestamp(3);
    other.updates.insert("x 1".into(), Some(Timestamp(9)));
    hosts.get_mut("local").unwrap().looked = Timestamp(7);
    assert_eq!(rings(&hosts)["canary"].looked, None, "one was never looked at");
    hosts.entry("ssh://web-1".to_owned()).or_default().looked = Timestamp(8);
    assert_eq!(rings(&hosts)["canary"].looked, Some(Timestamp(3)));
    assert_eq!(rings(&hosts)["canary"].updates["x 1"], Reached::Since(Timestamp(9)));
    hosts.get_mut("root:/srv/a").unwrap().updates.insert("x 1".into(), None);
    hosts.get_mut("root:/srv/a").unwrap().failed = Some((Timestamp(9), "it is down".to_owned()));
    assert_eq!(rings(&hosts)["canary"].updates["x 1"], Reached::Pending);
    let failed = rings(&hosts)["canary"].failed.clone().unwrap();
    assert_eq!((failed.at, failed.why.as_str()), (Timestamp(9), "root:/srv/a: it is down"));
    assert_eq!(rings(&hosts)["early"].failed, None);
}

#[test]
fn a_host_that_answers_again_holds_nobody_up() {
    let members = [member("local", "canary")];
    let silent = Some((Timestamp(1), "it does not answer".to_owned()));
    let mut host = Remembered { silent, ..Remembered::default() };
    let ring = |host: &Remembered| {
        rings(&members, &Hosts::from([("local".to_owned(), host.clone())]))["canary"].clone()
    };
    assert_eq!(ring(&host).silent.unwrap().why, "local: it does not answer");
    // What it lacks may have to wait for its own time: its checks pass.
    host.looked(Timestamp(2), &set(&["held 2"]), &set(&[]));
    assert_eq!((ring(&host).silent, ring(&host).failed), (None, None));
}

#[test]
fn what_is_remembered_is_read_again() {
    let mut host = Remembered { patched: Some(Timestamp(4)), ..Remembered::default() };
    host.before = set(&["old"]);
    host.failed = Some((Timestamp(5), "why".to_owned()));
    host.updates.insert("x 1".into(), None);
    let hosts = Hosts::from([("local".to_owned(), host)]);
    let json = serde_json::to_value(&hosts).unwrap();
    assert_eq!(serde_json::from_value::<Hosts>(json).unwrap(), hosts);
}

proptest! {
    /// In whatever order hosts are counted, a ring comes to the same.
    #[test]
    fn the_order_of_hosts_does_not_matter(
        hosts in proptest::collection::vec((0_i64..9, proptest::option::of(0_i64..9)), 1..6),
    ) {
        let made = |at: usize| {
            let (looked, since) = hosts[at];
            let updates = BTreeMap::from([(Arc::from("x 1"), since.map(Timestamp))]);
            Remembered { looked: Timestamp(looked), updates, ..Remembered::default() }
        };
        let targets: Vec<String> = (0..hosts.len()).map(|n| format!("root:/srv/{n}")).collect();
        let known: Hosts =
            targets.iter().enumerate().map(|(n, target)| (target.clone(), made(n))).collect();
        let members: Vec<Member> = targets.iter().map(|one| member(one, "all")).collect();
        let mut backwards = members.clone();
        backwards.reverse();
        prop_assert_eq!(rings(&members, &known), rings(&backwards, &known));
    }
}
