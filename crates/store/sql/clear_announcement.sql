DELETE FROM announcement
