//! What text fixtures cannot hold: bytes, sizes, line ends.

use holdfast_model::{Aspect, Fact, Reading};

use crate::tree::{Tree, collector};

/// The reading of the first setting of this aspect.
fn reading(tree: &Tree, id: &str, aspect: Aspect) -> Reading {
    let facts = tree.facts(collector(id));
    let found = facts.into_iter().find_map(|fact| match fact {
        Fact::Setting(setting) if setting.aspect == aspect => Some(setting.reading),
        _ => None,
    });
    found.unwrap()
}

fn problems(tree: &Tree, id: &str) -> Vec<String> {
    let facts = tree.facts(collector(id)).into_iter();
    let code = |fact| match fact {
        Fact::Problem(problem) => Some(problem.code),
        _ => None,
    };
    facts.filter_map(code).collect()
}

fn is(value: &str) -> Reading {
    Reading::Is(value.into())
}

fn boot(bytes: impl AsRef<[u8]>) -> Tree {
    Tree::default().ask(&["sysctl a.b"]).file("/etc/sysctl.d/x.conf", bytes)
}

#[test]
fn carriage_returns_are_no_part_of_values_and_byte_order_marks_are_of_names() {
    let tree = boot("a.b = 1\r\n\r\n; x\r\n");
    assert_eq!(reading(&tree, "host-sysctl", Aspect::Boot), is("1"));
    assert_eq!(problems(&tree, "host-sysctl"), [""; 0]);
    let marked = boot("\u{feff}a.b = 1\n");
    assert_eq!(reading(&marked, "host-sysctl", Aspect::Boot), Reading::Absent);
    assert_eq!(problems(&marked, "host-sysctl"), ["sysctl-line"]);
}

#[test]
fn bytes_that_are_no_text_lose_no_neighbour() {
    let tree = boot(b"x.\xff = 1\na.b = 2\n");
    assert_eq!(reading(&tree, "host-sysctl", Aspect::Boot), is("2"));
    assert_eq!(problems(&tree, "host-sysctl"), ["not-utf-8"]);
    let tree = boot(b"a.b = 2\n\0\0").file("/etc/sysctl.d/y.conf", "a.b = 3\n");
    assert_eq!(reading(&tree, "host-sysctl", Aspect::Boot), is("3"));
    assert_eq!(problems(&tree, "host-sysctl"), ["binary-file"]);
}

#[test]
fn huge_lines_and_many_bad_lines_stay_small() {
    let tree = boot(format!("{}\na.b = 1\n", "x".repeat(3_000_000)));
    assert_eq!(reading(&tree, "host-sysctl", Aspect::Boot), is("1"));
    let tree = boot("nonsense\n".repeat(5_000) + "a.b = 1");
    assert_eq!(reading(&tree, "host-sysctl", Aspect::Boot), is("1"));
    assert_eq!(problems(&tree, "host-sysctl").len(), 101);
}

#[test]
fn more_files_than_anybody_has_are_not_all_read_and_it_is_said() {
    let mut tree = boot("a.b = 1\n");
    for index in 0..600 {
        tree = tree.file(&format!("/usr/lib/sysctl.d/{index:03}.conf"), "a.c = 1\n");
    }
    let seen = reading(&tree, "host-sysctl", Aspect::Boot);
    assert!(matches!(seen, Reading::Unknown { .. }), "{seen:?}");
}

#[test]
fn a_folder_that_may_not_be_listed_may_hold_anything() {
    let mut tree = boot("a.b = 1\n");
    tree.nodes.get_mut("/etc/sysctl.d").unwrap().denied = true;
    let Reading::Unknown { closes_with, .. } = reading(&tree, "host-sysctl", Aspect::Boot) else {
        panic!("nobody could list the folder")
    };
    assert_eq!(closes_with, "root");
}

#[test]
fn a_kernel_without_proc_is_no_kernel_without_parameters() {
    let tree = Tree::default().running().ask(&["sysctl a.b"]);
    assert!(matches!(reading(&tree, "host-sysctl", Aspect::Running), Reading::Unknown { .. }));
    let tree = tree.file("/proc/sys/a/b", "");
    assert_eq!(reading(&tree, "host-sysctl", Aspect::Running), is(""));
    let tree = tree.file("/proc/sys/a/b", b" 1\t\xff\n2\n");
    assert_eq!(reading(&tree, "host-sysctl", Aspect::Running), is("1 \u{fffd} 2"));
}

#[test]
fn tables_of_sockets_may_be_empty() {
    let tree = Tree::default().running().file("/proc/net/tcp", "").file("/proc/net/udp", "\n\n");
    assert_eq!(tree.said("host-ports"), [""; 0]);
}

#[test]
fn a_long_chain_of_links_ends_in_an_answer() {
    let mut tree = Tree::default().ask(&["file /l0", "service l0.service"]).file("/etc/passwd", "");
    for index in 0..60 {
        let next = index + 1;
        tree = tree.link(&format!("/l{index}"), &format!("l{next}"));
        let unit = format!("/etc/systemd/system/l{index}.service");
        tree = tree.link(&unit, &format!("l{next}.service"));
    }
    assert!(matches!(reading(&tree, "host-file", Aspect::Mode), Reading::Broken { .. }));
    assert_eq!(reading(&tree, "host-file", Aspect::Type), is("link"));
    assert!(matches!(reading(&tree, "host-service", Aspect::Boot), Reading::Broken { .. }));
}

#[test]
fn packages_are_found_in_files_with_carriage_returns_and_without_an_end() {
    let text = "Package: a\r\nStatus: install ok installed\r\nVersion: 1\r\n\r\n\
        Package: b\r\nStatus: install ok installed\r\nVersion: 2";
    let status = |tree: Tree| tree.file("/var/lib/dpkg/status", text);
    let tree = status(Tree::default().ask(&["package a"]));
    assert_eq!(reading(&tree, "host-package", Aspect::Version), is("1"));
    let tree = status(Tree::default().ask(&["package b"]));
    assert!(matches!(reading(&tree, "host-package", Aspect::Version), Reading::Broken { .. }));
}

#[test]
fn a_resource_that_is_asked_twice_is_said_once() {
    let tree = boot("a.b = 1").ask(&["sysctl a.b", "sysctl a/b"]);
    // Another way to write it is another resource.
    assert_eq!(tree.said("host-sysctl").len(), 4);
}
