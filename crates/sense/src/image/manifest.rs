//! The documents of an image: which layers it has, and what it says of itself (OCI image
//! specification 1.1, "Image Layout", "Image Index", "Image Manifest", "Image Configuration";
//! `manifest.json` of `docker save`, Docker image specification 1.2).
//!
//! Knows these documents; knows no archive and no file.

use std::collections::BTreeMap;

use holdfast_model::{Digest, Place, Problem};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Something that another document is about.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// What it is.
    #[serde(default)]
    pub media_type: String,
    /// `sha256:` and 64 hexadecimal digits.
    pub digest: String,
    /// For which machines, in an index.
    #[serde(default)]
    pub platform: Option<Platform>,
    /// Further words.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
}

/// For which machines an image is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Platform {
    /// `linux`.
    #[serde(default)]
    pub os: String,
    /// `amd64`.
    #[serde(default)]
    pub architecture: String,
}

impl Platform {
    /// `linux/amd64`.
    pub fn word(&self) -> String {
        format!("{}/{}", self.os, self.architecture)
    }
}

impl Descriptor {
    /// Its digest, where it is one that is verified here.
    pub fn sha256(&self) -> Option<Digest> {
        Digest::parse(self.digest.strip_prefix("sha256:")?)
    }

    /// The path of its bytes in a layout; `None` for a digest that is no path.
    pub fn blob(&self) -> Option<String> {
        let (algorithm, digits) = self.digest.split_once(':')?;
        let word = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric());
        (word(algorithm) && word(digits)).then(|| format!("blobs/{algorithm}/{digits}"))
    }

    /// Whether it leads to further images.
    pub fn is_index(&self) -> bool {
        self.media_type.ends_with(".image.index.v1+json")
            || self.media_type.ends_with(".manifest.list.v2+json")
    }

    /// Whether it is a statement about another image and no image itself, as build attestations.
    pub fn is_statement(&self) -> bool {
        self.annotations.contains_key("vnd.docker.reference.type")
            || self.platform.as_ref().is_some_and(|platform| platform.os == "unknown")
    }
}

/// `index.json`, or an index among the blobs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Index {
    /// Its images.
    #[serde(default)]
    pub manifests: Vec<Descriptor>,
}

/// What an image is made of.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Manifest {
    /// Its configuration.
    pub config: Descriptor,
    /// Its layers, the lowest first.
    pub layers: Vec<Descriptor>,
    /// Further words.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
}

/// What an image says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Config {
    /// How it is run.
    #[serde(default, alias = "container_config")]
    config: Option<Runtime>,
    /// Its layers before they were packed.
    #[serde(default)]
    rootfs: RootFs,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
struct Runtime {
    #[serde(default, rename = "Labels")]
    labels: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
struct RootFs {
    #[serde(default)]
    diff_ids: Vec<String>,
}

impl Config {
    /// What its makers wrote on it.
    pub fn labels(&self) -> BTreeMap<String, String> {
        self.config.clone().and_then(|config| config.labels).unwrap_or_default()
    }

    /// The digest of a layer before it was packed.
    pub fn layer(&self, number: usize) -> Option<Digest> {
        Digest::parse(self.rootfs.diff_ids.get(number)?.strip_prefix("sha256:")?)
    }
}

/// One image of `docker save`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Saved {
    /// The path of its configuration.
    pub config: String,
    /// `shop/web:1.2`.
    #[serde(default)]
    pub repo_tags: Option<Vec<String>>,
    /// The paths of its layers, the lowest first.
    pub layers: Vec<String>,
}

/// Reads a document.
///
/// # Errors
///
/// Where it is none of its kind; the problem has the place.
pub fn read<T: DeserializeOwned>(path: &str, bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| {
        let number = |at: usize| u32::try_from(at.max(1)).unwrap_or(u32::MAX);
        let (line, column) = (number(error.line()), number(error.column()));
        let place = Place { path: path.into(), line, column };
        let text = error.to_string();
        let words = text.split(" at line ").next().unwrap_or_default();
        Problem::at(
            "image-document",
            place,
            format!("this is no such document of an image: {words}"),
        )
        .help("let the tool that made the image write it again")
    })
}

/// The repository of a reference, without tag and digest: `registry.example:5000/shop/web:1.2` is
/// of `registry.example:5000/shop/web`. `None` where it names none.
pub fn repository(reference: &str) -> Option<&str> {
    let name = reference.split('@').next()?;
    let folder = name.rfind('/').map_or(0, |at| at + 1);
    let end = name.get(folder..)?.find(':').map_or(name.len(), |at| folder + at);
    let repository = name.get(..end)?;
    let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | ':');
    // A tag alone, as layouts have it for `latest`, names no repository.
    let whole = !repository.is_empty() && repository.chars().all(sound);
    (whole && (name.contains('/') || name.contains(':'))).then_some(repository)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_cut_at_their_tag() {
        let cases = [
            ("shop/web:1.2", Some("shop/web")),
            ("web:1.2", Some("web")),
            ("registry.example:5000/shop/web", Some("registry.example:5000/shop/web")),
            ("registry.example:5000/shop/web:1@sha256:ab", Some("registry.example:5000/shop/web")),
            ("latest", None),
            ("", None),
            (":x", None),
            ("a b/c", None),
        ];
        for (reference, wanted) in cases {
            assert_eq!(repository(reference), wanted, "{reference}");
        }
    }

    #[test]
    fn a_digest_is_a_path_only_where_it_is_one() {
        let of = |digest: &str| Descriptor {
            media_type: String::new(),
            digest: digest.to_owned(),
            platform: None,
            annotations: BTreeMap::new(),
        };
        assert_eq!(of("sha256:ab12").blob().as_deref(), Some("blobs/sha256/ab12"));
        assert_eq!(of("sha256:../../etc/passwd").blob(), None);
        assert_eq!(of("sha256").blob(), None);
        assert!(of(&format!("sha256:{}", "0".repeat(64))).sha256().is_some());
        assert!(of(&format!("sha512:{}", "0".repeat(64))).sha256().is_none());
    }

    #[test]
    fn documents_are_read_and_refused_with_their_place() {
        let manifest =
            r#"{"config":{"digest":"sha256:c","extra":1},"layers":[{"digest":"sha256:l"}]}"#;
        let manifest: Manifest = read("m", manifest.as_bytes()).unwrap();
        assert_eq!(manifest.layers.len(), 1);
        let config: Config = read("c", br#"{"config":{"Labels":null},"rootfs":{}}"#).unwrap();
        assert!(config.labels().is_empty() && config.layer(0).is_none());
        let problem = read::<Index>("index.json", b"{\n \"manifests\": 7}").unwrap_err();
        let place = problem.place.unwrap();
        assert_eq!((&*place.path, place.line), ("index.json", 2));
        assert!(read::<Vec<Saved>>("m", b"\xEF\xBB\xBF[").is_err());
    }
}
