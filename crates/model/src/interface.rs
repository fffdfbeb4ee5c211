//! Kernel parameters that each network interface has for itself, where that counts beside what
//! `all` says.

/// How the kernel joins what `all` and an interface say of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joins {
    /// The greater of both counts; of switches: on where one of them is.
    Greater,
    /// That of the interface counts, whatever `all` says.
    Own,
}

/// A parameter of each interface, which one of `all` does not settle alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PerInterface {
    /// `ipv4` or `ipv6`.
    pub family: &'static str,
    /// Its own name: `rp_filter`.
    pub name: &'static str,
    /// What counts of both.
    pub joins: Joins,
}

/// Of IPv4, by the kernel's `networking/ip-sysctl`. `accept_source_route` is none of them: there
/// both have to say it.
const GREATER: [&str; 12] = [
    "accept_local",
    "accept_redirects",
    "arp_accept",
    "arp_announce",
    "arp_filter",
    "arp_ignore",
    "log_martians",
    "proxy_arp",
    "rp_filter",
    "secure_redirects",
    "send_redirects",
    "shared_media",
];

/// Of IPv6, where `all` only hands its value on, or does nothing. `forwarding` is none of them:
/// there `all` decides.
const OWN: [&str; 10] = [
    "accept_ra",
    "accept_ra_defrtr",
    "accept_ra_pinfo",
    "accept_ra_rtr_pref",
    "accept_redirects",
    "autoconf",
    "dad_transmits",
    "disable_ipv6",
    "max_addresses",
    "router_solicitations",
];

impl PerInterface {
    /// What each interface says beside the parameter of all, `net.ipv4.conf.all.rp_filter`; `None`
    /// of parameters that nothing stands beside.
    pub fn of(key: &str) -> Option<Self> {
        let parts: Vec<&str> = key.split(['.', '/']).collect();
        let (family, name, joins) = match parts.as_slice() {
            ["net", "ipv4", "ip_forward"] | ["net", "ipv4", "conf", "all", "forwarding"] => {
                ("ipv4", "forwarding", Joins::Own)
            }
            ["net", "ipv4", "conf", "all", name] => {
                ("ipv4", known(&GREATER, name)?, Joins::Greater)
            }
            ["net", "ipv6", "conf", "all", name] => ("ipv6", known(&OWN, name)?, Joins::Own),
            _ => return None,
        };
        Some(Self { family, name, joins })
    }

    /// The parameter of an interface or of a pattern of them, as files of sysctl.d(5) write it:
    /// dots in its name become slashes.
    pub fn key(self, interface: &str) -> String {
        let Self { family, name, .. } = self;
        format!("net.{family}.conf.{}.{name}", interface.replace('.', "/"))
    }
}

fn known(names: &[&'static str], name: &str) -> Option<&'static str> {
    names.iter().copied().find(|known| *known == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_all_settles_alone_has_nothing_beside_it() {
        let of = |key: &str| PerInterface::of(key).map(|of| (of.key("eth0.1"), of.joins));
        let wanted = |key: &str, joins| Some((key.to_owned(), joins));
        for key in ["net.ipv4.conf.all.rp_filter", "net/ipv4/conf/all/rp_filter"] {
            assert_eq!(of(key), wanted("net.ipv4.conf.eth0/1.rp_filter", Joins::Greater));
        }
        let forwarding = wanted("net.ipv4.conf.eth0/1.forwarding", Joins::Own);
        assert_eq!(of("net.ipv4.ip_forward"), forwarding);
        assert_eq!(of("net.ipv4.conf.all.forwarding"), forwarding);
        let redirects = wanted("net.ipv6.conf.eth0/1.accept_redirects", Joins::Own);
        assert_eq!(of("net.ipv6.conf.all.accept_redirects"), redirects);
        for key in [
            "net.ipv4.conf.default.rp_filter",
            "net.ipv4.conf.eth0.rp_filter",
            "net.ipv4.conf.all.accept_source_route",
            "net.ipv6.conf.all.accept_source_route",
            "net.ipv6.conf.all.forwarding",
            "net.ipv4.tcp_syncookies",
            "kernel.sysrq",
            "",
        ] {
            assert_eq!(of(key), None, "{key}");
        }
    }
}
