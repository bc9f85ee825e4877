"""What we want: strategies look at the desk and give intents with their reasons."""
