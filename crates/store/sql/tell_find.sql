SELECT seq FROM tell WHERE once = $1
