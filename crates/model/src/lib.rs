//! The nouns of Holdfast and their invariants.
//!
//! This crate knows words, not formats: no I/O, no clock, no parsing of anybody's files.
//! Every room speaks to every other room in these types, and only `engine` carries them across.

mod about;
mod acceptance;
mod asset;
mod change;
mod component;
mod decision;
mod desired;
mod dialect;
mod digest;
mod ecosystem;
mod edit;
mod event;
mod fact;
mod feed;
mod finding;
mod interface;
mod key;
mod managed;
mod place;
mod problem;
mod published;
mod report;
mod setting;
mod ssh;
mod startups;
mod statement;
mod time;
mod transition;
mod unit;
mod weakness;
mod word;

pub use about::About;
pub use acceptance::{Acceptance, Anchor};
pub use asset::{Asset, AssetId, AssetKind, Coverage, Exposure, Standing};
pub use change::{Approval, Change, Needed, Target, Tool};
pub use component::{Component, Edge, Origin, Requirement, SourcePackage};
pub use decision::{Decision, Do, Verdict};
pub use desired::{
    BootWanted, CronWanted, Desired, ModeWanted, Only, PamWanted, PortWanted, Wanted,
};
pub use dialect::{Dialect, Style};
pub use digest::{Digest, Fields, Pieces};
pub use ecosystem::Ecosystem;
pub use edit::{Edit, Refresh, Step};
pub use event::{Actor, Alert, Announcement, Answer, Case, Event, LogSource, Logged, Record, Went};
pub use fact::{Fact, Offer, OsRelease};
pub use feed::{FeedRole, FeedSource, host_of, without_user};
pub use finding::{
    Finding, FindingKind, FixKind, ImageLayer, Instance, NotAssessed, Outcome, SeverityStep, State,
    Witness,
};
pub use interface::{Joins, PerInterface};
pub use key::{Key, LocalKey, Locus, shortest_unique};
pub use managed::{GROUP_LABEL, ManagedHost};
pub use place::{Lines, Place, Span};
pub use problem::{Excerpt, Problem};
pub use published::{Notice, OwnPackage};
pub use report::{Covered, Foreign, ForeignLocus, Named, Report, TestResult, Tested};
pub use setting::{Aspect, Port, Reading, Resource, Setting, Trait, TraitValue};
pub use ssh::SshAddress;
pub use startups::Startups;
pub use statement::{JUSTIFICATIONS, Product, Statement, StatementStatus, Versions};
pub use time::Timestamp;
pub use transition::{ControlCounts, Known, Observation, Transition};
pub use unit::mount_unit;
pub use weakness::{Informational, Severity, Weakness, WeaknessId};
pub use word::quoted;
