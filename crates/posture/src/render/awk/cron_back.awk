begins($0, off) && runs(substr($0, length(off) + 1)) { $0 = substr($0, length(off) + 1) }
{ print }
