//! What the ssh server and the ssh client have of their own: programs, files, tables and words.
//!
//! Everything else of their configurations is read by the same code: see `walk`.

use holdfast_rulefile::suggest;

use super::client;
use super::options::{self, Keyword, SshOption};
use crate::host::Answers;
use crate::reader::{Answer, Need};

/// Whose configuration it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Side {
    /// sshd's.
    #[default]
    Server,
    /// That of ssh, for all users of the host.
    Client,
}

impl Side {
    /// The program, as people call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Server => "sshd",
            Self::Client => "ssh",
        }
    }

    /// For sentences about its files.
    pub(super) fn whose(self) -> &'static str {
        match self {
            Self::Server => "the server's",
            Self::Client => "the client's",
        }
    }

    /// Where distributions keep the program.
    pub(super) fn program(self) -> &'static str {
        match self {
            Self::Server => "/usr/sbin/sshd",
            Self::Client => "/usr/bin/ssh",
        }
    }

    /// The packages that bring it, as Debian, Red Hat and Alpine call them.
    pub(super) fn packages(self) -> &'static [&'static str] {
        match self {
            Self::Server => &["openssh-server", "openssh-server-pam"],
            Self::Client => &[
                "openssh-client",
                "openssh-clients",
                "openssh-client-default",
                "openssh-client-krb5",
            ],
        }
    }

    /// The file that it reads first.
    pub(super) fn main(self) -> &'static str {
        match self {
            Self::Server => "/etc/ssh/sshd_config",
            Self::Client => "/etc/ssh/ssh_config",
        }
    }

    /// What its maker ships in place of that, on openSUSE and its kin: it is read where there is no
    /// other.
    fn vendor(self) -> &'static str {
        match self {
            Self::Server => "/usr/etc/ssh/sshd_config",
            Self::Client => "/usr/etc/ssh/ssh_config",
        }
    }

    /// Which of the two it reads, as far as answers tell.
    pub(super) fn first(self, answers: &Answers<'_>) -> &'static str {
        let missing = |path: &str| *answers.get(Need::File(path.into())) == Answer::Missing;
        if missing(self.main()) && !missing(self.vendor()) { self.vendor() } else { self.main() }
    }

    /// The drop-in folder of Debian, Red Hat and their kin.
    pub(super) fn drop_ins(self) -> &'static str {
        match self {
            Self::Server => "/etc/ssh/sshd_config.d/*.conf",
            Self::Client => "/etc/ssh/ssh_config.d/*.conf",
        }
    }

    /// Where its options are told of.
    pub(super) fn manual(self) -> &'static str {
        match self {
            Self::Server => "sshd_config(5)",
            Self::Client => "ssh_config(5)",
        }
    }

    /// How it is asked for its own reading of the files. The client is asked about a name that
    /// nobody has, and reads the one file alone, not also what whoever asks has at home.
    pub(super) fn command(self) -> Need {
        let program = self.program().into();
        Need::Command(match self {
            Self::Server => vec![program, "-T".into()],
            Self::Client => {
                let main = self.main().into();
                vec![program, "-F".into(), main, "-G".into(), client::NOBODY.into()]
            }
        })
    }

    /// The same in words.
    pub(super) fn asked(self) -> &'static str {
        match self {
            Self::Server => "sshd -T",
            Self::Client => "ssh -G",
        }
    }

    /// How people see what it refuses.
    pub(super) fn tried(self) -> &'static str {
        match self {
            Self::Server => "run `sshd -t` as root",
            Self::Client => "run `ssh -F /etc/ssh/ssh_config -G localhost`",
        }
    }

    /// What would tell what a build was given.
    pub(super) fn known_by(self) -> &'static str {
        match self {
            Self::Server => "root",
            Self::Client => "look at the system while it runs",
        }
    }

    /// The code of a problem, by its name on the server's side.
    pub(super) fn code(self, server: &'static str) -> &'static str {
        match (self, server) {
            (Self::Server, code) => code,
            (Self::Client, "sshd-disagrees") => "ssh-client-disagrees",
            (Self::Client, "sshd-include-circle" | "sshd-include-missing") => "ssh-client-include",
            (Self::Client, _) => "ssh-client-line",
        }
    }

    /// The meaning of a keyword, in any case.
    pub(super) fn keyword(self, word: &str) -> Option<Keyword> {
        match self {
            Self::Server => options::keyword(word),
            Self::Client => client::keyword(word),
        }
    }

    /// The option of that name or former name, in any case.
    pub(super) fn option(self, word: &str) -> Option<&'static SshOption> {
        match self {
            Self::Server => options::option(word),
            Self::Client => client::option(word),
        }
    }

    /// The name that is nearest to a word that is none.
    pub(super) fn nearest(self, word: &str) -> Option<&'static str> {
        match self {
            Self::Server => options::nearest(word),
            Self::Client => {
                let names = client::OPTIONS.iter().map(|option| option.name);
                suggest(word, names.chain(["Host", "Include", "Match"]))
            }
        }
    }

    /// Whether a value lets `ssh -G` ask others: what they answer is nobody's configuration.
    pub(super) fn is_special(self, option: &SshOption, value: &str) -> bool {
        self == Self::Client && option.name == "CanonicalizeHostname" && value != "no"
    }
}
