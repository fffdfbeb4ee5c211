use super::*;

/// Program, message, and what is told of it as one line.
fn told(process: &str, message: &str) -> String {
    let Some(said) = read(process, message) else { return "nothing".to_owned() };
    let failed = said.failed.map(|why| format!(" failed[{why}]"));
    let members = said.members.iter().map(|(name, value)| format!(" {name}={value}"));
    let parts = [said.action.to_owned()].into_iter().chain(failed).chain(members);
    parts.collect()
}

fn check(cases: &[(&str, &str, &str)]) {
    for (process, message, wanted) in cases {
        assert_eq!(told(process, message), *wanted, "{message}");
    }
}

#[test]
fn sshd_lets_in_and_keeps_out() {
    check(&[
        (
            "sshd",
            "Accepted publickey for ana from 192.0.2.7 port 52314 ssh2: ED25519 SHA256:abc",
            "login user=ana method=publickey key=ED25519 SHA256:abc src_ip=192.0.2.7 src_port=52314",
        ),
        (
            "sshd-session",
            "Accepted password for ana from 2001:db8::7 port 52314 ssh2",
            "login user=ana method=password src_ip=2001:db8::7 src_port=52314",
        ),
        (
            "sshd",
            "Failed password for invalid user admin from 198.51.100.9 port 4123 ssh2",
            "login failed[invalid user] user=admin method=password src_ip=198.51.100.9 src_port=4123",
        ),
        (
            "sshd",
            "Failed password for root from 198.51.100.9 port 4123 ssh2",
            "login failed[wrong credentials] user=root method=password src_ip=198.51.100.9 src_port=4123",
        ),
        (
            "sshd",
            "Invalid user  from 198.51.100.9 port 4123",
            "login failed[invalid user] src_ip=198.51.100.9 src_port=4123",
        ),
        (
            "sshd",
            "error: maximum authentication attempts exceeded for invalid user x from 198.51.100.9 port 1 ssh2 [preauth]",
            "login failed[too many attempts] user=x src_ip=198.51.100.9 src_port=1",
        ),
        ("sshd", "Connection closed by 198.51.100.9 port 4123 [preauth]", "nothing"),
        ("cron", "Accepted password for ana from 192.0.2.7 port 1 ssh2", "nothing"),
    ]);
}

#[test]
fn names_that_lie_about_their_address_do_not_succeed() {
    check(&[(
        "sshd",
        "Failed password for invalid user x from 192.0.2.1 port 22 ssh2 from 198.51.100.9 port 4123 ssh2",
        "login failed[invalid user] user=x from 192.0.2.1 port 22 ssh2 method=password src_ip=198.51.100.9 src_port=4123",
    )]);
}

#[test]
fn sudo_says_who_as_whom_and_what() {
    check(&[
        (
            "sudo",
            "ana : TTY=pts/0 ; PWD=/home/ana ; USER=root ; COMMAND=/usr/bin/apt update ; id",
            "sudo user=ana tty=pts/0 pwd=/home/ana target_user=root command=/usr/bin/apt update ; id",
        ),
        (
            "sudo",
            "ben : user NOT in sudoers ; TTY=pts/1 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/id",
            "sudo failed[user NOT in sudoers] user=ben tty=pts/1 pwd=/ target_user=root command=/usr/bin/id",
        ),
        (
            "sudo",
            "ben : 3 incorrect password attempts ; TTY=pts/1 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/id",
            "sudo failed[3 incorrect password attempts] user=ben tty=pts/1 pwd=/ target_user=root command=/usr/bin/id",
        ),
        // A folder whose name goes on as the line would hides nothing.
        (
            "sudo",
            "ana : PWD=/x ; USER=nobody ; COMMAND=/bin/true ; USER=root ; COMMAND=/bin/sh",
            "sudo user=ana pwd=/x target_user=nobody command=/bin/true ; USER=root ; COMMAND=/bin/sh",
        ),
        (
            "sudo",
            "pam_unix(sudo:auth): authentication failure; logname=ana uid=1000 euid=0 tty=/dev/pts/0 ruser=ana rhost=  user=ana",
            "authenticate failed[authentication failure] user=ana tty=/dev/pts/0 service=sudo",
        ),
    ]);
}

#[test]
fn sessions_and_commands_of_others() {
    check(&[
        (
            "sshd",
            "pam_unix(sshd:session): session opened for user ana(uid=1000) by (uid=0)",
            "session-open user=ana service=sshd",
        ),
        (
            "sudo",
            "pam_unix(sudo:session): session opened for user root(uid=0) by ana(uid=1000)",
            "session-open user=ana target_user=root service=sudo",
        ),
        (
            "CRON",
            "pam_unix(cron:session): session closed for user root",
            "session-close user=root service=cron",
        ),
        ("su", "(to root) ana on pts/0", "su user=ana target_user=root tty=pts/0"),
        (
            "su",
            "FAILED SU (to root) ana on pts/0",
            "su failed[refused] user=ana target_user=root tty=pts/0",
        ),
        ("su", "Successful su for root by ana", "su user=ana target_user=root"),
        (
            "CRON",
            "(root) CMD (   cd / && run-parts --report /etc/cron.hourly)",
            "cron user=root command=cd / && run-parts --report /etc/cron.hourly",
        ),
        ("crontab", "(ana) REPLACE (ben)", "crontab user=ana target_user=ben"),
        ("systemd-logind", "New session 5 of user ana.", "session-open user=ana session=5"),
        (
            "passwd",
            "pam_unix(passwd:chauthtok): password changed for ana",
            "password-change target_user=ana service=passwd",
        ),
    ]);
}

#[test]
fn users_and_groups_change() {
    check(&[
        (
            "useradd",
            "new user: name=ben, UID=1001, GID=1001, home=/home/ben, shell=/bin/bash, from=/dev/pts/1",
            "user-add target_user=ben uid=1001 gid=1001 home=/home/ben shell=/bin/bash tty=/dev/pts/1",
        ),
        ("useradd", "new group: name=ben, GID=1001", "group-add group=ben gid=1001"),
        ("usermod", "add 'ben' to group 'sudo'", "group-member-add target_user=ben group=sudo"),
        (
            "usermod",
            "add 'ben' to shadow group 'sudo'",
            "group-member-add target_user=ben group=sudo",
        ),
        (
            "gpasswd",
            "user ben added by ana to group sudo",
            "group-member-add user=ana target_user=ben group=sudo",
        ),
        (
            "gpasswd",
            "user ben removed by ana from group sudo",
            "group-member-remove user=ana target_user=ben group=sudo",
        ),
        (
            "gpasswd",
            "members of group adm set by root to ana,ben",
            "group-member-add user=root group=adm target_user=ana,ben",
        ),
        ("userdel", "delete user 'ben'", "user-remove target_user=ben"),
        ("userdel", "removed group 'ben' owned by 'ben'", "group-remove group=ben"),
        ("groupdel", "group 'ben' removed", "group-remove group=ben"),
        ("usermod", "lock user 'ben' password", "user-lock target_user=ben"),
        (
            "useradd",
            "failed adding user 'ben', exit code: 9",
            "user-add failed[failed adding user 'ben', exit code: 9] target_user=ben",
        ),
        ("usermod", "nothing of note", "nothing"),
    ]);
}
