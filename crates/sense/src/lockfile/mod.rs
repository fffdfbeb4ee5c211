//! Lockfiles and manifests of language ecosystems: one file a format.
//!
//! Knows what the package managers write; must not know advisories or version orders.

mod bun_lock;
mod cargo_graph;
mod cargo_lock;
mod cargo_lock_lines;
mod cargo_manifest;
mod cargo_toml;
mod composer;
mod gem_lines;
mod gemfile;
mod gemfile_lock;
mod go_mod;
mod go_mod_lines;
mod go_sum;
mod go_sum_lines;
mod go_work;
mod graph;
mod npm_folders;
mod npm_graph;
mod npm_roots;
mod npm_spec;
mod package_json;
mod package_lock;
mod pipfile_lock;
mod pnpm_key;
mod pnpm_lock;
mod pnpm_workspace;
mod pyproject;
mod python_lock;
mod python_locks;
mod python_manifest;
mod requirement_file;
mod requirement_line;
mod requirements;
mod shape;
mod yarn_lock;
mod yarn_origin;

pub use bun_lock::BunLock;
pub use cargo_lock::CargoLock;
pub use cargo_toml::CargoToml;
pub use composer::{ComposerJson, ComposerLock};
pub use gemfile::{Gemfile, Gemspec};
pub use gemfile_lock::GemfileLock;
pub use go_mod::GoMod;
pub use go_sum::GoSum;
pub use go_work::GoWork;
pub use package_json::PackageJson;
pub use package_lock::PackageLock;
pub use pipfile_lock::PipfileLock;
pub use pnpm_lock::PnpmLock;
pub use pnpm_workspace::PnpmWorkspace;
pub use pyproject::{Pipfile, PyProject};
pub use python_locks::{PDM_LOCK, POETRY_LOCK, PYLOCK, PythonLock, UV_LOCK};
pub use requirements::Requirements;
pub use yarn_lock::YarnLock;
