said($0) == line { print off $0; next }
{ print }
