-- A fleet as it stands in the tables after a million looks: 1,000,000 hosts of 700 teams share 4,000
-- sets of 500 packages. Common sets are held by thousands, rare ones by some eighty hosts; `tiller`
-- is in every set, and in the last 120 of them in the version 1.0.0. Made in bulk, for measuring.

DROP INDEX asset_set_by_holder;
DROP INDEX component_by_package;
DROP INDEX component_by_own_name;

INSERT INTO component_set (number, digest, seq)
WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 4000)
SELECT n, randomblob(32), 0 FROM s;

INSERT INTO component (set_number, position, ecosystem, name, version, path, line, col)
WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 4000),
p (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM p WHERE n < 499)
SELECT
    s.n,
    p.n,
    'Debian:12',
    CASE p.n WHEN 499 THEN 'tiller' ELSE 'package-' || p.n END,
    CASE
        WHEN p.n = 499 AND s.n > 3880 THEN '1.0.0'
        WHEN p.n = 499 THEN '1.2.' || (s.n % 9)
        ELSE '2.' || ((s.n * 31 + p.n * 17) % 11) || '-' || (p.n % 3)
    END,
    '/var/lib/dpkg/status',
    1 + p.n * 11,
    1
FROM s, p;

-- As `packages.rs` writes it.
UPDATE component
SET package = '["' || ecosystem || '","' || name || '","' || version || '",null,null]';

-- In the order of their ids, as the tables keep them.
CREATE TEMPORARY TABLE host AS
WITH RECURSIVE h (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM h WHERE n < 999999),
u (n, id, share) AS (
    SELECT
        n,
        printf('host:%08x%024x', (n * 2654435761) % 4294967296, n),
        ((n * 1299709) % 1000000) / 1000000.0
    FROM h
)
SELECT
    n,
    id,
    'team-' || (n % 700) AS team,
    printf('web-%06d.shop.example', n) AS name,
    1 + CAST(4000 * share * share * share AS INTEGER) AS set_number
FROM u
ORDER BY id;

INSERT INTO asset (id, seq, document)
SELECT
    id,
    0,
    '{"id":"' || id || '","kind":"host","name":"' || name || '","team":"' || team
    || '","ring":null,"exposure":"unknown","tier":2,"labels":[]}'
FROM host;

INSERT INTO asset_set (asset, standing, sensor, coverage, seq, digest, holder)
SELECT
    h.id,
    3,
    'host',
    0,
    0,
    s.digest,
    h.id || char(31) || 3 || char(31) || h.team || char(31) || h.name
FROM host AS h
JOIN component_set AS s ON s.number = h.set_number;

DROP TABLE host;

CREATE INDEX asset_set_by_holder ON asset_set (digest, holder);

CREATE INDEX component_by_package ON component (name, package, set_number);

CREATE INDEX component_by_own_name ON component (own_name, package) WHERE own_name <> '';
