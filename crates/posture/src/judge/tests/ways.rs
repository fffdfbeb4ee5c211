//! Several ways to the same end.

use super::*;

pub(super) fn firewall() -> Desired {
    let way = |package: &str, unit: &str| {
        vec![
            Desired::PackagePresent { name: package.into() },
            Desired::ServiceOn { unit: unit.into() },
        ]
    };
    let ways = vec![way("nftables", "nftables.service"), way("ufw", "ufw.service")];
    Desired::AnyOf { name: "firewall".into(), ways }
}

/// What is there of the two ways: packages, then services.
fn firewalls(readings: [Reading; 4]) -> Seen {
    let Desired::AnyOf { ways, .. } = firewall() else { panic!("a choice") };
    let [nft, ufw, nft_on, ufw_on] = readings;
    let mut settings = Vec::new();
    for (way, package, service) in [(&ways[0], nft, nft_on), (&ways[1], ufw, ufw_on)] {
        settings.push(set(&way[0], Aspect::Version, package, None));
        settings.push(set(&way[1], Aspect::Running, service.clone(), None));
        settings.push(set(
            &way[1],
            Aspect::Boot,
            match service {
                Reading::Is(state) if &*state == "active" => is("enabled"),
                Reading::Is(_) => is("disabled"),
                other => other,
            },
            None,
        ));
    }
    seen(settings)
}

#[test]
fn one_whole_way_is_enough_and_half_ways_are_named() {
    let gone = || Reading::Absent;
    let whole = one(&firewall(), &firewalls([is("1"), gone(), is("active"), gone()]));
    assert_eq!(
        (whole.result, whole.found.as_deref()),
        (Pass, Some("package nftables, service nftables.service"))
    );
    assert_eq!(&*whole.resource, "any of firewall");
    let half = firewalls([is("1"), gone(), is("inactive"), gone()]);
    let judgement = one(&firewall(), &half);
    assert_eq!(judgement.result, Fail);
    assert_eq!(
        judgement.found.as_deref(),
        Some("missing service nftables.service; or package ufw and service ufw.service")
    );
    assert_eq!(
        judgement.reason,
        "none of 2 ways is complete: missing is `service nftables.service` (found `disabled` at \
         boot and `inactive` now, wanted on); or `package ufw` (it is not installed) and `service \
         ufw.service` (there is no such unit)"
    );
    assert_eq!(
        &*judgement.wanted,
        "package nftables present and service nftables.service on; or package ufw present and \
         service ufw.service on"
    );
    // One that cannot be seen whole may be the one that is gone.
    let hidden = one(&firewall(), &firewalls([gone(), is("1"), gone(), unknown()]));
    assert_eq!((hidden.result, hidden.closes_with.as_str()), (NotAssessed, "root"));
    // But a way that lacks something leads nowhere, whatever else is hidden.
    assert_eq!(one(&firewall(), &firewalls([gone(), gone(), unknown(), unknown()])).result, Fail);
    assert_eq!(one(&firewall(), &firewalls([broken(), gone(), gone(), gone()])).result, Fail);
    assert_eq!(
        one(&firewall(), &firewalls([broken(), gone(), is("active"), gone()])).result,
        Error
    );
}

#[test]
fn a_fix_goes_the_way_of_which_least_is_missing() {
    let Desired::AnyOf { ways, .. } = firewall() else { panic!("a choice") };
    let gone = || Reading::Absent;
    let nearest = |readings| nearest_way(&ways, &firewalls(readings), &by_text);
    assert_eq!(nearest([gone(), is("1"), gone(), is("inactive")]), Some(1));
    assert_eq!(nearest([gone(), gone(), gone(), gone()]), Some(0));
    assert_eq!(nearest([is("1"), is("1"), unknown(), is("inactive")]), Some(1));
    assert_eq!(nearest_way(&[], &seen(Vec::new()), &by_text), None);
}
