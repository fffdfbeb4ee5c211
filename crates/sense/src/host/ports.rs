//! Sockets that wait for others: `/proc/net/{tcp,tcp6,udp,udp6}` (proc_pid_net(5)).
//!
//! Knows the kernel's tables; knows nothing of firewalls.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use holdfast_model::{About, Aspect, Fact, Place, Port, Problem, Reading, Resource, Setting};

use super::look::{Gap, Got, Look, setting};
use super::{Answers, Asked, Collector};
use crate::text::{Report, number};

/// The collector.
pub(super) struct Ports;

static ABOUT: About = About {
    id: "host-ports",
    title: "Listening ports",
    text: "TCP sockets that listen and UDP sockets without a peer, by the tables of the network \
        namespace that Holdfast runs in. Several sockets of one address and port are said once; \
        an IPv4 address inside an IPv6 one is said as IPv4. Of a port that is asked about, each \
        address is told, or that there is none. What a firewall lets through, which program \
        listens, and other kinds of sockets are not looked at.",
    file: file!(),
};

/// Table, protocol, and the state that waits for others: `TCP_LISTEN`, and for UDP `TCP_CLOSE`,
/// which is a socket without a peer (include/net/tcp_states.h).
const TABLES: [(&str, &str, &str); 4] = [
    ("/proc/net/tcp", "tcp", "0A"),
    ("/proc/net/tcp6", "tcp", "0A"),
    ("/proc/net/udp", "udp", "07"),
    ("/proc/net/udp6", "udp", "07"),
];

impl Collector for Ports {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn read(&self, asked: &Asked<'_>, answers: &Answers<'_>, out: &mut dyn FnMut(Fact)) {
        if !asked.running {
            for (resource, _) in asked.each(socket_of) {
                out(setting(resource, Aspect::Running, Gap::at_rest().reading(), None));
            }
            return;
        }
        let look = Look::new(answers);
        let mut sockets = Sockets::default();
        tables(&look, &mut sockets, &mut Report::new(&mut *out));
        for (resource, name) in asked.each(socket_of) {
            sockets.answer(resource, name, out);
        }
        // A table is no document whose absence could close anything: no `Partial`.
    }
}

fn socket_of(resource: &Resource) -> Option<&str> {
    match resource {
        Resource::Port { socket } => Some(socket),
        _ => None,
    }
}

/// What the tables hold.
#[derive(Debug, Default)]
struct Sockets {
    /// Each with its first line.
    known: BTreeMap<(Arc<str>, IpAddr, u16), Place>,
    /// Why there may be more, by protocol: the first reason.
    gaps: BTreeMap<&'static str, Gap>,
}

impl Sockets {
    /// Says who waits at a port that is asked about.
    fn answer(&self, resource: &Resource, name: &str, out: &mut dyn FnMut(Fact)) {
        let (protocol, number) = name.split_once('/').unwrap_or((name, ""));
        let mut count = 0_usize;
        for ((its, address, port), place) in &self.known {
            if **its != *protocol || number.parse::<u16>() != Ok(*port) {
                continue;
            }
            count += 1;
            out(Fact::Setting(Setting {
                resource: resource.clone(),
                aspect: Aspect::Running,
                scope: Some(address.to_string().into()),
                reading: Reading::Is("listening".into()),
                place: Some(place.clone()),
                default: false,
            }));
        }
        let reading = match self.gaps.get(protocol) {
            Some(gap) => gap.clone().reading(),
            None if count == 0 => Reading::Absent,
            None => Reading::Is(count.to_string().into()),
        };
        out(setting(resource, Aspect::Running, reading, None));
    }
}

fn tables(look: &Look<'_>, sockets: &mut Sockets, report: &mut Report<'_>) {
    for (path, protocol, waiting) in TABLES {
        match look.file(path) {
            Got::Here(bytes) => {
                let table = Table { path: path.into(), protocol, waiting };
                table.read(bytes, sockets, report);
            }
            // Without IPv6 there are no tables of it.
            Got::Missing if path.ends_with('6') => {}
            Got::Missing => {
                let message = format!("`{path}` is not there, so its ports are not known");
                let help = "mount -t proc proc /proc";
                sockets.hide(protocol, Gap::new(message.clone(), help));
                report.problem(Problem::new("ports-not-read", message).help(help), true);
            }
            Got::Hidden(gap) => {
                sockets.hide(protocol, gap.clone());
                let problem = Problem::new("ports-not-read", gap.reason).help(gap.closes_with);
                report.problem(problem, true);
            }
        }
    }
}

