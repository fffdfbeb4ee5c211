//! How systemd names the units of mounts.

use std::fmt::Write as _;

/// The unit of systemd that mounts something at a point, systemd.unit(5), "String escaping for
/// inclusion in unit names".
pub fn mount_unit(point: &str) -> String {
    let path = point.trim_matches('/');
    if path.is_empty() {
        return "-.mount".to_owned();
    }
    let mut out = String::with_capacity(path.len() + 6);
    for (at, byte) in path.bytes().enumerate() {
        match byte {
            b'/' => out.push('-'),
            b':' | b'_' => out.push(char::from(byte)),
            b'.' if at > 0 => out.push('.'),
            byte if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            byte => {
                let _ = write!(out, "\\x{byte:02x}");
            }
        }
    }
    out + ".mount"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_become_units_as_systemd_escape_writes_them() {
        for (point, unit) in [
            ("/", "-.mount"),
            ("/tmp", "tmp.mount"),
            ("/var/log/audit", "var-log-audit.mount"),
            ("/srv/my-data/.x", "srv-my\\x2ddata-.x.mount"),
            ("/.snap", "\\x2esnap.mount"),
            ("/a b/é", "a\\x20b-\\xc3\\xa9.mount"),
        ] {
            assert_eq!(mount_unit(point), unit, "{point}");
        }
    }
}
