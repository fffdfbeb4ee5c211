use super::*;

#[test]
fn package_urls_are_our_names() {
    let read = |text: &str| {
        let purl = read(text).unwrap();
        (purl.ecosystem.as_str().to_owned(), purl.name, purl.version, purl.bare)
    };
    let own = |a: &str, b: &str, c: &str, d: &str| {
        (a.to_owned(), b.to_owned(), c.to_owned(), d.to_owned())
    };
    assert_eq!(
        read("pkg:deb/debian/tar@1.30%2Bdfsg-6?arch=amd64&distro=debian-10.12"),
        own("Debian:10", "tar", "1.30+dfsg-6", "pkg:deb/debian/tar")
    );
    assert_eq!(read("pkg:npm/%40a/b@1.0.0"), own("npm", "@a/b", "1.0.0", "pkg:npm/%40a/b"));
    assert_eq!(
        read("pkg:maven/org.example/x@2"),
        own("maven", "org.example:x", "2", "pkg:maven/org.example/x")
    );
    assert_eq!(
        read("pkg:apk/alpine/musl@1.2?distro=alpine-3.15.4"),
        own("Alpine:v3.15", "musl", "1.2", "pkg:apk/alpine/musl")
    );
    assert_eq!(super::read("not a purl"), None);
}

#[test]
fn distributions_have_one_ecosystem_however_they_are_named() {
    let of = |text: &str| read(text).unwrap().ecosystem.as_str().to_owned();
    assert_eq!(of("pkg:deb/debian/tar@1?distro=bookworm"), "Debian:12");
    assert_eq!(of("pkg:deb/ubuntu/tar@1?distro=ubuntu-22.04"), "Ubuntu:22.04:LTS");
    assert_eq!(of("pkg:deb/ubuntu/tar@1?distro=ubuntu-24.10"), "Ubuntu:24.10");
    assert_eq!(of("pkg:deb/debian/tar@1"), "Debian");
    assert_eq!(of("pkg:rpm/almalinux/tar@1?distro=almalinux-9.4"), "AlmaLinux:9");
}

#[test]
fn rpm_keeps_epoch_source_and_module() {
    let purl = read(
        "pkg:rpm/redhat/nodejs@16.20.2-8.el9?arch=x86_64&epoch=1&upstream=nodejs-16.20.2-8.el9.src.rpm\
         &rpmmod=nodejs:16:90020240301:abc&distro=rhel-9.4",
    )
    .unwrap();
    assert_eq!(purl.version, "1:16.20.2-8.el9");
    assert_eq!(purl.module.as_deref(), Some("nodejs:16"));
    let source = purl.source.unwrap();
    assert_eq!((&*source.name, &*source.version), ("nodejs", "1:16.20.2-8.el9"));
}

#[test]
fn names_keep_their_letter_case() {
    let name = |text: &str| read(text).unwrap().name;
    assert_eq!(name("pkg:golang/github.com/BurntSushi/toml@v1"), "github.com/BurntSushi/toml");
    assert_eq!(name("pkg:npm/JSONStream@1.3.5"), "JSONStream");
    assert_eq!(name("pkg:npm/%40Ab/c@1"), "@Ab/c");
    assert_eq!(name("pkg:swift/code.example/Apple/NIO.git@1"), "code.example/apple/nio");
}

