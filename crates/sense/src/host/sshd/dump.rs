//! What `sshd -T` and `ssh -G` say: the program's own reading of its configuration.
//!
//! Knows the lines of its output and of its complaints. It must not know our own reading.

use super::options::{SshOption, Takes};
use super::values::normal;
use crate::reader::Answer;

/// What became of asking.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Dump {
    /// It could not answer, for reasons that say nothing of the configuration: not root, no
    /// host keys, no folder in `/run`.
    Silent,
    /// It read the configuration.
    Says(Vec<(String, String)>),
    /// It refuses the configuration, with the first line of its complaint.
    Refuses(String),
}

/// Reads an answer to `sshd -T` or `ssh -G`.
pub(super) fn dump(answer: &Answer) -> Dump {
    let Answer::Output { status: Some(status), stdout, stderr } = answer else {
        return Dump::Silent;
    };
    if *status == 0 {
        let text = String::from_utf8_lossy(stdout);
        let lines = text.lines().map(|line| {
            let (key, value) = line.split_once(' ').unwrap_or((line, ""));
            (key.to_owned(), value.trim().to_owned())
        });
        let lines: Vec<_> = lines.collect();
        return if lines.is_empty() { Dump::Silent } else { Dump::Says(lines) };
    }
    let complaints = String::from_utf8_lossy(stderr);
    let complaint = complaints.lines().map(str::trim).find(|line| complains(line));
    complaint.map_or(Dump::Silent, |line| Dump::Refuses(line.chars().take(200).collect()))
}

/// A complaint about the configuration names a line: `FILE line 3: …` or `FILE: line 3: …`.
fn complains(line: &str) -> bool {
    if line.contains("Deprecated option") || line.contains("Unsupported option") {
        return false;
    }
    line.split_once(" line ").is_some_and(|(_, behind)| {
        let digits = behind.trim_start_matches(|c: char| c.is_ascii_digit());
        digits.len() < behind.len() && digits.starts_with(':')
    })
}

/// The normal form of what it says of an option; `None` where it says nothing.
pub(super) fn said(option: &SshOption, lines: &[(String, String)]) -> Option<String> {
    let of = |(key, _): &&(String, String)| key.eq_ignore_ascii_case(option.name);
    let values: Vec<String> =
        lines.iter().filter(of).map(|(_, value)| normal(option, value)).collect();
    (!values.is_empty()).then(|| values.join(" "))
}

/// Whether our normal form and sshd's are the same where both are right.
pub(super) fn comparable(option: &SshOption, ours: &str) -> bool {
    match option.takes {
        Takes::Loose | Takes::Algorithms | Takes::Subsystem => false,
        Takes::FlagOrText => matches!(ours, "yes" | "no"),
        // A relative path is completed, and a name of a port looked up.
        Takes::Text => ours.starts_with('/') || ours == "none" || option.name.ends_with("User"),
        Takes::Port => ours.split(' ').all(|port| port.parse::<u16>().is_ok()),
        // Blanks inside are kept by us and by sshd, but not told apart in its output.
        Takes::Texts | Takes::Variables => !ours.contains(['\\', '"']),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(status: i32, stdout: &str, stderr: &str) -> Answer {
        Answer::Output {
            status: Some(status),
            stdout: stdout.as_bytes().into(),
            stderr: stderr.as_bytes().into(),
        }
    }

    #[test]
    fn complaints_about_the_host_are_no_complaints_about_the_configuration() {
        for stderr in [
            "sshd: no hostkeys available -- exiting.",
            "Missing privilege separation directory: /run/sshd",
            "",
        ] {
            assert_eq!(dump(&output(255, "", stderr)), Dump::Silent);
        }
        let stderr = "/etc/ssh/sshd_config line 2: Deprecated option UseLogin\r\n\
                      /etc/ssh/sshd_config: line 3: Bad configuration option: X\r\n";
        let wanted = "/etc/ssh/sshd_config: line 3: Bad configuration option: X";
        assert_eq!(dump(&output(255, "", stderr)), Dump::Refuses(wanted.to_owned()));
        assert_eq!(dump(&Answer::Missing), Dump::Silent);
    }
}
