//! Jobs of cron: names and times.

use holdfast_model::CronWanted;

use super::*;

fn with(line: &str) -> String {
    GOOD.replacen("- service ssh: \"on\"", &format!("- {line}"), 1)
}

#[test]
fn a_job_is_named_by_its_command_and_user() {
    let job =
        |wanted| Desired::Cron { user: "root".into(), command: "/usr/bin/a of -b".into(), wanted };
    let several = Wanted::OneOf(vec!["@daily".into(), "5 4 * * *".into()]);
    for (value, wanted) in [
        ("present", CronWanted::Present),
        ("absent", CronWanted::Absent),
        ("5 4 * * 1-5", CronWanted::At(Wanted::Is("5 4 * * 1-5".into()))),
        ("{one_of: [\"@daily\", 5 4 * * *]}", CronWanted::At(several)),
    ] {
        let text = with(&format!("cron /usr/bin/a  of -b of root: {value}"));
        let (control, problems) = read(&"rules/door.yaml".into(), &text);
        assert_eq!(problems, [], "{value}");
        assert!(control.unwrap().ensure.contains(&job(wanted)), "{value}");
    }
}

#[test]
fn what_cron_cannot_run_is_refused() {
    for (line, message) in [
        ("cron /usr/bin/a: present", "`/usr/bin/a` does not say whose job it is"),
        ("cron /usr/bin/a of 0: present", "`0` is no name of a user"),
        ("cron /usr/bin/a of root: 5 24 * * *", "`5 24 * * *` is no time of cron"),
        ("cron /usr/bin/a of root: often", "`often` is no time of cron"),
        ("cron /usr/bin/a of root: {at_most: 5}", "a job runs at a time"),
    ] {
        let problems = problems(&with(line));
        assert!(problems.iter().any(|one| one.message.contains(message)), "{line}: {problems:?}");
    }
}
