//! What becomes of one packet: the first one of a connection from far away to a port.
//!
//! Walks the rules as the kernel does, and knows when it cannot.

use serde_json::Value;

use super::{Rules, text};

/// So deep chains jump into one another; the kernel itself refuses more than 16.
const DEPTH: usize = 16;
/// So many rules are walked through for one packet.
const STEPS: usize = 100_000;

/// The packet that is asked about: the first one of a connection, from somewhere far away.
#[derive(Debug, Clone, Copy)]
struct Packet<'p> {
    /// `ipv4` or `ipv6`.
    family: &'p str,
    /// `tcp` or `udp`.
    protocol: &'p str,
    /// Where it wants to go.
    port: u16,
}

/// What becomes of the packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Accepted,
    Refused,
    /// Accepted where it comes from the right place.
    Limited,
}

/// Whether a rule is for the packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fits {
    Yes,
    No,
    /// That depends on what is not known of it.
    Perhaps,
}

/// How a walk through a chain ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Accept,
    Drop,
    /// Nothing took the packet, and the chain before goes on.
    Return,
}

/// One walk.
struct Walk<'r> {
    rules: &'r Rules,
    packet: Packet<'r>,
    steps: usize,
    /// Whether a rule that perhaps fits would have accepted the packet before it was refused.
    some_accepted: bool,
    /// Whether one would have refused it before it was accepted.
    some_refused: bool,
}

impl Rules {
    /// The word for what becomes of packets; `None` where it cannot be followed.
    pub(super) fn answer(&self, family: &str, what: &str) -> Option<&'static str> {
        let Some((protocol, number)) = what.split_once('/') else {
            let drops = self.base(family, what).any(|(_, policy)| policy == "drop");
            return Some(if drops { "drop" } else { "accept" });
        };
        let packet = Packet { family, protocol, port: number.parse().ok()? };
        // Whatever one base chain refuses no other one brings back.
        let mut fate = Fate::Accepted;
        for ((its, table, name), policy) in self.base(family, "input") {
            let mut walk =
                Walk { rules: self, packet, steps: 0, some_accepted: false, some_refused: false };
            let end = walk.chain((its.as_str(), table.as_str(), name.as_str()), 0, Fits::Yes)?;
            let refused = end == End::Drop || end == End::Return && policy == "drop";
            fate = match (refused, walk.some_accepted, walk.some_refused, fate) {
                (_, _, _, Fate::Refused) | (true, false, _, _) => Fate::Refused,
                (true, true, _, _) | (false, _, true, _) => Fate::Limited,
                (false, _, false, before) => before,
            };
        }
        Some(match fate {
            Fate::Accepted => "accepted",
            Fate::Refused => "refused",
            Fate::Limited => "limited",
        })
    }

    /// The chains that packets of a family reach first at a point, each with its policy.
    fn base<'r>(
        &'r self,
        family: &'r str,
        hook: &'r str,
    ) -> impl Iterator<Item = (&'r (String, String, String), &'r str)> {
        self.chains.iter().filter_map(move |(key, chain)| {
            let (at, policy) = chain.base.as_ref()?;
            (at == hook && concerns(&key.0, family)).then_some((key, policy.as_str()))
        })
    }
}

fn concerns(family: &str, asked: &str) -> bool {
    matches!((family, asked), ("inet", _) | ("ip", "ipv4") | ("ip6", "ipv6"))
}

