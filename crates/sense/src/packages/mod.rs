//! What a system's package manager has installed, and what its package sources offer.
//!
//! Knows the databases of dpkg, apk and rpm; knows nothing of advisories and of version orders:
//! where two versions must be compared, the order is handed in.

pub mod apk;
pub mod apt_lists;
pub mod deb822;
pub mod dpkg_status;
pub mod os_release;
pub mod owned;
pub mod rpm;
pub mod unpack;

mod pending;

pub use pending::{Pending, pending_updates};

/// Whether a path is the database of a package manager.
pub fn is_database(path: &str) -> bool {
    let named = apk::places().chain(rpm::places()).any(|name| root_of(path, name).is_some());
    named || dpkg_status::is_database(path)
}

/// The root under which `path` is the file `name`: `/`, nothing, or a folder with its final `/`.
fn root_of<'p>(path: &'p str, name: &str) -> Option<&'p str> {
    path.strip_suffix(name).filter(|root| root.is_empty() || root.ends_with('/'))
}

/// The root and the file name of a file that stands directly in `folder` (with its final `/`).
fn file_in<'p>(path: &'p str, folder: &str) -> Option<(&'p str, &'p str)> {
    let (_, name) = path.rsplit_once('/')?;
    let root = root_of(path.strip_suffix(name)?, folder)?;
    (!name.is_empty()).then_some((root, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_end_at_a_folder() {
        assert_eq!(root_of("/etc/os-release", "etc/os-release"), Some("/"));
        assert_eq!(root_of("etc/os-release", "etc/os-release"), Some(""));
        assert_eq!(root_of("image/etc/os-release", "etc/os-release"), Some("image/"));
        assert_eq!(root_of("fetc/os-release", "etc/os-release"), None);
        assert_eq!(file_in("/a/b/c", "b/"), Some(("/a/", "c")));
        assert_eq!(file_in("/a/b/c/d", "b/"), None);
        assert_eq!(file_in("b/", "b/"), None);
    }
}
