//! The ecosystems that are known by name: how they and their packages are called, how versions
//! compare, what speaks of them, and what of them is not assessed.
//!
//! Whatever the code can be asked is asked of it, so that a page made from here says what is done.
//! It must not know files or readers.

use holdfast_model::{About, Ecosystem};

use crate::distribution::{is_distribution, names_binaries};
use crate::feed::Form;
use crate::version;

/// A known ecosystem.
#[derive(Debug)]
pub struct Known {
    /// Its family as [`Ecosystem`] has it, whose packages these are, and what of them is not
    /// assessed besides what holds for all, in parts with `;` between them; may be empty.
    pub about: About,
    /// Its name in advisories, with a release where it has releases; `None` where that is the host
    /// of a registry.
    pub written: Option<&'static str>,
    /// The name of a package, as an example.
    pub example: &'static str,
}

const fn known(
    (id, title): (&'static str, &'static str),
    written: Option<&'static str>,
    example: &'static str,
    text: &'static str,
) -> Known {
    Known { about: About { id, title, text, file: file!() }, written, example }
}

const GO: &str = "programs of other systems than ELF";
const MODULES: &str = "packages of a module whose stream nobody tells";
const ENTITLED: &str = "fixes for those who are entitled to them, where nobody tells whether the \
                        host is";
const RED_HAT: &str = "packages of a module whose stream nobody tells; fixes for those who are \
                       entitled to them, where nobody tells whether the host is";

/// Every known ecosystem: languages and tools, then distributions.
pub static ECOSYSTEMS: &[Known] = &[
    known(
        (Ecosystem::CARGO, "Rust packages"),
        None,
        "plug",
        "programs into which `cargo auditable` wrote no list, and those of other systems than ELF",
    ),
    known((Ecosystem::NPM, "JavaScript packages"), Some("npm"), "@acme/plug", "`bun.lockb`"),
    known(
        (Ecosystem::PYPI, "Python packages"),
        Some("PyPI"),
        "plug",
        "requirements that nothing pins; `dynamic` dependencies; what is zipped in an `.egg`",
    ),
    known((Ecosystem::GOLANG, "Go modules"), Some("Go"), "forge.example/acme/plug", GO),
    known(
        (Ecosystem::GEM, "Ruby packages"),
        Some("RubyGems"),
        "plug",
        "names and versions that a `Gemfile` or a gemspec works out",
    ),
    known(
        (Ecosystem::COMPOSER, "PHP packages"),
        Some("Packagist"),
        "acme/plug",
        "branches such as `dev-main`, which move",
    ),
    known(
        (Ecosystem::MAVEN, "Java packages"),
        Some("Maven"),
        "org.example:plug",
        "what hangs on a parent, a platform, a profile or a range outside of the tree; what \
         dependencies bring in, where no lockfile says it; archives without `pom.properties`",
    ),
    known(
        (Ecosystem::NUGET, ".NET packages"),
        Some("NuGet"),
        "Acme.Plug",
        "references whose version stands nowhere",
    ),
    known((Ecosystem::PUB, "Dart packages"), Some("Pub"), "plug", ""),
    known(
        (Ecosystem::HEX, "Elixir and Erlang packages"),
        Some("Hex"),
        "plug",
        "what comes from a git address without a tag that says a version",
    ),
    known((Ecosystem::CRAN, "R packages"), Some("CRAN"), "plug", "R itself"),
    known(
        (Ecosystem::BIOCONDUCTOR, "R packages of Bioconductor"),
        Some("Bioconductor"),
        "plug",
        "R itself",
    ),
    known(
        (Ecosystem::HACKAGE, "Haskell packages"),
        Some("Hackage"),
        "plug",
        "the packages of a snapshot of Stack; those that came with the compiler",
    ),
    known((Ecosystem::CONAN, "C and C++ packages"), Some("ConanCenter"), "plug", ""),
    known(
        (Ecosystem::SWIFT, "Swift packages"),
        Some("SwiftURL"),
        "forge.example/acme/plug",
        "pins to a branch or to a bare commit; packages of a registry",
    ),
    known((Ecosystem::COCOAPODS, "CocoaPods"), Some("CocoaPods"), "Plug", ""),
    known(
        (Ecosystem::ACTIONS, "Actions of GitHub workflows"),
        Some("GitHub Actions"),
        "acme/plug",
        "tags such as `v4`, and branches, which move; commits beside which no version stands",
    ),
    known(
        (Ecosystem::DOCKER, "Container images"),
        Some("docker"),
        "acme/plug",
        "images as such: what is in one is found by looking into it",
    ),
    known(("Julia", "Julia packages"), Some("Julia"), "Plug", ""),
    known(("opam", "OCaml packages"), Some("opam"), "plug", ""),
    known(("GHC", "The Haskell compiler and its tools"), Some("GHC"), "GHC", ""),
    known(("Bitnami", "Applications packed by Bitnami"), Some("Bitnami"), "plug", ""),
    known(("Kubernetes", "The parts of Kubernetes"), Some("Kubernetes"), "k8s.example/plug", ""),
    known(("VSCode", "Extensions of Visual Studio Code"), Some("VSCode"), "acme/plug", ""),
    known(
        (Ecosystem::DEBIAN, "Debian packages"),
        Some("Debian:12"),
        "openssl",
        "testing and unstable, whose hosts name no release",
    ),
    known(("Ubuntu", "Ubuntu packages"), Some("Ubuntu:22.04:LTS"), "openssl", ENTITLED),
    known(("Alpine", "Alpine packages"), Some("Alpine:v3.20"), "openssl", ""),
    known(("Wolfi", "Wolfi packages"), Some("Wolfi"), "openssl", ""),
    known(("Chainguard", "Chainguard packages"), Some("Chainguard"), "openssl", ""),
    known(("Alpaquita", "Alpaquita packages"), Some("Alpaquita:23"), "openssl", ""),
    known(("MinimOS", "MinimOS packages"), Some("MinimOS"), "openssl", ""),
    known(("AlmaLinux", "AlmaLinux packages"), Some("AlmaLinux:9"), "openssl", MODULES),
    known(("Rocky Linux", "Rocky Linux packages"), Some("Rocky Linux:9"), "openssl", MODULES),
    known(("Red Hat", "Red Hat packages"), Some("Red Hat:enterprise_linux:9"), "openssl", RED_HAT),
    known(("CentOS", "CentOS packages"), Some("CentOS:7"), "openssl", MODULES),
    known(("Fedora", "Fedora packages"), Some("Fedora:40"), "openssl", MODULES),
    known(
        ("SUSE", "SUSE packages"),
        Some("SUSE:Linux Enterprise Server 15 SP5"),
        "openssl",
        ENTITLED,
    ),
    known(("openSUSE", "openSUSE packages"), Some("openSUSE:Leap 15.6"), "openssl", ""),
    known(("openEuler", "openEuler packages"), Some("openEuler:24.03-LTS"), "openssl", ""),
    known(("Mageia", "Mageia packages"), Some("Mageia:9"), "openssl", ""),
    known(("Photon OS", "Photon OS packages"), Some("Photon OS:5.0"), "openssl", ""),
    known(("Azure Linux", "Azure Linux packages"), Some("Azure Linux:3"), "openssl", ""),
    known(("amzn", "Amazon Linux packages"), Some("amzn:2023"), "openssl", ""),
    known(("ol", "Oracle Linux packages"), Some("ol:9"), "openssl", MODULES),
];

