use super::*;

fn id_of(path: &str, head: &[u8]) -> Option<&'static str> {
    report_reader_for(path, head).map(|reader| reader.about().id)
}

#[test]
fn content_decides_before_the_name() {
    for (path, head, id) in [
        ("scan.nessus", "", Some("nessus")),
        ("x.json", "<?xml version=\"1.0\"?>\n<NessusClientData_v2>", Some("nessus")),
        ("report.sarif.gz", "", Some("sarif")),
        ("report.json", "\u{feff}{\"runs\": [], \"version\": \"2.1.0\"}", Some("sarif")),
        ("report.sarif", "{\"bomFormat\": \"CycloneDX\"", Some("cyclonedx")),
        ("b", "<bom xmlns=\"http://cyclonedx.org/schema/bom/1.4\">", Some("cyclonedx")),
        ("x", "{\"SchemaVersion\": 2, \"Results\": null}", Some("trivy")),
        ("x", "[{\"Target\": \"a\", \"Type\": \"npm\"", Some("trivy")),
        ("x", "{\"ClusterName\": \"a\", \"Resources\": [", Some("trivy")),
        ("x", "{\"platform\": {}, \"profiles\": [{\"name\": \"a\"", Some("inspec")),
        ("x", "{\"controls\": [{\"id\": \"a\", \"profile_id\": \"b\"", Some("inspec")),
        ("x", "<TestResult xmlns=\"http://checklists.nist.gov/xccdf/1.2\">", Some("xccdf")),
        ("x", "<arf:asset-report-collection>", Some("xccdf")),
        ("x", "# Lynis Report\nreport_version_major=1\n", Some("lynis")),
        ("x", "{\"results\": [{\"resource-id\": \"a\", \"resource-type\": \"b\"", Some("goss")),
        ("x", "{\"examples\": [], \"summary\": {\"example_count\": 0", Some("serverspec")),
        ("package.json", "{\"name\": \"x\"}", None),
        ("Cargo.lock", "[[package]]", None),
    ] {
        assert_eq!(id_of(path, head.as_bytes()), id, "{path} {head}");
    }
}

#[test]
fn packed_heads_are_looked_into() {
    use std::io::Write as _;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(b"{\"bomFormat\": \"CycloneDX\", \"components\": []}").unwrap();
    let packed = packer.finish().unwrap();
    assert_eq!(id_of("report.gz", &packed), Some("cyclonedx"));
    assert_eq!(id_of("report.gz", &packed[..40]), Some("cyclonedx"));
}

#[test]
fn titles_are_one_short_line() {
    assert_eq!(sentence("\n  a\tb  c \nd"), "a b c");
    assert_eq!(sentence(&"ä".repeat(1000)).chars().count(), 300);
}
