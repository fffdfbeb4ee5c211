//! Packages as tasks: dpkg and apt by their modules, other managers by the shell.
//!
//! Knows Ansible's modules for packages. Must not know controls or what was seen.

use super::super::deeds::{self, Deed};
use super::super::manager::Manager;
use super::super::quote::pattern;
use super::super::steps::Step;
use super::super::yaml::{Arg, Task};
use super::Play;

impl Play {
    /// Asks dpkg first: Ansible's apt module wants Python bindings and takes seconds even where
    /// nothing is to be done.
    fn dpkg(&self, name: &str, result: &str) -> Task {
        let format = "${db:Status-Status} ${Version}\n";
        let argv = ["dpkg-query", "-W", "-f", format, name];
        self.command(&format!("see whether {name} is installed"), &argv)
            .register(result)
            .looks()
            .with("failed_when", Arg::list(&[&format!("{result}.rc not in [0, 1]")]))
    }

    /// With the lists that are there; with new ones if that fails.
    fn apt(&self, says: &str, arguments: &[(&'static str, Arg)], when: &[&str]) -> Task {
        let mut fresh = arguments.to_vec();
        fresh.push(("update_cache", Arg::Word("true")));
        let again = format!("{says}, with new package lists");
        Task::block(
            self.name(&format!("{says}, if it has to be")),
            vec![Task::module(self.name(says), "apt", arguments.to_vec())],
            vec![Task::module(self.name(&again), "apt", fresh)],
        )
        .when(when)
    }

    /// With new lists, since what the present ones know is too old; with them if there are none.
    fn apt_fresh(&self, says: &str, arguments: &[(&'static str, Arg)], when: &[&str]) -> Task {
        let mut fresh = arguments.to_vec();
        fresh.push(("update_cache", Arg::Word("true")));
        let again = format!("{says}, with the package lists that are there");
        Task::block(
            self.name(&format!("{says}, if it has to be")),
            vec![Task::module(self.name(says), "apt", fresh)],
            vec![Task::module(self.name(&again), "apt", arguments.to_vec())],
        )
        .when(when)
    }

    /// By the shell: the modules for other managers are not builtin, or want bindings.
    fn by_deed(&mut self, step: &Step, deed: &Deed, name: &str, version: &str) -> Vec<Task> {
        let named = vec![("PACKAGE", name.to_owned()), ("VERSION", version.to_owned())];
        self.has_to_change(step, deed, name, named)
    }

    fn has_to_change(
        &mut self,
        step: &Step,
        deed: &Deed,
        name: &str,
        named: Vec<(&'static str, String)>,
    ) -> Vec<Task> {
        self.deed((&format!("see whether {name} has to change"), &step.says()), deed, named)
    }

    pub(super) fn install(&mut self, step: &Step, name: &str) -> Vec<Task> {
        let known = self.result();
        let arguments = [
            ("name", Arg::text(name)),
            ("state", Arg::Word("present")),
            ("install_recommends", Arg::Word("false")),
        ];
        let missing = format!("not {known}.stdout.startswith('installed ')");
        vec![self.dpkg(name, &known), self.apt(&step.says(), &arguments, &[&missing])]
    }

    pub(super) fn uninstall(&mut self, step: &Step, name: &str, with: &[String]) -> Vec<Task> {
        let (known, would) = (self.result(), self.result());
        let there = format!("{known}.stdout.startswith('installed ')");
        let all: Vec<String> = with.iter().map(|name| pattern(name)).collect();
        let agreed = format!("^Remv ({})(:[^ ]*)? ", all.join("|"));
        let alone = format!(
            "{would}.stdout_lines | select('match', '^Remv ') | reject('match', holdfast_agreed) \
             | list | length == 0"
        );
        let others = format!("other packages need {name} and would go with it");
        vec![
            self.dpkg(name, &known),
            self.command(&format!("see what goes with {name}"), &["apt-get", "-s", "remove", name])
                .register(&would)
                .looks()
                .when(&[&there]),
            Task::module(
                self.name(&format!("see that nothing else goes with {name}")),
                "assert",
                vec![
                    ("that", Arg::list(&[&alone])),
                    ("fail_msg", Arg::text(others)),
                    ("quiet", Arg::Word("true")),
                ],
            )
            .with("vars", Arg::Map(vec![("holdfast_agreed", agreed)]))
            .when(&[&there]),
            Task::module(
                self.name(&step.says()),
                "apt",
                vec![("name", Arg::text(name)), ("state", Arg::Word("absent"))],
            )
            .when(&[&there]),
        ]
    }

    pub(super) fn upgrade(
        &mut self,
        step: &Step,
        manager: Manager,
        name: &str,
        version: &str,
    ) -> Vec<Task> {
        if manager != Manager::Deb {
            return self.by_deed(step, deeds::upgrade(manager), name, version);
        }
        let (known, enough) = (self.result(), self.result());
        let there = format!("{known}.stdout.startswith('installed ')");
        let found = format!("{{{{ {known}.stdout_lines[0].split()[1] }}}}");
        let arguments = [
            ("name", Arg::text(name)),
            ("state", Arg::Word("latest")),
            ("only_upgrade", Arg::Word("true")),
            // Nothing is removed for it.
            ("fail_on_autoremove", Arg::Word("true")),
        ];
        let compare = |play: &Self| {
            Task::module(
                play.name(&format!("see whether {name} is recent enough")),
                "command",
                vec![(
                    "argv",
                    Arg::Templates(vec![
                        "dpkg".to_owned(),
                        "--compare-versions".to_owned(),
                        found.clone(),
                        "ge".to_owned(),
                        version.to_owned(),
                    ]),
                )],
            )
            .when(&[&there])
        };
        let first = compare(self).register(&enough).looks().may_fail();
        let old = format!("{enough}.rc != 0");
        vec![
            self.dpkg(name, &known),
            first,
            self.apt_fresh(&step.says(), &arguments, &[&there, &old]),
            self.dpkg(name, &known),
            compare(self).changes_nothing(),
        ]
    }

    /// By the shell whatever the manager: what is on offer has to be asked before anything is done.
    pub(super) fn exact(
        &mut self,
        step: &Step,
        deed: &Deed,
        (name, version): (&str, &str),
        with: &[String],
    ) -> Vec<Task> {
        let named = vec![
            ("PACKAGE", name.to_owned()),
            ("VERSION", version.to_owned()),
            ("WITH", with.join(" ")),
        ];
        self.has_to_change(step, deed, name, named)
    }
}
