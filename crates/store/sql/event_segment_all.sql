SELECT seq, kind, from_at, to_at, records, digest FROM event_segment ORDER BY seq
