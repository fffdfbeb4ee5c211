//! What stands before the colon, and how many lines may stand.

use super::*;

/// Nouns and names.
const NAMES: &[Case] = &[
    (
        "sysctl kernel.kptr",
        "sysctrl kernel.kptr",
        "control-noun 12:5 ~sysctrl~ the noun `sysctrl` is not known | did you mean `sysctl`?",
    ),
    (
        "package telnet",
        "kernel telnet",
        "control-noun 19:5 ~kernel~ the noun `kernel` is not known | known here: `sysctl`, \
             `file`, `key`, `line`, `text`, `sshd`, `ssh`, `package`, `service`, `cron`, `suite`, `mount`, \
             `module`, `user`, `users`, `group`, `groups`, `files`, `process`, `port`, `keys`, \
             `pam`, `firewall`, `restart`, `any of`",
    ),
    (
        "sysctl kernel.kptr_restrict",
        "sysctl kernel kptr",
        "control-name 12:12 ~kernel kptr~ `kernel kptr` is no kernel parameter | write it with \
             dots and without spaces, such as `net.ipv4.ip_forward`",
    ),
    (
        "sysctl kernel.kptr_restrict",
        "sysctl kernel/kptr_restrict",
        "control-name 12:12 ~kernel/kptr_restrict~ `kernel/kptr_restrict` is no kernel parameter \
             | write it with dots and without spaces, such as `net.ipv4.ip_forward`",
    ),
    (
        "file /etc/shadow",
        "file etc/shadow",
        "control-name 13:10 ~etc/shadow~ `etc/shadow` is no absolute path | begin it with `/`",
    ),
    (
        "file /etc/shadow",
        "file /etc/../etc/shadow",
        "control-name 13:10 ~/etc/../etc/shadow~ `/etc/../etc/shadow` is no absolute path | \
             write it without `//`, `.`, `..` and a `/` at its end",
    ),
    (
        "file /etc/shadow",
        "file /etc/shadow*",
        "control-name 13:10 ~/etc/shadow*~ `/etc/shadow*` is no absolute path | name one file; \
             patterns are not read here",
    ),
    (
        "in /etc/login.defs",
        "in /etc/passwd",
        "control-name 16:9 ~PASS_MAX_DAYS in /etc/passwd~ keys of `/etc/passwd` are not read | \
             say how it writes keys: `as ini`, `as equals`, `as blanks` or `as shell`",
    ),
    (
        "in /etc/login.defs",
        "in /etc/login.def",
        "control-name 16:9 ~PASS_MAX_DAYS in /etc/login.def~ keys of `/etc/login.def` are not \
             read | did you mean `/etc/login.defs`?",
    ),
    (
        "in /etc/login.defs",
        "in /etc/own.conf as toml",
        "control-name 16:9 ~PASS_MAX_DAYS in /etc/own.conf as toml~ `toml` is no way in which files \
             write keys | known here: `ini`, `equals`, `blanks`, `shell`",
    ),
    (
        "in /etc/login.defs",
        "in /etc/login.defs as blanks",
        "control-name 16:9 ~PASS_MAX_DAYS in /etc/login.defs as blanks~ `/etc/login.defs` is read as \
             its own program reads it | leave out `as` and what stands behind it",
    ),
    (
        " in /etc/login.defs",
        "",
        "control-name 16:9 ~PASS_MAX_DAYS~ `PASS_MAX_DAYS` does not say in which file | write \
             `key NAME in /etc/login.defs`",
    ),
    (
        "* hard core in",
        "* hart core in",
        "control-name 17:9 ~* hart core in /etc/security/limits.conf~ `* hart core` is no key of \
             `/etc/security/limits.conf` | write domain, `hard` or `soft`, and item, such as `* hard \
             core`",
    ),
    (
        "permitrootlogin",
        "PermitRootLogon",
        "control-name 18:10 ~PermitRootLogon~ the ssh server has no option `PermitRootLogon` | \
             did you mean `PermitRootLogin`?",
    ),
    (
        "package telnet",
        "package Tel net",
        "control-name 19:13 ~Tel net~ `Tel net` is no package | write the name of one package, \
             such as `openssh-server`",
    ),
    (
        "service ssh:",
        "service -ssh:",
        "control-name 21:13 ~-ssh~ `-ssh` is no unit | write a unit of systemd, such as `ssh` or \
             `apt-daily.timer`",
    ),
    (
        "suite security",
        "suite secruity",
        "control-name 23:11 ~secruity~ no package source is for `secruity` | did you mean \
             `security`?",
    ),
    (
        "package telnet: absent",
        "package: absent",
        "control-name 19:5 ~package~ `package` names nothing | write which, such as `package \
             telnet`",
    ),
];

#[test]
fn what_is_no_state_is_refused_at_its_word() {
    check(NAMES);
}

/// Lists of states.
const LINES: &[Case] = &[
    (
        "  - package telnet: absent\n",
        "  - service ssh.service: \"off\"\n",
        "control-line 21:5 ~s~ two lines speak of `service ssh.service` | put what is wanted of \
             one thing into one line",
    ),
    (
        "  - package telnet: absent\n",
        "  - telnet\n",
        "control-line 19:5 ~telnet~ a state is wanted here, not a text | write `- noun name: what \
             is wanted`, such as `- sysctl kernel.dmesg_restrict: 1`",
    ),
    (
        "  - package telnet: absent\n",
        "  - {package a: absent, package b: absent}\n",
        "control-line 19:5 ~{~ one state is wanted here, not 2 | begin each state with `- `",
    ),
    (
        "      - [{package nftables: present}, {service nftables: \"on\"}]\n",
        "",
        "control-line 25:7 ~-~ 2 to 64 ways are wanted here, not 1 | write a list of ways, each a \
             list of states, or a plain line for a single way",
    ),
    (
        "[{package nftables: present}, {service nftables: \"on\"}]",
        "[]",
        "control-line 25:9 ~[~ 1 to 64 states are wanted here, not 0 | write lines such as `- \
             sshd PermitRootLogin: \"no\"`",
    ),
    (
        "{package nftables: present}",
        "{any of x: []}",
        "control-line 25:11 ~any of x~ a way holds no further choice | write out each way at the \
             top",
    ),
    (
        "any of firewall",
        "any of Fire wall",
        "control-name 24:12 ~Fire wall~ `Fire wall` is no name | write one lower-case word, such \
             as `any of firewall`",
    ),
];

#[test]
fn lines_that_are_too_many_or_too_few_are_refused() {
    check(LINES);
}