#[test]
fn what_is_written_is_read_back() {
    let place = || Place::start_of("x");
    let package = |ecosystem: &str, name: &str, version: &str, source: Option<(&str, &str)>| {
        let ecosystem = Ecosystem::new(ecosystem);
        let mut one = Component::new(ecosystem, name, Some(version.into()), place());
        one.source = source
            .map(|(name, version)| SourcePackage { name: name.into(), version: version.into() });
        one
    };
    let mut module =
        package("Rocky Linux:9", "nodejs", "1:16.2-1.el9", Some(("nodejs", "1:16.2-1.el9")));
    module.module = Some("nodejs:16".into());
    for component in [
        package("Debian:12", "libssl3", "3.0.11-1~deb12u2", Some(("openssl", "3.0.11-1~deb12u2"))),
        package("Debian:12", "gcc", "4:12.2.0-3", Some(("gcc-defaults", "1.203"))),
        package("Debian:12", "bash", "5.2.15-2+b7", Some(("bash", "5.2.15-2"))),
        package("Ubuntu:22.04:LTS", "tar", "1.34", Some(("tar", "1.34"))),
        package("Alpine:v3.19", "libcrypto3", "3.1.4-r5", Some(("openssl", "3.1.4-r5"))),
        package("raspbian:12", "tar", "1.34", Some(("tar", "1.34"))),
        package("Rocky Linux:9", "perl-IO", "1.43-1.el9", Some(("perl", "4:5.32.1-1.el9"))),
        package("AlmaLinux:9", "libstdc++", "11~rc1^git1-2.el9", Some(("gcc", "11-2.el9"))),
        package("Red Hat:enterprise_linux:9", "NetworkManager", "1:1.46-1.el9", None),
        package("npm", "@a/b", "1.0.0", None),
        package("npm", "JSONStream", "1.3.5", None),
        package("npm", "@a/JSONx", "1.0.0", None),
        package("maven", "org.example:core", "1.0", None),
        package("golang", "forge.example/tiller", "1.0.3", None),
        package("swift", "forge.example/a/b", "1.0.3", None),
        module,
    ] {
        let text = of(&component).unwrap();
        let purl = read(&text).unwrap();
        assert_eq!(purl.ecosystem, component.ecosystem, "{text}");
        assert_eq!(purl.name, *component.name, "{text}");
        assert_eq!(Some(&*purl.version), component.version.as_deref(), "{text}");
        assert_eq!(purl.module.as_deref(), component.module.as_deref(), "{text}");
        let same = component.source.as_ref().is_some_and(|source| {
            source.name == component.name && Some(&source.version) == component.version.as_ref()
        });
        let wanted = component.source.filter(|_| !same);
        assert_eq!(purl.source, wanted, "{text}");
    }
}

/// Every ecosystem whose packages a reader names, with a name as they are written there.
const ALL: [(&str, &str); 38] = [
    ("cargo", "door"),
    ("npm", "@shop/door"),
    ("pypi", "door"),
    ("golang", "forge.example/shop/door"),
    ("gem", "door"),
    ("composer", "shop/door"),
    ("maven", "org.example:door"),
    ("nuget", "door.core"),
    ("pub", "door"),
    ("hex", "door"),
    ("cran", "Door"),
    ("Bioconductor", "Door"),
    ("hackage", "Door"),
    ("conan", "door"),
    ("swift", "forge.example/shop/door"),
    ("cocoapods", "Door"),
    ("githubactions", "shop/door"),
    ("docker", "registry.example/shop/door"),
    ("Debian:12", "door"),
    ("Ubuntu:22.04:LTS", "door"),
    ("Ubuntu:24.10", "door"),
    ("Alpine:v3.19", "door"),
    ("Alpine:edge", "door"),
    ("Wolfi", "door"),
    ("Chainguard", "door"),
    ("AlmaLinux:9", "door"),
    ("Rocky Linux:8", "door"),
    ("Red Hat:enterprise_linux:9", "door"),
    ("CentOS:7", "door"),
    ("Fedora:40", "door"),
    ("Mageia:9", "door"),
    ("Photon OS:4.0", "door"),
    ("amzn:2023", "door"),
    ("ol:9", "door"),
    ("openSUSE:Leap 15.6", "door"),
    ("openSUSE:Tumbleweed", "door"),
    ("SUSE:Linux Enterprise Server 15 SP5", "door"),
    ("SUSE:Linux Enterprise Desktop 15 SP5", "door"),
];

#[test]
fn no_ecosystem_is_lost_through_its_package_urls() {
    for (ecosystem, name) in ALL {
        let place = Place::start_of("");
        let known = Ecosystem::new(ecosystem);
        let mut one = Component::new(known, name, Some("1.2.3".into()), place.clone());
        let systems = ["deb/", "rpm/", "apk/"];
        let bare = one.ecosystem.purl(name, None).unwrap_or_else(|| panic!("{ecosystem}"));
        if systems.iter().any(|kind| bare.starts_with(&format!("pkg:{kind}"))) {
            one.source = Some(SourcePackage { name: name.into(), version: "1.2.3".into() });
        }
        let text = of(&one).unwrap();
        let back = super::read(&text).unwrap().component(place);
        assert_eq!(back.ecosystem, one.ecosystem, "{text}");
        assert_eq!(back.name, one.name, "{text}");
        assert_eq!(back.version, one.version, "{text}");
        assert_eq!(back.source, one.source, "{text}");
    }
}

#[test]
fn kinds_of_trivy_have_package_urls() {
    assert_eq!(of_kind("jar", "org.a:b"), "pkg:maven/org.a/b");
    assert_eq!(of_kind("debian", "apt"), "pkg:deb/debian/apt");
    assert_eq!(of_kind("npm", "@a/b"), "pkg:npm/%40a/b");
    assert_eq!(of_kind("martian", "x"), "x");
}
