"""How well a desk did: what its journal tells of money, orders and time, in figures with their uncertainty."""
