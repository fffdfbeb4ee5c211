use holdfast_model::{StatementStatus, Timestamp};
use proptest::prelude::*;

use super::write::{Statements, cyclonedx, openvex};
use super::*;
use crate::sbom::write::Subject;

fn good(text: &str) -> Vec<Statement> {
    let (statements, problems) = read("v.json", text.as_bytes());
    assert_eq!(problems, [], "{text}");
    statements
}

fn codes(text: &str) -> Vec<String> {
    read("v.json", text.as_bytes()).1.into_iter().map(|problem| problem.code).collect()
}

/// `PACKAGE VERSION` of products.
fn shown(products: &[Product]) -> Vec<String> {
    let version = |product: &Product| match &product.versions {
        Versions::Unnamed => "any".to_owned(),
        Versions::Exact(version) => version.to_string(),
        Versions::Range(range) => format!("in {range}"),
    };
    products.iter().map(|p| format!("{}{} {}", p.package, p.name, version(p))).collect()
}

const OPENVEX: &str = r#"{
  "@context": "https://openvex.dev/ns/v0.2.0",
  "author": "Shop Supply",
  "timestamp": "2026-11-01T00:00:00Z",
  "statements": [
    {
      "vulnerability": {"name": "CVE-2026-90001", "aliases": ["GHSA-till-till-till"]},
      "products": [
        {"@id": "pkg:cargo/tiller@1.0.0"},
        {"@id": "pkg:oci/shop@sha256%3A0000000000000000000000000000000000000000000000000000000000000000",
         "subcomponents": [{"@id": "pkg:deb/debian/bash@5.2?arch=amd64"}]}
      ],
      "status": "not_affected",
      "justification": "vulnerable_code_not_present",
      "impact_statement": "Built without it.",
      "timestamp": "2026-11-02T00:00:00Z"
    },
    {"vulnerability": {"name": "CVE-2026-2"}, "products": [{"@id": "the shop"}], "status": "under_investigation"}
  ]
}"#;

#[test]
fn openvex_of_objects() {
    let all = good(OPENVEX);
    assert_eq!(all.len(), 3);
    let image = &all[0];
    assert_eq!(shown(&image.products), ["pkg:oci/shop any"]);
    assert_eq!(image.products[0].digests.len(), 1);
    assert_eq!(shown(&image.subcomponents), ["pkg:deb/debian/bash 5.2"]);
    let package = &all[1];
    assert_eq!(shown(&package.products), ["pkg:cargo/tiller 1.0.0"]);
    assert_eq!(package.subcomponents, []);
    assert_eq!(
        (&*package.author, package.at),
        ("Shop Supply", Timestamp::parse("2026-11-02T00:00:00Z"))
    );
    assert_eq!(package.names.len(), 2);
    assert_eq!(package.status, StatementStatus::NotAffected);
    assert_eq!(&*package.justification, "vulnerable_code_not_present");
    assert_eq!(package.text, "Built without it.");
    assert_eq!((package.place.line, package.place.column), (6, 5));
    assert_eq!(all[2].at, Timestamp::parse("2026-11-01T00:00:00Z"));
    assert_eq!(shown(&all[2].products), ["the shop any"]);
}

#[test]
fn openvex_of_strings() {
    let all = good(
        r#"{"@context": "https://openvex.dev/ns", "author": "A", "statements": [
  {"vulnerability": "CVE-2026-1", "products": ["pkg:npm/shop@1.0.0"], "subcomponents": ["pkg:npm/tiller@2.0.0"],
   "status": "affected", "action_statement": "lift it"}]}"#,
    );
    assert_eq!(shown(&all[0].products), ["pkg:npm/shop 1.0.0"]);
    assert_eq!(shown(&all[0].subcomponents), ["pkg:npm/tiller 2.0.0"]);
    assert_eq!((all[0].status, all[0].text.as_str()), (StatementStatus::Affected, "lift it"));
    assert_eq!(all[0].at, None);
}

