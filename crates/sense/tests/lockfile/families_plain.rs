//! What the plain fixtures of the families say, in words that a person can check against the
//! file: packages, those of which nothing is known, and requirements.

use holdfast_model::{Fact, Origin};

use super::support::{components, document, fixtures, problems, read, reader, requirements, tree};

/// Reader, case, what is said, and codes of problems. A package is `name version`, with `dev` and
/// `tree` where they hold; one of which nothing is known is `name ?`; a requirement is
/// `name -> range`, with `!` where a lift may not touch it.
type Case = (&'static str, &'static str, &'static [&'static str], &'static [&'static str]);

fn said(facts: &[Fact]) -> Vec<String> {
    let mark = |there: bool, word: &str| if there { format!(" {word}") } else { String::new() };
    let packages = components(facts).map(|one| {
        let version = one.version.as_deref().unwrap_or("-");
        let tree = mark(one.origin == Origin::Tree, "tree");
        format!("{} {version}{}{tree}", one.name, mark(one.dev, "dev"))
    });
    let unknown = facts.iter().filter_map(|fact| match fact {
        Fact::Unknown { name, .. } => Some(format!("{name} ?")),
        _ => None,
    });
    let wishes = requirements(facts)
        .map(|one| format!("{} -> {}{}", one.name, one.range, mark(!one.liftable, "!")));
    packages.chain(unknown).chain(wishes).collect()
}