impl Walk<'_> {
    /// Walks through a chain; `certain` is whether the packet surely comes here. What only perhaps
    /// ends a packet is noted, and the walk goes on.
    fn chain(
        &mut self,
        (family, table, name): (&str, &str, &str),
        depth: usize,
        certain: Fits,
    ) -> Option<End> {
        if depth > DEPTH {
            return None;
        }
        let rules = self.rules;
        let key = (family.to_owned(), table.to_owned(), name.to_owned());
        let Some(chain) = rules.chains.get(&key) else { return Some(End::Return) };
        for rule in &chain.rules {
            self.steps += 1;
            if self.steps > STEPS {
                return None;
            }
            let (fits, verdict) = self.rule(rule);
            let surely = fits == Fits::Yes && certain == Fits::Yes;
            let end = match verdict {
                _ if fits == Fits::No => continue,
                Verdict::Unclear => return None,
                Verdict::Nothing => continue,
                Verdict::Accept => End::Accept,
                Verdict::Drop => End::Drop,
                Verdict::Return => {
                    if fits == Fits::Yes {
                        return Some(End::Return);
                    }
                    continue;
                }
                Verdict::To(target, back) => {
                    let into = if surely { Fits::Yes } else { Fits::Perhaps };
                    let end = self.chain((family, table, target), depth + 1, into)?;
                    if surely && !(end == End::Return && back) {
                        return Some(end);
                    }
                    continue;
                }
            };
            if surely {
                return Some(end);
            }
            self.some_accepted |= end == End::Accept;
            self.some_refused |= end == End::Drop;
            // Behind it come only those that did not come here.
            if fits == Fits::Yes {
                return Some(End::Return);
            }
        }
        Some(End::Return)
    }

    /// Whether a rule is for the packet, and what it does with it.
    fn rule<'v>(&self, rule: &'v Value) -> (Fits, Verdict<'v>) {
        let mut fits = Fits::Yes;
        let mut verdict = Verdict::Nothing;
        for expression in rule.as_array().into_iter().flatten() {
            let Some((word, value)) = expression.as_object().and_then(|all| all.iter().next())
            else {
                return (fits, Verdict::Unclear);
            };
            match word.as_str() {
                "match" => fits = worse(fits, self.condition(value)),
                "vmap" => verdict = self.mapped(value),
                // They count, tell, mark or remember, and let the packet on.
                "counter" | "log" | "comment" | "mangle" | "notrack" | "set" => {}
                "limit" | "quota" | "connlimit" | "ct count" => fits = worse(fits, Fits::Perhaps),
                "xt" if text(value, "type") == Some("match") => fits = worse(fits, Fits::Perhaps),
                word => verdict = Verdict::of(word, value),
            }
        }
        (fits, verdict)
    }

    /// What a map of verdicts says of the packet.
    fn mapped<'v>(&self, value: &'v Value) -> Verdict<'v> {
        let data = value.get("data").and_then(|data| data.get("set")).and_then(Value::as_array);
        let (Some(key), Some(data)) = (value.get("key"), data) else { return Verdict::Unclear };
        for pair in data {
            let Some([right, verdict]) = pair.as_array().map(Vec::as_slice) else {
                return Verdict::Unclear;
            };
            match self.found(key, right) {
                Found::Foreign => return Verdict::Nothing,
                Found::Open => return Verdict::Unclear,
                Found::Known(false) => {}
                Found::Known(true) => {
                    let first = verdict.as_object().and_then(|all| all.iter().next());
                    return first
                        .map_or(Verdict::Unclear, |(word, value)| Verdict::of(word, value));
                }
            }
        }
        Verdict::Nothing
    }

    /// Whether the packet fulfils one condition.
    fn condition(&self, value: &Value) -> Fits {
        let (Some(left), Some(right)) = (value.get("left"), value.get("right")) else {
            return Fits::Perhaps;
        };
        let wanted = match text(value, "op") {
            Some("==" | "in") => true,
            Some("!=") => false,
            _ => return Fits::Perhaps,
        };
        match self.found(left, right) {
            Found::Open => Fits::Perhaps,
            Found::Known(found) if found == wanted => Fits::Yes,
            Found::Known(_) | Found::Foreign => Fits::No,
        }
    }

    /// Whether the packet has on the left what stands on the right.
    fn found(&self, left: &Value, right: &Value) -> Found {
        let Packet { family, protocol, port } = self.packet;
        let known = if let Some(payload) = left.get("payload") {
            let (of, field) = (text(payload, "protocol"), text(payload, "field"));
            let foreign = match of {
                Some(of @ ("tcp" | "udp")) => of != protocol,
                Some("ip") => family != "ipv4",
                Some("ip6") => family != "ipv6",
                Some("icmp" | "icmpv6" | "sctp" | "dccp") => true,
                _ => false,
            };
            if foreign {
                return Found::Foreign;
            }
            match (of, field) {
                (Some("tcp" | "udp" | "th"), Some("dport")) => is_among(right, u64::from(port)),
                (Some("ip"), Some("protocol")) | (Some("ip6"), Some("nexthdr")) => {
                    is_word(right, protocol)
                }
                _ => None,
            }
        } else if let Some(meta) = left.get("meta") {
            match text(meta, "key") {
                Some("l4proto") => is_word(right, protocol),
                Some("nfproto") => is_word(right, family),
                // Nobody far away comes over the loopback.
                Some("iif" | "iifname") if right.as_str() == Some("lo") => Some(false),
                _ => None,
            }
        } else if left.get("ct").is_some_and(|ct| text(ct, "key") == Some("state")) {
            is_word(right, "new")
        } else {
            None
        };
        known.map_or(Found::Open, Found::Known)
    }
}

/// What is known of one side of a condition.
enum Found {
    /// The packet is of another family or protocol: no condition about this is for it.
    Foreign,
    /// Whether it has what is asked.
    Known(bool),
    /// That depends on where it comes from.
    Open,
}

/// What a rule does with the packets that it is for.
enum Verdict<'v> {
    /// It may do anything.
    Unclear,
    /// The next rule is asked.
    Nothing,
    Accept,
    Drop,
    Return,
    /// On in another chain, and whether it comes back from there.
    To(&'v str, bool),
}

impl<'v> Verdict<'v> {
    /// By the word of a statement.
    fn of(word: &str, value: &'v Value) -> Self {
        let target = text(value, "target").unwrap_or_default();
        match word {
            "accept" => Self::Accept,
            "drop" | "reject" => Self::Drop,
            "return" => Self::Return,
            "continue" => Self::Nothing,
            "jump" => Self::To(target, true),
            "goto" => Self::To(target, false),
            _ => Self::Unclear,
        }
    }
}

fn worse(a: Fits, b: Fits) -> Fits {
    match (a, b) {
        (Fits::No, _) | (_, Fits::No) => Fits::No,
        (Fits::Perhaps, _) | (_, Fits::Perhaps) => Fits::Perhaps,
        _ => Fits::Yes,
    }
}

/// Whether a number is what stands right of a condition; `None` where that is something else.
fn is_among(right: &Value, number: u64) -> Option<bool> {
    if let Some(one) = right.as_u64() {
        return Some(one == number);
    }
    if let Some([from, to]) = right.get("range").and_then(Value::as_array).map(Vec::as_slice) {
        return Some((from.as_u64()?..=to.as_u64()?).contains(&number));
    }
    let all = right.get("set")?.as_array()?;
    let mut known = true;
    for one in all {
        match is_among(one, number) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => known = false,
        }
    }
    known.then_some(false)
}

/// The same of a word; several may stand in a list.
fn is_word(right: &Value, word: &str) -> Option<bool> {
    if let Some(one) = right.as_str() {
        // A set of its own has a name.
        return (!one.starts_with('@')).then(|| one == word);
    }
    let all = right.get("set").unwrap_or(right).as_array()?;
    let texts: Option<Vec<&str>> = all.iter().map(Value::as_str).collect();
    texts.map(|texts| texts.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::super::Chain;
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
}
