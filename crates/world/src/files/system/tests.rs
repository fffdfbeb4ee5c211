//! The root of another system, and what stands at a path, in the real and the recorded world.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::{
    Faults, Kind, LockError, Odds, ReadError, RealFiles, Recorded, Root, Stat, World, WriteError,
};

const FILES: &[(&str, &str)] = &[
    ("usr/lib/os-release", "ID=other\n"),
    ("etc/ssh/sshd_config", "Include /etc/ssh/sshd_config.d/*.conf\n"),
    ("etc/ssh/sshd_config.d/50-cloud.conf", "PermitRootLogin yes\n"),
    ("etc/passwd", "inside\n"),
];

const LINKS: &[(&str, &str)] = &[
    ("etc/os-release", "../usr/lib/os-release"),
    ("etc/absolute", "/etc/passwd"),
    ("etc/up", "../../../../../../etc/passwd"),
    ("lib", "/usr/lib"),
    ("loop", "/loop"),
    ("dangling", "/nowhere"),
    ("kernel", "/proc/self/root"),
];

/// The same system twice: in a folder that goes away, and as values.
fn both() -> (TempDir, [(World, PathBuf); 2]) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap().join("image");
    // What must never be seen lies beside it and on this machine.
    let mut recorded = Recorded::new().file("/etc/passwd", "outside\n");
    for (path, text) in FILES {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        recorded = recorded.file(&path, *text);
    }
    for (path, target) in LINKS {
        symlink(target, root.join(path)).unwrap();
        recorded = recorded.link(root.join(path), target);
    }
    let real = World { files: std::sync::Arc::new(RealFiles), ..World::recorded(Recorded::new()) };
    (folder, [(real, root.clone()), (World::recorded(recorded), root)])
}

fn systems() -> (TempDir, [Root; 2]) {
    let (folder, worlds) = both();
    (folder, worlds.map(|(world, root)| world.system(&root).unwrap()))
}

#[test]
fn every_link_leads_where_it_leads_inside() {
    let (_folder, systems) = systems();
    for system in systems {
        let read =
            |path: &str| system.read(path, 99).map(|bytes| String::from_utf8(bytes).unwrap());
        let passwd = Ok("inside\n".to_owned());
        for path in ["etc/passwd", "/etc/passwd", "etc/absolute", "/etc/up", "../../etc/passwd"] {
            assert_eq!(read(path), passwd, "{path}");
        }
        let release = Ok("ID=other\n".to_owned());
        for path in ["/etc/os-release", "lib/os-release", "/lib/../lib/os-release"] {
            assert_eq!(read(path), release, "{path}");
        }
        assert_eq!(read("dangling"), Err(ReadError::Missing));
        assert_eq!(read("kernel"), Err(ReadError::Missing), "our own root must not be seen");
        assert_eq!(read("loop"), Err(ReadError::Loop));
        // It spoils no pattern that comes by it.
        assert_eq!(
            system.glob("*/os-release").unwrap(),
            ["etc/os-release".into(), "lib/os-release".into()]
        );
        assert_eq!(system.glob("lo*").unwrap(), []);
        assert_eq!(read("/etc"), Err(ReadError::NotAFile));
        assert_eq!(system.read("etc/passwd", 3), Err(ReadError::TooLarge { size: 7 }));
        assert_eq!(system.head("etc/absolute", 2).unwrap(), b"in");
        assert_eq!(system.part("etc/absolute", 1, 1).unwrap(), b"n");
        assert_eq!(&*system.map("etc/absolute").unwrap(), b"inside\n");
    }
}

#[test]
fn patterns_walks_and_lists_stay_inside() {
    let (_folder, systems) = systems();
    for system in systems {
        let found = system.glob("/etc/ssh/sshd_config.d/*.conf").unwrap();
        assert_eq!(found, ["/etc/ssh/sshd_config.d/50-cloud.conf".into()]);
        assert_eq!(system.glob("/lib/os-*").unwrap(), ["/lib/os-release".into()]);
        let listed = system.list("/lib").unwrap();
        assert_eq!(listed.iter().map(|one| one.name.clone()).collect::<Vec<_>>(), ["os-release"]);
        let plain = system.list("/etc").unwrap().into_iter().filter(|one| one.kind == Kind::File);
        for one in plain {
            let metadata = system.metadata(Path::new("/etc").join(&one.name)).unwrap();
            assert_eq!((one.size, one.modified), (metadata.size, metadata.modified));
        }
        let walk = system.walk(&[]).unwrap();
        assert_eq!(walk.files.len(), FILES.len());
        assert!(system.path().ends_with("image") && system.has_file("/lib/os-release"));
    }
}

