END { printf "%s", ENVIRON["TEXT"] }
