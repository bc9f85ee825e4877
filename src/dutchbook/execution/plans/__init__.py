"""Order plans: how an intent of one leg becomes orders over time. Each is a function of what is on record already."""