const CYCLONEDX: &str = r#"{
  "bomFormat": "CycloneDX", "specVersion": "1.5", "serialNumber": "urn:uuid:1a", "version": 1,
  "vulnerabilities": [
    {"id": "CVE-2026-90001", "references": [{"id": "GHSA-abcd-abcd-abcd"}],
     "analysis": {"state": "not_affected", "justification": "code_not_reachable", "detail": "never called"},
     "affects": [{"ref": "t"}]},
    {"id": "CVE-2026-90002", "analysis": {"state": "exploitable"}, "affects": [{"ref": "urn:cdx:1A/1#app"}]},
    {"id": "CVE-2026-90003", "analysis": {"state": "resolved"}, "affects": [{"ref": "t", "versions": [{"version": "2"}, {"version": "3"}]}]},
    {"id": "CVE-2026-90004"}
  ],
  "metadata": {"timestamp": "2026-11-01T00:00:00Z", "authors": [{"name": "Ada"}],
    "component": {"bom-ref": "app", "name": "shop", "version": "7"}},
  "components": [{"bom-ref": "t", "name": "tiller", "purl": "pkg:cargo/tiller@1.0.0"}]
}"#;

#[test]
fn the_analysis_of_cyclonedx() {
    let all = good(CYCLONEDX);
    assert_eq!(all.len(), 3, "a vulnerability without a state says nothing");
    assert_eq!(shown(&all[0].products), ["shop 7"]);
    assert_eq!(shown(&all[0].subcomponents), ["pkg:cargo/tiller 1.0.0"]);
    assert_eq!(&*all[0].justification, "vulnerable_code_not_in_execute_path");
    assert_eq!((&*all[0].author, all[0].text.as_str()), ("Ada", "never called"));
    assert_eq!((all[1].status, all[1].subcomponents.len()), (StatementStatus::Affected, 0));
    assert_eq!(shown(&all[2].subcomponents), ["pkg:cargo/tiller 2", "pkg:cargo/tiller 3"]);
}

const CSAF: &str = r#"{
  "document": {"category": "csaf_vex", "csaf_version": "2.0", "publisher": {"name": "Distro"},
    "tracking": {"current_release_date": "2026-11-03T00:00:00Z"}},
  "vulnerabilities": [
    {"cve": "CVE-2026-90003",
     "product_status": {"known_not_affected": ["D12:bash"], "fixed": ["tiller-2"], "known_affected": ["tiller-1", "gone"], "recommended": ["tiller-2"]},
     "flags": [{"label": "component_not_present", "product_ids": ["D12:bash"]}],
     "threats": [{"category": "impact", "details": "not built", "product_ids": ["D12:bash"]}],
     "remediations": [{"category": "vendor_fix", "details": "use 2", "product_ids": ["tiller-1"]}]}
  ],
  "product_tree": {
    "branches": [{"category": "vendor", "name": "Distro", "branches": [
      {"category": "product_name", "name": "tiller", "branches": [
        {"category": "product_version_range", "name": "vers:cargo/<2.0.0", "product": {"product_id": "tiller-1", "name": "tiller before 2", "product_identification_helper": {"purl": "pkg:cargo/tiller"}}},
        {"category": "product_version", "name": "2.0.0", "product": {"product_id": "tiller-2", "name": "tiller 2", "product_identification_helper": {"purl": "pkg:cargo/tiller@2.0.0"}}}
      ]},
      {"category": "product_version", "name": "5.2", "product": {"product_id": "bash", "name": "bash", "product_identification_helper": {"purl": "pkg:deb/debian/bash@5.2?distro=debian-12"}}}
    ]}],
    "full_product_names": [{"product_id": "D12", "name": "Distro 12", "product_identification_helper": {"cpe": "cpe:/o:debian:debian_linux:12"}}],
    "relationships": [{"category": "default_component_of", "product_reference": "bash", "relates_to_product_reference": "D12", "full_product_name": {"product_id": "D12:bash", "name": "bash of Distro 12"}}]
  }
}"#;

#[test]
fn the_product_tree_of_csaf() {
    let (all, problems) = read("v.json", CSAF.as_bytes());
    assert_eq!(problems.len(), 1);
    assert!(problems[0].message.contains("`gone`"), "{}", problems[0]);
    let of = |status: StatementStatus| all.iter().find(|one| one.status == status).unwrap();
    let bash = of(StatementStatus::NotAffected);
    assert_eq!(shown(&bash.products), ["pkg:deb/debian/bash 5.2"]);
    assert_eq!((&*bash.justification, bash.text.as_str()), ("component_not_present", "not built"));
    assert_eq!(shown(&of(StatementStatus::Fixed).products), ["pkg:cargo/tiller 2.0.0"]);
    let affected = of(StatementStatus::Affected);
    assert_eq!(shown(&affected.products), ["pkg:cargo/tiller in vers:cargo/<2.0.0"]);
    assert_eq!(affected.text, "use 2");
    assert_eq!(&*affected.author, "Distro");
}

