//! The arguments of what is exchanged with others: reports, bills of materials, statements.

use std::path::PathBuf;

use clap::Args;

// `import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// Reports: .nessus, SARIF, CycloneDX, Trivy's JSON, and results of InSpec, OpenSCAP, Lynis, goss
    /// and Serverspec; packed with gzip or not.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<String>,
    /// Write nothing; say what would be done.
    #[arg(long)]
    pub dry_run: bool,
    /// The asset that the reports are about, by name or id.
    #[arg(long, value_name = "NAME")]
    pub asset: Option<String>,
}

// `sbom`.
#[derive(Debug, Args)]
pub struct SbomArgs {
    /// A folder, an image, `local` for this host, or `root:/path` for the root of another system.
    #[arg(default_value = ".", value_name = "PATH|TARGET")]
    pub of: String,
}

// `vex`.
#[derive(Debug, Args)]
pub struct VexArgs {
    /// A folder, an image, `local` for this host, or `root:/path` for the root of another system.
    #[arg(default_value = ".", value_name = "PATH|TARGET")]
    pub of: String,
    /// Take in what this document states about problems in the folder: OpenVEX, CycloneDX or CSAF.
    /// It is written to `.holdfast/statements/`, for the versions that are there now.
    #[arg(long, value_name = "FILE")]
    pub take: Option<PathBuf>,
    /// Who states it [default: the team].
    #[arg(long, conflicts_with = "take", value_name = "NAME")]
    pub author: Option<String>,
}
