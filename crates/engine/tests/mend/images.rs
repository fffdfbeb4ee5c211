//! Images in the record: names that move on, copies that run, and what is only named.

use holdfast_engine::check::{self, Options as Check};
use holdfast_engine::cycle::{self, Options};
use holdfast_engine::lineage::{self, Noted};
use holdfast_engine::record::{self, Filter, Store};
use holdfast_model::{AssetKind, Digest, Known, Standing, State, Timestamp};

use super::support::{HOUR, NOW, SHOP, TILLER, index, recorded};
use super::*;

const DAY: i64 = 24 * HOUR;
const WEB: &str = "registry.example/shop/web:1.2";

/// An archive of files.
fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (path, content) in files {
        let mut block = vec![0; 512];
        let mut put = |at: usize, text: &[u8]| block[at..at + text.len()].copy_from_slice(text);
        put(0, path.as_bytes());
        put(100, b"0000644\0");
        put(124, format!("{:011o}\0", content.len()).as_bytes());
        put(148, b"        0");
        put(257, b"ustar\x0000");
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        out.extend(block);
        out.extend(*content);
        out.resize(out.len().next_multiple_of(512), 0);
    }
    out.resize(out.len() + 1024, 0);
    out
}

/// The layer of an application with `tiller` as a package of npm and of Python.
fn layer(npm: &str, python: &str) -> Vec<u8> {
    let npm = format!("{{\"name\": \"tiller\", \"version\": \"{npm}\"}}");
    let python = format!("Name: tiller\nVersion: {python}\n\n");
    tar(&[
        ("app/node_modules/tiller/package.json", npm.as_bytes()),
        ("usr/lib/python3/site-packages/tiller-1.dist-info/METADATA", python.as_bytes()),
    ])
}

/// An image as `docker save` writes it, and the digest of its configuration.
fn image(name: &str, layers: &[Vec<u8>]) -> (Vec<u8>, String) {
    let ids: Vec<String> =
        layers.iter().map(|layer| format!("\"sha256:{}\"", Digest::of(layer))).collect();
    let config = format!(
        "{{\"os\":\"linux\",\"architecture\":\"amd64\",\"rootfs\":{{\"diff_ids\":[{}]}}}}",
        ids.join(",")
    );
    let paths: Vec<String> = (0..layers.len()).map(|at| format!("{at}.tar")).collect();
    let named: Vec<String> = paths.iter().map(|path| format!("\"{path}\"")).collect();
    let manifest = format!(
        "[{{\"Config\":\"c.json\",\"RepoTags\":[\"{name}\"],\"Layers\":[{}]}}]",
        named.join(",")
    );
    let mut files: Vec<(&str, &[u8])> =
        vec![("manifest.json", manifest.as_bytes()), ("c.json", config.as_bytes())];
    files.extend(paths.iter().zip(layers).map(|(path, layer)| (path.as_str(), layer.as_slice())));
    (tar(&files), format!("sha256:{}", Digest::of(config.as_bytes())))
}

struct Stage {
    _dir: tempfile::TempDir,
    data: PathBuf,
    index: Vec<u8>,
}

