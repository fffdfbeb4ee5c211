//! A repository of the demonstration as files of a day: its settings, its lockfile, what it accepts.

use std::fmt::Write as _;

use jiff::civil::Date;

use super::sites::{Lock, Need, Site};

/// The last day of a goal that is over.
const GOAL_OVER: u16 = 80;
/// A goal of the organisation; every tree carries all of them.
const GOAL: &str = "\
id: urgent-in-a-week
title: Half of everything urgent is mended within 7 days
of: finding.severity at least soon
share: half
within: 7 days
";

impl Site {
    /// Where the checkout stands on its host.
    pub(super) fn here(&self) -> String {
        format!("/srv/{}", self.repository.name)
    }

    /// The files of the tree on a day. `date` tells the date of a day, `by` the last day of the
    /// goals.
    pub(super) fn tree(
        &self,
        day: u16,
        by: Date,
        date: &dyn Fn(u16) -> Date,
    ) -> Vec<(String, Option<String>)> {
        let here = self.here();
        let file = |path: &str, text: String| (format!("{here}/{path}"), Some(text));
        let mut files = vec![file("holdfast.toml", self.settings())];
        files.extend(goals(by, date(GOAL_OVER)).map(|(path, text)| file(path, text)));
        files.push(match self.repository.lock {
            Lock::Cargo => file("Cargo.lock", cargo(self.repository.name, self.versions(day))),
            Lock::Npm => file("package-lock.json", npm(self.repository.name, self.versions(day))),
            Lock::Go => file("go.mod", go(self.repository.name, self.versions(day))),
            Lock::Python => file("requirements.txt", python(self.versions(day))),
        });
        let accepted = self.accepted(day, date);
        let accepted = (!accepted.is_empty()).then_some(accepted);
        files.push((format!("{here}/.holdfast/accepted.yaml"), accepted));
        files
    }

    fn settings(&self) -> String {
        let Site { host, team, exposure, tier, ring, repository, .. } = self;
        let name = repository.name;
        format!(
            "appetite = \"standard\"\n\n[asset]\nid = \"forge.example/{team}/{name}\"\nname = \
             \"{name}\"\nteam = \"{team}\"\nexposure = \"{exposure}\"\ntier = {tier}\n\n[host]\n\
             name = \"{host}\"\nteam = \"{team}\"\nexposure = \"{exposure}\"\ntier = {tier}\nring \
             = \"{ring}\"\n"
        )
    }

    /// What is needed on a day, and whether only while developing.
    fn versions(&self, day: u16) -> impl Iterator<Item = (&'static str, &'static str, bool)> {
        let version = move |need: &'static Need| {
            let (_, version) = need.versions.iter().rev().find(|(from, _)| *from <= day)?;
            (!version.is_empty()).then_some((need.name, *version, need.dev))
        };
        self.repository.needs.iter().filter_map(version)
    }

    fn accepted(&self, day: u16, date: &dyn Fn(u16) -> Date) -> String {
        let mut text = String::new();
        for one in self.repository.accepted.iter().filter(|one| one.from <= day) {
            let _ = write!(
                text,
                "- accept: {}\n  reason: {}\n  owner: {}\n  approver: {}\n  until: {}\n",
                one.what,
                one.reason,
                one.owner,
                one.approver,
                date(one.until)
            );
        }
        text
    }
}

/// Four goals: one on the way, one that is kept, one that was missed, one about which too little is
/// known. `over` is a day that has passed.
fn goals(by: Date, over: Date) -> [(&'static str, String); 4] {
    [
        (".holdfast/objectives/urgent-in-a-week.yaml", format!("{GOAL}by: {by}\n")),
        (
            ".holdfast/objectives/payments-in-five-days.yaml",
            format!(
                "id: payments-in-five-days\ntitle: Payments mends half of everything urgent within \
                 5 days\nof: finding.severity at least soon\nteam: payments\nshare: half\nwithin: 5 \
                 days\nby: {by}\n"
            ),
        ),
        (
            ".holdfast/objectives/settings-in-a-month.yaml",
            format!(
                "id: settings-in-a-month\ntitle: Half of all wrong settings are mended within 30 \
                 days\nof: finding.kind is control\nshare: half\nwithin: 30 days\nby: {over}\n"
            ),
        ),
        (
            ".holdfast/objectives/acceptances-in-a-week.yaml",
            format!(
                "id: acceptances-in-a-week\ntitle: Half of all acceptances that ended are seen to \
                 within 7 days\nof: finding.kind is guardrail\nshare: half\nwithin: 7 days\nby: \
                 {by}\n"
            ),
        ),
    ]
}

fn cargo<'n>(name: &str, needs: impl Iterator<Item = (&'n str, &'n str, bool)>) -> String {
    let needs: Vec<_> = needs.collect();
    let mut text = format!(
        "version = 4\n\n[[package]]\nname = \"{name}\"\nversion = \"0.4.0\"\ndependencies = [\n"
    );
    for (need, _, _) in &needs {
        let _ = writeln!(text, " \"{need}\",");
    }
    text.push_str("]\n");
    for (need, version, _) in needs {
        let _ = write!(
            text,
            "\n[[package]]\nname = \"{need}\"\nversion = \"{version}\"\nsource = \
             \"registry+https://index.example/crates\"\n"
        );
    }
    text
}

fn npm<'n>(name: &str, needs: impl Iterator<Item = (&'n str, &'n str, bool)>) -> String {
    let needs: Vec<_> = needs.collect();
    let of = |wanted: bool| -> String {
        let own = needs.iter().filter(|(_, _, dev)| *dev == wanted);
        let lines: Vec<String> =
            own.map(|(need, version, _)| format!("        \"{need}\": \"^{version}\"")).collect();
        lines.join(",\n")
    };
    let mut text = format!(
        "{{\n  \"name\": \"{name}\",\n  \"version\": \"3.2.0\",\n  \"lockfileVersion\": 3,\n  \
         \"packages\": {{\n    \"\": {{\n      \"name\": \"{name}\",\n      \"version\": \
         \"3.2.0\",\n      \"dependencies\": {{\n{}\n      }},\n      \"devDependencies\": \
         {{\n{}\n      }}\n    }}",
        of(false),
        of(true)
    );
    for (need, version, dev) in needs {
        let dev = if dev { ",\n      \"dev\": true" } else { "" };
        let _ = write!(
            text,
            ",\n    \"node_modules/{need}\": {{\n      \"version\": \"{version}\",\n      \
             \"resolved\": \"https://npm.example/{need}/-/{version}.tgz\"{dev}\n    }}"
        );
    }
    text.push_str("\n  }\n}\n");
    text
}

fn go<'n>(name: &str, needs: impl Iterator<Item = (&'n str, &'n str, bool)>) -> String {
    let mut text = format!("module forge.example/{name}\n\ngo 1.23.4\n\nrequire (\n");
    for (need, version, _) in needs {
        let _ = writeln!(text, "\t{need} {version}");
    }
    text.push_str(")\n");
    text
}

fn python<'n>(needs: impl Iterator<Item = (&'n str, &'n str, bool)>) -> String {
    let mut text = String::from("# what runs in production\n");
    for (need, version, _) in needs {
        let sign = if version.starts_with(['>', '~']) { "" } else { "==" };
        let _ = writeln!(text, "{need}{sign}{version}");
    }
    text
}
