word_of($0) == key && value_of($0) != value { print mark " off: " $0; next }
{ print }