impl Sockets {
    fn hide(&mut self, protocol: &'static str, gap: Gap) {
        self.gaps.entry(protocol).or_insert(gap);
    }
}

struct Table {
    path: Arc<str>,
    protocol: &'static str,
    waiting: &'static str,
}

impl Table {
    fn read(&self, bytes: &[u8], sockets: &mut Sockets, report: &mut Report<'_>) {
        let lines = bytes.split(|byte| *byte == b'\n').enumerate();
        // The first line names the columns, and after the last there is nothing.
        for (index, line) in lines.skip(1).filter(|(_, line)| !line.trim_ascii().is_empty()) {
            let place = Place {
                path: Arc::clone(&self.path),
                line: number(index).saturating_add(1),
                column: 1,
            };
            let Some((local, state)) = fields(line) else {
                let message = "this line of the kernel's table has no address and state";
                self.odd(place, message.to_owned(), sockets, report);
                continue;
            };
            if state != self.waiting {
                continue;
            }
            let Some((address, port)) = socket(local, u32::to_ne_bytes) else {
                let message = format!("`{}` is no address and port", local.escape_debug());
                self.odd(place, message, sockets, report);
                continue;
            };
            let protocol: Arc<str> = self.protocol.into();
            if let Entry::Vacant(entry) =
                sockets.known.entry((Arc::clone(&protocol), address, port))
            {
                entry.insert(place.clone());
                report.fact(Fact::Port(Port { protocol, address, port, place }));
            }
        }
    }

    fn odd(&self, place: Place, message: String, sockets: &mut Sockets, report: &mut Report<'_>) {
        let help = "please tell the makers of Holdfast which kernel this is";
        sockets.hide(self.protocol, Gap::new(format!("{message} at {place}"), help));
        report.problem(Problem::at("ports-line", place, message).help(help), true);
    }
}

/// The local address and the state: the second and fourth words of a line.
fn fields(line: &[u8]) -> Option<(&str, &str)> {
    let line = std::str::from_utf8(line).ok()?;
    let mut words = line.split_ascii_whitespace();
    Some((words.nth(1)?, words.nth(1)?))
}

/// `ADDRESS:PORT` in hexadecimal. The kernel prints each 32 bits of an address as a number of its
/// own, so that on most machines their bytes stand in reverse; `bytes` puts them in the order of
/// the machine. The port is printed in the order of people.
fn socket(text: &str, bytes: fn(u32) -> [u8; 4]) -> Option<(IpAddr, u16)> {
    let (address, port) = text.split_once(':')?;
    let hex = |text: &str, length: usize| {
        let sound = text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        sound.then(|| u32::from_str_radix(text, 16).ok()).flatten()
    };
    let port = u16::try_from(hex(port, 4)?).ok()?;
    let address: IpAddr = if address.len() == 8 {
        Ipv4Addr::from(bytes(hex(address, 8)?)).into()
    } else {
        let mut octets = Vec::with_capacity(16);
        for start in (0..address.len()).step_by(8) {
            octets.extend(bytes(hex(address.get(start..start + 8)?, 8)?));
        }
        Ipv6Addr::from(<[u8; 16]>::try_from(octets).ok()?).to_canonical()
    };
    Some((address, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_in_the_order_of_either_machine() {
        let little = |text: &str| socket(text, u32::to_le_bytes).map(|(a, p)| format!("{a} {p}"));
        let big = |text: &str| socket(text, u32::to_be_bytes).map(|(a, p)| format!("{a} {p}"));
        assert_eq!(little("0100007F:0016").as_deref(), Some("127.0.0.1 22"));
        assert_eq!(big("7F000001:0016").as_deref(), Some("127.0.0.1 22"));
        let local = "00000000000000000000000001000000:0050";
        assert_eq!(little(local).as_deref(), Some("::1 80"));
        assert_eq!(big("00000000000000000000000000000001:0050").as_deref(), Some("::1 80"));
        let link = "000080FE00000000FF005450B6AD1DFE:14E9";
        assert_eq!(little(link).as_deref(), Some("fe80::5054:ff:fe1d:adb6 5353"));
        let mapped = "0000000000000000FFFF00000100007F:0001";
        assert_eq!(little(mapped).as_deref(), Some("127.0.0.1 1"));
        for bad in ["", ":", "0100007F", "0100007F:16", "+100007F:0016", "0100007:0016", "é:0016"]
        {
            assert_eq!(little(bad), None, "{bad}");
        }
        for long in ["0".repeat(40), "é".repeat(16)] {
            assert_eq!(socket(&format!("{long}:0016"), u32::to_le_bytes), None, "{long}");
        }
    }
}
