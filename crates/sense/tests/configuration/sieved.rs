//! Files of which not all is wanted, sifted by the programs of this machine.

#![expect(clippy::disallowed_methods, reason = "tests write what is looked at")]

use std::fs;
use std::os::unix::fs::symlink;

use holdfast_sense::remote::{Along, Request};
use holdfast_sense::{Answer, Need, Sieve};

use crate::remote::{MARK, ask, local, shells, without_reason};

/// Who sifts is all the same. A file that may have been cut is told whole when it is asked for again.
#[test]
fn of_a_file_is_told_what_a_sieve_leaves() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let texts: [(&str, &[u8]); 6] = [
        ("whole", b"Package: a\nStatus: x\nVersion: 1\n\nPackage: \xff\n\n"),
        ("carried", b"Package: a\r\nVersion: 1\r\n\r\n"),
        ("cut", b"Package: a\nVersion: 1\n\nPackage: b\nVersi"),
        ("unclosed", b"Package: a\nVersion: 1\n"),
        ("empty", b""),
        ("no text", b"Package: a\n\0\n\n"),
    ];
    for (name, text) in texts {
        fs::write(path(name), text).unwrap();
    }
    fs::create_dir(path("folder")).unwrap();
    symlink("whole", path("link")).unwrap();
    let names = texts.iter().map(|(name, _)| *name).chain(["folder", "link", "missing"]);
    let sieves = [Sieve::starting(&["Package:", "Version:"]), Sieve::Beginnings(4)];
    let needs: Vec<Need> = names
        .flat_map(|name| sieves.clone().map(|sieve| Need::Sieved(path(name).into(), sieve)))
        .collect();
    let mut request = Request::default();
    for need in &needs {
        request.add(need.clone(), Along::default());
    }
    for shell in shells() {
        let mut told = ask(&shell, &request);
        let open: Vec<Need> =
            needs.iter().filter(|need| told.answer(need).is_none()).cloned().collect();
        assert!((3..=4).contains(&open.len()), "{shell:?}: {open:?}");
        told.add(ask(&shell, &Request::more(open)));
        for need in &needs {
            let answer = told.answer(need).map(without_reason);
            assert_eq!(answer, Some(without_reason(local(need))), "{shell:?} {need:?}");
        }
    }
}

#[test]
fn where_no_program_sifts_the_file_is_told_and_sifted_here() {
    let sieve = Sieve::starting(&["Package:"]);
    let need = Need::Sieved("/a".into(), sieve);
    let mut request = Request::default();
    request.add(need.clone(), Along::default());
    let word =
        |words: &str, body: &str, end: &str| format!("\n{MARK} {words}\n{body}\n{MARK} = {end}\n");
    let told = |words: &[String]| {
        let stream = format!("\n{MARK} begin 1 0\n{}\n{MARK} end\n", words.concat());
        request.read(MARK, stream.as_bytes()).answer(&need)
    };
    let left = Some(Answer::Bytes(b"1:Package: a\n3:\n".as_slice().into()));
    let half = word("v 0", "1:Package: ", "1");
    let whole = word("f 0", "Package: a\nb\n\n", "0");
    assert_eq!(told(&[half.clone(), whole]), left);
    assert_eq!(told(&[half]), None);
    assert_eq!(told(&[word("v 0", "1:Package: a\n3:\n", "0")]), left);
    assert_eq!(told(&[word("v 0", "1:Package: a\n", "0")]), None);
    assert_eq!(told(&[format!("\n{MARK} x f 0 d\n")]), Some(Answer::Denied));
}
