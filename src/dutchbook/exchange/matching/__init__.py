"""The matching engine of the exchange in a box: one book per market, price-time priority."""
