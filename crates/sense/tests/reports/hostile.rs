//! Reports that were made to hurt, and those that were hurt on their way.

use std::fmt::Write as _;
use std::io::Write as _;

use holdfast_model::{Coverage, Fact, ForeignLocus, Severity};
use holdfast_sense::report::LONGEST_ITEM;
use proptest::prelude::*;

use crate::support::{codes, covered, foreign, named, problems, read, read_cut};

fn nessus(items: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<NessusClientData_v2><Report name=\"r\"><ReportHost name=\"h\">\
         <HostProperties><tag name=\"HOST_END_TIMESTAMP\">1648044472</tag>\
         <tag name=\"Credentialed_Scan\">true</tag></HostProperties>\n{items}\
         </ReportHost></Report></NessusClientData_v2>\n"
    )
}

fn item(plugin: u32, inside: &str) -> String {
    format!(
        "<ReportItem port=\"443\" protocol=\"TCP\" severity=\"4\" pluginID=\"{plugin}\" \
         pluginName=\"P{plugin}\">{inside}</ReportItem>\n"
    )
}

fn sarif(results: &str) -> String {
    format!(
        "{{\"version\": \"2.1.0\", \"runs\": [{{\"tool\": {{\"driver\": {{\"name\": \"t\"}}}}, \
         \"results\": [{results}]}}]}}"
    )
}

fn result(rule: &str, rest: &str) -> String {
    format!("{{\"ruleId\": \"{rule}\", \"message\": {{\"text\": \"m\"}}{rest}}}")
}

