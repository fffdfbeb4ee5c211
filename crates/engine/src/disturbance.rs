//! How much mending disturbs: what is slowed down, interrupted or started anew, from little to much.
//!
//! Knows what a control and a kind of finding say of their cost. Must not know how anything is mended.

use holdfast_model::{Finding, FindingKind, FixKind, Locus};
use holdfast_posture::Risk;
use serde::Serialize;

use crate::assess::OLD_KERNEL;
use crate::controls::Controls;

/// The most that mending something does beside its purpose; ordered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Disturbance {
    /// Nobody notices.
    Nothing,
    /// Something runs slower afterwards.
    SlowsDown,
    /// Something is interrupted or started anew.
    Interrupts,
    /// People may lock themselves out.
    MayLockOut,
    /// The whole host has to be started anew.
    Restarts,
    /// Nobody stated it.
    #[default]
    Unknown,
}

impl Disturbance {
    /// The words for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Nothing => "nothing is disturbed",
            Self::SlowsDown => "something runs slower",
            Self::Interrupts => "something is interrupted",
            Self::MayLockOut => "people may lock themselves out",
            Self::Restarts => "the host has to be started anew",
            Self::Unknown => "unknown",
        }
    }

    fn of_risk(risk: &Risk) -> Self {
        let stated = |words: &str, otherwise: Self| match words.trim() {
            "none" => Self::Nothing,
            "" | "unknown" => Self::Unknown,
            _ => otherwise,
        };
        let parts = [
            stated(&risk.slowdown, Self::SlowsDown),
            stated(&risk.interruption, Self::Interrupts),
            if risk.lockout { Self::MayLockOut } else { Self::Nothing },
            if risk.reboot { Self::Restarts } else { Self::Nothing },
        ];
        parts.into_iter().max().unwrap_or_default()
    }
}

/// How much mending a finding disturbs.
pub fn of(finding: &Finding, controls: &Controls) -> Disturbance {
    match finding.kind {
        FindingKind::Control => controls
            .find(&finding.weakness.id.0)
            .map_or(Disturbance::Unknown, |control| Disturbance::of_risk(&control.risk)),
        FindingKind::Package => match finding.locus {
            Locus::SystemPackage { .. } if *finding.weakness.id.0 == *OLD_KERNEL => {
                Disturbance::Restarts
            }
            Locus::SystemPackage { .. } => Disturbance::Interrupts,
            // Only files of a working tree change; nothing runs from it.
            _ if finding.fix != FixKind::None => Disturbance::Nothing,
            _ => Disturbance::Unknown,
        },
        FindingKind::Code
        | FindingKind::Secret
        | FindingKind::Guardrail
        | FindingKind::Feed
        | FindingKind::Event
        | FindingKind::Foreign => Disturbance::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn risk(slowdown: &str, interruption: &str, lockout: bool, reboot: bool) -> Risk {
        let (slowdown, interruption) = (slowdown.to_owned(), interruption.to_owned());
        Risk { breaks: Vec::new(), lockout, reboot, interruption, slowdown }
    }

    #[test]
    fn the_worst_part_counts_and_what_nobody_stated_comes_last() {
        for (risk, wanted) in [
            (risk("none", "none", false, false), Disturbance::Nothing),
            (risk("logins", "none", false, false), Disturbance::SlowsDown),
            (risk("logins", "sessions end", false, false), Disturbance::Interrupts),
            (risk("none", "none", true, false), Disturbance::MayLockOut),
            (risk("none", "sessions end", true, true), Disturbance::Restarts),
            (risk("unknown", "none", false, false), Disturbance::Unknown),
            (risk("none", "", true, true), Disturbance::Unknown),
        ] {
            assert_eq!(Disturbance::of_risk(&risk), wanted, "{risk:?}");
        }
    }

    #[test]
    fn controls_that_came_along_say_what_they_disturb() {
        let controls = Controls::read(None);
        let of = |id: &str| Disturbance::of_risk(&controls.find(id).unwrap().risk);
        assert_eq!(of("address-layout"), Disturbance::Nothing);
        assert_eq!(of("audit-records"), Disturbance::SlowsDown);
        assert_eq!(of("ssh-x11"), Disturbance::Interrupts);
        assert_eq!(of("root-login"), Disturbance::MayLockOut);
        assert_eq!(of("processor-flaws"), Disturbance::Restarts);
        assert_eq!(of("ssh-ciphers"), Disturbance::Unknown);
    }
}