impl Stage {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { data: dir.path().join("data"), _dir: dir, index: index() }
    }

    fn world(&self, at: i64, files: &[(&str, &[u8])]) -> World {
        let mut world = recorded(&self.data, &self.index, &[]).now(Timestamp(NOW + at));
        for (path, bytes) in files {
            let path = match path.strip_prefix("data/") {
                Some(name) => self.data.join(name),
                None => Path::new(SHOP).join(path),
            };
            world = world.file(path, bytes.to_vec());
        }
        World::recorded(world)
    }

    /// Looks at an image and keeps it.
    async fn keep(&self, at: i64, archive: &[u8], more: &[(&str, &[u8])]) -> Noted {
        let mut files = vec![("image.tar", archive)];
        files.extend_from_slice(more);
        let world = self.world(at, &files);
        let options = Check { path: "image.tar".into(), ..Check::default() };
        let (_, judged) = check::checked(&world, &self.data, &options).unwrap();
        let options = Options::default();
        Box::pin(lineage::alone(&world, &self.data, &options, judged)).await.unwrap()
    }

    /// Looks at the machine and the shop; what could not be judged.
    async fn up(&self, at: i64, files: &[(&str, &[u8])]) -> Vec<String> {
        let world = self.world(at, files);
        let report =
            cycle::up_once(&world, &self.data, &Options::default(), &|_| {}).await.unwrap();
        let gaps = report.not_assessed.iter();
        gaps.map(|row| format!("{}: {}", row.subject, row.closes_with)).collect()
    }

    async fn store(&self) -> Store {
        record::reader(&self.data).await.unwrap().unwrap()
    }

    /// The findings of one copy of an image: subject, state and the day it was first seen.
    async fn of(&self, config: &str, standing: Standing) -> Vec<(String, State, i64)> {
        let mut rows: Vec<(String, State, i64)> = self
            .known(config, standing)
            .await
            .iter()
            .map(|one| {
                let day = (one.first_seen.0 - NOW) / DAY;
                (one.finding.subject.to_string(), one.finding.state, day)
            })
            .collect();
        rows.sort_by(|a, b| a.0.cmp(&b.0));
        rows
    }

    async fn known(&self, config: &str, standing: Standing) -> Vec<Known> {
        let store = self.store().await;
        let assets = store.assets().await.unwrap();
        let asset = assets.iter().find(|asset| *asset.id.0 == *format!("image:{config}"));
        let Some(asset) = asset else { panic!("{config} is not in the record") };
        store.known(&asset.id, standing).await.unwrap().into_values().collect()
    }

    async fn whole(&self) {
        assert_eq!(self.store().await.verify(None).await.unwrap().broken, []);
    }
}

fn row(purl: &str, state: State, day: i64) -> (String, State, i64) {
    (purl.to_owned(), state, day)
}

#[tokio::test]
async fn a_new_image_under_a_name_takes_over_what_is_still_in_it() {
    let stage = Stage::new();
    let (old, old_id) = image(WEB, &[layer("1.0.0", "1.0.0")]);
    let (new, new_id) = image(WEB, &[layer("1.0.0", "1.0.3")]);
    let noted = Box::pin(stage.keep(0, &old, &[])).await;
    assert_eq!((noted.opened, noted.replaced.len()), (2, 0), "{noted:?}");
    let (trunk, deployed) = (Standing::Trunk, Standing::Deployed);
    let both = [row("pkg:npm/tiller", State::Open, 0), row("pkg:pypi/tiller", State::Open, 0)];
    assert_eq!(stage.of(&old_id, trunk).await, both);
    let due = |known: &[Known]| known[0].finding.decision.as_ref().and_then(|one| one.due);
    let first = due(&stage.known(&old_id, trunk).await);

    // The same once more is no news.
    let entries = stage.store().await.last_checkpoint().await.unwrap().unwrap().size;
    assert_eq!(Box::pin(stage.keep(1, &old, &[])).await.opened, 0);
    assert_eq!(stage.store().await.last_checkpoint().await.unwrap().unwrap().size, entries);

    let noted = Box::pin(stage.keep(DAY, &new, &[])).await;
    assert_eq!(noted.replaced.len(), 1, "{noted:?}");
    let gone = [row("pkg:npm/tiller", State::Moved, 0), row("pkg:pypi/tiller", State::Fixed, 0)];
    assert_eq!(stage.of(&old_id, trunk).await, gone);
    assert_eq!(stage.of(&new_id, trunk).await, [row("pkg:npm/tiller", State::Open, 0)]);
    assert_eq!(due(&stage.known(&new_id, trunk).await), first, "a new build resets no deadline");
    assert_eq!(stage.of(&new_id, deployed).await, []);

    // Whoever looks at the old image again under the name says that it means that one again.
    let noted = Box::pin(stage.keep(2 * DAY, &old, &[])).await;
    assert_eq!(noted.replaced.len(), 1, "{noted:?}");
    assert_eq!(stage.of(&old_id, trunk).await, both);
    assert_eq!(stage.of(&new_id, trunk).await, [row("pkg:npm/tiller", State::Moved, 0)]);
    stage.whole().await;
}

#[tokio::test]
async fn another_name_another_machine_and_half_a_look_take_nothing_over() {
    let stage = Stage::new();
    let (old, id) = image(WEB, &[layer("1.0.0", "1.0.3")]);
    Box::pin(stage.keep(0, &old, &[])).await;
    let (other, _) = image("registry.example/shop/web:1.3", &[layer("1.0.3", "1.0.3")]);
    assert_eq!(Box::pin(stage.keep(DAY, &other, &[])).await.replaced.len(), 0);
    let (cut, _) = image(WEB, &[layer("1.0.3", "1.0.3"), layer("1.0.4", "1.0.3")]);
    // Its last layer is cut off.
    let cut = &cut[..cut.len() - 1024 - 512];
    assert_eq!(Box::pin(stage.keep(DAY, cut, &[])).await.replaced.len(), 0);
    assert_eq!(stage.of(&id, Standing::Trunk).await, [row("pkg:npm/tiller", State::Open, 0)]);
    stage.whole().await;
}

