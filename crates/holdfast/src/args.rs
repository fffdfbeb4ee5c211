//! The command line: one declaration, from which help and the reference page are made.

mod controls;
mod exchange;
mod findings;
mod fix;
mod hosts;
mod up;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use controls::{AttestArgs, AuditArgs};
pub use exchange::{ImportArgs, SbomArgs, VexArgs};
pub use findings::{AcceptArgs, FindingsArgs, Order};
pub use fix::{FixArgs, PatchArgs};
pub use hosts::{AddArgs, RemoveArgs};
pub use up::{DemoArgs, UpArgs};

/// Tells the right person the next thing to mend, and proves that it was mended.
#[derive(Debug, Parser)]
#[command(name = "holdfast", version, about, max_term_width = 100, disable_help_subcommand = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// What every command takes.
    #[command(flatten)]
    pub common: Common,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// The form of the result on standard output.
    #[arg(long, value_enum, default_value_t = Format::Human, global = true)]
    pub format: Format,
    /// The rules for acting: `solo`, `start`, `standard`, `strict`, or a file.
    #[arg(long, value_name = "NAME|FILE", global = true)]
    pub appetite: Option<String>,
    /// The data folder [default: $HOLDFAST_DATA, else $XDG_STATE_HOME/holdfast].
    #[arg(long, value_name = "DIR", global = true)]
    pub data: Option<PathBuf>,
    /// Use no network.
    #[arg(long, global = true)]
    pub offline: bool,
    /// Exit with 1 where the verdict is `warn`.
    #[arg(long, global = true)]
    pub strict: bool,
}

/// The form of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people, in a terminal.
    Human,
    /// For programs.
    Json,
    /// For code scanning: SARIF 2.1.0.
    Sarif,
    /// For pull requests and tickets.
    Markdown,
    /// A bill of materials or statements, as CycloneDX 1.6.
    #[value(name = "cyclonedx")]
    CycloneDx,
    /// A bill of materials, as SPDX 2.3.
    Spdx,
    /// Statements, as OpenVEX 0.2.0.
    #[value(name = "openvex")]
    OpenVex,
    /// For build servers: JUnit's XML.
    #[value(name = "junit")]
    JUnit,
    /// For dashboards of that world: InSpec's JSON.
    #[value(name = "inspec")]
    InSpec,
    /// For auditors: assessment results of OSCAL 1.1.2.
    Oscal,
    /// For people who get a file: one page without a script.
    Html,
}

impl Format {
    /// The forms that a report of a look has.
    pub const REPORTS: [Self; 8] = [
        Self::Human,
        Self::Json,
        Self::Sarif,
        Self::Markdown,
        Self::JUnit,
        Self::InSpec,
        Self::Oscal,
        Self::Html,
    ];
}

/// The commands.
// `defer`: what a command takes is built where it is called, not at every start. What its own struct said
// of itself would then replace what is said of it here, so that such structs have plain comments.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    /// Look at this machine and this folder, say what needs somebody, and keep the record.
    Up(UpArgs),
    /// Have other hosts looked at by schedule, over ssh: one by one, or those of an inventory.
    Add(AddArgs),
    /// List the hosts that are looked at by schedule, and what came of the last look at each.
    Hosts,
    /// Have a host looked at no more; what was found there stays in the record.
    Remove(RemoveArgs),
    /// Show every page alive: a made-up organisation of three teams over ninety days.
    Demo(DemoArgs),
    /// Judge a folder or an image as a gate does: nothing is recorded without --record.
    Check(CheckArgs),
    /// Judge a host by its controls, resource by resource: nothing is recorded.
    Audit(AuditArgs),
    /// Print a script for a host that nobody here reaches: `audit` judges the file that it leaves.
    Collector,
    /// Read logs through the rules over events: nothing is recorded.
    Detect(DetectArgs),
    /// Say beforehand what somebody is about to do, or list what is announced.
    Announce(AnnounceArgs),
    /// Alerts that belong together: list them, show one, say what it came to.
    #[command(subcommand)]
    Case(CaseCommand),
    /// Bring in what other people's scanners found, and join it with what we know.
    Import(ImportArgs),
    /// Tell how long mending took before anybody looked, from old lockfiles and logs.
    History(HistoryArgs),
    /// List the goals of mending times, and say whether each is kept.
    Objective(ObjectiveArgs),
    /// List what is in a folder or an image, or on a host: a bill of materials, CycloneDX or SPDX.
    Sbom(SbomArgs),
    /// State what became of each known problem in a folder or on a host (VEX), or take statements of
    /// others in.
    Vex(VexArgs),
    /// List what was found, or show one finding.
    Findings(FindingsArgs),
    /// Show the change that mends a finding; with --apply, make it.
    Fix(FixArgs),
    /// Explain a finding, rule, code, reader or appetite line.
    Explain(ExplainArgs),
    /// Known problems of packages: bring them in and ask about them.
    #[command(subcommand)]
    Advisories(AdvisoriesCommand),
    /// Accept a finding until a day, with a reason.
    Accept(AcceptArgs),
    /// Say what you found on a host where only a person can tell, until a day.
    Attest(AttestArgs),
    /// Say yes to a plan that somebody else made, or no.
    Approve(ApproveArgs),
    /// Changes of hosts: list them, show one, carry it out, confirm it, take it back.
    #[command(subcommand)]
    Plan(PlanCommand),
    /// Bring hosts their security updates, ring after ring, as their practice says.
    Patch(PatchArgs),
    /// Tokens by which other people sign in and approve.
    #[command(subcommand)]
    Token(TokenCommand),
    /// The rules, those that came along and your own: list them, run their tests.
    #[command(subcommand)]
    Rules(RulesCommand),
    /// The tamper-evident record.
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// Say what this machine has and lacks for Holdfast.
    Doctor,
    /// Look at what standard input asks about: it runs on hosts to which it was sent.
    #[command(hide = true)]
    Collect,
    /// Print the generated reference pages as one JSON object.
    #[command(hide = true)]
    Reference,
}

