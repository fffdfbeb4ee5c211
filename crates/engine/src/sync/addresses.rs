//! Where advisories come from when nobody names a source. The only addresses in the program.
//!
//! Neither is a registry: nothing can be installed from them.

/// The public export of the Open Source Vulnerabilities database (google.github.io/osv.dev/data).
pub const EXPORT: &str = "https://osv-vulnerabilities.storage.googleapis.com";
/// CISA's catalogue of known exploited vulnerabilities.
pub const CATALOGUE: &str =
    "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json";
