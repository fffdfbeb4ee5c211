//! The readers of `lockfile`, over their fixtures, over broken versions of them, and over files
//! that others have collected.
#![expect(
    clippy::disallowed_methods,
    reason = "tests read fixtures from disk; the readers themselves never do"
)]

mod fixtures;
mod hostile;
mod others;
mod support;
