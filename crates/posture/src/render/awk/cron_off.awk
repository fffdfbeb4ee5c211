{ print (runs($0) ? off : "") $0 }
