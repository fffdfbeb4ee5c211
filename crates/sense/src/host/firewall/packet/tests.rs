//! Packets and what becomes of them.

use super::*;

/// Rules from what they do, in one chain at the input.
fn rules(policy: &str, expressions: &[&str]) -> Rules {
    let base = Some(("input".to_owned(), policy.to_owned()));
    let rules = expressions.iter().map(|one| serde_json::from_str(one).unwrap()).collect();
    let key = |name: &str| ("inet".to_owned(), "filter".to_owned(), name.to_owned());
    let ssh = r#"[{"match": {"op": "==", "left": {"payload": {"protocol": "tcp",
        "field": "dport"}}, "right": {"set": [22, {"range": [8000, 8010]}]}}}, {"accept": null}]"#;
    let inner = Chain { base: None, rules: vec![serde_json::from_str(ssh).unwrap()] };
    let all = [(key("input"), Chain { base, rules }), (key("inner"), inner)];
    Rules { chains: all.into_iter().collect() }
}

const STATE: &str = r#"[{"match": {"op": "in", "left": {"ct": {"key": "state"}},
    "right": ["established", "related"]}}, {"accept": null}]"#;
const LOOPBACK: &str = r#"[{"match": {"op": "==", "left": {"meta": {"key": "iifname"}},
    "right": "lo"}}, {"accept": null}]"#;
const NEAR: &str = r#"[{"match": {"op": "==", "left": {"payload": {"protocol": "ip",
    "field": "saddr"}}, "right": "192.0.2.7"}}, {"jump": {"target": "inner"}}]"#;
const INNER: &str = r#"[{"counter": {"packets": 0}}, {"jump": {"target": "inner"}}]"#;
const MAP: &str = r#"[{"vmap": {"key": {"ct": {"key": "state"}},
    "data": {"set": [["established", {"accept": null}], ["invalid", {"drop": null}]]}}}]"#;

/// A rule with one condition.
fn on(left: &str, op: &str, right: &str, then: &str) -> String {
    format!(
        r#"[{{"match": {{"op": "{op}", "left": {left}, "right": {right}}}}}, {{"{then}": null}}]"#
    )
}

const PORT: &str = r#"{"payload": {"protocol": "tcp", "field": "dport"}}"#;
const SOURCE: &str = r#"{"payload": {"protocol": "ip", "field": "saddr"}}"#;

/// What returns only perhaps may come back to the policy.
#[test]
fn a_return_that_is_not_certain_leaves_both_ways_open() {
    let back = on(SOURCE, "==", r#""192.0.2.7""#, "return");
    let drop = on(PORT, "==", "22", "drop");
    let rules_of = |policy, then: &str| rules(policy, &[back.as_str(), then]);
    assert_eq!(rules_of("accept", &drop).answer("ipv4", "tcp/22"), Some("limited"));
    assert_eq!(rules_of("accept", &drop).answer("ipv6", "tcp/22"), Some("refused"));
    let accept = r#"[{"accept": null}]"#;
    assert_eq!(rules_of("drop", accept).answer("ipv4", "tcp/22"), Some("limited"));
    let away = back.replace(r#"{"return": null}"#, r#"{"goto": {"target": "inner"}}"#);
    let all = [away.as_str(), accept];
    assert_eq!(rules("drop", &all).answer("ipv4", "tcp/23"), Some("limited"));
    assert_eq!(rules("drop", &all).answer("ipv4", "tcp/22"), Some("accepted"));
}

/// Only what asks where a packet comes from makes it limited.
#[test]
fn a_condition_that_cannot_be_told_is_not_taken_for_a_limit() {
    let raw = r#"{"payload": {"base": "th", "offset": 16, "len": 16}}"#;
    let multiport = r#"[{"xt": {"type": "match", "name": "multiport"}}, {"accept": null}]"#;
    for rule in [
        on(PORT, "==", r#""@web""#, "accept"),
        on(PORT, "<", "1024", "accept"),
        on(raw, "==", "22", "accept"),
        on(r#"{"meta": {"key": "mark"}}"#, "==", "1", "accept"),
        multiport.to_owned(),
    ] {
        assert_eq!(rules("drop", &[rule.as_str()]).answer("ipv4", "tcp/22"), None, "{rule}");
        // Both ways lead to the same end.
        let accepts = rules("accept", &[rule.as_str()]).answer("ipv4", "tcp/22");
        assert_eq!(accepts, Some("accepted"), "{rule}");
    }
    let named = on(PORT, "==", r#""@web""#, "accept");
    assert_eq!(rules("drop", &[named.as_str()]).answer("ipv4", "udp/22"), Some("refused"));
    let turned = r#"[{"mangle": {"key": {"payload": {"protocol": "tcp", "field": "dport"}},
        "value": 22}}]"#;
    assert_eq!(rules("drop", &[turned]).answer("ipv4", "tcp/80"), None);
    let proxied = r#"[{"tproxy": {"port": 80}}, {"accept": null}]"#;
    assert_eq!(rules("drop", &[proxied]).answer("ipv4", "tcp/80"), None);
}

#[test]
fn a_packet_goes_the_way_of_the_kernel() {
    let of = |policy: &str, expressions: &[&str], family: &str, what: &str| {
        rules(policy, expressions).answer(family, what)
    };
    assert_eq!(of("drop", &[], "ipv4", "input"), Some("drop"));
    assert_eq!(of("drop", &[], "ipv4", "forward"), Some("accept"));
    assert_eq!(of("drop", &[STATE, LOOPBACK, MAP], "ipv6", "tcp/22"), Some("refused"));
    assert_eq!(of("drop", &[STATE, INNER], "ipv4", "tcp/22"), Some("accepted"));
    assert_eq!(of("drop", &[INNER], "ipv4", "tcp/8003"), Some("accepted"));
    assert_eq!(of("drop", &[INNER], "ipv4", "udp/22"), Some("refused"));
    assert_eq!(of("drop", &[NEAR], "ipv4", "tcp/22"), Some("limited"));
    assert_eq!(of("drop", &[NEAR], "ipv6", "tcp/22"), Some("refused"));
    assert_eq!(of("accept", &[], "ipv6", "tcp/22"), Some("accepted"));
    assert_eq!(of("accept", &[r#"[{"queue": null}]"#], "ipv6", "tcp/22"), None);
    let circle = r#"[{"jump": {"target": "input"}}]"#;
    assert_eq!(of("accept", &[circle], "ipv4", "tcp/22"), None);
}
