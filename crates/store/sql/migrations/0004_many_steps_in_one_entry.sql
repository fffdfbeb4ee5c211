-- An entry may hold many steps of findings: a row for each, found by its finding.

CREATE TABLE step (
    seq BIGINT NOT NULL,
    position BIGINT NOT NULL,
    key BYTEA NOT NULL,
    standing SMALLINT NOT NULL,
    from_state SMALLINT,
    to_state SMALLINT NOT NULL,
    outcome SMALLINT,
    other BYTEA,
    at BIGINT NOT NULL,
    PRIMARY KEY (key, seq, position)
);

INSERT INTO step (seq, position, key, standing, from_state, to_state, outcome, other, at)
SELECT seq, 0, key, standing, from_state, to_state, outcome, other, at FROM transition;

DROP TABLE transition;

ALTER TABLE step RENAME TO transition;