// `detect`.
#[derive(Debug, Args)]
pub struct DetectArgs {
    /// Log files, folders of them, or `-` for standard input.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<String>,
    /// A folder or a file of further rules, in Sigma.
    #[arg(long, value_name = "DIR")]
    pub rules: Option<PathBuf>,
    /// Ask only those.
    #[arg(long, requires = "rules")]
    pub only_given_rules: bool,
}

// `announce`.
#[derive(Debug, Args)]
pub struct AnnounceArgs {
    /// Who will do it: a user, a role, a session's name.
    #[arg(long, requires = "what", requires = "until", requires = "because")]
    pub who: Option<String>,
    /// What: actions, or beginnings of them that end with `*`.
    #[arg(long, value_delimiter = ',', requires = "who", value_name = "ACTION")]
    pub what: Vec<String>,
    /// On what: targets, accounts, regions [default: anything].
    #[arg(long, value_delimiter = ',', requires = "who", value_name = "TARGET")]
    pub on: Vec<String>,
    /// From when [default: now].
    #[arg(long, requires = "who", value_name = "TIME")]
    pub from: Option<String>,
    /// Until when: a time, a time of day, or a duration such as `2h`.
    #[arg(long, requires = "who", value_name = "TIME")]
    pub until: Option<String>,
    /// How often at most.
    #[arg(long, default_value_t = 1, requires = "who")]
    pub at_most: u32,
    /// Why.
    #[arg(long, requires = "who", value_name = "TEXT")]
    pub because: Option<String>,
    /// Say yes to an announcement that somebody else made.
    #[arg(long, conflicts_with = "who", value_name = "ID")]
    pub approve: Option<String>,
}

// `case`.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum CaseCommand {
    /// List them, open ones first.
    List,
    /// Show one with its time line.
    Show {
        /// Its id, or a unique beginning of it.
        id: String,
    },
    /// Say what it came to.
    Answer {
        /// Its id, or a unique beginning of it.
        id: String,
        /// `expected`, `benign` or `incident`.
        answer: String,
        /// Why.
        #[arg(long, value_name = "TEXT")]
        because: String,
    },
    /// Say who looks after it.
    Own {
        /// Its id, or a unique beginning of it.
        id: String,
        /// Who.
        owner: String,
    },
}

// `approve`.
#[derive(Debug, Args)]
pub struct ApproveArgs {
    /// The plan, or a unique beginning of its name.
    pub plan: String,
    /// Say no: it will not be carried out.
    #[arg(long, requires = "because")]
    pub refuse: bool,
    /// Why not.
    #[arg(long, requires = "refuse", value_name = "TEXT")]
    pub because: Option<String>,
    /// Carry it out, once it is approved.
    #[arg(long, conflicts_with = "refuse")]
    pub apply: bool,
}

// `plan`.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum PlanCommand {
    /// List them, newest first.
    List,
    /// Show one: what it runs, what takes it back, whose yes is missing.
    Show {
        /// The plan, or a unique beginning of its name.
        plan: String,
    },
    /// Carry an approved one out, and prove it by a new look.
    Apply {
        /// The plan, or a unique beginning of its name.
        plan: String,
    },
    /// Say that you can still get in: the armed undo is called off.
    Confirm {
        /// The plan, or a unique beginning of its name.
        plan: String,
    },
    /// Take one that was carried out back.
    Undo {
        /// The plan, or a unique beginning of its name.
        plan: String,
    },
}

// `token`.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum TokenCommand {
    /// Make one for somebody; it is shown once.
    Issue {
        /// Who it is for.
        name: String,
    },
    /// Make every token and session of somebody worthless.
    Revoke {
        /// Whose.
        name: String,
    },
}

// `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// A folder, one file, a container image (an OCI layout or an archive of `docker save`), or
    /// `root:/path` for the unpacked root of a system.
    #[arg(default_value = ".")]
    pub path: PathBuf,
    /// Judge only what this tree brings in over a revision, by the rules of that revision.
    #[arg(long, value_name = "REV")]
    pub base: Option<String>,
    /// Only these kinds of finding.
    #[arg(long, value_delimiter = ',', value_name = "KIND")]
    pub only: Vec<String>,
    /// Where in the pipeline this gate stands.
    #[arg(long, value_enum)]
    pub stage: Option<Stage>,
    /// Keep the look in the record too; for images.
    #[arg(long, conflicts_with = "base")]
    pub record: bool,
}

