//! The log sources that Sigma knows ("SigmaHQ rules: log sources", appendix of the taxonomy).
//!
//! A rule for a log that nobody has must not stay silent for ever: a word that is none of these is
//! a slip. Services and categories are checked where we read the product's logs ourselves.

use holdfast_rulefile::{Decoder, Node, Table, suggest};

use crate::rule::Source;

const PRODUCTS: &[&str] = &[
    "apache",
    "aws",
    "azure",
    "bitbucket",
    "cisco",
    "django",
    "fortios",
    "gcp",
    "github",
    "huawei",
    "juniper",
    "jvm",
    "kubernetes",
    "linux",
    "m365",
    "macos",
    "modsecurity",
    "nginx",
    "nodejs",
    "okta",
    "onelogin",
    "opencanary",
    "paloalto",
    "python",
    "qualys",
    "rpc_firewall",
    "ruby_on_rails",
    "spring",
    "sql",
    "velocity",
    "windows",
    "zeek",
];

const LINUX: &[&str] = &[
    "auditd",
    "auth",
    "clamav",
    "cron",
    "guacamole",
    "modsecurity",
    "sshd",
    "sudo",
    "syslog",
    "vsftpd",
];

const AWS: &[&str] = &["cloudtrail", "guardduty", "route53", "s3", "vpcflow", "waf"];

const CATEGORIES: &[&str] = &[
    "antivirus",
    "application",
    "clipboard_capture",
    "create_remote_thread",
    "create_stream_hash",
    "database",
    "dns",
    "dns_query",
    "driver_load",
    "edr",
    "file_access",
    "file_change",
    "file_delete",
    "file_event",
    "file_rename",
    "firewall",
    "image_load",
    "ids",
    "network_connection",
    "pipe_created",
    "process_access",
    "process_creation",
    "process_tampering",
    "process_termination",
    "proxy",
    "ps_classic_start",
    "ps_module",
    "ps_script",
    "raw_access_thread",
    "registry_add",
    "registry_delete",
    "registry_event",
    "registry_rename",
    "registry_set",
    "sysmon_error",
    "sysmon_status",
    "webserver",
    "wmi_event",
];

/// Reads `logsource`.
pub(crate) fn read(decoder: &mut Decoder<'_>, node: &Node) -> Option<Source> {
    let mut table = decoder.map(node)?;
    let before = decoder.problems().len();
    let product = part(decoder, &mut table, "product", |_| Some(PRODUCTS));
    let known = product.clone();
    let service = part(decoder, &mut table, "service", |_| match known.as_deref() {
        Some("linux") => Some(LINUX),
        Some("aws") => Some(AWS),
        _ => None,
    });
    let category = part(decoder, &mut table, "category", |_| Some(CATEGORIES));
    if decoder.problems().len() > before {
        return None;
    }
    let source = Source { product, service, category };
    if source == Source::default() {
        let help = "name a `product`, a `service` or a `category`";
        decoder.refuse("event-source", node, "this rule does not say which log it reads", help);
        return None;
    }
    Some(source)
}

fn part(
    decoder: &mut Decoder<'_>,
    table: &mut Table<'_>,
    key: &'static str,
    known: impl Fn(&str) -> Option<&'static [&'static str]>,
) -> Option<String> {
    let node = table.optional(key)?;
    let text = decoder.text(node)?.to_lowercase();
    if let Some(known) = known(&text)
        && !known.contains(&text.as_str())
    {
        let near = suggest(&text, known.iter().copied()).map_or_else(
            || "write it as the taxonomy of Sigma does".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        decoder.refuse("event-source", node, format!("the {key} `{text}` is not known"), near);
        return None;
    }
    Some(text)
}
