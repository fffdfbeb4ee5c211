//! Lockfiles and manifests of language ecosystems: one file a format.
//!
//! Knows what the package managers write; must not know advisories or version orders.

mod cargo_graph;
mod cargo_lock;
mod cargo_lock_lines;
mod cargo_manifest;
mod cargo_toml;
mod go_mod;
mod go_mod_lines;
mod go_sum;
mod go_sum_lines;
mod npm_folders;
mod npm_graph;
mod npm_spec;
mod package_json;
mod package_lock;
mod requirement_file;
mod requirement_line;
mod requirements;

pub use cargo_lock::CargoLock;
pub use cargo_toml::CargoToml;
pub use go_mod::GoMod;
pub use go_sum::GoSum;
pub use package_json::PackageJson;
pub use package_lock::PackageLock;
pub use requirements::Requirements;
