//! Which addresses may be reached: people enter them, and whoever may enter one could otherwise
//! ask, in our name, what only we can reach (server-side request forgery).
//!
//! A name is looked up once, every address it has is judged, and the connection goes to one of
//! those and no other: a name that changes its mind in between changes nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::mpsc;
use std::time::Duration;

use holdfast_model::Problem;
use ureq::http::Uri;

/// What an account allows beyond the public internet over TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reach {
    /// Addresses of private networks, and unencrypted connections to them: `reach = "private"`.
    pub private: bool,
    /// This machine, unencrypted too.
    pub loopback: bool,
}

/// An address of the web, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// Without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) tls: bool,
}

/// What an address of a network is, where it is not one of the public internet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Special {
    Loopback,
    Private,
    /// Never allowed, whatever an account says: the metadata of clouds is link-local.
    Never(&'static str),
}

impl Address {
    /// Takes an address of `http` or `https` apart.
    ///
    /// # Errors
    ///
    /// `http-address`: no such address, one with a user or a password, or one that is not
    /// encrypted where that is not allowed. The problem never shows more than the host.
    pub(crate) fn read(text: &str, reach: Reach) -> Result<Self, Problem> {
        let wrong = |what: &str| {
            Problem::new("http-address", format!("the address {what}"))
                .help("write it as `https://host/path`")
        };
        let uri: Uri = text.parse().map_err(|_| wrong("is none of the web"))?;
        let Some(authority) = uri.authority() else { return Err(wrong("names no host")) };
        if authority.as_str().contains('@') {
            return Err(wrong("holds a user or a password, which belong into the account"));
        }
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(wrong("is none of the web")),
        };
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        if host.is_empty() {
            return Err(wrong("names no host"));
        }
        if !tls && !reach.private && !reach.loopback {
            let message = format!("the address of `{host}` is not encrypted");
            return Err(Problem::new("http-address", message).help(
                "use `https`; within your own network, `reach = \"private\"` permits `http`",
            ));
        }
        let port = authority.port_u16().unwrap_or(if tls { 443 } else { 80 });
        Ok(Self { host, port, tls })
    }
}

/// The addresses of a host, each judged: one that may not be reached refuses all of them.
///
/// # Errors
///
/// `http-forbidden`, `http-unknown-host`.
pub(crate) fn pinned(
    host: &str,
    port: u16,
    reach: Reach,
    timeout: Duration,
) -> Result<Vec<SocketAddr>, Problem> {
    let found = looked_up(host, port, timeout)?;
    for address in &found {
        allowed(host, address.ip(), reach)?;
    }
    Ok(found)
}

fn looked_up(host: &str, port: u16, timeout: Duration) -> Result<Vec<SocketAddr>, Problem> {
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, port)]);
    }
    let unknown = |why: &str| {
        Problem::new("http-unknown-host", format!("the host `{host}` cannot be found: {why}"))
            .help("see whether its name is written rightly, and whether this machine is online")
    };
    // The system's resolver knows no time limit: it is asked beside us, and left alone when late.
    let (tell, told) = mpsc::sync_channel(1);
    let name = host.to_owned();
    let ask = move || {
        let found = (name.as_str(), port).to_socket_addrs().map(Iterator::collect::<Vec<_>>);
        drop(tell.send(found));
    };
    let spawned = std::thread::Builder::new().name("look up".to_owned()).spawn(ask);
    if spawned.is_err() {
        return Err(unknown("no thread can be started"));
    }
    match told.recv_timeout(timeout) {
        Err(_) => Err(unknown("no answer in time")),
        Ok(Err(_)) => Err(unknown("there is no such name")),
        Ok(Ok(found)) if found.is_empty() => Err(unknown("it has no address")),
        Ok(Ok(found)) => Ok(found.into_iter().take(16).collect()),
    }
}

fn allowed(host: &str, ip: IpAddr, reach: Reach) -> Result<(), Problem> {
    let what = match special(ip) {
        None => return Ok(()),
        Some(Special::Loopback) if reach.loopback => return Ok(()),
        Some(Special::Private) if reach.private => return Ok(()),
        Some(Special::Loopback) => "this machine itself",
        Some(Special::Private) => "a private network",
        Some(Special::Never(what)) => what,
    };
    let help = if what == "a private network" {
        "where it is meant, write `reach = \"private\"` beside the address"
    } else {
        "name a host that is reached over the network"
    };
    let message = format!("the host `{host}` leads to {what}, which is not allowed");
    Err(Problem::new("http-forbidden", message).help(help))
}

/// The registries of special addresses (RFC 6890 and what IANA added since).
fn special(ip: IpAddr) -> Option<Special> {
    match ip {
        IpAddr::V4(ip) => special_v4(ip),
        IpAddr::V6(ip) => special_v6(ip),
    }
}

