said($0) == line { found = 1 }
{ print }
END { if (!found) { print added; print ENVIRON["LINE"] } }
