"""Alerts: what a person should hear of, where it goes, and what became of it."""
