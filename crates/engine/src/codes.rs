//! The registry of what this crate and the command line can report. Codes are stable.

/// Every code with what it means.
pub const CODES: &[(&str, &str)] = &[
    ("accept-in-tree", "a finding of a file is accepted in the tree that carries it"),
    ("acceptance-document", "an acceptance could not be written down"),
    ("ambiguous-key", "a name means several findings"),
    ("ambiguous-plan", "a name begins several plans"),
    ("appetite-missing", "the rules for acting that are named cannot be read"),
    ("appetite-unknown", "there are no rules for acting of that name"),
    ("bad-checkpoint", "a file holds no checkpoint of a ledger"),
    ("bad-date", "a text is no date"),
    ("bad-purl", "a text is no package URL"),
    ("base-without-git", "a base was named for a folder outside git"),
    ("cannot-change", "a file could not be changed"),
    ("cannot-open", "a folder, file or root cannot be opened"),
    ("cannot-read", "a file cannot be read"),
    ("cannot-run", "a program on a host cannot be run"),
    ("cannot-write", "a file cannot be written"),
    ("change-failed", "a change of a host ended with an error, and was taken back"),
    ("changed-since", "a file changed after the change that is to be taken back"),
    ("control", "the holder of the data folder could not be asked"),
    ("control-twice", "two controls have the same id"),
    ("control-unknown", "there is no control of that name"),
    ("day-over", "the last day of an acceptance has passed"),
    ("index-unusable", "the compiled advisories cannot be used"),
    ("manual-only", "only a person can mend this"),
    ("no-address", "the console has no address"),
    ("no-advisories", "a source holds no advisories"),
    ("no-network-yet", "a source is an address, which is not fetched yet"),
    ("no-reason", "something needs a reason"),
    ("no-record", "nothing was recorded yet"),
    ("no-runtime", "the program could not start its own machinery"),
    ("no-sources", "no source of advisories was named"),
    ("no-such-form", "a command has no such form of output"),
    ("no-undo", "nothing is known that would take a change back"),
    ("no-version-order", "versions of this ecosystem cannot be compared"),
    ("not-a-host", "findings are of nothing that a plan could change"),
    ("not-approved", "somebody's yes to a plan is missing"),
    ("not-open", "a finding is not open any more"),
    ("not-permitted", "only the user who holds the data folder may do this"),
    ("not-possible", "something is not possible as things stand"),
    ("not-proven", "a change ran, and the same check still fails"),
    ("not-text", "a file is no UTF-8 text"),
    ("not-utf8", "a path is not UTF-8"),
    ("nothing-seen", "a host could not be looked at"),
    ("nothing-to-approve", "no acceptance of a finding waits for a yes"),
    ("nothing-to-confirm", "a plan waits for no confirmation"),
    ("nothing-to-mend", "nothing is known that would mend a finding"),
    ("nothing-to-undo", "no applied change is noted"),
    ("own-acceptance", "who asked for an acceptance may not approve it"),
    ("own-plan", "who planned a change may not approve it"),
    ("plan-document", "a plan could not be written down"),
    ("plan-over", "a plan was refused or is out of date"),
    ("plan-stale", "the target of a plan is not as it was when it was planned"),
    ("precheck-failed", "what has to hold before a change does not"),
    ("record", "the record cannot be used"),
    ("script-too-long", "a script is longer than the system can run"),
    ("setting-unknown", "no control asks for a setting that is declared"),
    ("several-hosts", "a plan was asked for findings of several hosts"),
    ("too-late", "nobody confirmed a change in time, so it was taken back"),
    ("tool-failed", "another tool did not do what it was asked"),
    ("unknown-finding", "no finding goes by that name"),
    ("unknown-kind", "there is no such kind"),
    ("unknown-name", "nothing goes by that name"),
    ("unknown-plan", "there is no plan of that name"),
    ("unknown-target", "a text names no host that can be looked at"),
    ("unknown-token", "a token is worthless"),
    ("unknown-weakness", "no advisory goes by that name"),
    ("unreadable-file", "a file is there and cannot be read"),
    ("worker-ended", "a part of the program ended early"),
];

#[cfg(test)]
mod tests {
    #[test]
    fn codes_are_sorted_unique_and_in_kebab_case() {
        let codes: Vec<&str> = super::CODES.iter().map(|(code, _)| *code).collect();
        assert!(codes.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(
            codes.iter().all(|code| code.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '-')))
        );
    }
}
