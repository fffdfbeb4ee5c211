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
    /// What it is where it is no image: whoever attaches something to an image says so here.
    #[serde(default)]
    pub artifact_type: String,
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
            || !self.artifact_type.is_empty()
            || self.attached_to().is_some()
            || self.platform.as_ref().is_some_and(|platform| platform.os == "unknown")
    }

    /// The digest in a name such as `sha256-4f….att`, under which signatures and attestations of that
    /// image are kept where nothing better was known (cosign, "Signature specification").
    pub fn attached_to(&self) -> Option<String> {
        let name = self.annotations.get("org.opencontainers.image.ref.name")?;
        let tag = name.rsplit_once(':').map_or(name.as_str(), |(_, tag)| tag);
        let (digits, _) = tag.strip_prefix("sha256-")?.split_once('.')?;
        Digest::parse(digits).map(|digest| format!("sha256:{digest}"))
    }

    /// Whether it is a build attestation, among the layers of what is attached to an image.
    pub fn is_attestation(&self) -> bool {
        ["in-toto", "dsse", "sigstore.bundle"].iter().any(|word| self.media_type.contains(word))
    }

    /// The image that a statement is about, where its descriptor says it (BuildKit, "Image
    /// attestation storage").
    pub fn is_about(&self) -> Option<&str> {
        self.annotations.get("vnd.docker.reference.digest").map(String::as_str)
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
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// Its configuration.
    pub config: Descriptor,
    /// Its layers, the lowest first.
    pub layers: Vec<Descriptor>,
    /// What it is attached to, where it is no image ("Guidelines for Artifact Usage").
    #[serde(default)]
    pub subject: Option<Descriptor>,
    /// Further words.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
}

/// What an image says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Config {
    /// How it is run.
    #[serde(default, rename = "config")]
    runtime: Option<Runtime>,
    /// Its layers before they were packed.
    #[serde(default)]
    rootfs: RootFs,
    /// For which machines.
    #[serde(default)]
    os: String,
    #[serde(default)]
    architecture: String,
    /// How it was built, step by step.
    #[serde(default)]
    history: Option<Vec<Step>>,
}

/// One step of how an image was built.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
struct Step {
    #[serde(default)]
    created_by: String,
    /// Whether it made no layer.
    #[serde(default, rename = "empty_layer")]
    layerless: bool,
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
        self.runtime.clone().and_then(|runtime| runtime.labels).unwrap_or_default()
    }

    /// The digest of a layer before it was packed.
    pub fn layer(&self, number: usize) -> Option<Digest> {
        Digest::parse(self.rootfs.diff_ids.get(number)?.strip_prefix("sha256:")?)
    }

    /// For which machines it is: `linux/amd64`; empty where it does not say so.
    pub fn platform(&self) -> String {
        let platform = Platform { os: self.os.clone(), architecture: self.architecture.clone() };
        if platform.os.is_empty() { String::new() } else { platform.word() }
    }

    /// For each layer the digest of it and all below it ("Layer ChainID"): two images that have one
    /// in common are built on the same files. Ends at the first layer without a digest.
    pub fn chains(&self) -> Vec<Digest> {
        let mut chains: Vec<Digest> = Vec::with_capacity(self.rootfs.diff_ids.len());
        for number in 0..self.rootfs.diff_ids.len() {
            let Some(layer) = self.layer(number) else { break };
            chains.push(match chains.last() {
                Some(below) => Digest::of(format!("sha256:{below} sha256:{layer}").as_bytes()),
                None => layer,
            });
        }
        chains
    }

    /// For each layer the command that made it; none at all where the steps do not fit the layers.
    pub fn commands(&self) -> Vec<String> {
        let steps = self.history.iter().flatten().filter(|step| !step.layerless);
        let commands: Vec<String> = steps.map(|step| command(&step.created_by)).collect();
        if commands.len() == self.rootfs.diff_ids.len() { commands } else { Vec::new() }
    }
}

/// The longest command that is kept, in characters.
const LONGEST: usize = 200;

