//! What people do in the demonstration, and when. Tables only.

use holdfast_model::Answer;

/// When something happens.
#[derive(Debug, Clone, Copy)]
pub(super) enum When {
    /// On a day, at an hour and a minute.
    At(u16, i8, i8),
    /// So many minutes before the end.
    Before(u16),
}

/// What somebody does. Plans go by a name of the story.
#[derive(Debug, Clone, Copy)]
pub(super) enum Act {
    /// Plans what mends a finding of a host, by the name of its control or weakness.
    Propose { plan: &'static str, host: &'static str, mends: &'static str },
    /// Says yes.
    Approve { plan: &'static str },
    /// Says no.
    Refuse { plan: &'static str, because: &'static str },
    /// Carries it out.
    Apply { plan: &'static str },
    /// Says that one can still get in.
    Confirm { plan: &'static str },
    /// Takes it back.
    Undo { plan: &'static str },
    /// Accepts a finding of a host until a day.
    Accept { host: &'static str, control: &'static str, until: u16, because: &'static str },
    /// Says yes to that.
    ApproveAcceptance { host: &'static str, control: &'static str },
    /// Says beforehand what somebody is about to do.
    Announce(&'static Said),
    /// Has the hosts of the list looked at by schedule from then on.
    AddHosts { because: &'static str },
    /// Looks after the newest case of a family that nobody has answered.
    Own { family: &'static str },
    /// Says what it came to.
    Answer { family: &'static str, answer: Answer, because: &'static str },
}

/// An announcement.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) doer: &'static str,
    pub(super) what: &'static [&'static str],
    pub(super) on: &'static [&'static str],
    /// In minutes from when it is said.
    pub(super) from: u16,
    /// In minutes from when it is said.
    pub(super) until: u16,
    pub(super) at_most: u32,
    pub(super) because: &'static str,
}

/// Who does what, when. Not in order.
pub(super) static STORY: &[(When, &str, Act)] = &[
    // Done, and proven.
    (
        When::At(21, 10, 12),
        "ana",
        Act::Propose { plan: "ledger messages", host: "pay-ledger-1", mends: "kernel-pointers" },
    ),
    (When::At(21, 11, 40), "ben", Act::Approve { plan: "ledger messages" }),
    (When::At(22, 9, 5), "kai", Act::Approve { plan: "ledger messages" }),
    (When::At(22, 9, 30), "ana", Act::Apply { plan: "ledger messages" }),
    // Done, with an undo that was armed until somebody said that they can still get in.
    (
        When::At(69, 9, 20),
        "ben",
        Act::Propose { plan: "ledger root", host: "pay-ledger-1", mends: "root-login" },
    ),
    (When::At(69, 10, 2), "ana", Act::Approve { plan: "ledger root" }),
    (When::At(69, 13, 48), "zoe", Act::Approve { plan: "ledger root" }),
    (When::At(69, 14, 10), "ben", Act::Apply { plan: "ledger root" }),
    (When::At(69, 14, 12), "ben", Act::Confirm { plan: "ledger root" }),
    // Taken back.
    (
        When::At(50, 9, 15),
        "mia",
        Act::Propose { plan: "shop messages", host: "shop-web-1", mends: "kernel-pointers" },
    ),
    (When::At(50, 10, 31), "leo", Act::Approve { plan: "shop messages" }),
    (When::At(50, 15, 2), "kai", Act::Approve { plan: "shop messages" }),
    (When::At(51, 8, 47), "mia", Act::Apply { plan: "shop messages" }),
    (When::At(53, 11, 26), "mia", Act::Undo { plan: "shop messages" }),
    // Nobody said yes in time.
    (
        When::At(58, 16, 20),
        "kai",
        Act::Propose { plan: "runner cron", host: "ci-runner-1", mends: "cron-perms" },
    ),
    // Refused.
    (
        When::At(34, 10, 0),
        "kai",
        Act::Propose { plan: "runner messages", host: "ci-runner-1", mends: "kernel-pointers" },
    ),
    (
        When::At(34, 14, 25),
        "rui",
        Act::Refuse {
            plan: "runner messages",
            because: "the profiler of the builds reads the kernel's messages; first give it a right of its own",
        },
    ),
    // Waits for one more yes.
    (
        When::Before(1_330),
        "mia",
        Act::Propose { plan: "checkout root", host: "shop-web-2", mends: "root-login" },
    ),
    (When::Before(1_270), "leo", Act::Approve { plan: "checkout root" }),
    // Waits for somebody.
    (
        When::Before(185),
        "rui",
        Act::Propose { plan: "bastion messages", host: "bastion-1", mends: "kernel-pointers" },
    ),
    // Approved, and not carried out yet.
    (
        When::Before(2_890),
        "kai",
        Act::Propose { plan: "mail gnutls", host: "mail-1", mends: "update:gnutls28" },
    ),
    (When::Before(2_740), "zoe", Act::Approve { plan: "mail gnutls" }),
    (When::Before(1_500), "ana", Act::Approve { plan: "mail gnutls" }),
    // Accepted, with an end.
    (
        When::At(13, 10, 40),
        "kai",
        Act::Accept {
            host: "ci-runner-1",
            control: "net-forwarding",
            until: 133,
            because: "the builds run in containers, for which this host routes",
        },
    ),
    (
        When::At(13, 15, 5),
        "zoe",
        Act::ApproveAcceptance { host: "ci-runner-1", control: "net-forwarding" },
    ),
    (
        When::At(9, 9, 25),
        "kai",
        Act::AddHosts { because: "the hosts on which nothing of ours runs, over ssh" },
    ),
    // Announcements: kept, never happened, covered today, still to come, and of next week.
    (
        When::At(29, 9, 0),
        "kai",
        Act::Announce(&Said {
            doer: "kai",
            what: &["ec2.amazonaws.com:RunInstances"],
            on: &["eu-west-1"],
            from: 0,
            until: 480,
            at_most: 2,
            because: "two servers by hand for the load test of the new checkout",
        }),
    ),
    (
        When::At(71, 8, 30),
        "leo",
        Act::Announce(&Said {
            doer: "leo",
            what: &["group-member-add"],
            on: &["search-1"],
            from: 0,
            until: 600,
            at_most: 1,
            because: "a new colleague gets the right to become root on search-1",
        }),
    ),
    (
        When::Before(700),
        "ana",
        Act::Announce(&Said {
            doer: "ana",
            what: &["ec2.amazonaws.com:RunInstances"],
            on: &["eu-west-1"],
            from: 0,
            until: 840,
            at_most: 1,
            because: "a copy of the ledger's server, to try the new version of its database",
        }),
    ),
    (
        When::Before(95),
        "zoe",
        Act::Announce(&Said {
            doer: "zoe",
            what: &["iam.amazonaws.com:CreateAccessKey", "iam.amazonaws.com:UpdateAccessKey"],
            on: &[],
            from: 60,
            until: 2_880,
            at_most: 3,
            because: "the keys of the reporting jobs are exchanged",
        }),
    ),
    (
        When::Before(60),
        "kai",
        Act::Announce(&Said {
            doer: "rui",
            what: &["ec2.amazonaws.com:RunInstances"],
            on: &["eu-west-1"],
            from: 10_080,
            until: 20_160,
            at_most: 3,
            because: "the runners of the builds move to new servers",
        }),
    ),
    // Cases.
    (When::At(17, 11, 41), "kai", Act::Own { family: "server-created" }),
    (
        When::At(17, 13, 5),
        "kai",
        Act::Answer {
            family: "server-created",
            answer: Answer::Benign,
            because: "mia started it by hand to look at a slow query; it is gone again",
        },
    ),
    (
        When::At(30, 9, 12),
        "zoe",
        Act::Answer {
            family: "server-created",
            answer: Answer::Expected,
            because: "as announced, for the load test",
        },
    ),
    (
        When::At(43, 15, 30),
        "kai",
        Act::Answer {
            family: "new-sudo-user",
            answer: Answer::Expected,
            because: "leo looks after this host from now on",
        },
    ),
    (
        When::At(64, 9, 3),
        "mia",
        Act::Answer {
            family: "login-at-odd-hour",
            answer: Answer::Benign,
            because: "leo was on call: the index was full",
        },
    ),
    (When::At(79, 16, 52), "zoe", Act::Own { family: "root-used" }),
    (
        When::At(80, 10, 20),
        "zoe",
        Act::Answer {
            family: "root-used",
            answer: Answer::Incident,
            because: "none of us; the password was an old one and is changed, the sessions are ended, \
                      and nothing else was done with it",
        },
    ),
    (When::Before(130), "kai", Act::Own { family: "server-created" }),
    (When::Before(75), "ben", Act::Own { family: "login-at-odd-hour" }),
];

/// Something that stands in a log.
#[derive(Debug, Clone, Copy)]
pub(super) enum Logged {
    /// A line of a host's `auth.log`.
    Line { host: &'static str, says: &'static str },
    /// A record of the cloud's trail: who, in which service, what, on what, from where.
    Cloud {
        who: &'static str,
        service: &'static str,
        what: &'static str,
        on: &'static str,
        from: &'static str,
    },
}

/// What stands in the logs beside what happens every day. Not in order.
pub(super) static LOGS: &[(When, Logged)] = &[
    (
        When::At(17, 11, 20),
        Logged::Cloud {
            who: "mia",
            service: "ec2",
            what: "RunInstances",
            on: "i-0b5e17c2d4a900017",
            from: "198.51.100.24",
        },
    ),
    (
        When::At(29, 11, 2),
        Logged::Cloud {
            who: "kai",
            service: "ec2",
            what: "RunInstances",
            on: "i-0b5e17c2d4a900029",
            from: "198.51.100.31",
        },
    ),
    (
        When::At(29, 11, 9),
        Logged::Cloud {
            who: "kai",
            service: "ec2",
            what: "RunInstances",
            on: "i-0b5e17c2d4a900030",
            from: "198.51.100.31",
        },
    ),
    (
        When::At(43, 14, 5),
        Logged::Line { host: "shop-web-1", says: "usermod[21840]: add 'leo' to group 'sudo'" },
    ),
    (
        When::At(64, 2, 47),
        Logged::Line {
            host: "search-1",
            says: "sshd[30412]: Accepted publickey for leo from 203.0.113.88 port 50112 ssh2: ED25519 SHA256:n0tAReAlKeyLeo",
        },
    ),
    (
        When::At(79, 16, 30),
        Logged::Cloud {
            who: "Root",
            service: "signin",
            what: "ConsoleLogin",
            on: "",
            from: "203.0.113.200",
        },
    ),
    (
        When::At(79, 16, 34),
        Logged::Cloud {
            who: "Root",
            service: "iam",
            what: "ListUsers",
            on: "",
            from: "203.0.113.200",
        },
    ),
    // The last day: announced, not announced, refused, a key for somebody else, a new right.
    (
        When::Before(520),
        Logged::Cloud {
            who: "ana",
            service: "ec2",
            what: "RunInstances",
            on: "i-0b5e17c2d4a900090",
            from: "198.51.100.17",
        },
    ),
    (
        When::Before(215),
        Logged::Cloud {
            who: "rui",
            service: "ec2",
            what: "RunInstances!",
            on: "",
            from: "203.0.113.61",
        },
    ),
    (
        When::Before(212),
        Logged::Cloud {
            who: "rui",
            service: "ec2",
            what: "RunInstances",
            on: "i-0b5e17c2d4a900091",
            from: "203.0.113.61",
        },
    ),
    (
        When::Before(318),
        Logged::Cloud {
            who: "mia",
            service: "iam",
            what: "CreateAccessKey",
            on: "reports",
            from: "198.51.100.24",
        },
    ),
    (
        When::Before(402),
        Logged::Line { host: "bastion-1", says: "usermod[8812]: add 'rui' to group 'sudo'" },
    ),
    (
        When::Before(401),
        Logged::Line {
            host: "bastion-1",
            says: "sudo:      kai : TTY=pts/1 ; PWD=/home/kai ; USER=root ; COMMAND=/usr/sbin/usermod -aG sudo rui",
        },
    ),
];

/// A plugin of the scanner that found something.
#[derive(Debug)]
pub(super) struct Plugin {
    pub(super) name: &'static str,
    pub(super) port: u16,
    /// From 0 to 4, as the scanner counts.
    pub(super) severity: u8,
    pub(super) cves: &'static [&'static str],
}

/// What the scanner reported of which host: it sees what we see, and what only it knows.
pub(super) static REPORTS: &[(When, &str, &[Plugin])] = &[
    (
        When::At(61, 6, 40),
        "shop-web-1",
        &[
            Plugin {
                name: "TLS server offers 64-bit block ciphers",
                port: 443,
                severity: 2,
                cves: &["CVE-2016-2183"],
            },
            Plugin {
                name: "HTTP server answers TRACE",
                port: 80,
                severity: 2,
                cves: &["CVE-2003-1567"],
            },
        ],
    ),
    (
        When::At(75, 6, 40),
        "shop-web-1",
        &[Plugin {
            name: "HTTP server answers TRACE",
            port: 80,
            severity: 2,
            cves: &["CVE-2003-1567"],
        }],
    ),
    (
        When::Before(1_700),
        "mail-1",
        &[
            Plugin {
                name: "Roundcube is older than 1.6.11",
                port: 443,
                severity: 4,
                cves: &["CVE-2025-49113"],
            },
            Plugin {
                name: "IMAP server offers 64-bit block ciphers",
                port: 993,
                severity: 2,
                cves: &["CVE-2016-2183"],
            },
        ],
    ),
];
