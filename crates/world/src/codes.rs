//! The codes of the problems that the world has.

/// Every problem code of this crate, with what it means; codes are stable.
pub const CODES: &[(&str, &str)] = &[
    ("bad-exclusion", "a line that excludes files means nothing"),
    ("bad-ignore-line", "a line of a `.gitignore` means nothing"),
    ("bad-now", "`HOLDFAST_NOW` is no time"),
    ("cannot-read-input", "standard input cannot be read"),
    ("control-broken", "the control socket cannot be made or used"),
    ("control-denied", "the control socket is another user's"),
    ("control-held", "somebody listens at the control socket already"),
    ("control-too-long", "a request to the holder is too long"),
    ("crashed", "a test's world has ended"),
    ("git-failed", "`git` did not answer as it should"),
    ("git-untrusted", "git does not trust a repository that belongs to another user"),
    ("http-address", "an address of the web is written wrongly or not allowed"),
    ("http-certificate", "a server cannot prove who it is"),
    ("http-cut", "a download ended early"),
    ("http-forbidden", "an address leads where it must not"),
    ("http-lost", "a server did not answer"),
    ("http-redirects", "an address leads elsewhere"),
    ("http-refused", "a server does not give a file"),
    ("http-too-large", "a download is too long"),
    ("http-unknown-host", "a host cannot be found"),
    ("http-unreachable", "a server cannot be reached"),
    ("http-unwritten", "a download cannot be kept"),
    ("injected-fault", "a test's world let a call fail"),
    ("listen-failed", "the system does not let us listen at an address"),
    ("listen-remote", "other machines could reach an address, and nobody allowed that"),
    ("listen-taken", "somebody listens at an address already"),
    ("mail-address", "an address of mail is written wrongly"),
    ("mail-lost", "a mail server did not say whether it took a message"),
    ("mail-tls", "TLS cannot be used with a mail server"),
    ("mail-unencrypted", "mail would not be encrypted"),
    ("mail-unreachable", "a mail server cannot be spoken to"),
    ("no-current-folder", "the current folder is gone"),
    ("no-data-folder", "there is no folder to keep data in"),
    ("no-git", "`git` is not installed"),
    ("no-random", "the system gives no random numbers"),
    ("no-scratch", "a temporary folder cannot be made"),
    ("secret-absent", "a secret is not where it should be"),
    ("secret-open", "others can read a secret"),
    ("secret-unusable", "a secret is none"),
    ("unknown-revision", "git knows no such revision"),
    ("unread-ignore-file", "a `.gitignore` cannot be read"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::CODES;

    #[test]
    fn codes_are_unique_and_in_order() {
        let codes: Vec<&str> = CODES.iter().map(|(code, _)| *code).collect();
        assert!(codes.is_sorted_by(|a, b| a < b), "{codes:?}");
    }

    /// The first word in quotes behind each place where a problem is made.
    fn made(text: &str, made: &mut BTreeSet<String>) {
        for call in ["Problem::new(", "Problem::at(", "Self::new("] {
            for rest in text.split(call).skip(1) {
                let word =
                    rest.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next());
                made.extend(word.filter(|word| !word.contains(' ')).map(str::to_owned));
            }
        }
    }

    fn of_folder(folder: &Path, codes: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                of_folder(&path, codes);
            } else {
                made(&std::fs::read_to_string(&path).unwrap(), codes);
            }
        }
    }

    #[test]
    fn every_code_that_is_made_is_listed_and_the_other_way_round() {
        let mut made = BTreeSet::new();
        of_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut made);
        let codes: BTreeSet<String> = CODES.iter().map(|(code, _)| (*code).to_owned()).collect();
        let missing: Vec<&String> = made.difference(&codes).collect();
        assert_eq!(codes.difference(&made).collect::<Vec<_>>(), [""; 0]);
        assert_eq!(missing, [""; 0]);
    }
}