#[test]
fn parts_that_nothing_identifies_do_not_widen_a_statement() {
    for parts in [r#""subcomponents": [{"@id": ""}]"#, r#""subcomponents": [{}]"#] {
        let text = OPENVEX
            .replace(r#""subcomponents": [{"@id": "pkg:deb/debian/bash@5.2?arch=amd64"}]"#, parts);
        assert_ne!(text, OPENVEX);
        let all = read("v.json", text.as_bytes()).0;
        assert!(all.iter().all(|one| shown(&one.products) != ["pkg:oci/shop any"]), "{all:#?}");
    }
    let text = CSAF.replace(
        r#""relates_to_product_reference": "D12""#,
        r#""relates_to_product_reference": "D13""#,
    );
    let all = read("v.json", text.as_bytes()).0;
    assert!(all.iter().all(|one| one.status != StatementStatus::NotAffected), "{all:#?}");
}

#[test]
fn what_is_said_of_a_part_in_a_vendors_product_stays_there() {
    let cpe = "cpe:/o:debian:debian_linux:12";
    let package = "pkg:deb/debian/bash@5.2?distro=debian-12";
    for (from, to, at, of) in [
        (cpe, "cpe:2.3:o:debian:debian_linux:12:*:*:*:*:*:*:*", "pkg:deb/debian/bash 5.2", None),
        (cpe, "", "Distro 12 any", Some("pkg:deb/debian/bash 5.2")),
        (cpe, "cpe:/o:acme:router:5", "Distro 12 any", Some("pkg:deb/debian/bash 5.2")),
        (package, "pkg:npm/bash@5.2", "Distro 12 any", Some("pkg:npm/bash 5.2")),
    ] {
        for category in ["default_component_of", "installed_on", "installed_with"] {
            let text = CSAF.replace(from, to).replace("default_component_of", category);
            let all = read("v.json", text.as_bytes()).0;
            let one = all.iter().find(|one| one.status == StatementStatus::NotAffected).unwrap();
            assert_eq!(shown(&one.products), [at], "{to} {category}");
            assert_eq!(shown(&one.subcomponents), Vec::from_iter(of), "{to} {category}");
        }
    }
    // What is affected there is told here: rather too much than too little.
    let text = CSAF.replace(package, "pkg:npm/bash@5.2");
    let all = read("v.json", text.replace("known_not_affected", "first_affected").as_bytes()).0;
    assert!(all.iter().any(|one| shown(&one.products) == ["pkg:npm/bash 5.2"]), "{all:#?}");
}

#[test]
fn bad_documents_lose_only_what_is_bad() {
    assert_eq!(codes("{}"), ["statement-unknown"]);
    assert_eq!(codes(""), ["statement-unknown"]);
    let cut = OPENVEX.get(..OPENVEX.len() - 40).unwrap();
    assert_eq!(codes(cut).first().map(String::as_str), Some("json-cut-off"));
    assert_eq!(read("v.json", cut.as_bytes()).0.len(), 2);
    let future = OPENVEX.replace("v0.2.0", "v9.0.0");
    assert_eq!(codes(&future), ["report-version-unknown"]);
    let bare = OPENVEX
        .replace("\"justification\": \"vulnerable_code_not_present\",", "")
        .replace("\"impact_statement\": \"Built without it.\",", "");
    assert_eq!(codes(&bare), ["statement-incomplete"]);
    assert_eq!(read("v.json", bare.as_bytes()).0.len(), 1);
    let odd = OPENVEX.replace("\"not_affected\"", "\"perhaps\"");
    assert_eq!(codes(&odd), ["statement-incomplete"]);
    assert_eq!(read("v.json", odd.as_bytes()).0.len(), 1);
    let typed = OPENVEX.replace("\"status\": \"under_investigation\"", "\"status\": []");
    assert_eq!(codes(&typed), ["report-item", "statement-incomplete"]);
    let marked = format!("\u{feff}{}", OPENVEX.replace('\n', "\r\n"));
    assert_eq!(good(&marked).len(), 3);
    let deep = format!(
        "{{\"csaf_version\": 1, \"product_tree\": {}{}}}",
        "{\"branches\": [".repeat(300),
        "]}".repeat(300)
    );
    assert!(!codes(&deep).is_empty());
}

#[test]
fn a_draft_counts_for_nothing() {
    let dated = "\"tracking\": {\"current_release_date\"";
    for (status, counts) in [("draft", false), ("interim", true), ("final", true)] {
        let with = format!("\"tracking\": {{\"status\": \"{status}\", \"current_release_date\"");
        let text = CSAF.replace(dated, &with);
        assert_ne!(text, CSAF);
        let (said, problems) = read("v.json", text.as_bytes());
        let drafts = problems.iter().filter(|one| one.code == "statement-draft").count();
        assert_eq!((said.is_empty(), drafts), (!counts, usize::from(!counts)), "{status}");
    }
}

#[test]
fn mutated_documents_end_and_say_places() {
    for text in [OPENVEX, CYCLONEDX, CSAF] {
        let mut state = 7_u64;
        for _ in 0..3_000 {
            let mut bytes = text.as_bytes().to_vec();
            for _ in 0..3 {
                if bytes.is_empty() {
                    break;
                }
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                let at = usize::try_from(state % bytes.len() as u64).unwrap();
                match state >> 60 {
                    0..=5 => bytes[at] ^= 1 << ((state >> 8) & 7),
                    6..=9 => drop(bytes.drain(at..(at + 9).min(bytes.len()))),
                    10..=12 => {
                        bytes
                            .insert(at, b"{}[]\",:\\"[usize::try_from((state >> 16) & 7).unwrap()]);
                    }
                    _ => bytes.truncate(at.max(1)),
                }
            }
            let (statements, problems) = read("v.json", &bytes);
            assert!(statements.iter().all(|one| !one.products.is_empty() && !one.names.is_empty()));
            assert!(problems.len() <= 101);
            for problem in problems {
                let listed = crate::codes::CODES.iter().any(|(code, _)| *code == problem.code);
                assert!(listed && problem.place.is_some() && !problem.help.is_empty(), "{problem}");
            }
        }
    }
}

#[test]
fn hashes_of_components_are_digests() {
    let digest = "ab".repeat(32);
    let hashes = format!(
        r#""version": "7", "hashes": [{{"alg": "SHA-1", "content": "{}"}}, {{"alg": "SHA-256", "content": "{}"}}]"#,
        "cd".repeat(20),
        digest.to_uppercase()
    );
    let all = good(&CYCLONEDX.replace(r#""version": "7""#, &hashes));
    assert_eq!(all[0].products[0].digests, [Arc::<str>::from(format!("sha256:{digest}"))]);
}

/// A digest or a package URL that says more than is compared is written so that both survive.
#[test]
fn digests_and_releases_are_written() {
    let digest: Arc<str> = format!("sha256:{}", "ab".repeat(32)).into();
    let (exact, unnamed) = (Versions::Exact("7".into()), Versions::Unnamed);
    let built = |package: &str, versions: &Versions| Product {
        package: package.into(),
        name: "".into(),
        digests: vec![Arc::clone(&digest)],
        versions: versions.clone(),
    };
    let image = Product { digests: vec![Arc::clone(&digest)], ..shop() };
    let bash = Product {
        package: "pkg:deb/debian/bash".into(),
        name: "".into(),
        digests: Vec::new(),
        versions: Versions::Exact("5.2-1".into()),
    };
    let url = "pkg:deb/debian/bash@5.2-1?distro=debian-12";
    let urls = std::collections::BTreeMap::from([(bash.clone(), url.to_owned())]);
    for product in [built("pkg:oci/shop", &unnamed), built("pkg:oci/shop", &exact), image] {
        let said = [Statement {
            author: "Shop".into(),
            at: Some(Timestamp(1_795_251_600_000)),
            names: vec!["CVE-2026-1".into()],
            products: vec![product.clone()],
            subcomponents: vec![bash.clone()],
            status: StatementStatus::Affected,
            justification: "".into(),
            text: "update".to_owned(),
            place: holdfast_model::Place::start_of("v.json"),
        }];
        let at = Timestamp(1_795_251_600_000);
        let all = Statements { author: "Shop", at, statements: &said, version: "1", urls: &urls };
        for text in [openvex(&all), cyclonedx(&all, &product, Subject::Container)] {
            assert!(text.contains(url), "{text}");
            let read = good(&text);
            assert_eq!(read[0].products, std::slice::from_ref(&product), "{text}");
            assert_eq!(read[0].subcomponents, std::slice::from_ref(&bash), "{text}");
        }
    }
}

fn part() -> impl Strategy<Value = Product> {
    let version = prop_oneof![Just(None), "[0-9]{1,2}\\.[0-9]{1,2}".prop_map(Some)];
    ("[a-z]{1,8}", version).prop_map(|(name, version)| Product {
        package: format!("pkg:cargo/{name}").into(),
        name: "".into(),
        digests: Vec::new(),
        versions: version.map_or(Versions::Unnamed, |version| Versions::Exact(version.into())),
    })
}

fn statement() -> impl Strategy<Value = Statement> {
    let status = (0..4_usize).prop_map(|at| StatementStatus::ALL[at]);
    (part(), 1000..9999_u32, status, "[a-z]{0,12}").prop_map(|(part, number, status, text)| {
        let closes = status == StatementStatus::NotAffected;
        Statement {
            author: "Shop".into(),
            at: Some(Timestamp(1_795_251_600_000)),
            names: vec![format!("CVE-2026-{number}").into()],
            products: vec![shop()],
            subcomponents: vec![part],
            status,
            justification: if closes { "vulnerable_code_not_present" } else { "" }.into(),
            text,
            place: holdfast_model::Place::start_of("v.json"),
        }
    })
}

fn shop() -> Product {
    Product {
        package: "".into(),
        name: "shop".into(),
        digests: Vec::new(),
        versions: Versions::Unnamed,
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(statements in proptest::collection::vec(statement(), 0..8)) {
        let all = Statements {
            author: "Shop",
            at: Timestamp(1_795_251_600_000),
            statements: &statements,
            version: "0.1.0",
            urls: &std::collections::BTreeMap::new(),
        };
        for text in [openvex(&all), cyclonedx(&all, &shop(), Subject::Application)] {
            let read = good(&text);
            prop_assert_eq!(read.len(), statements.len());
            for (read, written) in read.iter().zip(&statements) {
                let wanted = Statement { place: read.place.clone(), ..written.clone() };
                prop_assert_eq!(read, &wanted);
            }
        }
    }
}

#[test]
fn documents_name_themselves() {
    assert!([OPENVEX, CYCLONEDX, CSAF].iter().all(|text| is_statement(text.as_bytes())));
    assert!(!is_statement(b"[[package]]"));
}

#[test]
fn versions_that_are_affected_are_not_closed() {
    let text = |state: &str, reference: &str, versions: &str| {
        format!(
            r#"{{"bomFormat":"CycloneDX","specVersion":"1.6",
                "metadata":{{"component":{{"bom-ref":"shop","name":"shop","version":"1.0"}}}},
                "components":[{{"bom-ref":"till","purl":"pkg:cargo/till@1.0","name":"till"}}],
                "vulnerabilities":[{{"id":"CVE-2026-1","analysis":{{"state":"{state}"}},
                    "affects":[{{"ref":"{reference}","versions":[{versions}]}}]}}]}}"#
        )
    };
    let both = r#"{"version":"1.0","status":"affected"},{"version":"1.1","status":"unaffected"}"#;
    let range = r#"{"range":"vers:cargo/<1.0","status":"unaffected"}"#;
    let unsure = r#"{"version":"1.0","status":"unknown"}"#;
    for (reference, of) in [("till", "pkg:cargo/till"), ("shop", "shop")] {
        let named = |state: &str, versions: &str| -> Vec<String> {
            let all = good(&text(state, reference, versions));
            let products = |one: &Statement| match one.subcomponents.as_slice() {
                [] => shown(&one.products),
                parts => shown(parts),
            };
            all.iter().flat_map(products).collect()
        };
        assert_eq!(named("resolved", both), [format!("{of} 1.1")]);
        assert_eq!(named("not_affected", range), [format!("{of} in vers:cargo/<1.0")]);
        assert_eq!(named("resolved", unsure), [""; 0]);
        assert_eq!(named("exploitable", both).len(), 2);
    }
}

/// A package URL of which more is said than packages are known by is none of them, but a product that
/// a configuration may name.
#[test]
fn qualifiers_and_paths_make_another_product() {
    for (url, package) in [
        ("pkg:npm/e@1.0.0", "pkg:npm/e"),
        (
            "pkg:npm/e@1.0.0?repository_url=https://x.example",
            "pkg:npm/e?repository_url=https:%2F%2Fx.example",
        ),
        ("pkg:npm/e@1.0.0?arch=x64#sub/folder", "pkg:npm/e#sub/folder"),
        ("pkg:maven/g/a@1.0.0?type=jar&classifier=tests", "pkg:maven/g/a?classifier=tests"),
        ("pkg:maven/g/a@1.0.0?type=jar", "pkg:maven/g/a"),
        ("pkg:deb/debian/bash@1.0.0?arch=amd64&distro=debian-12&epoch=1", "pkg:deb/debian/bash"),
        ("pkg:rpm/redhat/bash@1.0.0?arch=src&epoch=1&rpmmod=a:b", "pkg:rpm/redhat/bash"),
        ("pkg:oci/shop@1.0.0?repository_url=x.example/shop&tag=7&arch=arm64", "pkg:oci/shop"),
    ] {
        let narrow = package.contains(['?', '#']);
        let codes = if narrow { vec!["statement-narrower"] } else { Vec::new() };
        let parts =
            format!(r#"{{"@id": "pkg:npm/shop@7", "subcomponents": [{{"@id": "{url}"}}]}}"#);
        for (products, inside) in [(format!(r#""{url}", "{url}""#), false), (parts, true)] {
            let text = format!(
                r#"{{"@context": "https://openvex.dev/ns/v0.2.0", "statements": [{{"vulnerability":
                "CVE-2026-1", "products": [{products}], "status": "fixed"}}]}}"#
            );
            let (all, problems) = read("v.json", text.as_bytes());
            let about = if inside { &all[0].subcomponents } else { &all[0].products };
            assert_eq!(&*about[0].package, package, "{url}");
            let told: Vec<&str> = problems.iter().map(|problem| &*problem.code).collect();
            assert_eq!(told, codes, "{url}");
        }
        assert_eq!(&*product_of(url).unwrap().package, package, "{url}");
    }
}

