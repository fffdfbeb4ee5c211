$0 == added { if (held) print added; held = 1; next }
held { held = 0; if (said($0) == line) next; print added }
begins($0, off) && said(substr($0, length(off) + 1)) == line { $0 = substr($0, length(off) + 1) }
{ print }
END { if (held) print added }
