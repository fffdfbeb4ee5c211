//! What a group of records says as a whole: one title, one score, one set of marks.

use super::groups::Group;
use super::intern::Str;
use super::{Compiler, Kept, Origin};
use crate::index::format::{
    INFORMATIONAL_SHIFT, NEVER, WEAKNESS_EXPLOITED, WEAKNESS_MALICIOUS, WEAKNESS_RANSOMWARE,
    WEAKNESS_STARTER_ONLY, informational_code,
};

/// What a group says as a whole.
pub(super) struct Facts {
    pub(super) title: Str,
    pub(super) cvss: Option<u32>,
    pub(super) epss: Option<(u32, u32)>,
    pub(super) flags: u32,
    pub(super) withdrawn: i64,
    pub(super) published: i64,
    pub(super) modified: i64,
}

impl Facts {
    pub(super) fn of(compiler: &Compiler, group: &Group) -> Self {
        let all: Vec<&Kept> = group.kept(compiler).collect();
        let mut live: Vec<&Kept> =
            all.iter().copied().filter(|kept| kept.withdrawn.is_none()).collect();
        let withdrawn = if live.is_empty() {
            all.iter().filter_map(|kept| kept.withdrawn).max().unwrap_or(NEVER)
        } else {
            NEVER
        };
        if live.is_empty() {
            live = all;
        }
        let related = live.iter().flat_map(|kept| &kept.related);
        let known = group.names.iter().chain(related);
        let likely = compiler.epss.as_ref();
        let epss = known
            .clone()
            .filter_map(|name| likely?.chances.get(compiler.strings.get(*name)).copied())
            .max();
        let in_kev: Vec<_> =
            known.filter_map(|name| compiler.kev.get(compiler.strings.get(*name))).collect();
        let mut flags = 0;
        if !in_kev.is_empty() || live.iter().any(|kept| kept.exploited) {
            flags |= WEAKNESS_EXPLOITED;
        }
        if in_kev.iter().any(|entry| entry.ransomware) {
            flags |= WEAKNESS_RANSOMWARE;
        }
        if live.iter().any(|kept| kept.malicious) {
            flags |= WEAKNESS_MALICIOUS;
        }
        if live.iter().all(|kept| kept.origin == Origin::Starter) {
            flags |= WEAKNESS_STARTER_ONLY;
        }
        // Informational only where nobody calls it a vulnerability.
        let kinds: Vec<_> =
            live.iter().flat_map(|kept| &kept.entries).map(|entry| entry.informational).collect();
        if !kinds.is_empty() && kinds.iter().all(Option::is_some) {
            let kind = kinds.into_iter().flatten().min();
            flags |= informational_code(kind) << INFORMATIONAL_SHIFT;
        }
        let id = group.id;
        // A title that is only the record's name says less than any other one.
        let titled = live.iter().find(|kept| kept.title != kept.id).or(live.first());
        Self {
            title: titled.map_or(id, |kept| kept.title),
            cvss: live.iter().filter_map(|kept| kept.cvss).max(),
            epss,
            flags,
            withdrawn,
            published: live.iter().map(|kept| kept.published).min().unwrap_or(NEVER),
            modified: live.iter().map(|kept| kept.modified).max().unwrap_or(NEVER),
        }
    }
}
