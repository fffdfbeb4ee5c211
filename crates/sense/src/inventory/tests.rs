//! Inventories as people write them, whole and broken.

use std::fmt::Write as _;

use holdfast_model::Problem;

use super::{LARGEST, Listed, read};
use crate::codes;
use crate::mutated::Dice;

const INI: &str = "\
# two in front of everything
edge-1 ansible_host=10.0.0.1 ansible_user=\"ana\"   # with its address

[web]
web[01:03].example ansible_port=2222
ssh://bob@web9:22

[db]
db-[a:c]
db-a ansible_host=10.0.1.1

[shop:children]
web
db

[shop:vars]
ansible_user = 'deploy'

[all:vars]
ansible_user=root
ansible_port=22
";

fn rows(hosts: &[Listed]) -> Vec<String> {
    let row = |one: &Listed| {
        let groups: Vec<&str> = one.host.groups().collect();
        format!("{} {} {} {}", one.place.line, one.host.name, one.host.address, groups.join(","))
    };
    hosts.iter().map(row).collect()
}

fn words(problems: &[Problem]) -> Vec<String> {
    problems
        .iter()
        .map(|problem| {
            assert!(codes::CODES.iter().any(|(code, _)| *code == problem.code), "{problem}");
            assert!(!problem.help.is_empty(), "{problem}");
            let place = problem.place.as_ref().unwrap();
            format!("{}:{} {}", place.line, place.column, problem.message)
        })
        .collect()
}

#[test]
fn lines_with_groups_ranges_children_and_variables() {
    let (hosts, problems) = read("hosts", INI.as_bytes());
    assert_eq!(
        rows(&hosts),
        [
            "9 db-a ssh://deploy@10.0.1.1:22 db,shop",
            "9 db-b ssh://deploy@db-b:22 db,shop",
            "9 db-c ssh://deploy@db-c:22 db,shop",
            "2 edge-1 ssh://ana@10.0.0.1:22 ",
            "5 web01.example ssh://deploy@web01.example:2222 shop,web",
            "5 web02.example ssh://deploy@web02.example:2222 shop,web",
            "5 web03.example ssh://deploy@web03.example:2222 shop,web",
            "6 web9 ssh://bob@web9:22 shop,web",
        ]
    );
    assert_eq!(problems, []);
}

#[test]
fn the_deeper_group_counts_then_the_priority_then_the_name() {
    let text = "[a1]\nweb1\n[b1]\nweb1\n[zz:children]\na1\n[aa:children]\nb1\n\
                [a1:vars]\nansible_host=10.0.0.1\n[b1:vars]\nansible_host=10.0.0.2\n\
                [aa:vars]\nansible_host=10.0.0.3\n\
                [c1]\nweb2\n[d1]\nweb2\n[c1:vars]\nansible_user=c\nansible_group_priority=10\n\
                [d1:vars]\nansible_user=d\n";
    let (hosts, problems) = read("hosts", text.as_bytes());
    assert_eq!(rows(&hosts), ["2 web1 ssh://10.0.0.2 a1,aa,b1,zz", "16 web2 ssh://c@web2 c1,d1"]);
    assert_eq!(problems, []);
}

#[test]
fn an_address_or_a_range_in_brackets_is_no_heading() {
    let text = "[later]\nhost9\n[2001:db8::1]:2022\n[1:2].example\n[::1]\nhost10\n";
    let (hosts, problems) = read("hosts", text.as_bytes());
    let found = [
        "4 1.example ssh://1.example later",
        "4 2.example ssh://2.example later",
        "3 2001:db8::1 ssh://[2001:db8::1]:2022 later",
        "5 ::1 ssh://[::1] later",
        "6 host10 ssh://host10 later",
        "2 host9 ssh://host9 later",
    ];
    assert_eq!(rows(&hosts), found);
    assert_eq!(problems, []);
}

#[test]
fn a_plain_list_is_one_host_on_each_line() {
    let text = "web1\nweb2:2222 # in the other rack\n\n; gone: web3\n::1\nssh://[fe80::2]:22\n";
    let (hosts, problems) = read("machines", text.as_bytes());
    assert_eq!(
        rows(&hosts),
        [
            "5 ::1 ssh://[::1] ",
            "6 fe80::2 ssh://[fe80::2]:22 ",
            "1 web1 ssh://web1 ",
            "2 web2 ssh://web2:2222 ",
        ]
    );
    assert_eq!(problems, []);
}

