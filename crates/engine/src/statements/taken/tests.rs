use holdfast_findings::{Sighting, join, locus as loci};
use holdfast_model::{
    AssetId, Ecosystem, FixKind, Place, Severity, Standing, StatementStatus, Weakness, WeaknessId,
    Witness,
};

use super::*;

const TILLER: &str = "pkg:cargo/tiller";
const SHOP: &str = "pkg:cargo/shop";

/// A finding of `tiller` in these versions.
fn finding(versions: &[&str]) -> Finding {
    let cargo = Ecosystem::new("cargo");
    let seen = versions.iter().zip(1..).map(|(version, line)| Sighting {
        kind: FindingKind::Package,
        weakness: Weakness {
            id: WeaknessId("CVE-2026-1".into()),
            aliases: Vec::new(),
            title: "a hole".to_owned(),
            cvss: None,
            epss: None,
            exploited: false,
            informational: None,
            malicious: false,
            epss_at: None,
            published_by: Vec::new(),
        },
        locus: loci::language_package(&cargo, "tiller", "Cargo.lock"),
        title: "tiller has a hole".to_owned(),
        severity: Severity::Soon,
        severity_steps: Vec::new(),
        subject: TILLER.into(),
        instance: Instance {
            version: Some((*version).into()),
            place: Place { path: "Cargo.lock".into(), line, column: 1 },
            fixed_in: None,
        },
        witness: Witness { engine: "holdfast".into(), name: "CVE-2026-1".into() },
        direct: None,
        dev: false,
        fix: FixKind::None,
    });
    join(&AssetId("folder:shop".into()), Standing::Trunk, seen.collect()).remove(0)
}

fn product(package: &str, versions: Versions) -> Product {
    Product { package: package.into(), name: "".into(), digests: Vec::new(), versions }
}

fn exact(version: &str) -> Versions {
    Versions::Exact(version.into())
}

fn says(products: &[Product], subcomponents: &[Product]) -> Statement {
    Statement {
        author: "Ada".into(),
        at: None,
        names: vec!["CVE-2026-1".into()],
        products: products.to_vec(),
        subcomponents: subcomponents.to_vec(),
        status: StatementStatus::NotAffected,
        justification: "vulnerable_code_not_present".into(),
        text: String::new(),
        place: Place::start_of("supplier.json"),
    }
}

/// What is taken in, as products and parts.
type Taken = Option<(Vec<Product>, Vec<Product>)>;

/// Of a folder that is `shop` in some version.
fn taken(
    products: &[Product],
    parts: &[Product],
    shop: &Product,
    here: &[&str],
) -> Result<Taken, Vec<String>> {
    let one = anchored(&says(products, parts), &finding(here), std::slice::from_ref(shop))?;
    Ok(one.map(|one| (one.products, one.subcomponents)))
}

#[test]
fn a_statement_about_a_package_is_taken_for_the_versions_that_are_here() {
    let shop = product(SHOP, exact("7"));
    let take =
        |versions: Versions, here: &[&str]| taken(&[product(TILLER, versions)], &[], &shop, here);
    let copy = |version: &str| product(TILLER, exact(version));
    let both = vec![copy("1.0.0"), copy("1.0.1")];
    assert_eq!(take(Versions::Unnamed, &["1.0.0", "1.0.1"]), Ok(Some((both, vec![]))));
    let one = Ok(Some((vec![copy("1.0.0")], vec![])));
    assert_eq!(take(exact("1.0.0"), &["1.0.0", "1.0.1"]), one);
    let range = || Versions::Range("vers:cargo/<1.0.1".into());
    assert_eq!(take(range(), &["1.0.0", "1.0.1"]), one);
    let why = "what Ada states is for pkg:cargo/tiller@1.0.2, and 1.0.0 is here";
    assert_eq!(take(exact("1.0.2"), &["1.0.0"]), Err(vec![why.to_owned()]));
    let why = "what Ada states is for pkg:cargo/tiller in vers:cargo/<1.0.1, and 1.0.1 is here";
    assert_eq!(take(range(), &["1.0.1"]), Err(vec![why.to_owned()]));
    let other = [product("pkg:npm/tiller", Versions::Unnamed)];
    assert_eq!(taken(&other, &[], &shop, &["1.0.0"]), Ok(None));
}

#[test]
fn a_statement_about_one_version_of_a_product_is_not_taken_for_another() {
    let part = [product(TILLER, Versions::Unnamed)];
    let inside = vec![product(TILLER, exact("1.0.0"))];
    let shop = |version: &str| product(SHOP, exact(version));
    for parts in [&part[..], &[]] {
        let take = |said: Product, here: Product| taken(&[said], parts, &here, &["1.0.0"]);
        // The same version: it stays a statement about that version of the product.
        let same = Ok(Some((vec![shop("7")], inside.clone())));
        assert_eq!(take(shop("7"), shop("7")), same);
        let why = "what Ada states is for pkg:cargo/shop@7, and 8 is here";
        assert_eq!(take(shop("7"), shop("8")), Err(vec![why.to_owned()]));
        let unknown = product(SHOP, Versions::Unnamed);
        let why =
            "what Ada states is for pkg:cargo/shop@7, and nobody can tell which version is here";
        assert_eq!(take(shop("7"), unknown.clone()), Err(vec![why.to_owned()]));
        // No version is every version.
        let any = Ok(Some((vec![unknown.clone()], inside.clone())));
        assert_eq!(take(unknown.clone(), shop("8")), any);
        assert_eq!(take(unknown.clone(), unknown), any);
        // A range is taken for the version of it that is here.
        let range = |text: &str| product(SHOP, Versions::Range(text.into()));
        assert_eq!(take(range("vers:cargo/<8.0.0"), shop("7.0.0")), {
            Ok(Some((vec![shop("7.0.0")], inside.clone())))
        });
        assert!(take(range("vers:cargo/<8.0.0"), shop("8.0.0")).is_err());
        assert!(take(range("before 8"), shop("7.0.0")).is_err());
        // Another product says nothing here.
        assert_eq!(take(product("pkg:cargo/till", exact("7")), shop("7")), Ok(None));
    }
}

#[test]
fn a_digest_names_one_build() {
    let built = |digest: &str| Product {
        digests: vec![digest.into()],
        ..product("pkg:oci/shop", Versions::Unnamed)
    };
    let part = [product(TILLER, exact("1.0.0"))];
    let take = |said: Product, here: Product| taken(&[said], &part, &here, &["1.0.0"]);
    let same = Ok(Some((vec![built("sha256:00")], part.to_vec())));
    assert_eq!(take(built("sha256:00"), built("sha256:00")), same);
    let why = "what Ada states is for pkg:oci/shop@sha256:00, and sha256:11 is here";
    assert_eq!(take(built("sha256:00"), built("sha256:11")), Err(vec![why.to_owned()]));
    assert!(take(built("sha256:00"), product("pkg:oci/shop", Versions::Unnamed)).is_err());
}

#[test]
fn a_part_that_is_not_found_here_tells_nothing() {
    let shop = product(SHOP, exact("8"));
    let part = [product("pkg:cargo/rand", Versions::Unnamed)];
    assert_eq!(taken(&[product(SHOP, exact("7"))], &part, &shop, &["1.0.0"]), Ok(None));
}
