//! The folders of an installed npm tree, and node's way of finding a package in them.
//!
//! Knows `node_modules`; must not know lockfiles.

use std::collections::HashMap;

/// So many `node_modules` may lie in one another.
const MAX_DEPTH: u8 = 64;

/// A folder that may hold `node_modules`.
pub(super) type Folder = usize;

struct Node {
    parent: Option<Folder>,
    depth: u8,
    /// What is installed here, by the number the caller gave it.
    holds: Option<usize>,
}

/// All folders. Looking a name up costs one hash look-up a level, and levels are bounded.
pub(super) struct Folders<'a> {
    nodes: Vec<Node>,
    packages: HashMap<(Folder, &'a str), Folder>,
    workspaces: HashMap<&'a str, Folder>,
}

impl<'a> Folders<'a> {
    /// The folder of the project itself.
    pub(super) const ROOT: Folder = 0;

    /// Nothing but the root.
    pub(super) fn new() -> Self {
        Self {
            nodes: vec![Node { parent: None, depth: 0, holds: None }],
            packages: HashMap::new(),
            workspaces: HashMap::new(),
        }
    }

    /// The folder of a package inside another folder's `node_modules`; `None` where it lies too deep.
    pub(super) fn package(&mut self, inside: Folder, name: &'a str) -> Option<Folder> {
        if let Some(folder) = self.packages.get(&(inside, name)) {
            return Some(*folder);
        }
        let depth = self.nodes.get(inside)?.depth + 1;
        if depth > MAX_DEPTH {
            return None;
        }
        let folder = self.add(inside, depth);
        self.packages.insert((inside, name), folder);
        Some(folder)
    }

    /// A folder of the tree itself, e.g. `packages/a`; its parent is the nearest such folder
    /// above it that is known already.
    pub(super) fn workspace(&mut self, path: &'a str) -> Folder {
        if let Some(folder) = self.workspaces.get(path) {
            return *folder;
        }
        let mut above = path;
        let mut parent = Self::ROOT;
        for _ in 0..MAX_DEPTH {
            let Some((shorter, _)) = above.rsplit_once('/') else { break };
            above = shorter;
            if let Some(folder) = self.workspaces.get(above) {
                parent = *folder;
                break;
            }
        }
        let depth = self.nodes.get(parent).map_or(0, |node| node.depth) + 1;
        let folder =
            if depth > MAX_DEPTH { self.add(Self::ROOT, 1) } else { self.add(parent, depth) };
        self.workspaces.insert(path, folder);
        folder
    }

    /// The folder of a workspace, if it is known.
    pub(super) fn known_workspace(&self, path: &str) -> Option<usize> {
        self.nodes.get(*self.workspaces.get(path)?)?.holds
    }

    fn add(&mut self, parent: Folder, depth: u8) -> Folder {
        self.nodes.push(Node { parent: Some(parent), depth, holds: None });
        self.nodes.len() - 1
    }

    /// Notes what is installed in a folder.
    pub(super) fn install(&mut self, folder: Folder, what: usize) {
        if let Some(node) = self.nodes.get_mut(folder) {
            node.holds = Some(what);
        }
    }

    /// The path of a `packages` key: `node_modules/a/node_modules/b`, `packages/c`. Returns the
    /// folder, and whether it lies in `node_modules`.
    pub(super) fn of_key(&mut self, key: &'a str) -> (Option<Folder>, Option<&'a str>) {
        let (start, rest) = match key.strip_prefix("node_modules/") {
            Some(rest) => (Self::ROOT, rest),
            None => match key.split_once("/node_modules/") {
                Some((path, rest)) => (self.workspace(path), rest),
                None => return (Some(self.workspace(key)), None),
            },
        };
        let mut folder = Some(start);
        let mut name = "";
        for part in rest.split("/node_modules/") {
            name = part;
            folder = folder.and_then(|inside| self.package(inside, part));
        }
        (folder, Some(name))
    }

    /// What `require(name)` finds from a folder: the nearest `node_modules`, upward.
    pub(super) fn find(&self, from: Folder, name: &str) -> Option<usize> {
        let mut at = Some(from);
        while let Some(folder) = at {
            let node = self.nodes.get(folder)?;
            if let Some(found) = self.packages.get(&(folder, name))
                && let Some(what) = self.nodes.get(*found).and_then(|node| node.holds)
            {
                return Some(what);
            }
            at = node.parent;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_one_upward_is_found() {
        let mut folders = Folders::new();
        let keys = [
            "node_modules/a",
            "node_modules/a/node_modules/b",
            "node_modules/b",
            "packages/w",
            "packages/w/node_modules/@s/b",
            "node_modules/@s/b",
        ];
        let at: Vec<Folder> = keys.iter().map(|key| folders.of_key(key).0.unwrap()).collect();
        for (what, folder) in at.iter().enumerate() {
            folders.install(*folder, what);
        }
        assert_eq!(folders.find(at[0], "b"), Some(1));
        assert_eq!(folders.find(at[1], "b"), Some(1));
        assert_eq!(folders.find(Folders::ROOT, "b"), Some(2));
        assert_eq!(folders.find(at[3], "@s/b"), Some(4));
        assert_eq!(folders.find(at[3], "a"), Some(0));
        assert_eq!(folders.find(at[0], "@s/b"), Some(5));
        assert_eq!(folders.find(at[0], "c"), None);
        assert_eq!(folders.known_workspace("packages/w"), Some(3));
    }

    #[test]
    fn depth_is_bounded() {
        let mut folders = Folders::new();
        let key = vec!["node_modules/a"; 100].join("/");
        assert_eq!(folders.of_key(&key), (None, Some("a")));
    }
}
