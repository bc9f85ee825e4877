"""One turn, one loop, all modes: events in, verdicts and orders out, everything on record."""
