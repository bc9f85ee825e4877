"""What feeds the loop: a recording, or a market that is happening now."""