fn special_v4(ip: Ipv4Addr) -> Option<Special> {
    let [a, b, c, _] = ip.octets();
    Some(match (a, b, c) {
        (127, ..) => Special::Loopback,
        (10, ..) | (172, 16..=31, _) | (192, 168, _) | (100, 64..=127, _) => Special::Private,
        (0, ..) => Special::Never("an address that is none"),
        (169, 254, _) => Special::Never("a link-local address"),
        (192, 0, 0) => Special::Never("an address for protocols"),
        (192, 0, 2) | (198, 51, 100) | (203, 0, 113) => Special::Never("an address of examples"),
        (192, 88, 99) => Special::Never("a relay that is no more"),
        (198, 18..=19, _) => Special::Never("an address of bench tests"),
        (224..=239, ..) => Special::Never("a group of hosts"),
        (240..=255, ..) => Special::Never("an address that is reserved"),
        _ => return None,
    })
}

fn special_v6(ip: Ipv6Addr) -> Option<Special> {
    // Addresses that carry one of IPv4 reach what that one reaches.
    if let Some(inner) = carried_v4(ip) {
        return special_v4(inner);
    }
    let [a, b, c, ..] = ip.segments();
    Some(match (a, b, c) {
        _ if ip == Ipv6Addr::LOCALHOST => Special::Loopback,
        _ if ip == Ipv6Addr::UNSPECIFIED => Special::Never("an address that is none"),
        (0xFC00..=0xFDFF, ..) => Special::Private,
        (0xFE80..=0xFEBF, ..) => Special::Never("a link-local address"),
        (0xFEC0..=0xFEFF, ..) => Special::Never("a site-local address"),
        (0xFF00..=0xFFFF, ..) => Special::Never("a group of hosts"),
        (0x2001, 0x0DB8, _) | (0x3FFF, 0..=0x0FFF, _) => Special::Never("an address of examples"),
        (0x2001, 0..=0x01FF, _) => Special::Never("an address for protocols"),
        (0x2002, ..) => Special::Never("a tunnel"),
        // Only this eighth is given out (RFC 4291, section 2.4).
        (0x2000..=0x3FFF, ..) => return None,
        _ => Special::Never("an address that is reserved"),
    })
}

/// IPv4-mapped (RFC 4291), and NAT64 (RFC 6052), behind which networks without IPv4 have all others.
fn carried_v4(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF];
    let translated = [0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0];
    let octets = ip.octets();
    let (network, inner) = octets.split_last_chunk::<4>()?;
    (network == mapped || network == translated).then(|| Ipv4Addr::from(*inner))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(ip: &str, reach: Reach) -> bool {
        pinned(ip, 443, reach, Duration::from_secs(1)).is_err()
    }

    #[test]
    fn only_the_public_internet_is_reached_unless_more_is_allowed() {
        let public = [
            "8.8.8.8",
            "172.32.0.1",
            "100.128.0.1",
            "2606:4700::1",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
        ];
        let private = [
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "fd00::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
        ];
        let loopback = ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"];
        let never = [
            "169.254.169.254",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "198.51.100.1",
            "203.0.113.9",
            "198.18.0.1",
            "240.0.0.1",
            "fe80::1",
            "ff02::1",
            "2001:db8::1",
            "3fff::1",
            "::",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::a00:1",
            "2002:7f00:1::",
            "::ffff:169.254.169.254",
            "::a9fe:a9fe",
            "2001::1",
            "4000::1",
            "100::1",
            "5f00::1",
            "fec0::1",
            "192.0.0.8",
            "192.88.99.1",
        ];
        let (private_too, all) =
            (Reach { private: true, loopback: false }, Reach { private: true, loopback: true });
        for ip in public {
            assert!(!refused(ip, Reach::default()), "{ip}");
        }
        for ip in private {
            assert!(refused(ip, Reach::default()) && !refused(ip, private_too), "{ip}");
        }
        for ip in loopback {
            assert!(refused(ip, private_too) && !refused(ip, all), "{ip}");
        }
        for ip in never {
            assert!(refused(ip, all), "{ip}");
        }
    }

    #[test]
    fn a_name_is_judged_by_where_it_leads() {
        let second = Duration::from_secs(5);
        let problem = pinned("localhost", 80, Reach::default(), second).unwrap_err();
        assert_eq!(problem.code, "http-forbidden");
        assert!(problem.message.contains("`localhost` leads to this machine itself"));
        let reach = Reach { private: false, loopback: true };
        let found = pinned("localhost", 80, reach, second).unwrap();
        assert!(!found.is_empty() && found.iter().all(|found| found.ip().is_loopback()));
    }

    #[test]
    fn an_address_holds_no_password_and_is_encrypted() {
        let read = |text: &str| Address::read(text, Reach::default());
        let fine = read("https://hooks.chat.example:8443/T0/secret").unwrap();
        let host = "hooks.chat.example".to_owned();
        assert_eq!(fine, Address { host, port: 8443, tls: true });
        assert_eq!(read("https://[2606:4700::1]/").unwrap().host, "2606:4700::1");
        for wrong in [
            "http://a.example/T0",
            "https://u:T0@a.example/",
            "ftp://a.example/T0",
            "/T0",
            "https:///T0",
            "https://a b/T0",
            "",
        ] {
            let problem = read(wrong).unwrap_err();
            assert_eq!(problem.code, "http-address", "{wrong}");
            assert!(!problem.to_string().contains("T0"), "{problem}");
        }
        let reach = Reach { private: true, loopback: false };
        assert!(!Address::read("http://ci.example/", reach).unwrap().tls);
    }
}
