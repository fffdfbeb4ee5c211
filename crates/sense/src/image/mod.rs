//! Images: what an OCI layout or an archive of `docker save` holds.
//!
//! Knows archives, layers and the documents of an image; knows nothing of packages, and never
//! where bytes come from: they are pushed in as they are read.

pub mod attestation;
pub mod key;
pub mod layer;
pub mod manifest;
pub mod packed;
pub mod runtime;
pub mod tar;
pub mod tree;

#[cfg(test)]
mod tree_tests;
