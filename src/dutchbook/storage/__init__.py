"""What survives: the journal of decisions and the recordings of market data."""