fn plugins(facts: &[Fact]) -> Vec<&str> {
    foreign(facts).iter().map(|foreign| &*foreign.plugin).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

#[test]
fn a_billion_laughs_expand_to_nothing() {
    let mut bomb =
        String::from("<?xml version=\"1.0\"?>\n<!DOCTYPE lolz [\n<!ENTITY lol \"lol\">\n");
    for level in 1..10 {
        let before = if level == 1 { "lol".to_owned() } else { format!("lol{}", level - 1) };
        let ten = format!("&{before};").repeat(10);
        writeln!(bomb, "<!ENTITY lol{level} \"{ten}\">").unwrap();
    }
    bomb += "]>\n";
    let items = item(1, "<cve>&lol9;</cve>") + &item(2, "<cve>CVE-2020-0001</cve>");
    bomb += nessus(&items).split_once('\n').unwrap().1;
    let (_, facts) = read("x.nessus", bomb.as_bytes());
    assert_eq!(codes(&facts), ["xml-doctype", "xml-entity"]);
    assert_eq!(plugins(&facts), ["1", "2"]);
    assert!(foreign(&facts)[0].names.is_empty());
    assert_eq!(&*foreign(&facts)[1].names[0], "CVE-2020-0001");
    assert_eq!(facts.last(), Some(&Fact::Partial));
}

#[test]
fn external_entities_are_never_read() {
    let text = nessus(&item(1, "<synopsis>&xxe;</synopsis>")).replace(
        "<NessusClientData_v2>",
        "<!DOCTYPE r [<!ENTITY xxe SYSTEM \"file:///etc/passwd\">]>\n<NessusClientData_v2>",
    );
    let (_, facts) = read("x.nessus", text.as_bytes());
    assert_eq!(codes(&facts), ["xml-doctype", "xml-entity"]);
    assert!(!format!("{facts:?}").contains("root:"));
    assert_eq!(problems(&facts)[0].place.as_ref().unwrap().line, 2);
}

#[test]
fn deep_elements_are_passed_over_once() {
    let deep = "<synopsis>".repeat(100_000) + &"</synopsis>".repeat(100_000);
    let (_, facts) = read("x.nessus", nessus(&(item(1, &deep) + &item(2, ""))).as_bytes());
    assert_eq!(plugins(&facts), ["1", "2"]);
    let bom = "<bom xmlns=\"http://cyclonedx.org/schema/bom/1.4\"><components>".to_owned()
        + &"<component><components>".repeat(50_000);
    let (_, facts) = read("bom.xml", bom.as_bytes());
    assert_eq!(codes(&facts), ["xml-too-deep", "xml-cut-off"]);
    let bom = "{\"bomFormat\": \"CycloneDX\", \"specVersion\": \"1.5\", \"components\": ["
        .to_owned()
        + &"{\"components\": [".repeat(100_000);
    let (_, facts) = read("bom.json", bom.as_bytes());
    assert_eq!(codes(&facts), ["json-cut-off"]);
}

#[test]
fn ten_megabytes_are_read_and_seventeen_are_passed_over() {
    for (size, kept) in [(10 << 20, true), (LONGEST_ITEM + 1, false)] {
        let long = "x".repeat(size);
        let big = result("big", &format!(", \"properties\": {{\"log\": \"{long}\"}}"));
        let text = sarif(&[result("a", ""), big, result("b", "")].join(","));
        let (_, facts) = read("x.sarif", text.as_bytes());
        let wanted: &[&str] = if kept { &["a", "big", "b"] } else { &["a", "b"] };
        assert_eq!(plugins(&facts), wanted);
        assert_eq!(codes(&facts) == ["report-item-too-large"], !kept, "{:?}", codes(&facts));
        // What plugins print is not held at all.
        let big = item(1, &format!("<plugin_output>{long}</plugin_output>"));
        let (_, facts) = read("x.nessus", nessus(&(big + &item(2, ""))).as_bytes());
        assert_eq!((plugins(&facts), codes(&facts)), (vec!["1", "2"], vec![]));
    }
}

#[test]
fn wrong_types_cost_their_member_only() {
    let wrong = result("a", ", \"level\": {\"x\": 1}, \"ruleIndex\": \"one\"");
    let text = sarif(&format!("{wrong},\n 7,\n {}", result("b", ", \"locations\": null")));
    let (_, facts) = read("x.sarif", text.as_bytes());
    assert_eq!(plugins(&facts), ["a", "b"]);
    assert_eq!(codes(&facts), ["report-item", "report-item"]);
    let told = problems(&facts);
    assert!(told[0].message.starts_with("`level`, `ruleIndex` of this item"), "{}", told[0]);
    assert_eq!(
        (told[1].place.as_ref().unwrap().line, told[1].place.as_ref().unwrap().column),
        (2, 2)
    );
}

#[test]
fn broken_json_costs_its_item_only() {
    let text = sarif(&format!("{}, {{\"ruleId\": nope}}, {}", result("a", ""), result("b", "")));
    let (_, facts) = read("x.sarif", text.as_bytes());
    assert_eq!((plugins(&facts), codes(&facts)), (vec!["a", "b"], vec!["json-syntax"]));
}

#[test]
fn packed_reports_are_unpacked_within_bounds() {
    let plain = sarif(&result("a", ""));
    let packed = gzip(plain.as_bytes());
    let (_, facts) = read("x.sarif.gz", &packed);
    assert_eq!((plugins(&facts), codes(&facts)), (vec!["a"], vec![]));
    let many = sarif(&vec![result("a", ""); 20_000].join(",\n"));
    let packed = gzip(many.as_bytes());
    let (_, facts) = read("x.sarif.gz", &packed[..packed.len() / 2]);
    assert_eq!(codes(&facts)[0], "report-gzip");
    assert!(codes(&facts).contains(&"json-cut-off"));
    assert!(foreign(&facts).len() > 1000);
    assert_eq!(covered(&facts)[0].coverage, Coverage::Partial);
    assert_eq!(facts.last(), Some(&Fact::Partial));
    let bomb = gzip(&[&plain.as_bytes()[..60], &vec![b' '; 300 << 20]].concat());
    let (_, facts) = read("x.sarif.gz", &bomb);
    assert_eq!(codes(&facts)[0], "report-gzip-too-large");
}

#[test]
fn a_host_that_was_cut_off_is_partial() {
    let text = nessus(&(item(1, "") + &item(2, "")));
    let cut = text.find("pluginID=\"2\"").unwrap();
    let (_, facts) = read("x.nessus", &text.as_bytes()[..cut]);
    assert_eq!((plugins(&facts), codes(&facts)), (vec!["1"], vec!["xml-cut-off"]));
    assert_eq!(covered(&facts)[0].coverage, Coverage::Partial);
    let (_, facts) = read("x.nessus", text.as_bytes());
    assert_eq!(covered(&facts)[0].coverage, Coverage::Full);
    assert_eq!(covered(&facts)[0].because, "credentialed scan");
}

#[test]
fn secrets_are_never_kept() {
    let secret = "AKIAABCDEFGHIJKLMNOP";
    let trivy = format!(
        "{{\"SchemaVersion\": 2, \"ArtifactName\": \"a\", \"Results\": [{{\"Target\": \"f\", \"Class\": \
         \"secret\", \"Secrets\": [{{\"RuleID\": \"aws\", \"Severity\": \"CRITICAL\", \"Title\": \
         \"AWS key\", \"Match\": \"{secret}\", \"Code\": {{\"Lines\": [{{\"Content\": \"{secret}\", \
         \"IsCause\": true}}]}}}}]}}]}}"
    );
    let (_, facts) = read("x", trivy.as_bytes());
    assert_eq!(foreign(&facts)[0].severity, Severity::Now);
    assert!(!format!("{facts:?}").contains(secret));
    let place = format!(
        ", \"locations\": [{{\"physicalLocation\": {{\"artifactLocation\": {{\"uri\": \"a%20b\"}}, \
         \"region\": {{\"snippet\": {{\"text\": \"{secret}\"}}}}}}}}]"
    );
    let leak = result("aws-access-token", &place).replace("\"m\"", &format!("\"found {secret}\""));
    let (_, facts) = read("x.sarif", sarif(&leak).as_bytes());
    assert!(!format!("{facts:?}").contains(secret), "{facts:?}");
    assert_eq!(foreign(&facts)[0].title, "found ***");
    assert!(
        matches!(&foreign(&facts)[0].locus, ForeignLocus::File { path, .. } if &**path == "a b")
    );
}

#[test]
fn bytes_that_are_no_text_are_said() {
    let mut bytes = nessus(&item(1, "<cve>CVE-2020-0001 ?</cve>")).into_bytes();
    let at = bytes.iter().rposition(|byte| *byte == b'?').unwrap();
    bytes[at] = 0xFF;
    let (_, facts) = read("x.nessus", &bytes);
    assert_eq!((plugins(&facts), codes(&facts)), (vec!["1"], vec!["not-utf-8"]));
    let utf16: Vec<u8> = sarif("").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (_, facts) = read("x.sarif", &[&[0xFF, 0xFE], utf16.as_slice()].concat());
    assert!(codes(&facts).contains(&"utf-16"));
    let (_, facts) = read("x.sarif", b"");
    assert_eq!(codes(&facts), ["empty-file"]);
}

#[test]
fn a_thousand_mistakes_are_told_a_hundred_times() {
    let (_, facts) = read("x.sarif", sarif(&vec!["1"; 1000].join(",")).as_bytes());
    assert_eq!(codes(&facts).len(), 101);
    assert_eq!(codes(&facts)[100], "too-many-problems");
    assert_eq!(named(&facts).len(), 1);
}

const SAMPLES: [(&str, &str); 9] = [
    ("inspec.json", include_str!("../../fixtures/report/inspec/plain/report.json")),
    ("xccdf-results.xml", include_str!("../../fixtures/report/xccdf/plain/report.xml")),
    ("lynis-report.dat", include_str!("../../fixtures/report/lynis/plain/report.dat")),
    ("goss.json", include_str!("../../fixtures/report/goss/plain/report.json")),
    ("rspec.json", include_str!("../../fixtures/report/serverspec/plain/report.json")),
    ("x.nessus", include_str!("../../fixtures/report/nessus/plain/report.nessus")),
    ("x.sarif", include_str!("../../fixtures/report/sarif/plain/report.sarif")),
    ("bom.xml", include_str!("../../fixtures/report/cyclonedx/plain-xml/report.xml")),
    ("x", include_str!("../../fixtures/report/trivy/plain/report.json")),
];

proptest! {
    #[test]
    fn any_cuts_give_the_same_facts(
        which in 0..9_usize,
        cuts in proptest::collection::vec(any::<usize>(), 0..40),
        damage in proptest::option::of((any::<usize>(), any::<u8>())),
        packed in any::<bool>(),
    ) {
        let (path, text) = SAMPLES[which];
        let mut bytes = text.as_bytes().to_vec();
        let whole = damage.is_none();
        if let Some((at, byte)) = damage {
            let at = 400 + at % (bytes.len() - 400);
            bytes[at] = byte;
        }
        let bytes = if packed { gzip(&bytes) } else { bytes };
        let (_, facts) = read(path, &bytes);
        prop_assert!(!whole || codes(&facts).is_empty());
        prop_assert_eq!(read_cut(path, &bytes, &cuts), facts);
    }

    #[test]
    fn one_byte_at_a_time_is_enough(which in 0..9_usize) {
        let (path, text) = SAMPLES[which];
        let cuts: Vec<usize> = (0..text.len()).collect();
        prop_assert_eq!(read_cut(path, text.as_bytes(), &cuts), read(path, text.as_bytes()).1);
    }

    #[test]
    fn any_bytes_are_read(path in "(x\\.nessus|x\\.sarif|x\\.cdx\\.json|trivy\\.json|inspec\\.json|arf\\.xml|lynis-report\\.dat|goss\\.json|rspec\\.json)", text in "[<>/!\\[\\]{}\"':,&;a-e?\\- 1\\\\]{0,300}") {
        let (_, facts) = read(&path, text.as_bytes());
        prop_assert!(!codes(&facts).is_empty());
    }
}