/// A name in which every rule of normal forms has something to do.
const PROBE: &str = "Some_Name.X";

impl Known {
    /// It, with the release that stands as an example.
    pub fn ecosystem(&self) -> Ecosystem {
        Ecosystem::new(self.written.unwrap_or(self.about.id))
    }

    /// Whether its packages are those of a distribution, which its own package manager updates.
    pub fn is_distribution(&self) -> bool {
        is_distribution(self.about.id)
    }

    /// How it and its packages are called, and how their names compare.
    pub fn names(&self) -> String {
        let ecosystem = self.ecosystem();
        let own = ecosystem.as_str();
        let mut sentences = vec![match self.written {
            None => format!("Advisories name it by the host of its registry, here it is `{own}`."),
            Some(written) if written == own => format!("Its name is `{own}`."),
            Some(written) => format!("Its name is `{written}`, here `{own}`."),
        }];
        sentences.push(match ecosystem.purl(self.example, Some("1.2.3")) {
            Some(purl) => format!("The package URL of its `{}` is `{purl}`.", self.example),
            None => "It has no type of package URL here.".to_owned(),
        });
        let normal = ecosystem.normal_name(PROBE);
        sentences.push(if normal == PROBE {
            let small = "; where an advisory has capitals, so does lower case, as in package URLs";
            let small = if self.about.id == Ecosystem::GOLANG { small } else { "" };
            format!("Names compare to the letter{small}.")
        } else {
            format!("Names compare in a normal form: `{PROBE}` is `{normal}`.")
        });
        if self.is_distribution() {
            let kind = if names_binaries(ecosystem.family()) { "binary" } else { "source" };
            sentences.push(format!("Advisories name {kind} packages."));
        }
        sentences.join(" ")
    }

