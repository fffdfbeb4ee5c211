//! The program of ours that was sent to a host: it looks at what it is asked about and says so in the
//! stream of the script that it came with. Nothing is judged here, and nothing written.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use holdfast_model::Problem;
use holdfast_sense::remote::{FILE_LIMIT, Here, OUTPUT_LIMIT, Orders};
use holdfast_sense::{Answer, FileType, Need};
use holdfast_world::{Command, Kind, Root, RunError, SYSTEM_PATH, World};

use crate::host::{refused, stat_of};

/// The longest orders, in bytes; what is longer need not be handed over whole.
pub const LIMIT: usize = Orders::LIMIT;
/// How long a program may take that is asked.
const PROGRAM_TIME: Duration = Duration::from_secs(10);
/// How timeout(1) says that the time was over, which the script asks.
const TIME_OVER: i32 = 124;

/// Looks, and hands on what there is to say. `out` says whether anybody still listens; whether they did
/// to the end comes back.
///
/// # Errors
///
/// Where nobody can tell what is asked.
pub fn collect(
    world: &World,
    orders: &[u8],
    out: &mut dyn FnMut(&[u8]) -> bool,
) -> Result<bool, Problem> {
    let refuse = |why: String| {
        Problem::new("collect-orders", format!("what is to be looked at cannot be read: {why}"))
            .help("`holdfast audit` with `--with-binary` asks it, not people")
    };
    if orders.len() > LIMIT {
        return Err(refuse("it is too long".to_owned()));
    }
    let orders = Orders::read(orders).map_err(refuse)?;
    Ok(orders.tell(&Machine { world, root: world.machine() }, out))
}

/// The machine that the program runs on.
struct Machine<'a> {
    world: &'a World,
    root: Root,
}

/// The door takes paths from the root on.
fn inside(path: &str) -> &Path {
    Path::new(path.trim_start_matches('/'))
}

impl Here for Machine<'_> {
    fn user(&self) -> u32 {
        self.world.host.uid
    }

    fn answer(&self, need: &Need) -> Answer {
        match need {
            // One byte more than is wanted tells that a file is too large.
            Need::File(path) => match self.root.head(inside(path), FILE_LIMIT + 1) {
                Ok(bytes) => Answer::Bytes(bytes.into()),
                Err(error) => refused(&error),
            },
            Need::Stat(path) => match self.root.stat(inside(path)) {
                Ok(stat) => Answer::Stat(stat_of(&stat)),
                Err(error) => refused(&error),
            },
            Need::Command(words) => self.program(words),
            Need::Sieved(path, sieve) => sieve.through(self.answer(&Need::File(Arc::clone(path)))),
            Need::Part { .. } | Need::Glob(_) | Need::Walk { .. } => Answer::Missing,
        }
    }

    fn kind(&self, path: &str) -> Result<FileType, Answer> {
        let found = self.root.metadata(inside(path)).map_err(|error| refused(&error))?;
        Ok(match found.kind {
            Kind::File => FileType::File,
            Kind::Folder => FileType::Folder,
            Kind::Link => FileType::Link,
            Kind::Other => FileType::Other,
        })
    }

    fn names(&self, folder: &str) -> Result<Vec<String>, Answer> {
        let listed = self.root.list(inside(folder)).map_err(|error| refused(&error))?;
        Ok(listed.into_iter().filter_map(|entry| entry.name.into_string().ok()).collect())
    }
}

impl Machine<'_> {
    /// What a program says, with the environment that the script gives it.
    fn program(&self, words: &[Arc<str>]) -> Answer {
        let Some((program, arguments)) = words.split_first() else { return Answer::Missing };
        let mut command = Command::new(&**program, "/").args(arguments.iter().map(|word| &**word));
        command.clear = true;
        let environment = [("PATH", SYSTEM_PATH), ("LC_ALL", "C")];
        command.environment =
            environment.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        command.timeout = PROGRAM_TIME;
        // One byte more than is wanted tells that it was cut: then nothing of it counts.
        command.output_limit = OUTPUT_LIMIT + 1;
        match self.world.run.run(&command) {
            Ok(output) => Answer::Output {
                status: if output.timed_out { Some(TIME_OVER) } else { output.status },
                stdout: output.stdout.into(),
                stderr: output.stderr.into(),
            },
            Err(RunError::NotInstalled) => Answer::Missing,
            Err(RunError::Denied) => Answer::Denied,
            Err(error) => Answer::Unreadable(error.to_string().into()),
        }
    }
}
