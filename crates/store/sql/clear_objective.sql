DELETE FROM objective
