SELECT
    key, standing, asset, kind, state, severity, weakness, aliases, subject, first_seen, last_seen,
    since, decision_line, due, team, seq, document
FROM finding
