//! The nouns of controls: what a line of `ensure` may speak of.
//!
//! One list for those who read rules, for the help of what is written wrongly, and for the pages.

/// A noun as it begins a line of `ensure`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Noun {
    /// The word, or two.
    pub word: &'static str,
    /// When a line of it holds, in one sentence.
    pub says: &'static str,
    /// A line.
    pub example: &'static str,
    /// How a tool makes it so, or why only people do.
    pub fix: &'static str,
}

impl Noun {
    /// What stands before the colon of the example.
    pub(crate) fn named(&self) -> &'static str {
        self.example.split_once(": ").map_or(self.example, |(named, _)| named)
    }
}

/// The words of all nouns.
pub(crate) fn words() -> impl Iterator<Item = &'static str> + Clone {
    NOUNS.iter().map(|noun| noun.word)
}

/// Every noun, in the order in which they are told of.
pub const NOUNS: &[Noun] = &[
    Noun {
        word: "sysctl",
        says: "The kernel gives a parameter this value now, and a file gives it the same for the \
               next start.",
        example: "sysctl kernel.dmesg_restrict: 1",
        fix: "By a drop-in in `/etc/sysctl.d`, and in the running kernel.",
    },
    Noun {
        word: "file",
        says: "A file or folder, where it is there, has this owner, group and mode; with a type it has \
               to be there and be just that; or there is none.",
        example: "file /etc/shadow: {type: file, owner: root, mode: {at_most: \"0640\"}}",
        fix: "In its place; one that is not wanted is moved to `/var/lib/holdfast/taken`. A folder that \
              is missing is made; a file that is missing people bring back, since nobody else knows \
              what it said.",
    },
    Noun {
        word: "key",
        says: "The program that reads a family of files takes this value of a key, with all \
               drop-ins; or other files, which are read in the order and the style that the line \
               names, say it last: `key level in /etc/own.conf and /etc/own.conf.d/*.conf as equals: 2`.",
        example: "key PASS_MAX_DAYS in /etc/login.defs: {at_most: 365}",
        fix: "By a drop-in where the family has a folder, else in its place; by hand where only the \
              owner of the host knows what to set.",
    },
    Noun {
        word: "line",
        says: "A line of a text file has just these words, or none has; what its reader takes for a \
               comment does not count.",
        example: "line root in /etc/cron.allow: present",
        fix: "In its place: a line is added, or becomes a comment.",
    },
    Noun {
        word: "text",
        says: "A text file says just this, to the byte.",
        example: "text /etc/cron.allow: \"root\"",
        fix: "In its place; what it said before is kept for the undo.",
    },
    Noun {
        word: "sshd",
        says: "This is in force for the ssh server, with every `Include`, default and `Match` block.",
        example: "sshd PermitRootLogin: \"no\"",
        fix: "By a drop-in where one wins, else at the top of the main file, and in each `Match` \
              block that says something else; sshd has to accept it first.",
    },
    Noun {
        word: "ssh",
        says: "This is in force for users of the ssh client who have nothing of their own, with \
               every `Include`, default, `Host` and `Match` block.",
        example: "ssh ForwardAgent: \"no\"",
        fix: "By a drop-in where one wins, else at the top of the main file: the first value counts, \
              before those of all blocks.",
    },
    Noun {
        word: "package",
        says: "A package is there or not; of one that is not there, a least version says nothing.",
        example: "package telnet: absent",
        fix: "By the package manager of the host, which removes nothing along with it.",
    },
    Noun {
        word: "service",
        says: "A unit of systemd runs and will run after the next start, or neither, or one of the two \
               by itself; nothing may start one that is masked. A timer is one with its ending.",
        example: "service fstrim.timer: \"on\"",
        fix: "It is enabled and started, or disabled and stopped; what cannot be disabled is masked, and \
              what is wanted masked; one whose file stands in `/etc/systemd/system` is masked by hand.",
    },
    Noun {
        word: "cron",
        says: "A table of cron has this command of a user for this time, for any, or none has it; a \
               timer of systemd is a `service`.",
        example: "cron /usr/bin/aide --check of root: \"5 4 * * *\"",
        fix: "By a table of ours in `/etc/cron.d`; lines at another time, or that are not wanted, \
              become comments. By hand where nobody says when it runs.",
    },
    Noun {
        word: "suite",
        says: "The packages of a purpose have a source.",
        example: "suite security: present",
        fix: "By hand: which mirror to name only the owner of the host knows.",
    },
    Noun {
        word: "mount",
        says: "A file system of its own is mounted at a point, with these options now and after the \
               next start.",
        example: "mount /tmp: {has: [nodev, nosuid]}",
        fix: "In fstab or by a drop-in of its unit, and by mounting it anew; by hand where there is \
              no file system of its own.",
    },
    Noun {
        word: "module",
        says: "The kernel has not loaded a module, and modprobe will not, whoever asks.",
        example: "module cramfs: disabled",
        fix: "By a drop-in in `/etc/modprobe.d`; one that is loaded is unloaded where nothing uses \
              it.",
    },
    Noun {
        word: "user",
        says: "An account, where it is there, has what is wanted of it.",
        example: "user games: {password: locked, shell: none}",
        fix: "By usermod and chage, as far as a tool may; numbers and stored hashes are mended by \
              people.",
    },
    Noun {
        word: "users",
        says: "Every account of a set has what is wanted of it, the set has these members alone, or \
               no two share a name or number.",
        example: "users system: {shell: none}",
        fix: "As for one account; who may be in a set is for people to say.",
    },
    Noun {
        word: "group",
        says: "A group, where it is there, has these members alone, and those that the owner of the \
               host lists.",
        example: "group docker: {only: [], and: setting.docker_users}",
        fix: "By hand: who may do what is for people to say.",
    },
    Noun {
        word: "groups",
        says: "No two groups share a name or number.",
        example: "groups all: {unique: [name, gid]}",
        fix: "By hand: files would belong to others.",
    },
    Noun {
        word: "files",
        says: "A walk through all local files finds these alone, or none.",
        example: "files setuid: {only: [/usr/bin/su], and: setting.setuid_programs}",
        fix: "By hand: each file has its own story.",
    },
    Noun {
        word: "process",
        says: "A process runs the file of that name or calls itself so, or none does.",
        example: "process telnetd: absent",
        fix: "By hand: what starts it is another thing.",
    },
    Noun {
        word: "port",
        says: "Somebody waits at a port, nobody does, or only at these addresses.",
        example: "port tcp/22: {only_on: [loopback, 192.0.2.7]}",
        fix: "By hand: it is the settings of the program that waits there which say where.",
    },
    Noun {
        word: "keys",
        says: "Every public key of a set is of a kind and length that holds: those of the ssh \
               server, those by which people log in over ssh, or the certificates of a file.",
        example: "keys ssh-host: {types: {none_of: [ssh-dss]}, rsa_bits: {at_least: 3072}}",
        fix: "By hand: whoever knows the old key has to be told of the new one.",
    },
    Noun {
        word: "pam",
        says: "The stacks of a service, with all that they include, have a rule of a module, with \
               these arguments and without those, or none.",
        example: "pam pam_unix.so in login: {type: auth, lacks: [nullok]}",
        fix: "By hand: a slip in these files lets nobody in any more, root neither.",
    },
    Noun {
        word: "firewall",
        says: "The kernel's packet filter drops or accepts what no rule speaks of, or lets packets \
               to a port in or not, for IPv4 and IPv6 each.",
        example: "firewall input: {policy: drop}",
        fix: "By hand: whose traffic has to pass only the owner of the host knows.",
    },
    Noun {
        word: "restart",
        says: "The host runs the newest kernel that is installed, and no update asks for a restart; \
               or no program runs code that was replaced.",
        example: "restart host: not needed",
        fix: "By hand: when a host or a service may restart people say.",
    },
    Noun {
        word: "any of",
        says: "All lines of one of several lists hold.",
        example: "any of firewall: [[{service nftables: \"on\"}], [{service ufw: \"on\"}]]",
        fix: "The way of which least is missing is gone.",
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// A control with one line, of which the examples are missing: what else is wrong is told too.
    fn codes(line: &str) -> Vec<String> {
        let text = format!(
            "id: x\ntitle: t\nwrong: w\nwhy: y.\nseverity: soon\nensure:\n  - {line}\n\
             fix: {{manual: by people}}\n\
             risk: {{breaks: [], lockout: false, reboot: false, interruption: none}}\ntests: {{}}\n"
        );
        let (_, problems) = crate::read(&"x.yaml".into(), &text);
        problems.into_iter().map(|problem| problem.code).collect()
    }

    #[test]
    fn each_stands_once_and_its_example_is_a_line() {
        let mut seen = BTreeSet::new();
        for noun in NOUNS {
            assert!(seen.insert(noun.word), "`{}` stands twice", noun.word);
            assert!(noun.named().starts_with(&format!("{} ", noun.word)), "{}", noun.example);
            assert!(noun.says.ends_with('.') && noun.fix.ends_with('.'), "{}", noun.word);
            let codes = codes(noun.example);
            assert!(codes.iter().all(|code| code == "control-untested"), "{}", noun.example);
        }
    }

    #[test]
    fn a_word_that_is_none_is_told_by_this_list() {
        assert!(codes("sysctk kernel.dmesg_restrict: 1").contains(&"control-noun".to_owned()));
    }
}
