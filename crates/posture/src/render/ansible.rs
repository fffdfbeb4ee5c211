//! Steps as an Ansible playbook of builtin modules, for ansible-core 2.14 and later. Each task is
//! named after the control.
//!
//! Knows Ansible. Must not know controls or what was seen.

mod acts;
mod packages;
mod role;

use holdfast_model::About;

use super::Heading;
use super::change::Change;
use super::deeds::{self, EDIT};
use super::quote::{assigned, gives, one_line, pattern, replacement, words};
use super::ssh_unit::SshUnit;
use super::steps::{Account, Bits, Boot, Edit, Kept, Step};
use super::yaml::{self, Arg, Task};

pub(super) use role::{handlers, tasks};

/// The tool, for its page.
pub(super) const ABOUT: About = About {
    id: "ansible",
    title: "Ansible playbook",
    text: "A playbook of one play with builtin modules alone, for ansible-core 2.14 and later: \
           `ansible-playbook -i HOSTS FILE`. With `--into` it is a part of a role. Each task is named \
           after its control. What the modules cannot say (a unit of a system that does not run, a \
           version that is at least so) is asked by a command first, and done only where it has to be.",
    file: file!(),
};

/// The whole playbook; empty where there is nothing to do.
pub(super) fn playbook(heading: &Heading<'_>, steps: &[Step]) -> String {
    if steps.is_empty() {
        return String::new();
    }
    let title = one_line(heading.title);
    let mut comments = vec![format!("{}. Run as root.", heading.purpose())];
    comments.extend(heading.manual.iter().map(|l| format!("To be done by hand: {}", one_line(l))));
    let mut play = Play::new(heading.id);
    let tasks: Vec<Task> = steps.iter().flat_map(|step| play.step(step)).collect();
    let undo = if heading.undo { "undo: " } else { "" };
    yaml::playbook(&format!("{}: {undo}{title}", heading.id), &comments, &tasks)
}

/// The play while it is written.
struct Play {
    id: String,
    /// How many results have a name so far.
    results: u32,
    /// In a role, the topic of its handlers for the ssh server.
    told: Option<String>,
}

impl Play {
    fn new(id: &str) -> Self {
        Self { id: id.to_owned(), results: 0, told: None }
    }

    fn name(&self, says: &str) -> String {
        format!("{}: {}", self.id, one_line(says))
    }

    fn result(&mut self) -> String {
        self.results += 1;
        format!("holdfast_{}", self.results)
    }

    fn step(&mut self, step: &Step) -> Vec<Task> {
        match step {
            Step::Edit(edit) => self.edit(edit, None),
            Step::Sudoers(edit) => self.edit(edit, Some("/usr/sbin/visudo -cf %s")),
            Step::Sshd { edits, back, reload } => vec![self.sshd(step, edits, back, *reload)],
            Step::Kernel { key, value } => self.kernel(step, key, value),
            Step::Account { name, what } => self.account(step, name, what),
            Step::Meta { path, owner, group, bits } => {
                let asked = [("owner", owner), ("group", group)];
                self.meta(step, path, asked, *bits)
            }
            Step::TakeAway { path, store } => self.carry(step, path, store),
            Step::BringBack { path, store } => self.carry(step, store, path),
            Step::Install { name } => self.install(step, name),
            Step::Uninstall { name, with } => self.uninstall(step, name, with),
            Step::Upgrade { manager, name, version } => self.upgrade(step, *manager, name, version),
            Step::UpgradeTo { manager, name, version, with } => {
                let deed = deeds::upgrade_to(*manager);
                self.exact(step, deed, (name.as_str(), version.as_str()), with)
            }
            Step::Downgrade { manager, name, version, with } => {
                let deed = deeds::downgrade(*manager);
                self.exact(step, deed, (name.as_str(), version.as_str()), with)
            }
            Step::Boot { unit, boot } => self.boot(step, unit, *boot),
            Step::Deed(act) => self.act(step, act),
            Step::Run { unit, on } => self.run(step, unit, *on),
        }
    }

