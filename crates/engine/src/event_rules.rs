//! The rules over events: those that came along, those of the folder we stand in, and those that
//! were named.

use std::path::Path;
use std::sync::Arc;

use holdfast_events::{Rules, built_in};
use holdfast_model::Problem;
use holdfast_world::{Root, World};

use crate::failure::Failure;
use crate::gather::Tree;
use crate::own_rules::Texts;

/// How their files end; other tools' rules come with either.
const ENDINGS: [&str; 2] = ["yaml", "yml"];
/// The longest rule file, in bytes.
const LONGEST: u64 = 1 << 20;

/// Reads the rules that came along and those of a tree, where one is given, and those of a folder
/// or file that was named.
///
/// # Errors
///
/// Where what was named cannot be read. Rules that cannot be are problems; every other one is
/// asked.
pub(crate) fn read(
    world: &World,
    own: Option<&dyn Tree>,
    named: Option<&Path>,
) -> Result<(Rules, Vec<Problem>), Failure> {
    let mut texts = own.map(with_own).unwrap_or_default();
    if let Some(named) = named {
        all_of(world, named, &mut texts)?;
    }
    Ok(compiled(texts))
}

/// Reads the rules that came along, and those of a tree, where one is given.
pub(crate) fn of(own: Option<&dyn Tree>) -> (Rules, Vec<Problem>) {
    compiled(own.map_or_else(that_came_along, with_own))
}

fn that_came_along() -> Texts {
    let files = built_in().iter().map(|(path, text)| ((*path).into(), (*text).to_owned()));
    Texts { files: files.collect(), problems: Vec::new() }
}

fn with_own(tree: &dyn Tree) -> Texts {
    let mut texts = that_came_along();
    let own = Texts::of(tree, "event", &ENDINGS);
    texts.files.extend(own.files);
    texts.problems.extend(own.problems);
    texts
}

fn compiled(texts: Texts) -> (Rules, Vec<Problem>) {
    let Texts { files, mut problems } = texts;
    let borrowed: Vec<(Arc<str>, &str)> =
        files.iter().map(|(path, text)| (Arc::clone(path), text.as_str())).collect();
    let (rules, told) = Rules::read(&borrowed);
    problems.extend(told);
    (rules, problems)
}

fn is_rule(path: &str) -> bool {
    ENDINGS.contains(&path.rsplit('.').next().unwrap_or_default())
}

/// One file, or every rule below a folder.
fn all_of(world: &World, named: &Path, texts: &mut Texts) -> Result<(), Failure> {
    let whole = world.here.join(named);
    let shown = named.display().to_string();
    let Ok(root) = Root::open(Arc::clone(&world.files), &whole) else {
        let machine = Root::machine(Arc::clone(&world.files));
        let bytes = machine.read(&whole, LONGEST).map_err(|error| {
            Problem::new("cannot-read", format!("`{shown}` cannot be read: {error}"))
                .help("name a folder or a file with rules")
        })?;
        texts.add(&shown.into(), bytes);
        return Ok(());
    };
    let found = root.glob("**").map_err(|error| {
        Problem::new("cannot-read", format!("`{shown}` cannot be read: {error}"))
    })?;
    for path in found.iter().filter(|path| is_rule(path)) {
        let shown: Arc<str> = format!("{}/{path}", shown.trim_end_matches('/')).into();
        match root.read(&**path, LONGEST) {
            Ok(bytes) => texts.add(&shown, bytes),
            Err(_) => texts.unreadable(&shown),
        }
    }
    Ok(())
}
