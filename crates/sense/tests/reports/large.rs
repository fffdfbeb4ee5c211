//! How much memory and time a very large report takes. Run it by itself and in release:
//! `cargo test --release -p holdfast-sense --test reports -- --ignored --nocapture large`.

use std::time::Instant;

use holdfast_sense::report::{Counts, report_reader_for};

const SIZE: usize = 500 << 20;

/// The greatest resident size of this process so far, in KiB (proc(5)).
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default()
}

fn nessus_item(number: usize) -> String {
    format!(
        "<ReportItem port=\"{}\" svc_name=\"www\" protocol=\"tcp\" severity=\"{}\" \
         pluginID=\"{}\" pluginName=\"Plugin {} &lt; 1.2\" pluginFamily=\"General\">\n\
         <cpe>cpe:/a:vendor:product</cpe>\n<cve>CVE-2020-{:04}</cve>\n<cve>CVE-2021-{:04}</cve>\n\
         <cvss3_base_score>7.5</cvss3_base_score>\n<description>{}</description>\n\
         <synopsis>The remote service is affected.</synopsis>\n<xref>RHSA:2021:{:04}</xref>\n\
         <plugin_output>{}</plugin_output>\n</ReportItem>\n",
        number % 65_536,
        number % 5,
        10_000 + number % 5000,
        number % 5000,
        number % 10_000,
        number % 10_000,
        "What the plugin looked at and why it matters, at some length. ".repeat(12),
        number % 10_000,
        "Installed version : 1.0\n  Fixed version     : 1.2\n".repeat(12),
    )
}

fn sarif_result(number: usize) -> String {
    format!(
        "{{\"ruleId\": \"R{}\", \"message\": {{\"text\": \"{}\"}}, \"locations\": [{{\"physicalLocation\": \
         {{\"artifactLocation\": {{\"uri\": \"src/f{number}.rs\"}}, \"region\": {{\"startLine\": 1, \
         \"snippet\": {{\"text\": \"let x = {number};\"}}}}}}}}], \"properties\": {{\"log\": \"{}\"}}}},\n",
        number % 300,
        "Something is wrong here and should be looked at. ".repeat(4),
        "and a good deal of what the tool thought ".repeat(30),
    )
}

fn run(path: &str, start: &str, piece: fn(usize) -> String, end: &str) {
    let reader = report_reader_for(path, start.as_bytes()).unwrap();
    let mut counts = Counts::of(reader.about().id);
    let mut stream = reader.start(&path.into());
    // Made once and pushed again and again: making it must not be what is measured.
    let block: String = (0..4000).map(piece).collect();
    let before = peak();
    let (mut pushed, began) = (0, Instant::now());
    let mut push = |bytes: &[u8], end: bool| {
        pushed += bytes.len();
        stream.push(bytes, end, &mut |fact| counts.take(&fact));
        pushed
    };
    push(start.as_bytes(), false);
    'all: loop {
        for chunk in block.as_bytes().chunks(64 << 10) {
            if push(chunk, false) >= SIZE && chunk.len() < 64 << 10 {
                break 'all;
            }
        }
    }
    push(end.as_bytes(), true);
    let (seconds, more) = (began.elapsed().as_secs_f64(), peak() - before);
    eprintln!(
        "{path}: {} MiB, {} findings, {} grouped, {:.2} s, {:.0} MB/s, peak {} KiB, {more} KiB more than before",
        pushed >> 20,
        counts.instances(),
        counts.grouped(),
        seconds,
        pushed as f64 / seconds / 1e6,
        peak(),
    );
    assert!(counts.instances() > 100_000);
    assert!(more < 16 << 10, "{more} KiB");
}

#[test]
#[ignore = "takes seconds in release and minutes without; measures, and bounds the memory"]
fn large_reports_take_little_memory() {
    run(
        "large.nessus",
        "<?xml version=\"1.0\" ?>\n<NessusClientData_v2><Report name=\"r\"><ReportHost name=\"h\">\n\
         <HostProperties><tag name=\"HOST_END_TIMESTAMP\">1648044472</tag></HostProperties>\n",
        nessus_item,
        "</ReportHost></Report></NessusClientData_v2>\n",
    );
    run(
        "large.sarif",
        "{\"version\": \"2.1.0\", \"runs\": [{\"tool\": {\"driver\": {\"name\": \"t\"}}, \"invocations\": [], \
         \"results\": [\n",
        sarif_result,
        "null]}]}\n",
    );
}
