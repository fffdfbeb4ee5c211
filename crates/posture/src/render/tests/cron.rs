//! Jobs of cron: which table says what afterwards.

use holdfast_model::CronWanted;

use super::*;

/// One at another time, and one that is not wanted.
pub(super) fn jobs() -> (Control, Seen) {
    let job = |command: &str, wanted| Desired::Cron {
        user: "root".into(),
        command: command.into(),
        wanted,
    };
    let ensure = vec![
        job("/usr/bin/a 'b c' $D", CronWanted::At(is("5 4 * * *"))),
        job("/usr/bin/gone", CronWanted::Absent),
    ];
    let line = |one: &Desired| {
        setting(one.resource().unwrap(), Aspect::Value, "@daily", Some(("/etc/crontab", 3)))
    };
    let found = seen(ensure.iter().map(line).collect());
    (control("jobs", "It's time", ensure, Risk::default()), found)
}

fn rendered(wanted: CronWanted, lines: &[(&str, &str)]) -> Rendered {
    let (user, command) = ("root".into(), "/usr/bin/a -b".into());
    let desired = Desired::Cron { user, command, wanted };
    let of = desired.resource().unwrap();
    let line =
        |(time, path): &(&str, &str)| setting(of.clone(), Aspect::Value, time, Some((*path, 3)));
    let settings = lines.iter().map(line).collect();
    let control = control("job", "It runs", vec![desired], Risk::default());
    render(&control, &[0], &seen(settings), Tool::Shell)
}

const OURS: &str = "/etc/cron.d/holdfast-job";

#[test]
fn a_job_gets_a_line_in_our_table_and_others_become_comments() {
    let wanted = CronWanted::At(is("5 4 * * *"));
    let out = rendered(wanted.clone(), &[("@daily", "/etc/crontab"), ("@daily", "/etc/crontab")]);
    assert!(out.code.contains(&format!("write_file {OURS} 0644")), "{}", out.code);
    assert!(out.code.contains("\n5 4 * * * root /usr/bin/a -b\n"), "{}", out.code);
    assert_eq!(out.code.matches("\nchange /etc/crontab ").count(), 1, "{}", out.code);
    assert!(out.undo.contains("\nchange /etc/crontab "), "{}", out.undo);
    assert!(out.undo.contains(&format!("delete_file {OURS}")), "{}", out.undo);
    // A line of ours is written anew, and the undo brings back what it said.
    let out = rendered(wanted, &[("@daily", OURS)]);
    assert!(!out.code.contains("\nchange "), "{}", out.code);
    assert!(out.undo.contains("\n@daily root /usr/bin/a -b\n"), "{}", out.undo);
}

#[test]
fn a_job_that_another_table_has_runs_only_once() {
    let wanted = CronWanted::At(is("5 4 * * *"));
    let out = rendered(wanted, &[("05 4 * * *", "/var/spool/cron/crontabs/root")]);
    assert_eq!((out.code.as_str(), out.undo.as_str()), ("", ""));
}

#[test]
fn when_it_runs_only_its_owner_knows() {
    let out = rendered(CronWanted::Present, &[]);
    let told = "let cron run `/usr/bin/a -b` as root: only the owner of the host knows when";
    assert_eq!((out.code.as_str(), out.manual.as_slice()), ("", &[told.to_owned()][..]));
    let out = rendered(CronWanted::Absent, &[("@daily", "/var/spool/cron/root")]);
    assert!(out.code.contains("OWNER="), "{}", out.code);
    assert!(!out.code.contains("OWNER=root"), "the user's own table names no user");
}

#[test]
fn a_job_that_only_our_table_still_has_goes_from_there() {
    let out = rendered(CronWanted::Absent, &[("@daily", OURS)]);
    assert!(out.code.contains(&format!("\nchange {OURS} ")), "{}", out.code);
    assert!(out.undo.contains(&format!("\nchange {OURS} ")), "{}", out.undo);
}