    /// A change of one file, which `validate` has to accept first.
    fn edit(&mut self, edit: &Edit, validate: Option<&str>) -> Vec<Task> {
        let name = self.name(&edit.says());
        let path = Arg::text(edit.path());
        let mark = pattern(&format!("#holdfast {}", self.id));
        match edit {
            Edit::Write { path: file, content, mode } => {
                let mut arguments = vec![
                    ("dest", path),
                    ("content", Arg::text(content)),
                    ("mode", Arg::text(format!("{mode:04o}"))),
                ];
                arguments.extend(validate.map(|command| ("validate", Arg::text(command))));
                vec![self.folder_of(file), Task::module(name, "copy", arguments)]
            }
            Edit::Delete { .. } => vec![Task::module(
                name,
                "file",
                vec![("path", path), ("state", Arg::Word("absent"))],
            )],
            Edit::Top { .. } | Edit::NoTop { .. } => {
                let marker = Arg::text(format!("# {{mark}} holdfast {}", self.id));
                let mut arguments = vec![("path", path), ("marker", marker)];
                if let Edit::Top { lines, .. } = edit {
                    arguments.push(("insertbefore", Arg::Word("BOF")));
                    arguments.push(("block", Arg::text(lines.join("\n") + "\n")));
                } else {
                    arguments.push(("state", Arg::Word("absent")));
                }
                vec![Task::module(name, "blockinfile", arguments)]
            }
            Edit::Line { key, value, .. } => self.line(&name, edit.path(), key, value),
            Edit::Change(change) => self.change(change),
            Edit::Silence { key, value, .. } => {
                let bad = format!("{}(?![ \\t=]*{}[ \\t\\r]*$).*", assigned(key), words(value));
                let with = format!("#holdfast {} off: \\1", self.id);
                vec![replace(&name, edit.path(), &format!("(?i)^({bad})$"), &with)]
            }
            Edit::Match { criteria, option, value, .. } => {
                self.in_block(&edit.says(), edit.path(), criteria, [option, value])
            }
            Edit::Restore { key, kept, .. } => {
                let line = format!("{}.*", assigned(key));
                let replaced = (format!("was: ({line})\\n{line}$"), "\\1");
                let added = (format!("added the next line\\n{line}\\n"), "");
                let all = match kept {
                    Kept::Replaced => vec![replaced],
                    // In this order, or a line that was added and then replaced would go twice.
                    Kept::ReplacedOrAdded => vec![added, replaced],
                    Kept::Silenced => vec![(format!("off: ({line})$"), "\\1")],
                };
                let task = |(kept, with): (String, &str)| {
                    replace(&name, edit.path(), &format!("(?i)^{mark} {kept}"), with)
                };
                all.into_iter().map(task).collect()
            }
        }
    }

    /// The first such option of each `Match` block with these criteria says a value: which block that
    /// is, no pattern can tell.
    fn in_block(
        &mut self,
        says: &str,
        path: &str,
        criteria: &str,
        [option, value]: [&str; 2],
    ) -> Vec<Task> {
        let program = [deeds::WORDS, deeds::MATCH].map(|part| part.text).concat();
        let environment = vec![
            ("FILE", path.to_owned()),
            ("PROGRAM", program),
            ("MARK", format!("#holdfast {}", self.id)),
            ("KEY", option.to_owned()),
            ("VALUE", value.to_owned()),
            ("CRITERIA", criteria.to_owned()),
        ];
        let look = format!("look at {path} for {option} under Match {criteria}");
        self.deed((&look, says), &EDIT, environment)
    }

    /// What no module can say: a program looks whether it is so already, and makes it so.
    fn change(&mut self, change: &Change) -> Vec<Task> {
        let mut environment = vec![("FILE", change.path.clone()), ("PROGRAM", change.program())];
        environment.extend(change.variables.iter().cloned());
        self.deed((&format!("look at {}", change.path), &change.says), &EDIT, environment)
    }

    /// Every line of a key says a value; one is appended where there is none.
    fn line(&self, name: &str, path: &str, key: &str, value: &str) -> Vec<Task> {
        let line = assigned(key);
        let blank = if key.ends_with('=') && !key.ends_with(" =") { "" } else { " " };
        let said = replacement(&format!("{key}{blank}{value}"));
        let bad = format!("(?i)^((?!{}){line}.*)$", gives(key, value));
        let with = format!("#holdfast {} was: \\1\n{said}", self.id);
        let none = format!("(?i)\\A(?![\\s\\S]*^{line})([\\s\\S]*?)\\n?\\Z");
        let append = format!("\\1\n#holdfast {} added the next line\n{said}\n", self.id);
        let appended = format!("{name}, where no line does");
        vec![replace(name, path, &bad, &with), replace(&appended, path, &none, &append)]
    }

