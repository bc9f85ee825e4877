"""A market of our own: paper fills over observed books, and a seeded market that walks by itself."""
