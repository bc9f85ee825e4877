"""Kalshi's trade API v2, served from the exchange in a box."""
