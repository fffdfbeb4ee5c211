-- Whether a finding of this copy was written after the last look of a sensor, or stands or was seen
-- at a time that this look could not know.
SELECT 1 AS newer
FROM finding AS f
JOIN observation AS o ON o.asset = f.asset AND o.standing = f.standing
WHERE
    f.asset = $1 AND f.standing = $2 AND o.sensor = $3
    AND o.seq = (
        SELECT MAX(seq) FROM observation WHERE asset = $1 AND standing = $2 AND sensor = $3
    )
    AND (f.seq > o.seq OR f.since > o.at OR f.last_seen > o.at)
LIMIT 1
