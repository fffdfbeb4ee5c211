//! Events of this host: read at each look, alerted, joined to cases, and kept for the time line;
//! and what people say of them.

mod local;
mod moment;
mod noted;
mod taken;

pub use moment::moment;
pub(crate) use noted::{announce, answer, approve, own, timeline, views};
pub use noted::{announcements, cases};
pub(crate) use taken::{Read, Taken, read, since, take};
