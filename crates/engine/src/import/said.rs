//! What a report says of one asset, as a digest: equal where it says the same again, wherever in
//! which file it stands.

use std::collections::HashSet;
use std::sync::Arc;

use holdfast_model::{Digest, ForeignLocus, Pieces};

use super::read::Item;
use super::verdicts::Test;

/// What is hashed at once, in bytes.
const BLOCK: usize = 64 << 10;

/// The digest of the findings, in their order: places of equal text are told apart by it.
pub(super) fn digest(items: &[Item], shared: &HashSet<Arc<str>>) -> Digest {
    let mut pieces = Pieces::default();
    let mut block = Vec::with_capacity(BLOCK);
    for item in items {
        write(&mut block, item, shared);
        if block.len() >= BLOCK {
            pieces.add(&block);
            block.clear();
        }
    }
    pieces.add(&block);
    pieces.finish()
}

/// All of an item but its place in the report. Every text stands behind its length.
fn write(out: &mut Vec<u8>, item: &Item, shared: &HashSet<Arc<str>>) {
    let Item { plugin, names, title, severity, locus, version, fixed_in, dismissed, .. } = item;
    let mut text = |text: &str| {
        out.extend_from_slice(&(text.len() as u64).to_be_bytes());
        out.extend_from_slice(text.as_bytes());
    };
    for one in [plugin, title, version, fixed_in, dismissed] {
        text(one);
    }
    text(severity.word());
    match locus {
        ForeignLocus::Package { package, path } => ["package", package, path].map(&mut text),
        ForeignLocus::Port { number, protocol } => {
            ["port", protocol, &number.to_string()].map(&mut text)
        }
        ForeignLocus::File { path, context, fingerprint } => {
            let alone = if shared.contains(fingerprint) { "shared" } else { "alone" };
            text(alone);
            [path, context, fingerprint].map(|one| text(one))
        }
        ForeignLocus::Whole => ["whole", "", ""].map(&mut text),
    };
    names.iter().for_each(|name| text(name));
    if let Some(Test { result, because, refs, resource }) = &item.test {
        for one in ["test", result.word(), because, resource] {
            text(one);
        }
        refs.iter().for_each(|name| text(name));
        text(&refs.len().to_string());
    }
    out.extend_from_slice(&(names.len() as u64).to_be_bytes());
}

#[cfg(test)]
mod tests {
    use holdfast_model::{Severity, TestResult};

    use super::*;

    fn item() -> Item {
        Item {
            plugin: "1".into(),
            names: [Arc::from("CVE-2020-1"), "CVE-2020-2".into()].into(),
            title: "title".into(),
            severity: Severity::Soon,
            locus: ForeignLocus::Port { number: 22, protocol: "tcp".into() },
            version: "1.0".into(),
            fixed_in: "1.1".into(),
            dismissed: "".into(),
            line: 7,
            column: 1,
            test: None,
        }
    }

    fn test() -> Test {
        Test {
            result: TestResult::Failed,
            because: "found yes".into(),
            refs: [Arc::from("devsec:os-02")].into(),
            resource: "/srv".into(),
        }
    }

    #[test]
    fn all_but_the_place_counts() {
        let none = HashSet::new();
        let first = digest(&[item()], &none);
        assert_eq!(digest(&[Item { line: 9, column: 3, ..item() }], &none), first);
        let file = |path: &str, context: &str, fingerprint: &str| ForeignLocus::File {
            path: path.into(),
            context: context.into(),
            fingerprint: fingerprint.into(),
        };
        let package = |package: &str, path: &str| ForeignLocus::Package {
            package: package.into(),
            path: path.into(),
        };
        let others = [
            Item { plugin: "2".into(), ..item() },
            Item { names: [Arc::from("CVE-2020-1")].into(), ..item() },
            Item { names: [Arc::from("CVE-2020-1CVE-2020-2")].into(), ..item() },
            Item { title: "other".into(), ..item() },
            Item { severity: Severity::Now, ..item() },
            Item { version: "".into(), ..item() },
            Item { version: "1.01".into(), fixed_in: ".1".into(), ..item() },
            Item { fixed_in: "2".into(), ..item() },
            Item { dismissed: "false positive".into(), ..item() },
            Item { locus: ForeignLocus::Whole, ..item() },
            Item { locus: ForeignLocus::Port { number: 23, protocol: "tcp".into() }, ..item() },
            Item { locus: ForeignLocus::Port { number: 22, protocol: "udp".into() }, ..item() },
            Item { locus: file("a", "b", "c"), ..item() },
            Item { locus: file("ab", "", "c"), ..item() },
            Item { locus: file("a", "b", "d"), ..item() },
            Item { locus: package("a", "b"), ..item() },
            Item { locus: package("ab", ""), ..item() },
            Item { test: Some(test()), ..item() },
            Item { test: Some(Test { result: TestResult::Passed, ..test() }), ..item() },
            Item { test: Some(Test { because: "".into(), ..test() }), ..item() },
            Item { test: Some(Test { refs: [].into(), ..test() }), ..item() },
            Item { test: Some(Test { resource: "".into(), ..test() }), ..item() },
        ];
        let mut all: HashSet<Digest> =
            others.iter().cloned().map(|one| digest(&[one], &none)).collect();
        all.insert(first);
        assert_eq!(all.len(), others.len() + 1);
        let shared = HashSet::from([Arc::from("c")]);
        let at = Item { locus: file("a", "b", "c"), ..item() };
        assert!(all.insert(digest(std::slice::from_ref(&at), &shared)));
        assert!(all.insert(digest(&[], &none)));
        assert!(all.insert(digest(&[item(), item()], &none)));
        assert!(all.insert(digest(&[item(), at.clone()], &none)));
        assert!(all.insert(digest(&[at, item()], &none)));
    }
}
