"""Who trades in the living market: one file for each kind of trader."""
