"""Which markets exist and how they relate."""
