//! Which images the containers of a host are made of, as container engines keep it in files: Docker's
//! `config.v2.json` of each container, the list of `containers/storage` that Podman and CRI-O use, and
//! the bundles of containerd's tasks (OCI runtime specification 1.2, `config.json`).
//!
//! Knows these files; asks no engine. Where an image is known by its digest only, or by its name only,
//! the other is empty.

use holdfast_model::Problem;
use serde::Deserialize;

use super::manifest;

/// A container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Container {
    /// The digest of its image, `sha256:…`; empty where only its name is known.
    pub digest: String,
    /// The name of its image as it was asked for; empty where only its digest is known.
    pub name: String,
    /// Whether it runs; `None` where the file does not say it.
    pub runs: Option<bool>,
}

impl Container {
    /// The image: its digest where that is known, else its name; `None` where neither is.
    pub fn image(&self) -> Option<&str> {
        [&self.digest, &self.name].into_iter().map(String::as_str).find(|text| !text.is_empty())
    }
}

/// `sha256:` and the digits, however it was written; empty for anything else.
fn digest(text: &str) -> String {
    let digits = text.strip_prefix("sha256:").unwrap_or(text);
    holdfast_model::Digest::parse(digits).map_or_else(String::new, |one| format!("sha256:{one}"))
}

/// A name that is one: engines also write digests where a name belongs.
fn name(text: &str) -> String {
    if digest(text).is_empty() { text.trim().to_owned() } else { String::new() }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Docker {
    /// The digest of its image's configuration, or, with images kept by containerd, of its manifest
    /// or index.
    #[serde(default)]
    image: String,
    #[serde(default)]
    state: DockerState,
    #[serde(default)]
    config: DockerConfig,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DockerState {
    #[serde(default)]
    running: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DockerConfig {
    #[serde(default)]
    image: String,
}

/// Reads `containers/ID/config.v2.json` of Docker.
///
/// # Errors
///
/// Where it is none.
pub fn docker(path: &str, bytes: &[u8]) -> Result<Container, Problem> {
    let read: Docker = document(path, bytes)?;
    let runs = Some(read.state.running);
    Ok(Container { digest: digest(&read.image), name: name(&read.config.image), runs })
}

#[derive(Debug, Deserialize)]
struct Stored {
    #[serde(default)]
    image: String,
    #[serde(default)]
    metadata: String,
}

#[derive(Debug, Default, Deserialize)]
struct Metadata {
    #[serde(default, rename = "image-name")]
    image_name: String,
}

/// Reads `overlay-containers/containers.json` of Podman or CRI-O. Whether a container runs is not
/// told there.
///
/// # Errors
///
/// Where it is none.
pub fn storage(path: &str, bytes: &[u8]) -> Result<Vec<Container>, Problem> {
    let read: Vec<Stored> = document(path, bytes)?;
    let container = |one: Stored| {
        // A document within the document, which need not be one.
        let metadata: Metadata = serde_json::from_str(&one.metadata).unwrap_or_default();
        Container { digest: digest(&one.image), name: name(&metadata.image_name), runs: None }
    };
    Ok(read.into_iter().map(container).collect())
}

#[derive(Debug, Deserialize)]
struct Bundle {
    #[serde(default)]
    annotations: Annotations,
}

#[derive(Debug, Default, Deserialize)]
struct Annotations {
    #[serde(default, rename = "io.kubernetes.cri.image-name")]
    image: String,
    #[serde(default, rename = "io.kubernetes.cri.container-type")]
    kind: String,
}

/// Reads the `config.json` of a task's bundle of containerd. `None` for the empty container that holds
/// a pod together. The bundle is there as long as the task is.
///
/// # Errors
///
/// Where it is none.
pub fn bundle(path: &str, bytes: &[u8]) -> Result<Option<Container>, Problem> {
    let read: Bundle = document(path, bytes)?;
    let Annotations { image, kind } = read.annotations;
    let container = Container { digest: digest(&image), name: name(&image), runs: Some(true) };
    Ok((kind != "sandbox").then_some(container))
}

fn document<T: serde::de::DeserializeOwned>(path: &str, bytes: &[u8]) -> Result<T, Problem> {
    manifest::read(path, bytes).map_err(|problem| Problem {
        code: "image-containers".into(),
        message: problem.message.replace(
            "this is no such document of an image",
            "this is no list of containers as its engine writes it",
        ),
        help: "declare what runs here in `services.toml` meanwhile".to_owned(),
        ..problem
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_engine_says_what_it_runs() {
        let digits = "a".repeat(64);
        let sha = format!("sha256:{digits}");
        let one = docker(
            "config.v2.json",
            format!(
                r#"{{"ID": "x", "Image": "{sha}", "State": {{"Running": true, "Pid": 7}},
                    "Config": {{"Image": "shop/web:1.2", "Env": ["TOKEN=hush"]}}}}"#
            )
            .as_bytes(),
        )
        .unwrap();
        let wanted =
            Container { digest: sha.clone(), name: "shop/web:1.2".to_owned(), runs: Some(true) };
        assert_eq!((&one, one.image()), (&wanted, Some(&*sha)));
        let stopped = docker("c", br#"{"Config": {"Image": "web"}}"#).unwrap();
        assert_eq!((stopped.image(), stopped.runs), (Some("web"), Some(false)));
        let list = format!(
            r#"[{{"id": "x", "image": "{digits}", "metadata": "{{\"image-name\": \"web:1\"}}"}},
                {{"image": "", "metadata": "no document"}}]"#
        );
        let list = storage("containers.json", list.as_bytes()).unwrap();
        let images: Vec<Option<&str>> = list.iter().map(Container::image).collect();
        assert_eq!(images, [Some(&*sha), None]);
        assert_eq!((list[0].name.as_str(), list[0].runs), ("web:1", None));
        let kind = "io.kubernetes.cri.container-type";
        let of = |kind_is: &str, image: &str| {
            let text = format!(
                r#"{{"annotations": {{"{kind}": "{kind_is}", "io.kubernetes.cri.image-name": "{image}"}}}}"#
            );
            bundle("config.json", text.as_bytes()).unwrap()
        };
        assert_eq!(of("sandbox", "pause:3"), None);
        assert_eq!(of("container", "web:1").unwrap().image(), Some("web:1"));
        let named = of("container", &sha).unwrap();
        assert_eq!((named.digest.as_str(), named.name.as_str()), (&*sha, ""));
        assert_eq!(bundle("c", b"{}").unwrap().unwrap().image(), None);
    }

    #[test]
    fn what_cannot_be_read_is_a_problem() {
        for bytes in [&b"{"[..], b"[]x", b"3", b"", b"{\"State\": 3}"] {
            let problem = docker("c", bytes).unwrap_err();
            assert_eq!(problem.code, "image-containers");
            assert!(problem.message.contains("container"), "{}", problem.message);
        }
        assert!(storage("c", b"{}").is_err() && bundle("c", b"{\"annotations\": 3}").is_err());
    }
}
