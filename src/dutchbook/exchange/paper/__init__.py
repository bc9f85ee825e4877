"""Paper fills: what would have become of our orders, judged by the books that we observe."""