    fn folder_of(&self, file: &str) -> Task {
        let folder = file.rsplit_once('/').map_or("/", |(folder, _)| folder);
        Task::module(
            self.name(&format!("have the folder {folder}")),
            "file",
            vec![("path", Arg::text(folder)), ("state", Arg::Word("directory"))],
        )
    }

    /// All edits, then sshd's own opinion; what was seen before comes back where it refuses.
    fn sshd(
        &mut self,
        step: &Step,
        edits: &[Edit],
        back: &[Edit],
        reload: Option<SshUnit>,
    ) -> Task {
        let mut tasks = vec![Task::module(
            self.name("have the folder without which sshd judges nothing"),
            "file",
            vec![
                ("path", Arg::text("/run/sshd")),
                ("state", Arg::Word("directory")),
                ("mode", Arg::text("0755")),
            ],
        )];
        let told = self.told.clone().filter(|_| reload.is_some());
        let mut changed = Vec::new();
        for edit in edits {
            for task in self.edit(edit, None) {
                if task.is_kept() {
                    // It looks for the next one, which says whether anything changed.
                    tasks.push(task);
                    continue;
                }
                let result = self.result();
                changed.push(format!("{result} is changed"));
                let task = task.register(&result);
                tasks.push(match &told {
                    Some(topic) => task.with("notify", Arg::text(topic.as_str())),
                    None => task,
                });
            }
        }
        tasks.push(
            self.command("let sshd judge all of its configuration", &["/usr/sbin/sshd", "-t"])
                .changes_nothing(),
        );
        if let Some(unit) = reload.filter(|_| told.is_none()) {
            tasks.extend(self.reload(unit, Some(&changed.join(" or "))));
        }
        let mut rescue: Vec<Task> = back.iter().flat_map(|edit| self.edit(edit, None)).collect();
        rescue.push(Task::module(self.name("say that nothing was changed"), "fail", vec![(
            "msg",
            Arg::text("sshd refuses its options, or they could not be written; its files are as before"),
        )]));
        Task::block(self.name(&step.says()), tasks, rescue)
    }

    /// The ssh server reads its files anew: the first of its units that runs.
    fn reload(&mut self, unit: SshUnit, changed: Option<&str>) -> Vec<Task> {
        let systemd = self.result();
        let mut tasks = vec![self.systemd_runs(&systemd)];
        let mut asked = vec![format!("{systemd}.stat.exists")];
        for unit in unit.units().iter().copied() {
            let active = self.result();
            let look = self
                .command(&format!("see whether {unit} runs"), &["systemctl", "is-active", unit]);
            let conditions: Vec<&str> = asked.iter().map(String::as_str).collect();
            tasks.push(look.register(&active).looks().may_fail().when(&conditions));
            let is_active = format!("{active}.rc == 0");
            let conditions: Vec<&str> =
                conditions.into_iter().chain([is_active.as_str()]).chain(changed).collect();
            let reload = Task::module(
                self.name(&format!("reload {unit}")),
                "systemd_service",
                vec![("name", Arg::text(unit)), ("state", Arg::Word("reloaded"))],
            );
            tasks.push(reload.when(&conditions));
            asked.push(format!("{active}.rc != 0"));
        }
        tasks
    }

    fn systemd_runs(&self, result: &str) -> Task {
        self.stat("see whether systemd runs here", "/run/systemd/system").register(result)
    }

    fn stat(&self, says: &str, path: &str) -> Task {
        Task::module(
            self.name(says),
            "stat",
            vec![
                ("path", Arg::text(path)),
                ("follow", Arg::Word("false")),
                ("get_checksum", Arg::Word("false")),
                ("get_mime", Arg::Word("false")),
                ("get_attributes", Arg::Word("false")),
            ],
        )
    }

    /// A script, with what it needs in its environment. The module `command` would put the values of
    /// variables into the text of a script before a shell reads it.
    fn script(&self, says: &str, text: &str) -> Task {
        Task::module(self.name(says), "shell", vec![("cmd", Arg::text(text))])
    }

    fn command(&self, says: &str, argv: &[&str]) -> Task {
        Task::module(self.name(says), "command", vec![("argv", Arg::list(argv))])
    }

