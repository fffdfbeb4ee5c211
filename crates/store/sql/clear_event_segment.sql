DELETE FROM event_segment