    /// How its versions compare.
    pub fn versions(&self) -> String {
        match version::order_of(&self.ecosystem()) {
            Some(order) => {
                format!("Versions have the order `{}`: {}", order.about.id, order.about.text)
            }
            None => "Versions have no order.".to_owned(),
        }
    }

    /// What speaks of it.
    pub fn feeds(&self) -> String {
        let ecosystem = self.ecosystem();
        if version::order_of(&ecosystem).is_none() {
            return "No feed speaks of it.".to_owned();
        }
        let of = |form: &Form| form.family().is_none_or(|family| family == ecosystem.family());
        let forms: Vec<&str> = Form::ADVISORIES.into_iter().filter(of).map(Form::title).collect();
        format!("Feeds that may speak of it: {}.", forms.join(", "))
    }

    /// What of it is not assessed, in parts; never empty.
    pub fn gaps(&self) -> Vec<String> {
        let mut parts: Vec<String> = Vec::new();
        parts
            .extend(self.about.text.split("; ").filter(|part| !part.is_empty()).map(str::to_owned));
        if Ecosystem::new(self.about.id).lacks_release() {
            parts.push("hosts whose release is not known".to_owned());
        }
        if let Some(order) = version::order_of(&self.ecosystem()) {
            if order.epochs {
                parts
                    .push("a version whose epoch may be lost, where the answer hangs on it".into());
            }
            parts.push("packages without a version, or with one that its order cannot read".into());
            parts.push("all of it, as long as no feed that speaks of it was synced".into());
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::version::ORDERS;

    fn of(id: &str) -> &'static Known {
        ECOSYSTEMS.iter().find(|known| known.about.id == id).unwrap()
    }

    #[test]
    fn each_is_known_once_under_the_name_that_the_code_gives_it() {
        let mut seen = BTreeSet::new();
        for known in ECOSYSTEMS {
            assert!(seen.insert(known.about.id), "{}", known.about.id);
            assert_eq!(known.ecosystem().family(), known.about.id);
            assert_eq!(Ecosystem::new(known.about.id).as_str(), known.about.id);
            assert!(!known.ecosystem().lacks_release(), "{}", known.about.id);
            assert!(!known.gaps().is_empty(), "{}", known.about.id);
        }
    }

    #[test]
    fn every_order_and_every_feed_of_one_family_has_its_ecosystem() {
        let orders: BTreeSet<&str> = ECOSYSTEMS
            .iter()
            .filter_map(|known| version::order_of(&known.ecosystem()))
            .map(|order| order.about.id)
            .collect();
        for order in ORDERS {
            assert!(orders.contains(order.about.id), "{}", order.about.id);
        }
        for family in Form::ADVISORIES.into_iter().filter_map(Form::family) {
            assert!(of(family).feeds().contains(", "), "{family}");
        }
        // Only images are told by readers and spoken of by nobody.
        let without = ECOSYSTEMS.iter().filter(|one| version::order_of(&one.ecosystem()).is_none());
        let without: Vec<&str> = without.map(|known| known.about.id).collect();
        assert_eq!(without, [Ecosystem::DOCKER]);
    }

    #[test]
    fn a_page_says_what_the_code_does() {
        let python = of(Ecosystem::PYPI);
        let names = python.names();
        assert!(names.starts_with("Its name is `PyPI`, here `pypi`."), "{names}");
        assert!(names.contains("`pkg:pypi/plug@1.2.3`"), "{names}");
        assert!(names.ends_with("`Some_Name.X` is `some-name-x`."), "{names}");
        assert!(python.versions().contains("PEP 440"));
        assert_eq!(python.feeds(), "Feeds that may speak of it: records in OSV form.");

        let debian = of(Ecosystem::DEBIAN);
        let names = debian.names();
        assert!(names.starts_with("Its name is `Debian:12`. "), "{names}");
        assert!(names.ends_with("to the letter. Advisories name source packages."), "{names}");
        assert!(debian.feeds().ends_with("records in OSV form, Debian's security tracker."));
        let gaps = debian.gaps();
        assert!(gaps.iter().any(|gap| gap.contains("release")), "{gaps:?}");
        assert!(gaps.iter().any(|gap| gap.contains("epoch")), "{gaps:?}");

        assert!(of("AlmaLinux").names().ends_with("Advisories name binary packages."));
        assert!(of(Ecosystem::CARGO).names().starts_with("Advisories name it by the host"));
        assert!(of("opam").names().contains("no type of package URL"));
        assert_eq!(of(Ecosystem::DOCKER).versions(), "Versions have no order.");
        assert_eq!(of(Ecosystem::DOCKER).gaps().len(), 1);
    }
}
