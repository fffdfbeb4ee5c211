//! Images that a look speaks of without being a look at them.

use holdfast_findings::locus as loci;
use holdfast_findings::unassessed::Gap;
use holdfast_model::{FindingKind, Locus};
use holdfast_store::Store;

use super::{MORE, NOTHING, RUNS, is_known};
use crate::assess::{self, Assessment};
use crate::failure::Failure;
use crate::look::Look;
use crate::record;

/// What closes the gap of an image that nobody looked at.
pub(crate) const LOOK: &str = "holdfast check IMAGE.tar --record";

/// What a look says of other images: those that build files name and that were looked at are no gap,
/// and those that a host runs and nobody looked at are one.
///
/// # Errors
///
/// Where the record cannot be read.
pub(crate) async fn images_met(
    store: &Store,
    look: &Look,
    assessment: &mut Assessment,
) -> Result<(), Failure> {
    let named = assess::images(look);
    let labels = look.asset.labels.iter();
    let run: Vec<&str> = labels.filter_map(|label| label.strip_prefix(RUNS)).collect();
    if named.is_empty() && run.is_empty() {
        return Ok(());
    }
    let assets = store.assets().await.map_err(|error| record::ours(&error))?;
    // Several tags of one image may stand in one file: all of them have to be known.
    let unseen: Vec<&Locus> = named
        .iter()
        .filter(|(_, reference)| !is_known(reference, &assets))
        .map(|(locus, _)| locus)
        .collect();
    let seen =
        |locus: &Locus| named.iter().any(|(own, _)| own == locus) && !unseen.contains(&locus);
    assessment.not_assessed.retain(|row| !seen(&row.locus));
    let images = run.into_iter().filter(|one| ![NOTHING, MORE].contains(one));
    for reference in images.filter(|one| !is_known(one, &assets)) {
        let gap = Gap {
            code: "image-unseen",
            kind: FindingKind::Package,
            locus: loci::whole_asset(&format!("image:{reference}")),
            subject: format!("image {reference}").into(),
            reason: "it runs here, and nobody looked at it".to_owned(),
            closes_with: LOOK.to_owned(),
            place: None,
        };
        assessment.not_assessed.push(gap.on(&look.asset.id));
    }
    assessment.not_assessed.sort_by_key(|row| row.key);
    Ok(())
}
