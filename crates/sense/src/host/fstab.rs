//! `/etc/fstab`, fstab(5): which point is mounted with which options.
//!
//! Knows the file; must not know who reads it at the next start.

use holdfast_model::{Place, Span};

use super::mount_options::{unescaped, words};
use crate::text::{Document, Mistake, Report};

/// Where it stands.
pub(super) const FSTAB: &str = "/etc/fstab";

/// One line that mounts something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    point: String,
    /// As they are written.
    pub(super) options: String,
    pub(super) place: Place,
}

impl Entry {
    /// Whether it is mounted at the next start, or by whoever first looks there.
    pub(super) fn starts(&self) -> bool {
        let asked_for = ["x-systemd.automount", "x-systemd.wanted-by=", "x-systemd.required-by="];
        let mut auto = true;
        for word in words(&self.options) {
            match word {
                "noauto" => auto = false,
                "auto" => auto = true,
                _ => {}
            }
        }
        auto || words(&self.options).any(|word| asked_for.iter().any(|ask| word.starts_with(ask)))
    }
}

/// Every line that mounts something, in order.
#[derive(Debug, Default)]
pub(super) struct Fstab {
    entries: Vec<Entry>,
}

impl Fstab {
    /// Reads the file; what is wrong in it is reported.
    pub(super) fn read(bytes: &[u8], report: &mut Report<'_>) -> Self {
        let document = Document::open(&FSTAB.into(), bytes);
        report.open(&document);
        let mut fstab = Self::default();
        let mut start = 0;
        for raw in document.text().split_inclusive('\n') {
            let at = start + raw.len() - raw.trim_start().len();
            start += raw.len();
            let line = raw.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let mut fields = line.split_whitespace();
            let (_, point, kind) = (fields.next(), fields.next(), fields.next());
            let options = fields.next().unwrap_or("defaults");
            let mut slip = |message: &str, help: &str| {
                let span = Span { start: at, end: at + line.len() };
                let mistake = Mistake::slip("fstab-line", span, message).help(help);
                report.mistake(&document, &mistake);
            };
            let (Some(point), Some(kind)) = (point, kind) else {
                slip(
                    "this line mounts nothing",
                    "write device, point, type and options; the rest of the file counts",
                );
                continue;
            };
            // Swap has no point.
            if kind == "swap" || !point.starts_with('/') {
                continue;
            }
            let point = plain(&unescaped(point));
            if fstab.entries.iter().any(|entry| entry.point == point) {
                slip(
                    "something is mounted at this point by a line above too",
                    "remove one of the two lines",
                );
            }
            let place = document.place(at);
            fstab.entries.push(Entry { point, options: unescaped(options), place });
        }
        fstab
    }

    /// The line for a point: systemd takes the first, and `mount -a` mounts each over the one before.
    pub(super) fn entry(&self, point: &str, systemd: bool) -> Option<&Entry> {
        let mut mine = self.entries.iter().filter(|entry| entry.point == point);
        if systemd { mine.next() } else { mine.rfind(|entry| entry.starts()) }
    }
}

/// A path without needless slashes.
fn plain(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Fstab {
        Fstab::read(text.as_bytes(), &mut Report::new(&mut |_| {}))
    }

    #[test]
    fn the_first_line_counts_to_systemd_and_the_last_to_others() {
        let fstab = read("a /tmp tmpfs nodev 0 0\nb /tmp/ tmpfs nosuid\nc /tmp ext4 noauto\n");
        let of = |systemd| fstab.entry("/tmp", systemd).map(|entry| entry.options.as_str());
        assert_eq!((of(true), of(false)), (Some("nodev"), Some("nosuid")));
        assert_eq!(fstab.entry("/", true), None);
    }

    #[test]
    fn lines_are_read_as_mount_reads_them() {
        let fstab =
            read("# /tmp\n\n  UUID=1\t/a\\040b\text4\n/swap none swap sw\r\nx //c/ y ro\r\n/d\n");
        let points: Vec<&str> = fstab.entries.iter().map(|entry| entry.point.as_str()).collect();
        assert_eq!(points, ["/a b", "/c"]);
        assert_eq!(fstab.entry("/a b", true).unwrap().options, "defaults");
        assert_eq!(fstab.entry("/c", true).unwrap().place.to_string(), "/etc/fstab:5:1");
    }

    #[test]
    fn what_is_not_mounted_by_itself_does_not_start() {
        for (options, starts) in [
            ("defaults", true),
            ("noauto", false),
            ("noauto,auto", true),
            ("noauto,x-systemd.automount", true),
            ("noauto,nodev", false),
        ] {
            let fstab = read(&format!("a /a b {options}\n"));
            assert_eq!(fstab.entry("/a", true).unwrap().starts(), starts, "{options}");
        }
    }
}
