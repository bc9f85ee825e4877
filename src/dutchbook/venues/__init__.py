"""Where we can trade: one package for each exchange, each fitting the same small ports."""
