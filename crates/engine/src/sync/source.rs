//! What can be named as a source: a path, or an address of the web.
//!
//! Knows how they are written; asks nobody. Which addresses may be reached is judged by `world`.

use std::path::{Path, PathBuf};

use holdfast_model::Problem;
use holdfast_rulefile::config::AdvisoriesConfig;

use super::addresses;

/// The longest name of an ecosystem, in bytes; the longest that is known has 20.
const LONGEST: usize = 64;

/// Where something comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file or a folder.
    Path(PathBuf),
    /// An address of `http` or `https`, without a `/` at its end.
    Address(String),
}

/// What a sync reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sources {
    /// Exports, folders of records and zip files.
    pub from: Vec<Source>,
    /// The catalogue of what is known to be exploited.
    pub kev: Option<Source>,
    /// The chances of exploitation.
    pub epss: Option<Source>,
}

/// What the command line names.
#[derive(Debug, Clone, Copy, Default)]
pub struct Named<'a> {
    /// Feeds.
    pub from: &'a [String],
    /// The catalogue of what is known to be exploited.
    pub kev: Option<&'a str>,
    /// The chances of exploitation.
    pub epss: Option<&'a str>,
}

impl Sources {
    /// What the command line names, else what the configuration does, else the public export and
    /// catalogue. Paths of the command line start `here`, those of the configuration beside it.
    ///
    /// The public catalogue is fetched only where the public export is: whoever names a source has
    /// said what may be asked.
    ///
    /// # Errors
    ///
    /// `source-unknown`: an address of another kind.
    pub fn chosen(
        Named { from, kev, epss }: Named<'_>,
        here: &Path,
        config: &AdvisoriesConfig,
        beside: &Path,
    ) -> Result<Self, Problem> {
        let (texts, base) = if from.is_empty() { (&*config.sources, beside) } else { (from, here) };
        let of = |text: &str, base: &Path| Source::read(text, base);
        let mut sources = texts.iter().map(|text| of(text, base)).collect::<Result<Vec<_>, _>>()?;
        let mut catalogue = kev.map(|text| of(text, here)).transpose()?;
        let mut chances = epss.map(|text| of(text, here)).transpose()?;
        if from.is_empty() && catalogue.is_none() {
            catalogue = config.kev.as_deref().map(|text| of(text, beside)).transpose()?;
        }
        if from.is_empty() && chances.is_none() {
            chances = config.epss.as_deref().map(|text| of(text, beside)).transpose()?;
        }
        if sources.is_empty() {
            sources.push(Source::Address(addresses::EXPORT.to_owned()));
            catalogue =
                catalogue.or_else(|| Some(Source::Address(addresses::CATALOGUE.to_owned())));
        }
        Ok(Self { from: sources, kev: catalogue, epss: chances })
    }

    /// The first address among them.
    pub fn address(&self) -> Option<&str> {
        self.from.iter().chain(&self.kev).chain(&self.epss).find_map(|source| match source {
            Source::Address(address) => Some(&**address),
            Source::Path(_) => None,
        })
    }
}

impl Source {
    /// Reads what somebody named; a path that is not absolute starts at `base`.
    ///
    /// # Errors
    ///
    /// `source-unknown`.
    pub fn read(text: &str, base: &Path) -> Result<Self, Problem> {
        let Some((scheme, rest)) = text.split_once("://") else {
            return Ok(Self::Path(base.join(text)));
        };
        let scheme = scheme.to_ascii_lowercase();
        let web = scheme == "https" || scheme == "http";
        if !web || rest.contains(['?', '#']) || rest.chars().any(char::is_whitespace) {
            let shown = text.split(['?', '#']).next().unwrap_or_default();
            let message = format!("`{}` is no address that can be read", without_user(shown));
            return Err(Problem::new("source-unknown", message)
                .help("write it as `https://host/path`, without `?` and `#`, or name a folder"));
        }
        Ok(Self::Address(format!("{scheme}://{}", rest.trim_end_matches('/'))))
    }
}

/// An address as it may be shown: without whoever signs in (RFC 3986, section 3.2.1).
pub(super) fn without_user(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = authority.rsplit('@').next().unwrap_or_default();
    if path.is_empty() { format!("{scheme}://{host}") } else { format!("{scheme}://{host}/{path}") }
}

/// An address without its last segment, and that segment decoded.
pub(super) fn split(address: &str) -> Option<(&str, String)> {
    let (scheme, rest) = address.split_once("://")?;
    let (folder, last) = rest.rsplit_once('/')?;
    Some((address.get(..scheme.len() + 3 + folder.len())?, decoded(last)?))
}

