//! What the scanner of the organisation reports of a host, in the form in which Nessus exports it.

use std::fmt::Write as _;

use holdfast_model::{Digest, Timestamp};

use super::sites::Site;
use super::story::Plugin;

/// Where a report lies on the host that imports it.
pub(super) const FILE: &str = "/var/tmp/scan.nessus";

/// A report of a scan with credentials that ended then. What it does not name is not there.
pub(super) fn nessus(site: &Site, at: Timestamp, plugins: &[Plugin]) -> String {
    let (host, id) = (site.host, site.machine().id);
    let mut text = format!(
        "<?xml version=\"1.0\" ?>\n<NessusClientData_v2>\n<Report name=\"scan of {host}\">\n\
         <ReportHost name=\"{host}\"><HostProperties>\n\
         <tag name=\"HOST_END_TIMESTAMP\">{}</tag>\n<tag name=\"Credentialed_Scan\">true</tag>\n\
         <tag name=\"machine-id\">{id}</tag>\n</HostProperties>\n",
        at.0 / 1000
    );
    for plugin in plugins {
        // Numbers of plugins are the scanner's own; these are nobody's.
        let number = 900_000
            + Digest::of(plugin.name.as_bytes()).0.first().map_or(0, |byte| u32::from(*byte));
        let _ = writeln!(
            text,
            "<ReportItem port=\"{}\" svc_name=\"general\" protocol=\"tcp\" severity=\"{}\" \
             pluginID=\"{number}\" pluginName=\"{}\" pluginFamily=\"General\">",
            plugin.port, plugin.severity, plugin.name
        );
        for cve in plugin.cves {
            let _ = writeln!(text, "<cve>{cve}</cve>");
        }
        text.push_str("</ReportItem>\n");
    }
    text.push_str("</ReportHost>\n</Report>\n</NessusClientData_v2>\n");
    text
}
