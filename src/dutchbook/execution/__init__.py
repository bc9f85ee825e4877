"""From approved intents to orders that end in a known state: plans, baskets and ways home."""