/// A step as it stands in the file that the image was built from, on one line. Builders write values
/// of arguments in front (`|1 TOKEN=… /bin/sh -c …`), and these may be secrets: they are left out.
fn command(step: &str) -> String {
    let step = step.trim().strip_suffix("# buildkit").unwrap_or(step).trim();
    let (instruction, rest) = match step.strip_prefix("RUN ") {
        Some(rest) => ("RUN ", rest.trim_start()),
        None => ("", step),
    };
    let shell = "/bin/sh -c ";
    let text = if rest.starts_with('|') {
        let run = rest.split_once(shell).map_or("…", |(_, run)| run);
        format!("RUN {}", run.trim_start())
    } else if let Some(run) = rest.strip_prefix(shell) {
        match run.trim_start().strip_prefix("#(nop)") {
            Some(other) => other.trim_start().to_owned(),
            None => format!("RUN {}", run.trim_start()),
        }
    } else {
        format!("{instruction}{rest}")
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
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

/// Whether two references mean images of the same name and tag or digest: where one of them names no
/// registry, that of the other does not count, and neither does `library/`, which some registries put
/// before the name of what they make themselves.
pub fn is_same(one: &str, other: &str) -> bool {
    fn apart(reference: &str) -> (Option<&str>, &str) {
        let (host, rest) = match reference.split_once('/') {
            Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => {
                (Some(first), rest)
            }
            _ => (None, reference),
        };
        (host, rest.strip_prefix("library/").unwrap_or(rest))
    }
    let ((one_host, one), (other_host, other)) = (apart(one), apart(other));
    one == other && one_host.zip(other_host).is_none_or(|(one, other)| one == other)
}

/// The digest that a reference names: the whole of it, or what stands behind `@`.
pub fn digest_in(reference: &str) -> Option<&str> {
    let digest = reference.rsplit_once('@').map_or(reference, |(_, digest)| digest);
    Digest::parse(digest.strip_prefix("sha256:")?).map(|_| digest)
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
            artifact_type: String::new(),
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

    #[test]
    fn one_image_has_several_names() {
        for (one, other, same) in [
            ("shop/web:1", "shop/web:1", true),
            ("shop/web:1", "registry.example/shop/web:1", true),
            ("base:12", "registry.example/library/base:12", true),
            ("a.example/web:1", "b.example/web:1", false),
            ("localhost/web:1", "web:1", true),
            ("shop/web:1", "web:1", false),
            ("web:1", "web:2", false),
        ] {
            assert_eq!(is_same(one, other), same, "{one} {other}");
            assert_eq!(is_same(other, one), same, "{other} {one}");
        }
        let digest = format!("sha256:{}", "a".repeat(64));
        assert_eq!(digest_in(&format!("web:1@{digest}")), Some(&*digest));
        assert_eq!(digest_in(&digest), Some(&*digest));
        assert_eq!((digest_in("web:1"), digest_in("sha256:ab")), (None, None));
    }

    #[test]
    fn a_step_is_told_as_it_was_written_and_without_values_of_arguments() {
        for (step, told) in [
            ("/bin/sh -c #(nop)  CMD [\"sh\"]", "CMD [\"sh\"]"),
            ("/bin/sh -c #(nop) ADD file:ab in / ", "ADD file:ab in /"),
            ("/bin/sh -c apk add \\\n   curl", "RUN apk add \\ curl"),
            ("RUN /bin/sh -c apk add curl # buildkit", "RUN apk add curl"),
            ("RUN |2 TOKEN=secret A=b /bin/sh -c make # buildkit", "RUN make"),
            ("|1 TOKEN=secret /bin/sh -c make", "RUN make"),
            ("|1 TOKEN=secret /bin/bash -lc make", "RUN …"),
            ("COPY . /app # buildkit", "COPY . /app"),
            ("", ""),
        ] {
            assert_eq!(command(step), told, "{step}");
        }
        assert_eq!(command(&"ä ".repeat(200)).chars().count(), LONGEST + 1);
    }

    #[test]
    fn layers_have_chains_and_commands() {
        let digest = |fill: char| format!("sha256:{}", fill.to_string().repeat(64));
        let (a, b) = (digest('a'), digest('b'));
        let text = format!(
            r#"{{"os":"linux","architecture":"amd64","rootfs":{{"diff_ids":["{a}","{b}"]}},
                "history":[{{"created_by":"ADD a"}},{{"created_by":"CMD x","empty_layer":true}},
                           {{"created_by":"RUN b"}}]}}"#
        );
        let config: Config = read("c.json", text.as_bytes()).unwrap();
        assert_eq!(config.commands(), ["ADD a", "RUN b"]);
        assert_eq!(config.platform(), "linux/amd64");
        let both = Digest::of(format!("{a} {b}").as_bytes());
        assert_eq!(config.chains(), [Digest::parse(&"a".repeat(64)).unwrap(), both]);
        // As the classic builder writes it: how the last step was built stands beside it.
        let both = text.replace(
            r#"{"os""#,
            r#"{"container_config":{"Labels":{"a":"b"}},"config":{"Labels":{"a":"c"}},"os""#,
        );
        assert_eq!(read::<Config>("c.json", both.as_bytes()).unwrap().labels()["a"], "c");
        let fewer = text.replace(r#"{"created_by":"ADD a"},"#, "");
        let config: Config = read("c.json", fewer.as_bytes()).unwrap();
        assert_eq!(config.commands(), [""; 0], "the steps do not fit the layers");
    }
}
