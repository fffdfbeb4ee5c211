//! What becomes of one packet: the first one of a connection from far away to a port.
//!
//! Walks the rules as the kernel does, and knows when it cannot.

use serde_json::Value;

use super::{Chain, Rules, text};

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
    /// That depends on where it comes from.
    Perhaps,
    /// It cannot be told whether it is for any such packet.
    Unclear,
}

/// How a walk through a chain may end: in more than one way where a rule only perhaps fits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Ends {
    accept: bool,
    drop: bool,
    /// Nothing took the packet, and the chain before goes on.
    back: bool,
}

impl Ends {
    const ACCEPT: Self = Self { accept: true, drop: false, back: false };
    const DROP: Self = Self { accept: false, drop: true, back: false };
    const BACK: Self = Self { accept: false, drop: false, back: true };

    fn or(self, other: Self) -> Self {
        Self {
            accept: self.accept || other.accept,
            drop: self.drop || other.drop,
            back: self.back || other.back,
        }
    }
}

/// One walk.
struct Walk<'r> {
    rules: &'r Rules,
    packet: Packet<'r>,
    steps: usize,
    /// Whether a way stands open only because a condition cannot be told.
    hazy: bool,
}

impl Rules {
    /// The word for what becomes of packets; `None` where it cannot be followed.
    pub(super) fn answer(&self, family: &str, what: &str) -> Option<&'static str> {
        let Some((protocol, number)) = what.split_once('/') else {
            let drops = self.base(family, what).any(|(_, policy)| policy == "drop");
            return Some(if drops { "drop" } else { "accept" });
        };
        let packet = Packet { family, protocol, port: number.parse().ok()? };
        // What stands at one device takes packets away before all others, and is not followed.
        let early = |chain: &Chain| chain.base.as_ref().is_some_and(|(at, _)| at == "ingress");
        if self.chains.values().any(early) {
            return None;
        }
        // Whatever one base chain refuses no other one brings back.
        let (mut fate, mut hazy) = (Fate::Accepted, false);
        let hooks = ["nat prerouting", "prerouting", "input"];
        for ((its, table, name), policy) in hooks.into_iter().flat_map(|at| self.base(family, at)) {
            let mut walk = Walk { rules: self, packet, steps: 0, hazy: false };
            let ends = walk.chain((its.as_str(), table.as_str(), name.as_str()), 0)?;
            let refused = ends.drop || ends.back && policy == "drop";
            let accepted = ends.accept || ends.back && policy != "drop";
            fate = match (refused, accepted, fate) {
                (_, _, Fate::Refused) | (true, false, _) => Fate::Refused,
                (true, true, _) => {
                    hazy |= walk.hazy;
                    Fate::Limited
                }
                (false, _, before) => before,
            };
        }
        if fate == Fate::Limited && hazy {
            return None;
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
    /// Walks through a chain, every way that the packet may go.
    fn chain(&mut self, (family, table, name): (&str, &str, &str), depth: usize) -> Option<Ends> {
        if depth > DEPTH {
            return None;
        }
        let rules = self.rules;
        let key = (family.to_owned(), table.to_owned(), name.to_owned());
        let mut ends = Ends::default();
        for rule in &rules.chains.get(&key)?.rules {
            self.steps += 1;
            if self.steps > STEPS {
                return None;
            }
            let (fits, verdict) = self.rule(rule);
            if fits == Fits::No {
                continue;
            }
            let jump = matches!(verdict, Verdict::To(_, true));
            let mut more = match verdict {
                Verdict::Unclear => return None,
                Verdict::Nothing => continue,
                Verdict::Accept => Ends::ACCEPT,
                Verdict::Drop => Ends::DROP,
                Verdict::Return => Ends::BACK,
                Verdict::To(target, _) => self.chain((family, table, target), depth + 1)?,
            };
            let goes_on = jump && more.back;
            more.back &= !jump;
            self.hazy |= fits == Fits::Unclear && more != Ends::default();
            ends = ends.or(more);
            if fits == Fits::Yes && !goes_on {
                return Some(ends);
            }
        }
        Some(ends.or(Ends::BACK))
    }

    /// Whether a rule is for the packet, and what it does with it.
    fn rule<'v>(&self, rule: &'v Value) -> (Fits, Verdict<'v>) {
        let Some(expressions) = rule.as_array() else { return (Fits::Yes, Verdict::Unclear) };
        let mut fits = Fits::Yes;
        let mut verdict = Verdict::Nothing;
        for expression in expressions {
            let Some((word, value)) = expression.as_object().and_then(|all| all.iter().next())
            else {
                return (fits, Verdict::Unclear);
            };
            let next = match word.as_str() {
                "match" => {
                    fits = worse(fits, self.condition(value));
                    continue;
                }
                // They count, tell, mark or remember, and let the packet on.
                "counter" | "log" | "comment" | "set" => continue,
                "mangle" if !redirects(value) => continue,
                "limit" | "quota" | "connlimit" | "ct count" => {
                    fits = worse(fits, Fits::Perhaps);
                    continue;
                }
                "xt" if text(value, "type") == Some("match") => {
                    fits = worse(fits, extension(value));
                    continue;
                }
                "vmap" => self.mapped(value),
                word => Verdict::of(word, value),
            };
            // What cannot be followed is not made good by what stands behind it.
            if !matches!(verdict, Verdict::Unclear) {
                verdict = next;
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
                Found::Open | Found::Unclear => return Verdict::Unclear,
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
            return Fits::Unclear;
        };
        let wanted = match text(value, "op") {
            Some("==" | "in") => Some(true),
            Some("!=") => Some(false),
            _ => None,
        };
        match (self.found(left, right), wanted) {
            (Found::Open, _) => Fits::Perhaps,
            (Found::Unclear, _) | (Found::Known(_), None) => Fits::Unclear,
            (Found::Known(found), Some(wanted)) if found == wanted => Fits::Yes,
            (Found::Foreign, _) | (Found::Known(_), Some(_)) => Fits::No,
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
        } else if left.get("ct").is_some_and(|ct| text(ct, "key") == Some("status")) {
            // What nat leads elsewhere is not followed so far.
            (right.as_str() == Some("dnat")).then_some(false)
        } else if left.get("fib").is_some_and(asks_destination) {
            // The packet goes to this host.
            is_word(right, "local")
        } else {
            None
        };
        match known {
            Some(known) => Found::Known(known),
            None if from_where(left) => Found::Open,
            None => Found::Unclear,
        }
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
    /// That cannot be told, such as whether a port is in a set that has a name.
    Unclear,
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
        (Fits::Unclear, _) | (_, Fits::Unclear) => Fits::Unclear,
        (Fits::Perhaps, _) | (_, Fits::Perhaps) => Fits::Perhaps,
        _ => Fits::Yes,
    }
}

/// Whether a condition asks where the packet comes from.
fn from_where(left: &Value) -> bool {
    if let Some(masked) = left.get("&").and_then(Value::as_array) {
        return masked.first().is_some_and(from_where);
    }
    let field = left.get("payload").and_then(|payload| text(payload, "field"));
    let key = left.get("meta").and_then(|meta| text(meta, "key"));
    matches!(field, Some("saddr" | "sport")) || matches!(key, Some("iif" | "iifname" | "iifgroup"))
}

/// Whether a look into the routes asks of which kind the destination is.
fn asks_destination(fib: &Value) -> bool {
    let flags = fib.get("flags");
    let alone = flags.and_then(Value::as_array).filter(|all| all.len() == 1);
    let flag = alone.and_then(|all| all.first()).or(flags).and_then(Value::as_str);
    flag == Some("daddr") && text(fib, "result") == Some("type")
}

/// Whether an extension of iptables, of which only the name is told, asks where the packet comes
/// from, or how many there are.
fn extension(value: &Value) -> Fits {
    match text(value, "name") {
        Some("comment") => Fits::Yes,
        Some("limit" | "hashlimit" | "connlimit" | "recent" | "iprange" | "mac") => Fits::Perhaps,
        _ => Fits::Unclear,
    }
}

/// Whether what is written into the packet may lead it elsewhere.
fn redirects(value: &Value) -> bool {
    let payload = value.get("key").and_then(|key| key.get("payload"));
    let harmless = |payload| {
        matches!(text(payload, "field"), Some("dscp" | "ecn" | "ttl" | "hoplimit" | "flowlabel"))
    };
    payload.is_some_and(|payload| !harmless(payload))
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
mod tests;
