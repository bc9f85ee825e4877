"""Polymarket's servers: CLOB, Gamma, Data API, market and user channels, price and score feeds."""