fn all_say(cases: &[Case]) {
    for (id, case, expected, codes) in cases {
        let tree = tree(&fixtures().join(id).join(case));
        let facts = read(reader(id), &tree, &document(reader(id), &tree));
        assert_eq!(said(&facts), *expected, "{id}/{case}");
        let told: Vec<&str> = problems(&facts).map(|problem| problem.code.as_str()).collect();
        assert_eq!(told, *codes, "{id}/{case}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one list of what stands in the files")]
fn of_java() {
    all_say(&[
        (
            "maven-pom",
            "plain",
            &[
                "org.log:log-core 2.17.0",
                "org.data:data-bind 2.13.1 dev",
                "org.tools:tools 31.1-jre",
                "org.shop:shop-api 1.2.0",
                "org.servlet:servlet-api 4.0.1",
                "org.spark:spark 3.5.0",
                "org.disk:disk 1",
                "org.spark:spark-sql 3.5.0",
                "org.range:range ?",
                "org.round:round ?",
                "org.none:unset ?",
                "org.spark:spark ?",
                "org.far:far-core ?",
                "org.data:data-bind -> 2.13.1",
                "org.log:log-core -> 2.17.0",
                "org.tools:tools -> 31.1-jre !",
                "org.shop:shop-api -> 1.2.0 !",
                "org.servlet:servlet-api -> [4.0.1]",
                "org.range:range -> [1.0,2.0)",
                "org.spark:spark -> 3.5.0",
                "org.disk:disk -> 1",
                "org.spark:spark-sql -> 3.5.0",
            ],
            &[],
        ),
        (
            "maven-pom",
            "plain-parent",
            &[
                "org.json:json 2.9.0",
                "org.text:text 1.10.0",
                "org.net:net-http 4.1.42",
                "org.net:net-http ?",
                "org.top:from-top ?",
                "org.json:json -> 2.9.0",
                "org.text:text -> 1.10.0",
                "org.net:net-http -> 4.1.42",
            ],
            &[],
        ),
        (
            "gradle-lock",
            "plain",
            &[
                "org.shop:core 1.4.2",
                "org.check:asserts 3.21.0 dev",
                "org.gen:processor 1.5.5.Final dev",
                "org.mix:both 2.0",
            ],
            &[],
        ),
        ("gradle-lock", "plain-buildscript", &["org.plug:plug 1.0 dev"], &[]),
        ("gradle-lock", "plain-older", &["org.check:asserts 3.21.0 dev"], &[]),
        ("gradle-verification", "plain", &["org.shop:core 1.4.2", "org.sign:signed 2"], &[]),
        ("gradle-verification", "plain-locked", &[], &[]),
        (
            "gradle-catalog",
            "plain",
            &[
                "org.short:short -> 1.0",
                "org.inline:inline -> 2.0",
                "org.groovy:groovy -> 3.0.5",
                "org.groovy:groovy-json -> 3.0.5",
                "org.rich:rich -> [1.7, 2[",
                "org.rich:prefer -> 4.0",
                "org.platform:managed ->  !",
            ],
            &[],
        ),
    ]);
}

#[test]
fn of_dotnet() {
    all_say(&[
        (
            "nuget-lock",
            "plain",
            &["shop.core 1.2.0", "shop.text 1.0.1", "shop.api - tree", "shop.text 2.0.0"],
            &["lock-dependency-missing"],
        ),
        (
            "nuget-config",
            "plain",
            &[
                "shop.core 1.0.0",
                "shop.build 2.0.0 dev",
                "shop.core -> 1.0.0",
                "shop.build -> 2.0.0",
            ],
            &[],
        ),
        ("nuget-deps", "plain", &["shop 1.0.0 tree", "shop.core 1.2.0", "shop.text 1.0.1"], &[]),
        (
            "nuget-project",
            "plain",
            &[
                "shop.none ?",
                "shop.core -> 1.2.0",
                "shop.text -> [1.0, 2.0)",
                "shop.style -> 4.1.1",
                "shop.far -> $(FromElsewhere) !",
            ],
            &[],
        ),
        (
            "nuget-project",
            "plain-central",
            &["shop.none ?", "shop.core -> 1.2.0", "shop.text -> 3.0.0"],
            &[],
        ),
        (
            "nuget-central",
            "plain",
            &["shop.core -> 1.2.0", "shop.text -> 2.0.0", "shop.style -> 4.1.1"],
            &[],
        ),
    ]);
}

#[test]
fn of_lists_and_terms() {
    all_say(&[
        (
            "pubspec-lock",
            "plain",
            &[
                "core 1.3.2",
                "lints 2.0.0 dev",
                "forked 0.1.0",
                "near 0.0.1 tree",
                "flutter 0.0.0 tree",
            ],
            &[],
        ),
        (
            "mix-lock",
            "plain",
            &["bunt 1.0.0", "plug 1.14.0", "older_name 0.1.0", "tagged 2.1.0", "moving ?"],
            &["lock-dependency-missing"],
        ),
        (
            "renv-lock",
            "plain",
            &["markdown 1.0", "mime 0.12.1", "forked 0.0.1", "limma 3.54.0"],
            &[],
        ),
        ("conan-lock", "plain", &["zlib 1.2.13", "shop 1.0", "cmake 3.25.0 dev"], &[]),
        (
            "conan-lock",
            "plain-v1",
            &["shop 1.0 tree", "png 1.6.39", "zlib 1.2.13", "cmake 3.25.0 dev"],
            &[],
        ),
        ("conan-lock", "plain-v0", &["zlib 1.2.11"], &[]),
        (
            "cabal-freeze",
            "plain",
            &["aeson 2.1.0.0", "base 4.17.0.0", "Cabal 3.8.1.0 dev", "boot ?", "text ?"],
            &[],
        ),
        (
            "stack-lock",
            "plain",
            &["fuzzy-set 0.2.4", "forked 0.1.0", "packed 1.0.1", "lts-22.41 ?"],
            &[],
        ),
        (
            "package-resolved",
            "plain",
            &[
                "code.example/apple/nio 2.41.1",
                "near 1.0.0 tree",
                "code.example/apple/moving ?",
                "code.example/apple/bare ?",
                "shop.feed ?",
            ],
            &[],
        ),
        ("package-resolved", "plain-v1", &["code.example/apple/nio 2.41.1"], &[]),
        (
            "podfile-lock",
            "plain",
            &["Cache 3.0.3", "Near 0.1.0 tree", "Forked 1.2.0-beta.1"],
            &["lock-dependency-missing"],
        ),
    ]);
}

#[test]
fn of_builds() {
    all_say(&[
        (
            "github-workflow",
            "plain",
            &[
                "actions/checkout 4.1.2",
                "shop/pinned 1.2.3",
                "shop/quoted 2.0.1",
                "alpine 3.19",
                "db.example:5000/tools 1.2",
                "postgres 16.1",
                "shop/flows 1.0.0",
                "shop/silent ?",
                "shop/vague ?",
                "shop/tools ?",
                "shop/moving ?",
                "${{ matrix.cache }} ?",
            ],
            &[],
        ),
        ("github-workflow", "plain-action", &["shop/inner 1.0.0"], &[]),
        ("github-workflow", "plain-docker-action", &["alpine 3.19"], &[]),
        ("github-workflow", "plain-anchors", &["shop/one 1.0.0"], &[]),
        (
            "dockerfile",
            "plain",
            &[
                "alpine 3.19",
                "registry.example:5000/tools 1.0",
                "helper 2",
                "debian sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                "shop 1.0",
                "ubuntu ?",
                "shop:${LOOSE} ?",
            ],
            &[],
        ),
        ("dockerfile", "plain-stages", &["a 1", "a 1"], &[]),
        ("compose", "plain", &["shared 1.0", "postgres 16.1", "redis ?", "queue:${QUEUE} ?"], &[]),
    ]);
}

/// A broken file says what is wrong with it, and says so again the next time.
#[test]
fn broken_files_have_problems() {
    for (id, _) in super::families::READERS {
        let mut broken = 0;
        for entry in std::fs::read_dir(fixtures().join(id)).unwrap() {
            let folder = entry.unwrap().path();
            if !folder.file_name().unwrap().to_str().unwrap().starts_with("broken-") {
                continue;
            }
            broken += 1;
            let tree = tree(&folder);
            let path = document(reader(id), &tree);
            let facts = read(reader(id), &tree, &path);
            super::support::check(&facts, &tree);
            assert_ne!(problems(&facts).count(), 0, "{}", folder.display());
            assert_eq!(facts, read(reader(id), &tree, &path), "{}", folder.display());
        }
        assert!(broken >= 5, "{id} has {broken} broken fixtures");
    }
}
