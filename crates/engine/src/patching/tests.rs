use holdfast_decide::Practice;
use holdfast_decide::practice::{PRACTICES, Soaked};
use holdfast_model::{Component, Ecosystem, Place, SourcePackage};
use proptest::prelude::*;

use super::*;

const DAY: i64 = 86_400_000;

fn set(names: &[&str]) -> BTreeSet<Arc<str>> {
    names.iter().map(|name| Arc::from(*name)).collect()
}

fn checks(failing: &[&str]) -> Checks {
    Checks { failing: set(failing), ..Checks::default() }
}

/// A look; what it does not lack, it has.
fn look(host: &mut Remembered, at: i64, lacks: &[&str], failing: &[&str]) -> Vec<Arc<str>> {
    look_where(host, at, lacks, &|_| Stand::There, &checks(failing))
}

fn look_where(
    host: &mut Remembered,
    at: i64,
    lacks: &[&str],
    stand: &dyn Fn(&str) -> Stand,
    checks: &Checks,
) -> Vec<Arc<str>> {
    let lacks = Lacks { updates: &set(lacks), unnamed: false, stand };
    host.looked(Timestamp(at), &lacks, checks)
}

fn member(target: &str, ring: &str) -> Member {
    let target = Target::parse(target).unwrap();
    Member { name: target.to_string(), target, ring: ring.to_owned() }
}

#[test]
fn what_fails_since_a_patch_is_told_and_what_failed_before_is_not() {
    let mut host = Remembered::default();
    assert!(look(&mut host, 1, &["held 2"], &["old"]).is_empty());
    let old = checks(&["old"]);
    host.patched(Timestamp(2), set(&["held 2"]).into_iter(), (&old, &old));
    assert_eq!((host.failed.clone(), host.updates["held 2"]), (None, Some(Timestamp(2))));
    assert!(look(&mut host, 3, &[], &["old"]).is_empty());
    let new = look(&mut host, 4, &[], &["new", "old"]);
    assert_eq!(new.iter().map(|one| &**one).collect::<Vec<&str>>(), ["new"]);
    let why = "`new` fails since it was patched".to_owned();
    assert_eq!(host.failed, Some((Timestamp(4), why)));
    assert!(look(&mut host, 5, &[], &[]).is_empty());
    assert_eq!(host.failed, None, "it was mended");
    let (before, after) = (checks(&[]), checks(&["a", "b"]));
    host.patched(Timestamp(6), set(&[]).into_iter(), (&before, &after));
    assert_eq!(host.failed.unwrap().1, "`a` and `b` fail since it was patched");
}

#[test]
fn a_patch_that_failed_stays_failed_until_nothing_is_lacking() {
    let failed = Some((Timestamp(1), "the mirror is away".to_owned()));
    let mut host = Remembered { failed: failed.clone(), ..Remembered::default() };
    look(&mut host, 2, &["held 2"], &[]);
    assert_eq!(host.failed, failed);
    // Somebody brought it by hand: it counts from when that was seen.
    look(&mut host, 3, &[], &[]);
    assert_eq!((host.failed.clone(), host.updates["held 2"]), (None, Some(Timestamp(3))));
    look(&mut host, 3 + 91 * DAY, &[], &[]);
    assert!(host.updates.is_empty(), "much later, nobody waits for it");
}

/// Whatever is not found may be there all the same: nobody could look, or something newer mends it.
#[test]
fn only_what_is_seen_to_be_there_came() {
    let mut host = Remembered::default();
    look(&mut host, 1, &["x 1", "y 1"], &[]);
    host.failed = Some((Timestamp(1), "it is down".to_owned()));
    let none = checks(&[]);
    look_where(&mut host, 2, &[], &|_| Stand::Open, &none);
    assert_eq!((host.updates["x 1"], host.updates["y 1"]), (None, None), "nobody could look");
    assert!(host.failed.is_some(), "nobody saw it mended");
    look_where(&mut host, 3, &["x 2"], &|_| Stand::Open, &none);
    assert!(!host.updates.contains_key("x 1"), "`x 2` takes its place, and it never came");
    look_where(&mut host, 4, &["x 2"], &|_| Stand::Gone, &none);
    assert_eq!(host.updates.keys().map(|one| &**one).collect::<Vec<_>>(), ["x 2"]);
    look(&mut host, 5, &[], &[]);
    assert_eq!((host.updates["x 2"], host.failed.clone()), (Some(Timestamp(5)), None));
    // Of something, nobody can say what would bring it.
    host.failed = Some((Timestamp(5), "it is down".to_owned()));
    let lacks = Lacks { updates: &set(&[]), unnamed: true, stand: &|_| Stand::There };
    host.looked(Timestamp(6), &lacks, &none);
    assert!(host.failed.is_some());
}