#[test]
fn yaml_with_children_in_children() {
    let text = "\
all:
  vars: {ansible_user: root}
  hosts:
    edge:
  children:
    shop:
      vars:
        ansible_port: 2222
      children:
        web:
          hosts:
            web[1:2]:
            web3: {ansible_host: 10.0.0.3, ansible_port: 22}
        db:
          hosts:
            db1:
              ansible_user: \"postgres\"
";
    let (hosts, problems) = read("inventory.yml", text.as_bytes());
    assert_eq!(
        rows(&hosts),
        [
            "16 db1 ssh://postgres@db1:2222 db,shop",
            "4 edge ssh://root@edge ",
            "12 web1 ssh://root@web1:2222 shop,web",
            "12 web2 ssh://root@web2:2222 shop,web",
            "13 web3 ssh://root@10.0.0.3:22 shop,web",
        ]
    );
    assert_eq!(problems, []);
}

#[test]
fn nodes_of_puppet() {
    let manifest = "\
# node 'not-me' {
/* node 'nor-me' { */
node 'web1.example', \"web2.example\" { include 'node' }
node default {
  notify { 'node \"inside\" {': }
}
node /^db\\d+/ { }
node web3.example inherits 'x' {}
";
    let (hosts, problems) = read("site.pp", manifest.as_bytes());
    let names: Vec<&str> = hosts.iter().map(|one| one.host.name.as_str()).collect();
    assert_eq!(names, ["web1.example", "web2.example", "web3.example"]);
    assert_eq!(words(&problems), ["7:7 the pattern `^db\\\\d+` names no host by itself"]);

    let manifest = "\
file { 'x': content => @(END), mode => @(\"MORE\"/n) }
node 'in-text' { }
  | END
node 'in-more' { }
  |- MORE
node web4.example { }
";
    let (hosts, problems) = read("site.pp", manifest.as_bytes());
    assert_eq!(
        (rows(&hosts), problems),
        (vec!["6 web4.example ssh://web4.example ".to_owned()], vec![])
    );

    let list = "[\n  \"web1\",\n  {\"certname\": \"web2\"},\n  {\"other\": 1}\n]\n";
    let (hosts, problems) = read("nodes", list.as_bytes());
    assert_eq!(rows(&hosts), ["2 web1 ssh://web1 ", "3 web2 ssh://web2 "]);
    assert_eq!(words(&problems), ["4:3 a node has no name here, not an object"]);
}

#[test]
fn what_ansible_itself_lists() {
    let text = "{\"_meta\": {\"hostvars\": {\"web1\": {\"ansible_host\": \"10.0.0.1\", \
                \"ansible_port\": 2222}}}, \"all\": {\"children\": [\"ungrouped\", \"web\"]}, \
                \"web\": {\"hosts\": [\"web1\", \"web2\"]}}";
    let (hosts, problems) = read("list.json", text.as_bytes());
    assert_eq!(rows(&hosts), ["1 web1 ssh://10.0.0.1:2222 web", "1 web2 ssh://web2 web"]);
    assert_eq!(problems, []);
}

/// Nothing that could be an option, a command or a second line comes out as a host.
#[test]
fn names_that_could_be_something_else_are_refused() {
    for name in [
        "-oProxyCommand=id",
        "-l",
        "a;id",
        "$(id)",
        "a\u{7}b",
        "web1:abc",
        "ssh://-x",
        "'a b'",
        "a ansible_host=-x",
        "a ansible_host=b:22",
        "a ansible_user=-x",
        "a ansible_user='a b'",
        "a ansible_port=0",
        "a ansible_port=70000",
        "a ansible_host={{address}}",
        "web[1:2",
        "web[3:1]",
        "web[1:99999999]",
        "web[1:2:0]",
    ] {
        let (hosts, problems) = read("hosts", format!("{name}\nweb2\n").as_bytes());
        assert_eq!(rows(&hosts), ["2 web2 ssh://web2 "], "{name}");
        assert_eq!(words(&problems).len(), 1, "{name}: {problems:?}");
    }
}

#[test]
fn what_is_broken_is_told_by_its_place_and_the_rest_is_taken() {
    let text = "\
[web
web0

[web]
web1 no-variable
web2 ansible_user='open
web3

[web:friends]
web4

[a:children]
b
[b:children]
a
c
[c]
local ansible_connection=local
web3
copy ansible_host=web3
";
    let (hosts, problems) = read("hosts", text.as_bytes());
    assert_eq!(rows(&hosts), ["20 copy ssh://web3 c"]);
    assert_eq!(
        words(&problems),
        [
            "1:1 the name of a group is not closed",
            "5:6 this word is no variable of a host, so that the line is left out",
            "6:1 a quote is not closed",
            "7:1 `web3` is `copy` by its address",
            "9:1 `friends` is nothing that a group has",
            "12:1 the group `a` is part of itself, over its children",
            "13:1 the group `b` is part of itself, over its children",
            "18:7 `local` is reached by `local`, and not over ssh",
        ]
    );

    let yaml = "all:\n  hosts: [web1]\n  children:\n    web:\n      host: {}\n      hosts:\n        web2: 5\n";
    let (hosts, problems) = read("hosts.yaml", yaml.as_bytes());
    assert_eq!(rows(&hosts), ["7 web2 ssh://web2 web"]);
    assert_eq!(problems.len(), 3, "{problems:?}");
    let (hosts, problems) = read("hosts.json", b"{\"web\": {\"hosts\": [\"web1\", 5, ");
    assert_eq!(rows(&hosts), ["1 web1 ssh://web1 web"]);
    assert!(problems.len() >= 2, "{problems:?}");
    assert_eq!(words(&read("hosts", b"a\0b").1).len(), 1);
}

