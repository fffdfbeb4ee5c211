SELECT asset, standing, sensor, coverage, seq, at, noted, look, document
FROM observation
