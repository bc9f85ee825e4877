"""What the desk learns about itself: reports of what it did, and what it looks like now."""