    fn kernel(&mut self, step: &Step, key: &str, value: &str) -> Vec<Task> {
        let file = super::proc_file(key);
        let (there, now) = (self.result(), self.result());
        let exists = format!("{there}.stat.exists");
        let writes = format!("{there}.stat.writeable");
        let differs = format!("({now}.content | b64decode).split() != holdfast_wanted.split()");
        vec![
            self.stat(&format!("see whether {key} can be set here"), &file).register(&there),
            Task::module(
                self.name(&format!("read {key}")),
                "slurp",
                vec![("src", Arg::text(file.as_str()))],
            )
            .register(&now)
            .when(&[&exists, &writes]),
            self.command(
                &step.says(),
                &["/bin/sh", "-c", "printf '%s\\n' \"$1\" >\"$2\"", "sh", value, &file],
            )
            .with("vars", Arg::Map(vec![("holdfast_wanted", value.to_owned())]))
            .when(&[&exists, &writes, &differs]),
        ]
    }

    /// By commands with a guard: `user` would make an account that is not there.
    fn account(&mut self, step: &Step, name: &str, what: &Account) -> Vec<Task> {
        let (deed, environment) = super::accounts::deed(name, what);
        let says = step.says();
        let look = format!("see whether there is anything to do: {says}");
        self.deed((&look, &says), deed, environment)
    }

    fn meta(
        &mut self,
        step: &Step,
        path: &str,
        asked: [(&'static str, &Option<String>); 2],
        bits: Option<Bits>,
    ) -> Vec<Task> {
        let there = self.result();
        let mut arguments = vec![("path", Arg::text(path)), ("follow", Arg::Word("false"))];
        for (word, name) in asked {
            arguments.extend(name.as_ref().map(|name| (word, Arg::text(name.as_str()))));
        }
        arguments.extend(bits.map(|bits| {
            let mode = match bits {
                Bits::Exactly(mode) => format!("{mode:04o}"),
                Bits::Without(_) => bits.symbolic(),
            };
            ("mode", Arg::text(mode))
        }));
        let no_link = format!("not ({there}.stat.exists and {there}.stat.islnk)");
        vec![
            self.stat(&format!("look at {path}"), path).register(&there),
            Task::module(
                self.name(&format!("follow no link at {path}")),
                "assert",
                vec![
                    ("that", Arg::list(&[&no_link])),
                    (
                        "fail_msg",
                        Arg::text(format!("{path} is a symbolic link; nothing was changed")),
                    ),
                    ("quiet", Arg::Word("true")),
                ],
            ),
            Task::module(self.name(&step.says()), "file", arguments)
                .when(&[&format!("{there}.stat.exists")]),
        ]
    }

    fn carry(&mut self, step: &Step, from: &str, to: &str) -> Vec<Task> {
        let there = self.result();
        let exists = format!("{there}.stat.exists");
        let folder = to.rsplit_once('/').map_or("/", |(folder, _)| folder);
        let mut arguments = vec![("path", Arg::text(folder)), ("state", Arg::Word("directory"))];
        if folder.starts_with("/var/lib/holdfast/") {
            arguments.push(("mode", Arg::text("0700")));
        }
        vec![
            self.stat(&format!("look at {from}"), from).register(&there),
            Task::module(self.name(&format!("have the folder {folder}")), "file", arguments)
                .when(&[&exists]),
            self.command(&step.says(), &["mv", "-f", from, to]).when(&[&exists]),
        ]
    }

    /// By systemctl itself: it works on a system that does not run, Ansible's module does not.
    fn boot(&mut self, step: &Step, unit: &str, boot: Boot) -> Vec<Task> {
        let says = (&*format!("see how {unit} starts"), &*step.says());
        self.deed(says, deeds::boot(boot), vec![("UNIT", unit.to_owned())])
    }

    fn run(&mut self, step: &Step, unit: &str, on: bool) -> Vec<Task> {
        let systemd = self.result();
        vec![
            self.systemd_runs(&systemd),
            Task::module(
                self.name(&step.says()),
                "systemd_service",
                vec![
                    ("name", Arg::text(unit)),
                    ("state", Arg::Word(if on { "started" } else { "stopped" })),
                ],
            )
            .when(&[&format!("{systemd}.stat.exists")]),
        ]
    }
}

fn replace(name: &str, path: &str, regexp: &str, with: &str) -> Task {
    Task::module(
        name,
        "replace",
        vec![
            ("path", Arg::text(path)),
            ("regexp", Arg::text(regexp)),
            ("replace", Arg::Text(with.to_owned())),
        ],
    )
}
