//! What the bills of materials of a folder say of their subjects: which images they list the contents
//! of, and what a folder that holds nothing but bills was built from.
//!
//! A bill lies beside what it is about or far from it, and nobody signed it: it links a thread, as
//! the label of an image does, and decides nothing.

use std::collections::BTreeSet;

use holdfast_model::{Asset, AssetKind};
use holdfast_sense::sbom::made;
use holdfast_world::normal_origin;

use super::{BILL, Image, MOST_NAMES, label};
use crate::look::Look;
use crate::services::SOURCE;

/// What the record keeps of the bills of a look.
pub(crate) fn billed(look: &Look) -> Vec<String> {
    let bills = look.documents.iter().filter(|document| document.is_bill());
    let bills: Vec<_> = bills.map(|bill| made(&bill.bytes)).collect();
    let images: BTreeSet<&String> = bills.iter().flat_map(|bill| &bill.images).collect();
    let mut labels: Vec<String> =
        images.into_iter().filter_map(|image| label(BILL, image)).take(MOST_NAMES).collect();
    // What a repository was built from is the repository.
    if look.asset.kind == AssetKind::Folder && holds_bills_only(look) {
        let sources: Option<BTreeSet<String>> = bills
            .iter()
            .map(|bill| {
                let source = bill.source.as_deref()?;
                Some(normal_origin(source).unwrap_or_else(|| source.to_owned()))
            })
            .collect();
        let mut sources = sources.unwrap_or_default().into_iter();
        // Where bills are of several repositories, the folder is of none.
        if let (Some(source), None) = (sources.next(), sources.next()) {
            labels.extend(label(SOURCE, &source));
        }
    }
    labels
}

fn holds_bills_only(look: &Look) -> bool {
    look.documents.iter().all(|document| {
        document.is_bill() || document.components.is_empty() && document.requirements.is_empty()
    })
}

/// What an asset was built from: an image as it says itself, a folder of bills as they say.
pub(crate) fn source(asset: &Asset) -> Option<&str> {
    match asset.kind {
        AssetKind::Image | AssetKind::Folder => {
            asset.labels.iter().find_map(|label| label.strip_prefix(SOURCE))
        }
        AssetKind::Host | AssetKind::Repository => None,
    }
}

/// Whether an asset holds a bill of an image.
pub(crate) fn holds_bill_of(asset: &Asset, image: Image<'_>) -> bool {
    let mut held = asset.labels.iter().filter_map(|label| label.strip_prefix(BILL));
    held.any(|reference| image.is_meant_by(reference))
}
