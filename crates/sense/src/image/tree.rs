//! The files of an image: its layers one above the other (OCI image specification 1.1, "Applying
//! Changesets").
//!
//! Knows links, which lead where they lead for the image itself and never out of it; knows
//! nothing of archives.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::layer::{Change, Layer};

/// How many links one path may lead over, as many as Linux follows (path_resolution(7)).
const MOST_LINKS: usize = 40;

/// What stands at a path.
#[derive(Debug, Clone)]
pub enum Node<T> {
    /// A regular file; what was kept of it.
    File(Option<T>),
    /// A folder.
    Folder,
    /// A symbolic link, and where it leads.
    Link(Arc<str>),
    /// Something without content.
    Other,
}

/// A path of the image with the layer that put it there, from 0.
#[derive(Debug, Clone)]
struct Placed<T> {
    node: Node<T>,
    layer: usize,
    /// Whether it is a hard link to a file of which nothing was kept under its own name.
    unread_link: bool,
}

/// All files of an image. Paths begin with `/`.
#[derive(Debug)]
pub struct Tree<T> {
    /// Without the first `/`.
    nodes: BTreeMap<Arc<str>, Placed<T>>,
    /// What was kept of files that a higher layer replaced by others, with the layer that had put
    /// them there, the lowest first.
    replaced: BTreeMap<Arc<str>, Vec<(usize, T)>>,
}

impl<T: Clone> Tree<T> {
    /// Puts layers one above the other, the lowest first.
    pub fn of(layers: Vec<Layer<T>>) -> Self {
        let mut tree = Self { nodes: BTreeMap::new(), replaced: BTreeMap::new() };
        for (number, layer) in layers.into_iter().enumerate() {
            tree.apply(layer, number);
        }
        tree
    }

    fn apply(&mut self, layer: Layer<T>, number: usize) {
        // What is taken away is what lower layers have, wherever the mark stands in the archive.
        for (path, change) in &layer.changes {
            match change {
                Change::Whiteout => self.forget(&self.parented(path)),
                Change::Opaque => self.empty(&self.parented(path)),
                _ => {}
            }
        }
        for (path, change) in layer.changes {
            let path = self.parented(&path);
            if path.is_empty() {
                continue;
            }
            let hard = matches!(change, Change::HardLink(_));
            let node = match change {
                Change::Whiteout | Change::Opaque => continue,
                Change::Folder => Node::Folder,
                Change::File(kept) => Node::File(kept),
                Change::Link(target) => Node::Link(target),
                Change::Other => Node::Other,
                Change::HardLink(target) => match self.nodes.get(self.parented(&target).as_str()) {
                    Some(placed) => placed.node.clone(),
                    None => Node::Other,
                },
            };
            let folder = matches!(node, Node::Folder);
            let was_folder =
                self.nodes.get(path.as_str()).is_some_and(|old| matches!(old.node, Node::Folder));
            self.remember(&path, &node);
            if !(folder && was_folder) {
                self.remove(&path);
            }
            let unread_link = hard && matches!(node, Node::File(None) | Node::Other);
            self.nodes.insert(path.into(), Placed { node, layer: number, unread_link });
        }
    }

    /// Keeps what a file was before another takes its place.
    fn remember(&mut self, path: &str, node: &Node<T>) {
        let Node::File(Some(_)) = node else { return };
        let Some(Placed { node: Node::File(Some(kept)), layer, .. }) = self.nodes.get(path) else {
            return;
        };
        let before = (*layer, kept.clone());
        self.replaced.entry(path.into()).or_default().push(before);
    }

    /// The path with the links among its folders followed: a layer that speaks of `lib/x` means
    /// `usr/lib/x` where `lib` is a link. What leads nowhere stays as it is written.
    fn parented(&self, path: &str) -> String {
        let Some((folder, name)) = path.rsplit_once('/') else { return path.to_owned() };
        match self.real(folder) {
            Some(real) if real.is_empty() => name.to_owned(),
            Some(real) => format!("{real}/{name}"),
            None => path.to_owned(),
        }
    }

    fn remove(&mut self, path: &str) {
        self.nodes.remove(path);
        self.empty(path);
    }

    /// Takes away what a path names and all that is known of what was there before.
    fn forget(&mut self, path: &str) {
        self.remove(path);
        self.replaced.remove(path);
    }

    /// Takes away everything below a path.
    fn empty(&mut self, path: &str) {
        let folder: Arc<str> = if path.is_empty() { "".into() } else { format!("{path}/").into() };
        let below: Vec<Arc<str>> = self
            .nodes
            .range(Arc::clone(&folder)..)
            .map(|(path, _)| Arc::clone(path))
            .take_while(|path| path.starts_with(&*folder))
            .collect();
        for path in below {
            self.nodes.remove(&path);
            self.replaced.remove(&path);
        }
    }

    /// A path without links, as the image itself would follow them: an absolute one begins at its
    /// root, and `..` ends there. `None` where they go in a circle.
    fn real(&self, path: &str) -> Option<String> {
        let mut real: Vec<String> = Vec::new();
        let mut rest: Vec<String> = path.split('/').rev().map(ToOwned::to_owned).collect();
        let mut links = 0;
        while let Some(part) = rest.pop() {
            match part.as_str() {
                "" | "." => continue,
                ".." => {
                    real.pop();
                    continue;
                }
                _ => real.push(part),
            }
            let Some(placed) = self.nodes.get(real.join("/").as_str()) else { continue };
            let Node::Link(target) = &placed.node else { continue };
            links += 1;
            if links > MOST_LINKS {
                return None;
            }
            if target.starts_with('/') {
                real.clear();
            } else {
                real.pop();
            }
            rest.extend(target.split('/').rev().map(ToOwned::to_owned));
        }
        Some(real.join("/"))
    }

    /// The absolute path of a file with all links followed, where there is one.
    pub fn resolved(&self, path: &str) -> Option<String> {
        let real = self.real(path)?;
        let there = self.nodes.contains_key(real.as_str());
        there.then(|| format!("/{real}"))
    }

    /// What stands at a path, links followed, and which layer put it there.
    pub fn get(&self, path: &str) -> Option<(&Node<T>, usize)> {
        let placed = self.nodes.get(self.real(path)?.as_str())?;
        Some((&placed.node, placed.layer))
    }

    /// What a file was in lower layers, with the layer that had put it there, the lowest first. Empty
    /// where only one layer has it, and where it was taken away in between.
    pub fn before(&self, path: &str) -> &[(usize, T)] {
        let real = self.real(path).unwrap_or_default();
        self.replaced.get(real.as_str()).map_or(&[], Vec::as_slice)
    }

    /// Every symbolic link by its absolute path, sorted.
    pub fn links(&self) -> impl Iterator<Item = Arc<str>> {
        let links = self.nodes.iter().filter(|(_, placed)| matches!(placed.node, Node::Link(_)));
        links.map(|(path, _)| Arc::from(format!("/{path}")))
    }

    /// Every hard link by its absolute path, sorted, that leads to a file of which nothing was kept.
    pub fn unread_links(&self) -> impl Iterator<Item = Arc<str>> {
        let unread = self.nodes.iter().filter(|(_, placed)| placed.unread_link);
        unread.map(|(path, _)| Arc::from(format!("/{path}")))
    }

    /// Every regular file by its absolute path, sorted, with what was kept of it.
    pub fn files(&self) -> impl Iterator<Item = (Arc<str>, Option<&T>)> {
        self.nodes.iter().filter_map(|(path, placed)| match &placed.node {
            Node::File(kept) => Some((Arc::from(format!("/{path}")), kept.as_ref())),
            _ => None,
        })
    }
}