#[test]
fn what_passed_and_cannot_be_judged_any_more_does_not_pass() {
    let result = |result: ControlResult| (Arc::<str>::from("login"), result);
    let of = |results: &[(Arc<str>, ControlResult)]| {
        Checks::of(&[], results.iter().map(|(control, result)| (control, *result)))
    };
    let before = of(&[result(ControlResult::Pass), result(ControlResult::NotApplicable)]);
    let after = of(&[result(ControlResult::NotAssessed), result(ControlResult::Pass)]);
    assert_eq!((before.passing.len(), after.passing.len(), after.unjudged.len()), (1, 0, 1));
    let mut host = Remembered::default();
    host.patched(Timestamp(2), set(&["x 1"]).into_iter(), (&before, &after));
    let why = "`login` cannot be judged since it was patched".to_owned();
    assert_eq!(host.failed, Some((Timestamp(2), why.clone())));
    // Still so a night later, and until it is judged again.
    let new = look_where(&mut host, 3, &[], &|_| Stand::There, &after);
    assert_eq!((new.len(), host.failed.clone()), (1, Some((Timestamp(3), why))));
    assert!(look_where(&mut host, 4, &[], &|_| Stand::There, &before).is_empty());
    assert_eq!(host.failed, None);
    // What could not be judged before either is no news.
    host.patched(Timestamp(5), set(&[]).into_iter(), (&after, &after));
    assert_eq!(host.failed, None);
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
    look(&mut host, 2, &["held 2"], &[]);
    assert_eq!((ring(&host).silent, ring(&host).failed), (None, None));
}

/// The next ring gets the version that held in the one before, and no other.
#[test]
fn what_held_in_the_ring_before_is_what_the_next_one_gets() {
    let (path, text) = PRACTICES[0];
    let practice = Practice::read(&Arc::from(path), text).0.unwrap();
    let need = Need {
        update: "Debian:12 src:x 1.2-1".into(),
        package: "Debian:12 x".into(),
        name: "x".into(),
        ecosystem: Ecosystem::new("Debian:12"),
        floor: "1.2-1".into(),
    };
    let members = [
        member("local", "canary"),
        member("root:/srv/a", "canary"),
        member("root:/srv/b", "early"),
    ];
    let now = Timestamp(100 * DAY);
    let mut hosts = Hosts::new();
    let version = |hosts: &Hosts, ring: &str| {
        let ring = practice.ring(ring).unwrap();
        super::version(&practice, ring, (members.as_slice(), hosts), &need, now)
    };
    let after = Err(Soaked::After { ring: "canary".to_owned() });
    assert_eq!(version(&hosts, "canary"), Ok(None), "nobody comes before the first");
    assert_eq!(version(&hosts, "early"), after, "nobody looked what they have");
    let has = |hosts: &mut Hosts, target: &str, version: Option<&str>, day: i64| {
        let held = Held { version: version.map(Arc::from), since: Timestamp(day * DAY) };
        hosts.entry(target.to_owned()).or_default().held.insert("Debian:12 x".into(), held);
    };
    has(&mut hosts, "local", None, 1);
    assert_eq!(version(&hosts, "early"), after, "of one nobody knows");
    has(&mut hosts, "root:/srv/a", None, 1);
    assert_eq!(version(&hosts, "early"), Ok(None), "nobody there has it");
    has(&mut hosts, "local", Some("1.1-9"), 1);
    assert_eq!(version(&hosts, "early"), after, "what they have is too old");
    has(&mut hosts, "local", Some("1.3'); print('"), 1);
    assert_eq!(version(&hosts, "early"), after, "nothing that is no version is given to a tool");
    let soak = practice.rings[0].soak.unwrap();
    has(&mut hosts, "local", Some("1.2-1"), 100);
    let at = soak.after(Timestamp(100 * DAY));
    assert_eq!(version(&hosts, "early"), Err(Soaked::At { at, ring: "canary".to_owned() }));
    has(&mut hosts, "root:/srv/a", Some("1.2-1"), 1);
    assert_eq!(version(&hosts, "early"), Ok(Some("1.2-1".into())));
    // The newest of those that held; one that was published an hour ago is none of them.
    has(&mut hosts, "local", Some("1.2-3"), 100);
    assert_eq!(version(&hosts, "early"), Ok(Some("1.2-1".into())));
    has(&mut hosts, "local", Some("1.10-1"), 1);
    assert_eq!(version(&hosts, "early"), Ok(Some("1.10-1".into())));
}

