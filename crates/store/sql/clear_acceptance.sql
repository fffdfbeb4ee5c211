DELETE FROM acceptance
