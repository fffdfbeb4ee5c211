//! Jobs of cron, by every tool.

use holdfast_model::{Aspect, CronWanted, Desired, Resource, Setting};
use holdfast_posture::Control;

use crate::{SEED, control, difference, is, play, rendered, round_trip, runners, setting};

const TABLES: &str = "mkdir -p /etc/cron.d\n\
    printf '# a\\nA = b\\n1 1 * * *\\troot  /usr/bin/played -a\\n@daily root /usr/bin/gone\\n' >/etc/crontab\n";

fn jobs() -> (Control, Vec<Setting>) {
    let job = |command: &str, wanted| Desired::Cron {
        user: "root".into(),
        command: command.into(),
        wanted,
    };
    let of = |command: &str| Resource::Cron { user: "root".into(), command: command.into() };
    let ensure = vec![
        job("/usr/bin/played -a", CronWanted::At(is("5 4 * * *"))),
        job("/usr/bin/gone", CronWanted::Absent),
    ];
    let settings = vec![
        setting(of("/usr/bin/played -a"), Aspect::Value, "1 1 * * *", Some(("/etc/crontab", 3))),
        setting(of("/usr/bin/gone"), Aspect::Value, "@daily", Some(("/etc/crontab", 4))),
    ];
    (control("jobs", ensure), settings)
}

const AFTER: &str = "\
# a
A = b
#holdfast jobs off: 1 1 * * *\troot  /usr/bin/played -a
#holdfast jobs off: @daily root /usr/bin/gone
# Written by Holdfast for the control jobs.
5 4 * * * root /usr/bin/played -a
";

/// Somebody takes our table away in between.
#[test]
fn jobs_of_cron_by_every_tool() {
    let (control, settings) = jobs();
    let seed = format!("{SEED}{TABLES}");
    for runner in runners(&["dash", "busybox", "yml", "pp", "rb"]) {
        round_trip(&control, &settings, &seed, runner);
        let text = rendered(&control, &settings, runner);
        let code = (runner, &*text.code);
        let drift = ("dash", "rm /etc/cron.d/holdfast-jobs\n");
        let shown = ("dash", "cat /etc/crontab /etc/cron.d/holdfast-jobs\n");
        let (_, runs) = play(&seed, &[code, drift, code, shown]);
        assert_eq!(difference(&runs[0].state, &runs[2].state), "", "{runner}: drift");
        assert_eq!(runs[3].out, AFTER, "{runner}");
    }
}
