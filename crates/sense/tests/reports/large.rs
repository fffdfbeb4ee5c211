//! How much memory a very large report takes. Reports of 500 MiB, and the time that they take, by
//! hand and in release:
//! `cargo test --release -p holdfast-sense --test reports -- --ignored --nocapture large`.

use std::process::Command;
use std::time::Instant;

use holdfast_sense::report::{Counts, report_reader_for};

/// How large a report is, in MiB, where `LARGE_REPORT_MIB` does not say it.
const SIZE: usize = 500;
/// How large it is in every run of the tests: three times what may be held of it.
const SMALL: usize = 48;
/// What may be held of it, in KiB.
const HELD: usize = 16 << 10;

/// A report that has as many findings as anybody wants.
struct Endless {
    path: &'static str,
    start: &'static str,
    piece: fn(usize) -> String,
    end: &'static str,
}

const REPORTS: [Endless; 4] = [
    Endless {
        path: "large.nessus",
        start: "<?xml version=\"1.0\" ?>\n<NessusClientData_v2><Report name=\"r\"><ReportHost \
                name=\"h\">\n<HostProperties><tag name=\"HOST_END_TIMESTAMP\">1648044472</tag>\
                </HostProperties>\n",
        piece: nessus_item,
        end: "</ReportHost></Report></NessusClientData_v2>\n",
    },
    Endless {
        path: "large.sarif",
        start: "{\"version\": \"2.1.0\", \"runs\": [{\"tool\": {\"driver\": {\"name\": \"t\"}}, \
                \"invocations\": [], \"results\": [\n",
        piece: sarif_result,
        end: "null]}]}\n",
    },
    Endless {
        path: "large.trivy.json",
        start: "{\"SchemaVersion\": 2, \"ArtifactName\": \"a\", \"Results\": [{\"Target\": \"t\", \
                \"Class\": \"lang-pkgs\", \"Type\": \"npm\", \"Vulnerabilities\": [\n",
        piece: trivy_vulnerability,
        end: "null]}]}\n",
    },
    Endless {
        path: "large.cdx.json",
        start: "{\"bomFormat\": \"CycloneDX\", \"specVersion\": \"1.6\", \"components\": [{\"type\": \
                \"library\", \"bom-ref\": \"a\", \"name\": \"a\", \"version\": \"1.0.0\", \"purl\": \
                \"pkg:npm/a@1.0.0\"}], \"vulnerabilities\": [\n",
        piece: cyclonedx_vulnerability,
        end: "null]}\n",
    },
];

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

fn trivy_vulnerability(number: usize) -> String {
    format!(
        "{{\"VulnerabilityID\": \"CVE-2024-{:04}\", \"PkgName\": \"p{}\", \"InstalledVersion\": \
         \"1.0.{number}\", \"FixedVersion\": \"2.0.0\", \"Severity\": \"HIGH\", \"Title\": \"t\", \
         \"Description\": \"{}\"}},\n",
        number % 10_000,
        number % 300,
        "What goes wrong, for whom, and since when. ".repeat(36),
    )
}

fn cyclonedx_vulnerability(number: usize) -> String {
    format!(
        "{{\"id\": \"CVE-2024-{:04}\", \"ratings\": [{{\"severity\": \"high\", \"score\": 7.5, \
         \"method\": \"CVSSv31\"}}], \"description\": \"{}\", \"affects\": [{{\"ref\": \"a\"}}]}},\n",
        number % 10_000,
        "What goes wrong, for whom, and since when. ".repeat(36),
    )
}

fn run(report: &Endless, size: usize) {
    let Endless { path, start, piece, end } = *report;
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
            if push(chunk, false) >= size && chunk.len() < 64 << 10 {
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
    // No finding is longer.
    assert!(counts.instances() > pushed >> 12, "{path}: {} findings", counts.instances());
    assert!(more < HELD, "{path}: {more} KiB");
}

/// By hand all of them; another test runs it for each in a process of its own.
#[test]
#[ignore = "takes seconds in release and minutes without; measures, and bounds the memory"]
fn measured() {
    let mib = std::env::var("LARGE_REPORT_MIB").ok().and_then(|mib| mib.parse::<usize>().ok());
    let only = std::env::var("LARGE_REPORT").ok();
    for report in &REPORTS {
        if only.as_ref().is_none_or(|only| only == report.path) {
            run(report, mib.unwrap_or(SIZE) << 20);
        }
    }
}

/// Memory is that of a process, and other tests have their own.
#[test]
fn large_reports_take_little_memory() {
    for report in &REPORTS {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "large::measured", "--ignored", "--nocapture"])
            .env("LARGE_REPORT", report.path)
            .env("LARGE_REPORT_MIB", SMALL.to_string())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let why = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && said.contains(" 1 passed"), "{said}{why}");
        assert!(why.contains(report.path), "{why}");
    }
}