/// Whether this can be an ecosystem's folder: one segment that leads nowhere else.
pub(super) fn is_ecosystem(name: &str) -> bool {
    name.len() <= LONGEST
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || " -_.:+()".contains(c))
        && !name.contains("..")
}

/// A segment of a path as an address carries it (RFC 3986, section 3.3).
pub(super) fn encoded(segment: &str) -> String {
    let mut out = String::with_capacity(segment.len());
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:()".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for half in [byte >> 4, byte & 15] {
                let digit = char::from_digit(u32::from(half), 16).unwrap_or('0');
                out.push(digit.to_ascii_uppercase());
            }
        }
    }
    out
}

fn decoded(segment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut half = || char::from(rest.next()?).to_digit(16);
        bytes.push(u8::try_from(half()? * 16 + half()?).ok()?);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Source, Problem> {
        Source::read(text, Path::new("/shop"))
    }

    #[test]
    fn a_source_is_a_path_or_an_address_of_the_web() {
        assert_eq!(read("osv").unwrap(), Source::Path("/shop/osv".into()));
        assert_eq!(read("/srv/osv").unwrap(), Source::Path("/srv/osv".into()));
        let address = Source::Address("https://mirror.example/osv".to_owned());
        assert_eq!(read("HTTPS://mirror.example/osv/").unwrap(), address);
        for wrong in ["ftp://a.example/x", "https://a.example/x?key=T0", "https://a.example/#T0"] {
            let problem = read(wrong).unwrap_err();
            assert_eq!(problem.code, "source-unknown", "{wrong}");
            assert!(!problem.to_string().contains("T0"), "{problem}");
        }
        assert_eq!(without_user("https://ana:T0@a.example/x"), "https://a.example/x");
    }

    #[test]
    fn what_is_named_wins_and_the_public_catalogue_comes_with_the_public_export_only() {
        let (here, beside) = (Path::new("/here"), Path::new("/beside"));
        let chosen = |from: &[&str], kev, config: &AdvisoriesConfig| {
            let from: Vec<String> = from.iter().map(|&text| text.to_owned()).collect();
            let named = Named { from: &from, kev, epss: None };
            Sources::chosen(named, here, config, beside).unwrap()
        };
        let path = |text: &str| Source::Path(text.into());
        let public = |text: &str| Source::Address(text.to_owned());
        let none = AdvisoriesConfig::default();
        let said = AdvisoriesConfig {
            sources: vec!["osv".to_owned()],
            kev: Some("kev.json".to_owned()),
            epss: Some("epss.csv".to_owned()),
            ..AdvisoriesConfig::default()
        };
        let own = chosen(&["a"], None, &said);
        assert_eq!(own, Sources { from: vec![path("/here/a")], kev: None, epss: None });
        let configured = chosen(&[], None, &said);
        let kev = Some(path("/beside/kev.json"));
        let epss = Some(path("/beside/epss.csv"));
        assert_eq!(configured, Sources { from: vec![path("/beside/osv")], kev, epss });
        assert_eq!(configured.address(), None);
        let default = chosen(&[], None, &none);
        let kev = Some(public(addresses::CATALOGUE));
        assert_eq!(default, Sources { from: vec![public(addresses::EXPORT)], kev, epss: None });
        assert_eq!(default.address(), Some(addresses::EXPORT));
        assert_eq!(chosen(&[], Some("k"), &none).kev, Some(path("/here/k")));
        assert_eq!(
            chosen(&["a"], Some("https://k.example"), &none).address(),
            Some("https://k.example")
        );
    }

    #[test]
    fn names_lead_nowhere_else() {
        for fine in ["PyPI", "Rocky Linux", "Debian:12", "Red Hat:rhel_aus:8.4::appstream"] {
            assert!(is_ecosystem(fine), "{fine}");
        }
        for wrong in
            ["", "..", ".", "../x", "a/b", "a/../b", "a..b", "=file", "-x", "a\0", "a\n", "ä"]
        {
            assert!(!is_ecosystem(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn segments_are_written_as_addresses_want_them() {
        assert_eq!(encoded("Rocky Linux"), "Rocky%20Linux");
        assert_eq!(encoded("a+b/ä"), "a%2Bb%2F%C3%A4");
        let split = |address| split(address).unwrap();
        assert_eq!(split("https://a.example/osv/Rocky%20Linux").0, "https://a.example/osv");
        assert_eq!(split("https://a.example/osv/Rocky%20Linux").1, "Rocky Linux");
        assert_eq!(split("https://a.example/PyPI"), ("https://a.example", "PyPI".to_owned()));
        assert!(super::split("https://a.example").is_none());
        assert!(super::split("https://a.example/%zz").is_none());
    }
}
