SELECT seq FROM event_segment WHERE digest = $1
