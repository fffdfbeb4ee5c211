//! Nessus' own format, `NessusClientData_v2`, of the scanner, its agents and its web scanner.
//!
//! Knows `ReportHost`, `HostProperties` and `ReportItem`; passes over policies and whatever
//! plugins print. A look at a host is full where it had credentials and came to its end.

use std::sync::Arc;

use holdfast_model::{
    About, Coverage, Covered, Fact, Foreign, ForeignLocus, Named, Report, Severity, Timestamp,
};

use super::cursor::At;
use super::json::Take;
use super::names::names;
use super::node::Node;
use super::say::{Say, Wrong};
use super::severity::of_nessus;
use super::stream::{Input, Parse};
use super::xml::{Event, Splitter};
use super::{Stream, StreamReader, claim, holds, sentence, unpacked};
use crate::Claim;

/// Reads `.nessus`.
pub(super) struct Nessus;

static ABOUT: About = About {
    id: "nessus",
    title: "Nessus reports (.nessus)",
    text: "Findings of Nessus by host, port and plugin, with the CVEs and advisories that a plugin \
           stands for, what is known of each host, and whether the look at it had credentials and \
           was finished. Policies, plugin output and attachments are passed over; the older \
           `NessusClientData` is not read.",
    file: file!(),
};

impl StreamReader for Nessus {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, head: &[u8]) -> Claim {
        let head = unpacked(head);
        claim(path, head.starts_with(b"<") && holds(&head, "<NessusClientData"), &[".nessus"])
    }

    fn start(&self, path: &Arc<str>) -> Box<dyn Stream> {
        let xml = Splitter::new(select);
        Input::start(Parser { xml, reader: Reader::default() }, path)
    }
}

const HOST: &str = "NessusClientData_v2/Report/ReportHost";

/// The children of an item that are read; plugins write thousands of lines into the others.
const WANTED: [&str; 5] = ["cve", "xref", "plugin_name", "synopsis", "fixed_version"];

fn select(path: &str) -> Take {
    let inside = match path {
        "NessusClientData_v2/Report" | HOST => return Take::Into,
        _ => path.strip_prefix(HOST).and_then(|rest| rest.strip_prefix('/')),
    };
    match inside {
        Some("HostProperties" | "HostProperties/tag" | "ReportItem") => Take::Item,
        Some(item) => match item.strip_prefix("ReportItem/") {
            Some(child) if WANTED.contains(&child) => Take::Item,
            _ => Take::Skip,
        },
        None => Take::Skip,
    }
}

struct Parser {
    xml: Splitter,
    reader: Reader,
}

impl Parse for Parser {
    fn push(&mut self, bytes: &[u8], say: &mut Say<'_>) {
        let reader = &mut self.reader;
        self.xml.push(bytes, &mut |event| reader.take(event, say));
    }

    fn end(&mut self, say: &mut Say<'_>) {
        let reader = &mut self.reader;
        self.xml.end(&mut |event| reader.take(event, say));
    }
}

#[derive(Default)]
struct Reader {
    /// The host that is open.
    host: Option<Host>,
}

#[derive(Default)]
struct Host {
    name: Arc<str>,
    named: bool,
    credentials: Option<bool>,
    /// How much the report had lost when this host began.
    losses: usize,
    ended: bool,
    at: Option<Timestamp>,
}

impl Reader {
    fn take(&mut self, event: Event<'_>, say: &mut Say<'_>) {
        match event {
            Event::Open(path, attributes) if path == HOST => {
                let name = attributes.get("name").trim().into();
                let losses = say.told.losses;
                self.host = Some(Host { name, losses, ..Host::default() });
            }
            Event::Open("NessusClientData_v2", _) => {
                let (scanner, version) = ("nessus".into(), "".into());
                say.fact(Fact::Report(Report { scanner, version, at: None }));
            }
            Event::Open(path, _) if !path.contains('/') => {
                let message = format!("reports of the format `{path}` are not read");
                let wrong = Wrong::loss("report-version-unknown", At::START, message);
                say.wrong(wrong.help("export it as `.nessus`, which is `NessusClientData_v2`"));
            }
            Event::Close(path, itself) if path == HOST => self.close(itself, say),
            Event::Open(..) | Event::Close(..) => {}
            Event::Item(path, node, at) if path.ends_with("/ReportItem") => {
                self.item(&node, at, say);
            }
            Event::Item(_, node, _) => self.properties(&node, say),
            Event::Wrong(wrong) => say.wrong(wrong),
        }
    }

    fn properties(&mut self, node: &Node, say: &mut Say<'_>) {
        let Some(host) = &mut self.host else { return };
        let tag = |name: &str| {
            let found = node.all("tag").find(|tag| tag.attributes.get("name") == name);
            found.map_or("", |tag| tag.text.trim())
        };
        host.credentials = match tag("Credentialed_Scan") {
            "" => None,
            word => Some(word.eq_ignore_ascii_case("true")),
        };
        let end = tag("HOST_END");
        host.ended = !end.is_empty() || !tag("HOST_END_TIMESTAMP").is_empty();
        host.at = seconds(tag("HOST_END_TIMESTAMP"))
            .or_else(|| Timestamp::parse(end))
            .or_else(|| written(end));
        if !std::mem::replace(&mut host.named, true) {
            say.fact(Fact::Named(named(&host.name, &tag)));
        }
    }

