"""A seeded random walk in Polymarket's frames, within one process: repeatable, its opportunities planted."""