#[test]
fn another_system_is_only_read() {
    let (_folder, worlds) = both();
    for (world, root) in worlds {
        let system = world.system(&root).unwrap();
        let refused = |result: Result<(), WriteError>| {
            assert!(matches!(result, Err(WriteError::Other(words)) if words.contains("only read")));
        };
        refused(system.write_new("new", b"x"));
        refused(system.write_atomic("etc/absolute", b"x"));
        refused(system.remove("etc/passwd"));
        let files = world.files.system(&root).unwrap();
        refused(files.make_folder(Path::new("/new")));
        let lock = files.lock(Path::new("/lock"), "me");
        assert!(matches!(lock, Err(LockError::Write(WriteError::Other(_)))));
        assert_eq!(files.system(Path::new("/etc")).err(), Some(ReadError::Outside));
        assert_eq!(files.read(Path::new("/etc"), Path::new("passwd"), 9).err(), {
            // A folder of another system is no root; whoever asks for one gets nothing.
            Some(ReadError::Outside)
        });
        assert_eq!(system.read("etc/passwd", 99).unwrap(), b"inside\n");
        assert_eq!(world.system(Path::new("/no/such")).err(), Some(ReadError::Missing));
        assert_eq!(world.system(&root.join("etc/passwd")).err(), Some(ReadError::NotAFile));
    }
}

#[test]
fn what_stands_at_a_path_is_told_without_following_it() {
    let (_folder, worlds) = both();
    for (world, root) in worlds {
        let (confined, system) = (world.root(&root).unwrap(), world.system(&root).unwrap());
        let told = |root: &Root, path: &str| root.stat(path).map(|stat| (stat.kind, stat.link));
        for root in [&confined, &system] {
            for (path, target) in LINKS {
                let link = (Kind::Link, Some(PathBuf::from(target)));
                assert_eq!(told(root, path), Ok(link), "{path}");
            }
            assert_eq!(told(root, "etc/passwd"), Ok((Kind::File, None)));
            assert_eq!(told(root, ""), Ok((Kind::Folder, None)));
            assert_eq!(told(root, "etc"), Ok((Kind::Folder, None)));
            assert_eq!(told(root, "etc/no"), Err(ReadError::Missing));
            assert_eq!(told(root, "etc/passwd/no"), Err(ReadError::Missing));
        }
        // On the way, links are followed: inside, or not at all.
        assert_eq!(told(&system, "lib/os-release"), Ok((Kind::File, None)));
        assert_eq!(told(&confined, "lib/os-release"), Err(ReadError::Outside));
        assert_eq!(told(&confined, "../other"), Err(ReadError::Outside));
        assert_eq!(told(&confined, "/etc/passwd"), Err(ReadError::Outside));
        assert_eq!(told(&system, "/etc/up"), told(&system, "etc/up"));
    }
}

#[test]
fn owner_group_and_all_twelve_bits_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o6751)).unwrap();
    let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    let wanted = Stat { uid, gid, mode: 0o6751, kind: Kind::File, link: None };
    let real = Root::open(std::sync::Arc::new(RealFiles), folder.path()).unwrap();
    assert_eq!(real.stat("file"), Ok(wanted.clone()));
    let recorded = Recorded::new().file("/r/file", "").owned("/r/file", uid, gid, 0o6751);
    let world = World::recorded(recorded);
    assert_eq!(world.root(Path::new("/r")).unwrap().stat("file"), Ok(wanted));
    assert_eq!(world.machine().stat("/r/file").unwrap().mode, 0o6751);
}

#[test]
fn what_lies_in_a_closed_folder_is_denied() {
    let recorded =
        Recorded::new().file("/r/closed/x", "").denied_folder("/r/closed").denied("/r/f");
    let root = World::recorded(recorded).root(Path::new("/r")).unwrap();
    assert_eq!(root.stat("closed/x"), Err(ReadError::Denied));
    assert!(root.stat("closed").is_ok() && root.stat("f").is_ok());
}

#[test]
fn a_system_behind_faults_fails_with_them() {
    let (_folder, [_, (world, root)]) = both();
    let faults = Faults::new(1, Odds::crash_at(3));
    let system = faults.around(&world).system(&root).unwrap();
    assert!(system.read("etc/passwd", 99).is_err(), "the third call");
    assert!(faults.crashed() && system.stat("etc/passwd").is_err());
}

#[test]
fn the_root_stays_the_folder_that_was_opened() {
    let (folder, [(real, root), _]) = both();
    let system = real.system(&root).unwrap();
    std::fs::rename(&root, folder.path().join("elsewhere")).unwrap();
    symlink("/", &root).unwrap();
    assert_eq!(system.read("/etc/passwd", 99).unwrap(), b"inside\n");
}

#[test]
fn endless_files_of_the_kernel_are_bounded() {
    let machine = Root::system(&RealFiles, Path::new("/")).unwrap();
    assert_eq!(machine.stat("/proc/self/status").unwrap().kind, Kind::File);
    assert!(machine.read("/proc/sys/kernel/ostype", 99).unwrap().starts_with(b"Linux"));
    assert_eq!(machine.read("/proc/self/status", 4), Err(ReadError::TooLarge { size: 5 }));
    assert_eq!(machine.read("/dev/zero", 4), Err(ReadError::NotAFile));
}