    fn close(&mut self, itself: bool, say: &mut Say<'_>) {
        let Some(host) = self.host.take() else { return };
        if !host.named {
            say.fact(Fact::Named(Named { name: Arc::clone(&host.name), ..Named::default() }));
        }
        let (coverage, because) = match (itself, host.ended, host.credentials) {
            (false, _, _) => (Coverage::Partial, "the report ends before this host does"),
            _ if host.losses != say.told.losses => {
                (Coverage::Partial, "what the report says of this host could not be read whole")
            }
            (true, false, _) => (Coverage::Partial, "the look at this host was not finished"),
            (true, true, Some(true)) => (Coverage::Full, "credentialed scan"),
            (true, true, Some(false)) => (Coverage::Partial, "no credentials"),
            (true, true, None) => {
                (Coverage::Partial, "the report does not say whether it had credentials")
            }
        };
        let (asset, because) = (host.name, because.to_owned());
        say.fact(Fact::Covered(Covered { asset, coverage, because, at: host.at }));
    }

    fn item(&self, node: &Node, at: At, say: &mut Say<'_>) {
        let get = |name: &str| node.attributes.get(name).trim();
        let plugin = get("pluginID");
        if plugin.is_empty() {
            let wrong = Wrong::loss("report-item", at, "this item names no plugin");
            say.wrong(wrong.help("let the scanner write this report again"));
            return;
        }
        let severity = of_nessus(get("severity")).unwrap_or_else(|| {
            let message =
                format!("the severity `{}` is none of Nessus'", sentence(get("severity")));
            say.wrong(Wrong::slip("report-item", at, message).help("it was taken as unscored"));
            Severity::Soon
        });
        let number = get("port").parse().unwrap_or_else(|_| {
            let message = format!("`{}` is no port", sentence(get("port")));
            say.wrong(
                Wrong::slip("report-item", at, message).help("it was taken as the host itself"),
            );
            0
        });
        let title = [get("pluginName"), node.text_of("plugin_name"), node.text_of("synopsis")];
        let title = title.into_iter().find(|text| !text.is_empty()).unwrap_or(plugin);
        let texts = node.all("cve").chain(node.all("xref")).map(|child| child.text.as_str());
        say.fact(Fact::Foreign(Foreign {
            asset: self.host.as_ref().map(|host| Arc::clone(&host.name)).unwrap_or_default(),
            plugin: plugin.into(),
            names: names(texts),
            title: sentence(title),
            severity,
            locus: ForeignLocus::Port {
                number,
                protocol: get("protocol").to_ascii_lowercase().into(),
            },
            version: "".into(),
            fixed_in: node.text_of("fixed_version").into(),
            dismissed: String::new(),
            place: say.place(at),
        }));
    }
}

fn named<'n>(name: &Arc<str>, tag: &dyn Fn(&str) -> &'n str) -> Named {
    let first = |names: &[&str]| -> Arc<str> {
        names.iter().map(|name| tag(name)).find(|text| !text.is_empty()).unwrap_or_default().into()
    };
    let lines = |text: &str| -> Vec<String> {
        text.split([',', ';']).flat_map(str::split_whitespace).map(str::to_owned).collect()
    };
    let macs = lines(tag("mac-address")).into_iter().map(|mac| mac.to_ascii_lowercase());
    // A name without a dot is no full name, and a web scan writes an address.
    let host = |name: &str| {
        let name = name.split_once("://").map_or(name, |(_, rest)| rest);
        let name = name.split(['/', ':']).next().unwrap_or_default();
        name.trim_end_matches('.').to_ascii_lowercase()
    };
    let listed: Vec<serde_json::Value> =
        serde_json::from_str(tag("host-fqdns")).unwrap_or_default();
    let listed = listed.iter().filter_map(|row| row.get("FQDN")?.as_str());
    let names = std::iter::once(tag("host-fqdn")).chain(listed).map(host);
    let agent = ["agent-uuid", "agent_uuid", "tenable-agent-uuid", "host-agent-uuid"];
    let instance = ["aws-instance-id", "gcp-instance-id", "azure-vm-id", "aws-instance-instanceId"];
    Named {
        name: Arc::clone(name),
        machine_id: first(&["machine-id"]),
        agent_id: first(&agent),
        instance_id: first(&instance),
        bios_uuid: first(&["bios-uuid"]).to_ascii_lowercase().into(),
        macs: sorted(macs.map(|mac| mac.replace('-', ":"))),
        addresses: sorted(lines(tag("host-ip")).into_iter()),
        full_names: sorted(names.filter(|name| name.contains('.'))),
        artifact: "".into(),
    }
}

fn sorted(texts: impl Iterator<Item = String>) -> Vec<Arc<str>> {
    let mut texts: Vec<Arc<str>> = texts.filter(|text| !text.is_empty()).map(Into::into).collect();
    texts.sort();
    texts.dedup();
    texts
}

/// Seconds since 1970.
fn seconds(text: &str) -> Option<Timestamp> {
    Some(Timestamp(text.parse::<i64>().ok()?.checked_mul(1000)?))
}

/// `Wed Mar 23 15:07:52 2022`, as ctime(3) writes it. The zone is the scanner's and not said; UTC
/// is at most half a day wrong, and newer reports have `HOST_END_TIMESTAMP`.
fn written(text: &str) -> Option<Timestamp> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut words = text.split_whitespace().skip(1);
    let (month, day, time, year) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let day: u8 = day.parse().ok()?;
    Timestamp::parse(&format!("{year}-{month:02}-{day:02}T{time}Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_old_reports_are_read() {
        let time = written("Mon Jul  1 11:40:48 2013").map(|time| time.to_string());
        assert_eq!(time.as_deref(), Some("2013-07-01T11:40:48Z"));
        assert_eq!(written("yesterday"), None);
    }
}