/// A station of the pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Stage {
    /// While building.
    Build,
    /// While testing.
    Test,
    /// Before release.
    Production,
}

impl Stage {
    /// The word in conditions.
    pub fn word(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Test => "test",
            Self::Production => "production",
        }
    }
}

// `history`.
#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// A folder of a git repository.
    #[arg(default_value = ".")]
    pub path: PathBuf,
    /// Only what was open on that day or later, as 2026-01-31.
    #[arg(long, value_name = "DATE")]
    pub since: Option<String>,
}

// `objective`.
#[derive(Debug, Args)]
pub struct ObjectiveArgs {
    /// A folder with goals in `.holdfast/objectives`.
    #[arg(default_value = ".")]
    pub path: PathBuf,
}

// `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// A key, a known problem's name, a rule, a case, a problem code, a reader, an appetite line.
    pub id: String,
    /// Show the way from the finding down to its entries in the record.
    #[arg(long)]
    pub proof: bool,
    /// Show where each value comes from that a control asks of this host: `local`, the name of a host
    /// of `holdfast hosts`, `ssh://HOST`, `root:/path`, or the file that a host's script left.
    #[arg(long = "for", value_name = "HOST")]
    pub host: Option<String>,
    /// By this baseline: its name, or a file.
    #[arg(long, value_name = "NAME|FILE", requires = "host")]
    pub baseline: Option<String>,
    /// The folder to look at for keys that are not recorded.
    #[arg(long, default_value = ".", value_name = "PATH")]
    pub path: PathBuf,
}

// `advisories`.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum AdvisoriesCommand {
    /// Bring records in and compile them.
    Sync(SyncArgs),
    /// Say which feeds there are and how old they are.
    Status,
    /// Say what is known of one package: `pkg:cargo/time@0.1.43`.
    Show {
        /// A package URL, with or without a version.
        purl: String,
    },
    /// Say which assets a known problem touches.
    Affected {
        /// Any of its names.
        #[arg(required_unless_present = "since")]
        id: Option<String>,
        /// What syncs brought since a time (2026-11-21) or a digest, and whom it touches.
        #[arg(long, value_name = "TIME|DIGEST")]
        since: Option<String>,
        /// How many copies are named at most [default: 10 for people, 10000 in JSON].
        #[arg(long, value_name = "N")]
        limit: Option<usize>,
        /// How many copies are left out before.
        #[arg(long, value_name = "N", default_value_t = 0)]
        after: usize,
    },
    /// Compare versions line by line: `A < B`, `A = B`, `A > B`, or chains of them.
    ///
    /// Of a chain, `A < B = C < D`, every pair is compared. It goes in one direction, holds at most
    /// 200 versions, and goes on over lines that begin with a sign. Empty lines and those that
    /// begin with `#` or `//` say nothing.
    Compare {
        /// As OSV writes it: `npm`, `PyPI`, `Maven`, `Debian:12`, `AlmaLinux:9`.
        ecosystem: String,
        /// A file, or `-` for standard input.
        file: PathBuf,
    },
}

// `advisories sync`.
#[derive(Debug, Args)]
pub struct SyncArgs {
    /// An export mirror, a folder of records, a zip file, or the address of an export, of one
    /// ecosystem in it or of a zip file [default: `sources` of `[advisories]`, else the public OSV
    /// export].
    #[arg(long, value_name = "DIR|ZIP|URL")]
    pub from: Vec<String>,
    /// CISA's catalogue of known exploited vulnerabilities, as JSON, gzip or not [default: `kev` of
    /// `[advisories]`; with the public export, CISA's own].
    #[arg(long, value_name = "FILE|URL")]
    pub kev: Option<String>,
    /// The chances of exploitation within 30 days, FIRST's EPSS as CSV, gzip or not [default:
    /// `epss` of `[advisories]`].
    #[arg(long, value_name = "FILE|URL")]
    pub epss: Option<String>,
    /// Reach this machine and private networks too, unencrypted too.
    #[arg(long)]
    pub private: bool,
}

// `rules`.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum RulesCommand {
    /// List them.
    List {
        /// Only one kind: `advisory`, `appetite`, `baseline`, `control`, `event`, `feed`,
        /// `guardrail`, `objective`, `practice`.
        #[arg(long)]
        kind: Option<String>,
    },
    /// Run the tests inside them.
    Test {
        /// A rule file; without it, all that came along and those of `.holdfast`.
        file: Option<PathBuf>,
    },
}

// `ledger`.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum LedgerCommand {
    /// Check every entry, every proof and every number shown.
    Verify {
        /// A checkpoint that was kept elsewhere: finds truncation and forks.
        #[arg(long, value_name = "FILE")]
        against: Option<PathBuf>,
    },
    /// Print every entry as a line of JSON.
    Export,
}