#[tokio::test]
async fn what_a_host_runs_by_its_own_files_is_deployed_until_it_runs_no_more() {
    let stage = Stage::new();
    let (old, id) = image(WEB, &[layer("1.0.0", "1.0.3")]);
    Box::pin(stage.keep(0, &old, &[])).await;
    let container = |image: &str, running: bool| {
        format!("{{\"Image\":\"{image}\",\"State\":{{\"Running\":{running}}}}}").into_bytes()
    };
    let path = "/var/lib/docker/containers/a/config.v2.json";
    let runs = container(&id, true);
    let gaps = stage.up(HOUR, &[(path, &runs)]).await;
    assert!(gaps.iter().all(|gap| !gap.contains("image ")), "{gaps:?}");
    let deployed = Standing::Deployed;
    assert_eq!(stage.of(&id, deployed).await, [row("pkg:npm/tiller", State::Open, 0)]);
    let store = stage.store().await;
    let all = store.findings(&Filter::default()).await.unwrap();
    assert_eq!(all.iter().filter(|one| &*one.finding.weakness.id.0 == TILLER).count(), 2);
    drop(store);
    // Declared elsewhere too: its own word counts, and what else it runs is a gap.
    let unknown = container(&format!("sha256:{}", "a".repeat(64)), true);
    let services = format!(
        "[[service]]\nname = \"shop\"\n[[service.deployment]]\nimage = \"{WEB}\"\n\
         hosts = [\"nowhere\"]\n"
    );
    let with = [(path, unknown.as_slice()), ("data/services.toml", services.as_bytes())];
    let gaps = stage.up(DAY, &with).await;
    assert!(gaps.iter().any(|gap| gap.starts_with("image sha256:aaaa")), "{gaps:?}");
    assert_eq!(stage.of(&id, deployed).await, [row("pkg:npm/tiller", State::Open, 0)]);
    let stopped = container(&id, false);
    stage.up(2 * DAY, &[(path, &stopped)]).await;
    assert_eq!(stage.of(&id, deployed).await, [row("pkg:npm/tiller", State::Removed, 0)]);
    // And once more: it is back, and was not new.
    stage.up(3 * DAY, &[(path, &runs)]).await;
    assert_eq!(stage.of(&id, deployed).await, [row("pkg:npm/tiller", State::Open, 0)]);
    stage.whole().await;
}

#[tokio::test]
async fn an_image_that_a_build_file_names_is_a_gap_until_it_was_looked_at() {
    let stage = Stage::new();
    let files: [(&str, &[u8]); 1] =
        [("Dockerfile", b"FROM registry.example/base:12 AS build\nFROM scratch\n")];
    let wanted = "image registry.example/base:12: holdfast check IMAGE.tar --record";
    assert!(stage.up(0, &files).await.contains(&wanted.to_owned()));
    let base = layer("1.0.0", "1.0.3");
    let (archive, _) = image("registry.example/base:12", std::slice::from_ref(&base));
    Box::pin(stage.keep(HOUR, &archive, &files)).await;
    let gaps = stage.up(2 * HOUR, &files).await;
    assert!(gaps.iter().all(|gap| !gap.starts_with("image ")), "{gaps:?}");
    // What is built on it says so, by its layers.
    let (built, id) = image(WEB, &[base, tar(&[("app/x", b"x")])]);
    Box::pin(stage.keep(3 * HOUR, &built, &[])).await;
    let known = stage.known(&id, Standing::Trunk).await;
    let [layer] = known[0].finding.layers.as_slice() else { panic!("{:?}", known[0]) };
    assert_eq!((layer.number, layer.of), (1, 2));
    assert!(layer.base.starts_with("registry.example/base:12@sha256:"), "{layer:?}");
    let store = stage.store().await;
    let images = store.assets().await.unwrap();
    assert_eq!(images.iter().filter(|one| one.kind == AssetKind::Image).count(), 2);
}