fn component(name: &str, version: &str, source: (&str, &str)) -> Component {
    let (ecosystem, place) = (Ecosystem::new("Debian:12"), Place::start_of("status"));
    let version = Some(Arc::from(version));
    let source = SourcePackage { name: source.0.into(), version: source.1.into() };
    Component { source: Some(source), ..Component::new(ecosystem, name, version, place) }
}

/// Advisories count as the source package does, which may be otherwise than what is built of it.
#[test]
fn an_update_is_there_where_every_copy_is_as_new() {
    let old = component("libx1", "1:2.3-1", ("x", "2.2-4"));
    let new = component("libx-dev", "1:2.3-2", ("x", "2.2-5"));
    let stand = |all: &[&Component], update: &str| super::stand(all.iter().copied(), update);
    assert_eq!(stand(&[&old, &new], "Debian:12 src:x 2.2-5"), Stand::Open);
    assert_eq!(stand(&[&new], "Debian:12 src:x 2.2-5"), Stand::There);
    assert_eq!(stand(&[&old], "Debian:12 src:x 2.2-4"), Stand::There);
    // What a host's own lists offer is of the package itself.
    assert_eq!(stand(&[&old], "Debian:12 libx1 1:2.3-2"), Stand::Open);
    assert_eq!(stand(&[&old], "Debian:12 libx1 1:2.3-1"), Stand::There);
    assert_eq!(stand(&[&old], "Debian:12 src:y 1"), Stand::Gone);
    assert_eq!(stand(&[&old], "Debian:11 src:x 1"), Stand::Gone, "it has another release by now");
    assert_eq!(stand(&[], "Debian:12 src:x 1"), Stand::Open, "nobody could see");
}

#[test]
fn what_is_installed_is_known_since_it_was_seen_first() {
    let (one, two) =
        (component("x", "1.9-1", ("x", "1.9-1")), component("x", "1.10-1", ("x", "1.10-1")));
    let wanted = set(&["Debian:12 x", "Debian:12 y"]);
    let mut held = BTreeMap::new();
    note(&mut held, [&one].into_iter(), &wanted, Timestamp(1));
    note(&mut held, [&one].into_iter(), &set(&[]), Timestamp(2));
    let known = |version: Option<&str>, at: i64| Held {
        version: version.map(Arc::from),
        since: Timestamp(at),
    };
    assert_eq!(held["Debian:12 x"], known(Some("1.9-1"), 1));
    assert_eq!(held["Debian:12 y"], known(None, 1));
    note(&mut held, [&one, &two, &one].into_iter(), &wanted, Timestamp(3));
    assert_eq!(held["Debian:12 x"], known(Some("1.10-1"), 3), "the newest of them");
    note(&mut held, std::iter::empty(), &wanted, Timestamp(4));
    assert_eq!(held["Debian:12 x"], known(Some("1.10-1"), 3), "nobody could look");
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
