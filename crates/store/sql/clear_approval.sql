DELETE FROM approval
