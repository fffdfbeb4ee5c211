//! What a registry entry says of itself, so that help, pages and tests can be made from it.

/// The self-description of a reader, an order, a connector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// One name everywhere: identifier, file name, fixture folder, page.
    pub id: &'static str,
    /// A few words for a list.
    pub title: &'static str,
    /// What it does and what it leaves out, for its page.
    pub text: &'static str,
    /// The source file, from `file!()`.
    pub file: &'static str,
}
