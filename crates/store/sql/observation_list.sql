SELECT asset, standing, sensor, coverage, seq, at, noted, known_digest, look, document
FROM observation
