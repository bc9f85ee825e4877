"""One file for each change. A released one is never edited."""
