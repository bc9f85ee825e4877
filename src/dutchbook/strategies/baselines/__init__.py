"""What market makers are measured against: simple rules that somebody might run. For backtests alone."""
