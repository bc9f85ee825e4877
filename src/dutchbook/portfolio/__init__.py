"""What we have: the ledger, positions, their worth, and what orders in flight may still cost."""