#[test]
fn a_justification_is_one_that_openvex_knows() {
    let text = OPENVEX.replace("vulnerable_code_not_present", "we_do_not_call_it");
    let (all, problems) = read("v.json", text.as_bytes());
    let told: Vec<&str> = problems.iter().map(|problem| &*problem.code).collect();
    assert_eq!(told, ["statement-justification"]);
    assert!(all.iter().all(|one| one.justification.is_empty()));
    assert_eq!(all.len(), 3, "its impact says why");
    let bare = text.replace("\"impact_statement\": \"Built without it.\",", "");
    assert_eq!(codes(&bare), ["statement-justification", "statement-incomplete"]);
    assert_eq!(read("v.json", bare.as_bytes()).0.len(), 1);
}

#[test]
fn a_link_into_another_document_is_no_reference_of_this_one() {
    let own = "urn:cdx:1A/1#app";
    for other in ["urn:cdx:2/1#app", "urn:cdx:1a/2#app", "urn:cdx:2/1#t"] {
        let text = CYCLONEDX.replace(own, other);
        let (all, problems) = read("v.json", text.as_bytes());
        assert_eq!(all.len(), 2, "{other}");
        let [problem] = &problems[..] else { panic!("{problems:?}") };
        assert_eq!(problem.code, "statement-incomplete");
        assert!(problem.message.contains(other), "{problem}");
    }
    let named = CYCLONEDX.replace(own, "urn:cdx:2/1#pkg:cargo/till@1.0.0");
    let all = good(&named);
    assert_eq!(shown(&all[1].subcomponents), ["pkg:cargo/till 1.0.0"]);
    let unnumbered = CYCLONEDX.replace("\"serialNumber\": \"urn:uuid:1a\", \"version\": 1,", "");
    assert_eq!(codes(&unnumbered), ["statement-incomplete"]);
    // A package URL with a path is no link.
    let path = CYCLONEDX.replace("\"t\"", "\"pkg:cargo/tiller@1.0.0#t\"");
    assert_eq!(shown(&good(&path)[0].subcomponents), ["pkg:cargo/tiller 1.0.0"]);
}
