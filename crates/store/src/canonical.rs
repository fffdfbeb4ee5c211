//! One way to write a JSON value, so that equal values are equal bytes: sorted keys, no spaces.
//!
//! Keys are sorted by their bytes. Numbers are written as `serde_json` writes them. It is not
//! RFC 8785: nobody but this ledger has to write the same bytes again.

use serde_json::Value;

/// Values nested deeper are refused, as `serde_json` refuses to read them.
const DEEPEST: usize = 120;

/// The canonical bytes; `None` for a value nested deeper than 120 levels.
pub(crate) fn bytes(value: &Value) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(256);
    write(value, DEEPEST, &mut out)?;
    Some(out)
}

fn write(value: &Value, deeper: usize, out: &mut Vec<u8>) -> Option<()> {
    let deeper = deeper.checked_sub(1)?;
    match value {
        Value::Array(items) => {
            out.push(b'[');
            for (n, item) in items.iter().enumerate() {
                if n > 0 {
                    out.push(b',');
                }
                write(item, deeper, out)?;
            }
            out.push(b']');
        }
        Value::Object(map) => {
            let mut members: Vec<_> = map.iter().collect();
            // Other crates of a build may turn on insertion order for maps.
            members.sort_unstable_by_key(|(key, _)| *key);
            out.push(b'{');
            for (n, (key, member)) in members.into_iter().enumerate() {
                if n > 0 {
                    out.push(b',');
                }
                serde_json::to_writer(&mut *out, key).ok()?;
                out.push(b':');
                write(member, deeper, out)?;
            }
            out.push(b'}');
        }
        plain => serde_json::to_writer(out, plain).ok()?,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_are_sorted_at_every_level() {
        let value = json!({"b": [{"z": 1, "a": "\"\n"}], "a": null, "B": 1.5});
        let text = String::from_utf8(bytes(&value).unwrap()).unwrap();
        assert_eq!(text, r#"{"B":1.5,"a":null,"b":[{"a":"\"\n","z":1}]}"#);
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth| (0..depth).fold(json!(0), |value, _| json!([value]));
        assert!(bytes(&nested(DEEPEST - 1)).is_some());
        assert!(bytes(&nested(DEEPEST)).is_none());
    }
}
