//! Other people's reports: fixtures, the counts of a known importer, hostile input, and the
//! promise that chunks may be cut anywhere.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stderr,
    clippy::cast_precision_loss,
    reason = "tests read fixtures, fail loudly and say what they skipped"
)]

#[path = "reports/agreement.rs"]
mod agreement;
#[path = "reports/fixtures.rs"]
mod fixtures;
#[path = "reports/hostile.rs"]
mod hostile;
#[path = "reports/large.rs"]
mod large;
#[path = "reports/order.rs"]
mod order;
#[path = "../../holdfast/tests/support/skip.rs"]
mod skip;
#[path = "reports/support.rs"]
mod support;
#[path = "reports/tested.rs"]
mod tested;
