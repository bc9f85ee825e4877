"""Faults on purpose: what may go wrong at a venue, when, and how it looks on the wire."""