#[test]
fn a_line_that_is_no_list_of_words_names_no_host() {
    let text = "web1\nbad host name!\nweb2 ansible_host = 10.0.0.2\nweb3 # the third one\n";
    let (hosts, problems) = read("hosts", text.as_bytes());
    assert_eq!(rows(&hosts), ["1 web1 ssh://web1 ", "4 web3 ssh://web3 "]);
    let out = "this word is no variable of a host, so that the line is left out";
    assert_eq!(words(&problems), [format!("2:5 {out}"), format!("3:6 {out}")]);
}

/// A password that stands where none may stand is told by its place alone.
#[test]
fn no_message_shows_a_password() {
    for (text, message) in [
        (
            "db1 ansible_password = s3cret\n",
            "1:5 this word is no variable of a host, so that the line is left out",
        ),
        ("[db:vars]\nansible_become_pass: s3cret\n", "2:1 this line is no variable of a group"),
        ("ssh://ana:s3cret@web1\n", "1:1 passwords have no place in an address"),
        ("[db]\nansible_password=s3cret\n", "2:1 a variable stands where a host is named"),
    ] {
        let (_, problems) = read("hosts", text.as_bytes());
        assert_eq!(words(&problems).first().map(String::as_str), Some(message), "{text}");
        assert!(
            problems.iter().all(|problem| !format!("{problem:?}").contains("s3cret")),
            "{problems:#?}"
        );
    }
}

/// One line cannot ask for gigabytes: neither by its name nor by what every host of it gets.
#[test]
fn long_patterns_are_refused_and_long_variables_are_shared() {
    let long = format!("{}[0:9999]\nweb2\n", "a".repeat(LARGEST / 2));
    let (hosts, problems) = read("hosts", long.as_bytes());
    assert_eq!(rows(&hosts), ["2 web2 ssh://web2 "]);
    let message = "names no hosts: it is longer than 1000 bytes";
    assert!(problems.len() == 1 && problems[0].message.ends_with(message), "{problems:?}");
    let (hosts, problems) = read("hosts", format!("a{}", "[0:0]".repeat(LARGEST / 8)).as_bytes());
    assert_eq!((hosts.len(), problems.len()), (0, 1));
    let said = format!("web[0:9999] ansible_port={}\n", "1".repeat(LARGEST / 2));
    let (hosts, problems) = read("hosts", said.as_bytes());
    assert!(hosts.is_empty() && problems.len() > 1, "{}", hosts.len());
}

#[test]
fn an_inventory_has_its_limits() {
    let (hosts, problems) = read("hosts", b"web[1:9999]\ndb[1:9999]\n");
    assert_eq!(hosts.len(), 10_000);
    assert_eq!(words(&problems), ["2:1 there are more than 10000 hosts; the others are left out"]);
    let again = "web[1:9999]\n".repeat(20_000);
    let (hosts, problems) = read("hosts", again.as_bytes());
    assert_eq!((hosts.len(), problems.len()), (9_999, 1));
    let mut groups = String::new();
    for n in 0..1_100 {
        let _ = write!(groups, "[g{n}]\nweb{n}\n");
    }
    let (hosts, problems) = read("hosts", groups.as_bytes());
    assert_eq!((hosts.len(), problems.len()), (1_000, 1));
    let (hosts, problems) = read("hosts", &vec![b'\n'; LARGEST + 1]);
    assert_eq!((hosts.len(), problems.len()), (0, 1));
}

#[test]
fn damaged_inventories_end_and_say_places() {
    let mut dice = Dice::new(7);
    for _ in 0..400 {
        let mut bytes = INI.as_bytes().to_vec();
        for _ in 0..=dice.roll(6) {
            let at = dice.roll(bytes.len());
            match dice.roll(3) {
                0 => bytes[at] = u8::try_from(dice.roll(256)).unwrap(),
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, u8::try_from(32 + dice.roll(95)).unwrap()),
            }
        }
        for name in ["hosts", "hosts.yml", "hosts.json", "site.pp"] {
            let (hosts, problems) = read(name, &bytes);
            assert!(problems.iter().all(|problem| problem.place.is_some()));
            for one in hosts {
                let address = holdfast_model::SshAddress::parse(&one.host.address).unwrap();
                assert_eq!(address.to_string(), *one.host.address);
                assert!(!address.host().starts_with('-'));
            }
        }
    }
}
